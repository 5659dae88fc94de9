"""When the next file of a try may follow."""

from __future__ import annotations

from typing import Any

import pytest

from labs.checks import Snapshot
from labs.course.settling import settled, steady


def pod(phase: str, state: dict[str, Any] | None = None, **metadata: str) -> dict[str, Any]:
    statuses = [{"name": "c", "state": state}] if state else []
    return {"metadata": {"name": "p", **metadata}, "status": {"phase": phase, "containerStatuses": statuses}}


def deployment(generation: int, **status: Any) -> dict[str, Any]:
    return {"metadata": {"generation": generation}, "spec": {"replicas": 3}, "status": status}


DONE = {"observedGeneration": 2, "replicas": 3, "updatedReplicas": 3, "availableReplicas": 3}


@pytest.mark.parametrize(
    ("found", "rests"),
    [
        (pod("Pending"), False),
        (pod("Pending", {"waiting": {"reason": "ContainerCreating"}}), False),
        (pod("Pending", {"waiting": {"reason": "ErrImagePull"}}), True),
        (pod("Running", {"running": {}}), True),
        (pod("Running", {"waiting": {"reason": "CrashLoopBackOff"}}), True),
        (pod("Running", {"running": {}}, deletionTimestamp="now"), False),
        (pod("Succeeded", {"terminated": {}}), True),
    ],
)
def test_a_pod_rests_when_it_started_or_cannot(found: dict[str, Any], rests: bool) -> None:
    assert settled(Snapshot({"Pod": (found,)})) is rests


def test_a_pod_that_fits_no_node_rests() -> None:
    found = pod("Pending")
    found["status"]["conditions"] = [{"type": "PodScheduled", "status": "False", "reason": "Unschedulable"}]
    assert settled(Snapshot({"Pod": (found,)}))


@pytest.mark.parametrize(
    ("found", "rests"),
    [
        (deployment(2, **DONE), True),
        (deployment(3, **DONE), False),
        (deployment(2, **{**DONE, "availableReplicas": 2}), False),
        (deployment(2, **{**DONE, "replicas": 4}), False),
        (deployment(2, observedGeneration=2, conditions=[{"type": "Progressing", "status": "False"}]), True),
    ],
)
def test_a_deployment_rests_when_it_is_rolled_out_or_stuck(found: dict[str, Any], rests: bool) -> None:
    assert settled(Snapshot({"Deployment": (found,)})) is rests


def test_nothing_at_all_is_not_at_rest() -> None:
    assert not settled(Snapshot({}))


def counted(*failed: int) -> Snapshot:
    rows = ({"probe": "calls", "at": float(at), "ok": 50, "failed": int(at in failed)} for at in range(10))
    return Snapshot({}, probes=tuple(rows))


def test_counted_calls_are_steady_after_five_seconds_without_a_loss() -> None:
    assert steady(counted())
    assert steady(counted(1, 2, 3))
    assert not steady(counted(6))
    assert not steady(Snapshot({}))
