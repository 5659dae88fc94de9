"""Who has the GPU fleet: turns over threads and processes, what is put aside, and that it comes back."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from labs.cluster import gpus
from labs.course import catalogue, find, fleets, load
from labs.course.model import Exercise
from labs.errors import NotJudged
from tests.unit.checks.gpu_pods import asking

Json = dict[str, Any]


class Client:
    """A cluster with these objects."""

    def __init__(self, *objects: Json) -> None:
        self.objects = list(objects)
        self.deleted: list[str] = []
        self.made: list[Json] = []
        self.transport = self

    def list(self, kind: str) -> list[Json]:
        return [each for each in self.objects if each["kind"] == kind]

    def get(self, kind: str, name: str, namespace: str) -> Json | None:
        named = [each for each in self.objects if each["metadata"]["name"] == name and each["kind"] in kind]
        return named[0] if named else None

    def delete(self, obj: Json, *, grace: int, wait: bool) -> None:
        self.deleted.append(f"{obj['kind']} {obj['metadata']['namespace']}/{obj['metadata']['name']}")
        self.objects.remove(obj)

    def resource(self, obj: Json) -> Client:
        return self

    def path(self, namespace: str) -> str:
        return f"/{namespace}"

    def ask(self, verb: str, path: str, body: Json) -> None:
        self.made.append(body)


def pod(name: str, namespace: str = "labs-gpu-first-gpu", limit: object = 1, **more: Any) -> Json:
    meta = {"name": name, "namespace": namespace, "uid": name, "resourceVersion": "7", "labels": {"app": name}}
    owner = more.pop("owner", None)
    meta |= {"ownerReferences": [owner]} if owner else {}
    meta |= {"managedFields": more.pop("managed", [])}
    spec = {"containers": [asking("main", limit)], "nodeName": "n1", **more}
    return {"apiVersion": "v1", "kind": "Pod", "metadata": meta, "spec": spec, "status": {"phase": "Running"}}


@pytest.fixture
def fleet(monkeypatch: pytest.MonkeyPatch) -> Iterator[list[gpus.Fleet]]:
    """The fleets that were set, the present one last."""
    present: list[gpus.Fleet] = [{}]
    monkeypatch.setattr(gpus, "fleet_of", lambda client: present[-1])
    monkeypatch.setattr(gpus, "set_fleet", lambda client, wanted: present.append(wanted))
    monkeypatch.setattr(gpus, "wait_for_fleet", lambda client, wanted, stop: None)
    yield present


@pytest.fixture(autouse=True)
def state(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LABS_STATE_DIR", str(tmp_path))
    monkeypatch.setenv("LABS_CLUSTER", "pocket")


def first() -> Exercise:
    return find("gpu/first-gpu")


def test_what_holds_cards_in_other_exercises() -> None:
    owner = {"apiVersion": "batch/v1", "kind": "Job", "name": "trainer", "controller": True}
    job = {"kind": "Job", "metadata": {"name": "trainer", "namespace": "labs-gpu-too-many"}, "spec": {}}
    client = Client(
        pod("mine", "labs-gpu-claim"),
        pod("hers"),
        pod("no-card", limit=None),
        pod("ended") | {"status": {"phase": "Succeeded"}},
        pod("slice", limit=None, resourceClaims=[{"name": "gpu"}]),
        pod("elsewhere", "default"),
        pod("other-lesson", "labs-pod-hello"),
        job,
        pod("trainer-0", "labs-gpu-too-many", owner=owner),
        pod("trainer-1", "labs-gpu-too-many", owner=owner),
    )
    found = [each["metadata"]["name"] for each in fleets.holders(client, "labs-gpu-claim")]  # type: ignore[arg-type]
    assert found == ["hers", "slice", "trainer"]


def test_the_fleet_is_set_only_when_it_is_another(fleet: list[gpus.Fleet]) -> None:
    client: Any = Client()
    assert not fleets.is_there(client, first(), "labs-gpu-first-gpu")
    for _ in range(2):
        fleets.put(client, first(), "labs-gpu-first-gpu")
    assert fleet == [{}, first().fleet]
    assert fleets.is_there(client, first(), "labs-gpu-first-gpu")
    client.objects.append(pod("hers", "labs-gpu-claim"))
    assert not fleets.is_there(client, first(), "labs-gpu-first-gpu")


def test_what_was_placed_on_other_cards_goes_with_them(fleet: list[gpus.Fleet]) -> None:
    client: Any = Client(pod("given"))
    assert [each["metadata"]["name"] for each in fleets.put(client, first(), "labs-gpu-first-gpu")] == ["given"]
    client.objects.append(pod("mine"))
    assert fleets.put(client, first(), "labs-gpu-first-gpu") == []


def test_a_try_gives_back_the_fleet_and_what_held_it(fleet: list[gpus.Fleet]) -> None:
    before = find("gpu/claim").fleet or {}
    fleet.append(before)
    written: Any = [{"fieldsV1": {"f:spec": {"f:nodeName": {}}}}]
    client: Any = Client(pod("hers", "labs-gpu-claim"), pod("pinned", "labs-gpu-claim", managed=written))
    with fleets.borrowed(client, first()):
        assert fleet[-1] == first().fleet
        assert client.deleted == ["Pod labs-gpu-claim/hers", "Pod labs-gpu-claim/pinned"]
    assert fleet[-1] == before
    hers, pinned = client.made
    assert hers["metadata"] == {"name": "hers", "namespace": "labs-gpu-claim", "labels": {"app": "hers"}}
    assert "nodeName" not in hers["spec"]
    assert pinned["spec"]["nodeName"] == "n1"


def test_it_is_given_back_after_an_interrupt(fleet: list[gpus.Fleet]) -> None:
    client: Any = Client(pod("hers", "labs-gpu-claim"))
    with pytest.raises(KeyboardInterrupt), fleets.borrowed(client, first()):
        raise KeyboardInterrupt
    assert [each["metadata"]["name"] for each in client.made] == ["hers"]
    assert fleet[-1] == {}


def test_a_cluster_that_has_no_fleets_is_not_the_learners_fault(monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(client: object) -> None:
        raise gpus.FleetError(("no",))

    monkeypatch.setattr(gpus, "fleet_of", broken)
    with pytest.raises(NotJudged, match="could not be put there"), fleets.borrowed(Client(), first()):  # type: ignore[arg-type]
        pass


def test_one_after_another_with_a_word_and_a_way_out(fleet: list[gpus.Fleet]) -> None:
    class GivenUp(Exception):
        pass

    told: list[str] = []

    def give_up(words: str) -> None:
        told.append(words)
        raise GivenUp

    with fleets.turn():
        with pytest.raises(GivenUp), fleets.turn(give_up):
            pass
        entered, waits = threading.Event(), threading.Event()

        def other() -> None:
            with fleets.turn(lambda words: waits.set()):
                entered.set()

        thread = threading.Thread(target=other)
        thread.start()
        assert waits.wait(30)
        assert not entered.is_set()
    assert entered.wait(30)
    thread.join(30)
    assert "waiting for its turn" in told[0]


def test_an_exercise_without_a_fleet_takes_no_turn(fleet: list[gpus.Fleet]) -> None:
    hello = replace(first(), fleet=None)
    with fleets.turn(), fleets.borrowed(Client(), hello):  # type: ignore[arg-type]
        assert fleet == [{}]
    assert fleets.is_there(Client(), hello, "x")  # type: ignore[arg-type]


def test_every_gpu_exercise_has_a_fleet() -> None:
    assert {each.id for each in catalogue().exercises() if each.fleet is None and each.lesson == "gpu"} == set()


@pytest.mark.parametrize(
    ("fleet_text", "words"),
    [
        ("{1: {t5: 1}}", "t5"),
        ("{1: {t4: 0}}", "node 1"),
        ("[1]", "must be a mapping"),
        ("{2: {t4: 1, mig: mixed}}", "MIG"),
    ],
)
def test_a_fleet_that_cannot_be_is_named_with_its_file(tiny: Path, fleet_text: str, words: str) -> None:
    file = tiny / "demo" / "say" / "exercise.yaml"
    file.write_text(file.read_text() + f"fleet: {fleet_text}\n")
    with pytest.raises(NotJudged, match=words):
        load(tiny)
