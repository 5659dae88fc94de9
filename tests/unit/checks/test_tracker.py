"""From findings to verdicts over time."""

from __future__ import annotations

import pytest

from labs.checks import Check, Finding, Snapshot, Tracker
from labs.checks.tracker import FAIL_SECONDS

States = list[tuple[float, str]]


class Script:
    """A check that finds what it is told to."""

    def __init__(self, within: float = 10, hold: float = 0) -> None:
        self.state = "wait"
        self.tracker = Tracker([Check("c", "C", within, hold, self._evaluate, frozenset())])

    def at(self, now: float, state: str) -> str:
        self.state = state
        return self.tracker.update(Snapshot({}, now=now))[0].state

    def _evaluate(self, snapshot: Snapshot) -> Finding:
        return Finding(self.state, "e", "f")  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("within", "hold", "steps"),
    [
        # Within: waiting until then, red from then on, green whenever it passes.
        (10, 0, [(0, "wait waiting"), (9.9, "wait waiting"), (10, "wait red"), (11, "pass green")]),
        # Hold: only what lasts is green, and an interruption begins anew.
        (10, 3, [(0, "pass waiting"), (2.9, "pass waiting"), (3, "pass green")]),
        (
            10,
            3,
            [(0, "pass waiting"), (2, "wait waiting"), (3, "pass waiting"), (5.9, "pass waiting"), (6, "pass green")],
        ),
        # It began in time; that it has to hold beyond `within` is not its fault.
        (10, 3, [(0, "wait waiting"), (9, "pass waiting"), (11, "pass waiting"), (12, "pass green")]),
        # Fail: not at once, because states on the way look the same.
        (60, 0, [(0, "fail waiting"), (FAIL_SECONDS - 0.1, "fail waiting"), (FAIL_SECONDS, "fail red")]),
        (60, 0, [(0, "fail waiting"), (4, "wait waiting"), (5, "fail waiting"), (9, "fail waiting"), (10, "fail red")]),
        # A pull that recovers.
        (60, 0, [(0, "fail waiting"), (5, "fail red"), (6, "wait waiting"), (7, "pass green")]),
        # Never: at once, also when it was green; a new object begins anew.
        (60, 9, [(0, "wait waiting"), (1, "never red"), (2, "wait waiting"), (3, "pass waiting"), (12, "pass green")]),
        (60, 3, [(0, "pass waiting"), (3, "pass green"), (4, "never red"), (5, "wait red")]),
        # Green again and red again only after `hold`: a rollout does not flicker.
        (9, 3, [(0, "pass waiting"), (3, "pass green"), (4, "wait green"), (6.9, "wait green"), (7, "wait red")]),
        (9, 3, [(0, "pass waiting"), (3, "pass green"), (4, "wait green"), (6, "pass green"), (8, "fail green")]),
        (9, 0, [(0, "pass green"), (1, "wait red"), (2, "wait red"), (3, "pass green")]),
    ],
)
def test_verdicts(within: float, hold: float, steps: States) -> None:
    script = Script(within, hold)
    for now, step in steps:
        state, expected = step.split()
        assert script.at(now, state) == expected, f"at {now}"


def test_the_clock_begins_with_the_first_snapshot() -> None:
    script = Script(within=10)
    assert script.at(1000, "wait") == "waiting"
    assert script.at(1009, "wait") == "waiting"
    assert script.at(1010, "wait") == "red"


def test_was_green_and_since() -> None:
    script = Script()
    seen = []
    for now, state in ((1, "wait"), (2, "pass"), (3, "pass"), (4, "wait"), (6, "wait")):
        script.at(now, state)
        verdict = script.tracker.update(Snapshot({}, now=now))[0]
        seen.append((verdict.state, verdict.was_green, verdict.since))
    assert seen == [("waiting", False, 1), ("green", True, 2), ("green", True, 2), ("red", True, 4), ("red", True, 4)]


@pytest.mark.parametrize(
    ("hold", "steps", "deadline"),
    [
        (0, [(0, "wait")], 10),
        (3, [(0, "pass")], 3),
        (3, [(0, "wait"), (9, "pass")], 10),
        (3, [(0, "wait"), (9, "pass"), (10, "pass")], 12),
        (3, [(0, "pass"), (3, "pass"), (4, "wait")], 7),
        (0, [(0, "fail")], FAIL_SECONDS),
        (0, [(0, "wait"), (10, "wait")], None),
        (0, [(0, "pass"), (11, "pass")], None),
    ],
)
def test_next_deadline(hold: float, steps: States, deadline: float | None) -> None:
    script = Script(hold=hold)
    assert script.tracker.next_deadline() is None
    for now, state in steps:
        script.at(now, state)
    assert script.tracker.next_deadline() == deadline


def test_a_verdict_changes_at_its_deadline_and_not_before() -> None:
    script = Script(within=10, hold=3)
    script.at(0, "pass")
    deadline = script.tracker.next_deadline()
    assert deadline is not None
    assert script.at(deadline, "pass") == "green"
