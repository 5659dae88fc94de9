"""The GPU fleet in the workbench: who has it, what is said, and what Apply does."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from labs.ui.jobs import Token
from labs.ui.marking import node_of
from labs.ui.session import Session
from tests.unit.checks.gpu_pods import asking, unschedulable
from tests.unit.checks.snapshots import pod

from .fakes import FakeClient, FakeConnection, FakeCourse, FakeExercise, verdict

WAIT_SECONDS = 30.0


class GPUExercise(FakeExercise):
    """One with cards and a namespace of its own."""

    def namespace(self) -> str:
        return f"labs-{self.id.replace('/', '-')}"


class Lab:
    """Workbenches of one kernel on one cluster."""

    def __init__(self) -> None:
        self.client, self.course = FakeClient(), FakeCourse()
        self.open: list[Session] = []

    def exercise(self, ident: str) -> Session:
        """Opened, its namespace ready."""
        made = GPUExercise()
        made.id, made.fleet = ident, {1: "a card"}
        session = Session(made, FakeConnection(self.client), self.course)
        self.open.append(session)
        session.start()
        assert session.watching.wait_started(WAIT_SECONDS)
        return session


@pytest.fixture
def lab(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Lab]:
    monkeypatch.setenv("LABS_STATE_DIR", str(tmp_path / "state"))
    monkeypatch.setenv("LABS_WORK_DIR", str(tmp_path / "work"))
    lab = Lab()
    yield lab
    for session in lab.open:
        session.close()


def said(session: Session) -> str:
    notice = session.store.get().notice
    return notice.what if notice else ""


def test_the_first_to_open_has_its_cards(lab: Lab) -> None:
    session = lab.exercise("gpu/one")
    assert lab.course.cards == "labs-gpu-one"
    assert lab.client.calls.index("cards of labs-gpu-one") < lab.client.calls.index("give")
    session.acting.apply(Token())
    assert lab.client.calls.count("cards of labs-gpu-one") == 1


def test_opening_another_takes_nobodys_pods_and_apply_does_with_a_word(lab: Lab) -> None:
    one, two = lab.exercise("gpu/one"), lab.exercise("gpu/two")
    assert lab.course.cards == "labs-gpu-one"
    assert "another exercise's cards" in said(two)
    lab.course.graders[0].on_verdicts([verdict("green")])
    two.acting.apply(Token())
    assert lab.course.cards == "labs-gpu-two"
    assert "gpu/two" in said(one)
    lab.course.graders[0].on_verdicts([verdict("red")])
    assert one.store.get().verdicts[0].state == "green"


def test_apply_brings_the_cards_back_and_what_was_given(lab: Lab) -> None:
    one, two = lab.exercise("gpu/one"), lab.exercise("gpu/two")
    two.acting.apply(Token())
    lab.client.calls.clear()
    one.acting.apply(Token())
    assert lab.client.calls[:3] == ["cards of labs-gpu-one", "give", "apply"]
    lab.course.graders[0].on_verdicts([verdict("red")])
    assert one.store.get().verdicts[0].state == "red"
    assert "gpu/one" in said(two)


def test_an_exercise_without_cards_never_asks(lab: Lab) -> None:
    session = Session(FakeExercise(), FakeConnection(lab.client), lab.course)
    lab.open.append(session)
    session.start()
    assert session.watching.wait_started(WAIT_SECONDS)
    session.acting.apply(Token())
    assert not [each for each in lab.client.calls if each.startswith("cards")]


NODES = ({"metadata": {"name": "n2", "labels": {"labs/node": "2"}}},)
ASKS = pod("gpu-pod", containers=[asking("main", 1)])


@pytest.mark.parametrize(
    ("asked", "there", "decided"),
    [
        ("gpu-pod:1", ASKS | {"spec": {**ASKS["spec"], "nodeName": "n2"}}, "2"),
        ("gpu-pod:1", ASKS, ""),
        ("gpu-pod:1", pod("gpu-pod", containers=[asking("main", 1)], conditions=[unschedulable()]), "none"),
        ("gpu-pod:2", ASKS | {"spec": {**ASKS["spec"], "nodeName": "n2"}}, ""),
        ("other:1", ASKS, ""),
        ("gpu-pod:1", pod("gpu-pod", containers=[asking("main", 1)], deleting=True, nodeName="n2"), ""),
    ],
)
def test_where_the_scheduler_put_the_pod_that_was_asked_about(
    asked: str, there: dict[str, object], decided: str
) -> None:
    assert node_of(asked, {"Pod": (there,)}, NODES) == decided
