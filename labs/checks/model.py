"""Snapshots, findings and verdicts."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

if TYPE_CHECKING:
    from labs.checks.probes import Probe

__all__ = ["Check", "Finding", "Json", "LogAttempt", "Snapshot", "Verdict"]

Json = Mapping[str, Any]


@dataclass(frozen=True)
class LogAttempt:
    """What one attempt of one container printed, stdout and stderr; `attempt` 0 is the first, `complete` when all was read."""

    pod_uid: str
    pod: str
    container: str
    attempt: int
    lines: tuple[str, ...]
    complete: bool


@dataclass(frozen=True)
class Snapshot:
    """A namespace at one moment: objects by kind (``Pod``), events, logs; `now` in seconds on a steady clock.

    `probes` is what was tried out; `labs.checks.probes` has the shapes of its rows.
    """

    objects: Mapping[str, tuple[Json, ...]]
    events: tuple[Json, ...] = ()
    logs: tuple[LogAttempt, ...] = ()
    probes: tuple[Json, ...] = ()
    now: float = 0.0


@dataclass(frozen=True)
class Finding:
    """What a check saw.

    pass: reached. wait: not yet. fail: not as it stands, though the learner can still change it. never: cannot be
    reached any more without starting anew. `expected`, `found` and `look` (where to look) are for the learner.
    """

    state: Literal["pass", "wait", "fail", "never"]
    expected: str
    found: str
    look: str = ""


@dataclass(frozen=True)
class Check:
    """One condition: it must hold `within` seconds and stay true for `hold` seconds.

    `kinds` (``v1/Pod``) are to be watched, `probes` to be tried out.
    """

    id: str
    title: str
    within: float
    hold: float
    evaluate: Callable[[Snapshot], Finding]
    kinds: frozenset[str]
    probes: frozenset[Probe] = frozenset()


@dataclass(frozen=True)
class Verdict:
    """The state of a check: waiting, green or red, `since` when (the snapshots' clock), and whether it was ever green."""

    check_id: str
    title: str
    state: Literal["waiting", "green", "red"]
    was_green: bool
    expected: str
    found: str
    look: str
    since: float
