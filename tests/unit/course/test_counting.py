"""Which calls count for a rollout, on a clock of the test's own."""

from __future__ import annotations

from typing import Any

from labs.checks import Probe
from labs.course.counting import Call, RolloutCount
from tests.unit.checks.workloads import deployment, pod, replica_set, world

PROBE = Probe("counter", "model", deployment="serve")
V1, V2 = {"version": "v1"}, {"version": "v2"}


def serving(template: dict[str, str], revision: str, *pods: tuple[str, str], uid: str = "d1") -> Any:
    """A Deployment with this template and Pods (name, ReplicaSet)."""
    one = deployment()
    one["spec"]["template"] = template
    one["metadata"] |= {"uid": uid, "annotations": {"deployment.kubernetes.io/revision": revision}}
    sets = (replica_set("r1", "1"), replica_set("r2", "2"))
    return (one, *sets, *(pod(name, owner=owner) for name, owner in pods))


def calls(begin: float, end: float, version: str, error: str = "") -> list[Call]:
    return [Call(begin + i / 2, "" if error else version, "p", error) for i in range(int((end - begin) * 2))]


def counted(lost: float | None = None, until: float = 40.0) -> dict[str, Any] | None:
    """v1 from 0 to 22, v2 from 20; the change at 15, the last old Pod gone at 22."""
    count = RolloutCount(PROBE)
    count.see(world(*serving(V1, "1", ("a", "r1")), now=1.0))
    count.see(world(*serving(V2, "2", ("a", "r1")), now=15.0))
    count.see(world(*serving(V2, "2", ("a", "r1"), ("b", "r2")), now=20.0))
    count.see(world(*serving(V2, "2", ("b", "r2")), now=22.0))
    found = calls(0, 22, "v1") + calls(20, until, "v2")
    found += [] if lost is None else [Call(lost, "", "", "connection refused")]
    count.calls(sorted(found), until)
    return next((dict(row) for row in count.rows() if row["probe"] == "rollout"), None)


def test_calls_count_from_five_seconds_before_to_five_seconds_after() -> None:
    row = counted()
    assert row is not None
    assert (row["began"], row["gone"], row["whole"], row["failed"]) == (15.0, 22.0, True, 0)
    assert row["versions"] == {"v1": 24, "v2": 15}
    assert row["after"] == {"v2": 10}


def test_a_lost_call_counts_only_around_the_change() -> None:
    assert [(counted(at) or {})["failed"] for at in (9.0, 11.0, 21.0, 26.0, 28.0)] == [0, 1, 1, 1, 0]


def test_it_is_whole_once_the_last_call_has_ended() -> None:
    row = counted(until=26.0)
    assert row is not None and not row["whole"]


def test_no_change_is_no_rollout_and_each_second_has_its_row() -> None:
    count = RolloutCount(PROBE)
    count.see(world(*serving(V1, "1", ("a", "r1")), now=1.0))
    count.calls(calls(0, 2, "v1"), 2.0)
    assert [(row["at"], row["ok"], row["failed"]) for row in count.rows()] == [(0.0, 2, 0), (1.0, 2, 0)]


def test_what_failed_before_the_first_answer_is_not_lost() -> None:
    count = RolloutCount(PROBE)
    count.see(world(*serving(V1, "1", ("a", "r1")), now=1.0))
    count.see(world(*serving(V2, "2", ("a", "r1")), now=6.0))
    count.calls(calls(2, 4, "", "connection refused") + calls(4, 8, "v1"), 8.0)
    (row,) = [each for each in count.rows() if each["probe"] == "rollout"]
    assert (row["failed"], row["versions"]) == (0, {"v1": 8})


def test_a_deployment_made_anew_is_told() -> None:
    count = RolloutCount(PROBE)
    count.see(world(*serving(V1, "1", ("a", "r1")), now=1.0))
    count.calls(calls(0, 5, "v1"), 5.0)
    count.see(world(now=6.0))
    count.see(world(*serving(V2, "1", uid="d2"), now=7.0))
    assert any(row["probe"] == "rollout" and row["recreated"] for row in count.rows())
