"""From findings to verdicts: how long a check may take and how long it must hold."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Literal

from labs.checks.model import Check, Finding, Snapshot, Verdict

__all__ = ["FAIL_SECONDS", "Tracker"]

State = Literal["waiting", "green", "red"]
FAIL_SECONDS = 5.0
"""A finding "fail" makes a check red when it has lasted this long: states on the way do not count."""


@dataclass
class _Progress:
    began: float
    state: State = "waiting"
    since: float = 0.0
    green_before: bool = False
    passing: float | None = None
    failing: float | None = None
    missing: float | None = None
    finding: Finding = field(default_factory=lambda: Finding("wait", "", ""))


class Tracker:
    """Pure on `Snapshot.now`: the same snapshots give the same verdicts."""

    def __init__(self, checks: Sequence[Check]) -> None:
        self._checks = tuple(checks)
        self._progress: dict[str, _Progress] = {}
        self._now = 0.0

    def update(self, snapshot: Snapshot) -> tuple[Verdict, ...]:
        """The verdicts after one more snapshot; its `now` must not go back."""
        self._now = snapshot.now
        return tuple(self._judged(check, snapshot) for check in self._checks)

    def next_deadline(self) -> float | None:
        """When a verdict may change though nothing happens (the snapshots' clock), or None."""
        times = (at for check in self._checks for at in self._deadlines(check))
        return min((at for at in times if at > self._now), default=None)

    def _judged(self, check: Check, snapshot: Snapshot) -> Verdict:
        now = snapshot.now
        progress = self._progress.setdefault(check.id, _Progress(now, since=now))
        finding = progress.finding = check.evaluate(snapshot)
        passed = finding.state == "pass"
        progress.passing = (progress.passing if progress.passing is not None else now) if passed else None
        progress.missing = None if passed else (progress.missing if progress.missing is not None else now)
        failed = finding.state == "fail"
        progress.failing = (progress.failing if progress.failing is not None else now) if failed else None
        state = _state(check, progress, now)
        if state != progress.state:
            progress.state, progress.since = state, now
        progress.green_before = progress.green_before or state == "green"
        return Verdict(
            check.id,
            check.title,
            state,
            progress.green_before,
            finding.expected,
            finding.found,
            finding.look,
            progress.since,
        )

    def _deadlines(self, check: Check) -> Iterator[float]:
        progress = self._progress.get(check.id)
        if progress is None:
            return
        yield progress.began + check.within
        for start, length in (
            (progress.passing, check.hold),
            (progress.missing, check.hold),
            (progress.failing, FAIL_SECONDS),
        ):
            if start is not None:
                yield start + length


def _state(check: Check, progress: _Progress, now: float) -> State:
    if progress.passing is not None:
        held = now >= progress.passing + check.hold
        return "green" if held or progress.state == "green" else "waiting"
    if progress.state == "green":
        gone = progress.missing is not None and now >= progress.missing + check.hold
        return "red" if gone or progress.finding.state == "never" else "green"
    late = now >= progress.began + check.within
    lasting = progress.failing is not None and now >= progress.failing + FAIL_SECONDS
    red = late or lasting or progress.finding.state == "never" or (progress.green_before and progress.state == "red")
    return "red" if red else "waiting"
