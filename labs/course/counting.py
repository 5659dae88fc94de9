"""The counter around a rollout: which calls count, and when the old Pods were gone."""

from __future__ import annotations

import math
from collections import Counter, deque
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, NamedTuple

from labs.checks import Probe, Snapshot
from labs.checks.deployments import current, living, pods_of

__all__ = ["AROUND_SECONDS", "Call", "RolloutCount"]

Json = Mapping[str, Any]
AROUND_SECONDS = 5.0
"""Calls count from so long before the change until so long after the last old Pod is gone."""
LATEST_SECONDS = 2.5
"""A call that began so long ago has ended: it was answered or given up."""
_SHOWN_SECONDS = 120.0


class Call(NamedTuple):
    """One call on a new connection; `at` is when it began. `error` is empty when it was answered."""

    at: float
    version: str
    pod: str
    error: str


@dataclass
class _Rollout:
    uid: str
    began: float
    gone: float | None = None
    recreated: bool = False


class RolloutCount:
    """Follows one Deployment and the calls to its Service. Pure: time comes with what it is shown."""

    def __init__(self, probe: Probe) -> None:
        self._probe = probe
        self._calls: deque[Call] = deque()
        self._seen_until = -math.inf
        self._uid, self._template = "", None
        self._answered = False
        self._rollout: _Rollout | None = None

    def calls(self, ended: Iterable[Call], until: float) -> None:
        """Calls that have ended; `until`: all that began before have ended."""
        self._calls.extend(ended)
        self._seen_until = until
        oldest = until - _SHOWN_SECONDS
        if self._rollout:
            oldest = min(oldest, self._rollout.began - AROUND_SECONDS)
        while self._calls and self._calls[0].at < oldest:
            self._calls.popleft()

    def see(self, snapshot: Snapshot) -> None:
        """The namespace now: whether the template has changed, and whether the old Pods are gone."""
        deployment = living(snapshot, self._probe.deployment)
        if deployment is None:
            return
        uid, template = deployment["metadata"]["uid"], deployment["spec"]["template"]
        if self._uid and uid != self._uid:
            self._begin(_Rollout(uid, snapshot.now, recreated=self._has_answered()))
        elif self._template is not None and template != self._template:
            self._begin(_Rollout(uid, snapshot.now))
        self._uid, self._template = uid, template
        if self._rollout and self._rollout.gone is None and _only_current(snapshot, deployment):
            self._rollout.gone = snapshot.now

    def rows(self) -> Iterator[Json]:
        """Rows ``calls`` for each second and, after a change, one row ``rollout``."""
        yield from self._seconds()
        if self._rollout and (self._rollout.recreated or self._has_answered()):
            yield self._summary(self._rollout)

    def _begin(self, rollout: _Rollout) -> None:
        """A change in the middle of a rollout goes on with it: its lost calls stay lost."""
        going = self._rollout
        if going and going.gone is None and going.uid == rollout.uid and self._has_answered():
            rollout.began = going.began
        self._rollout = rollout

    def _has_answered(self) -> bool:
        return any(not call.error for call in self._calls)

    def _window(self, rollout: _Rollout) -> list[Call]:
        """From five seconds before, but not before the first answer: a Service that never worked loses nothing."""
        first = next((call.at for call in self._calls if not call.error), math.inf)
        begin = max(rollout.began - AROUND_SECONDS, first)
        end = math.inf if rollout.gone is None else rollout.gone + AROUND_SECONDS
        return [call for call in self._calls if begin <= call.at <= end]

    def _summary(self, rollout: _Rollout) -> Json:
        counted = self._window(rollout)
        gone = math.inf if rollout.gone is None else rollout.gone
        return {
            "probe": "rollout",
            "deployment": self._probe.deployment,
            "uid": rollout.uid,
            "began": rollout.began,
            "gone": rollout.gone,
            "whole": self._seen_until >= gone + AROUND_SECONDS,
            "versions": dict(Counter(call.version for call in counted if not call.error)),
            "after": dict(Counter(call.version for call in counted if not call.error and call.at > gone)),
            "failed": sum(bool(call.error) for call in counted),
            "errors": dict(Counter(call.error for call in counted if call.error)),
            "recreated": rollout.recreated,
        }

    def _seconds(self) -> Iterator[Json]:
        counts = Counter((math.floor(call.at), call.version, call.pod, call.error) for call in self._calls)
        for (second, version, pod, error), count in sorted(counts.items()):
            row = {"probe": "calls", "service": self._probe.name, "at": float(second), "version": version, "pod": pod}
            yield {**row, "ok": 0 if error else count, "failed": count if error else 0, "error": error}


def _only_current(snapshot: Snapshot, deployment: Json) -> bool:
    """Whether every Pod of it, those too that are ending, has the present template, and at least one has."""
    newest, there = current(snapshot, deployment), pods_of(snapshot, deployment)
    if newest is None or not there:
        return False
    uid = newest["metadata"]["uid"]
    return all(any(each["uid"] == uid for each in pod["metadata"]["ownerReferences"]) for pod in there)
