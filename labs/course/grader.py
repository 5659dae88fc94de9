"""Judges an exercise from what its namespace shows: watch and logs in, verdicts out, and what was tried out; no polling of objects."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Mapping
from typing import Any

from labs import manifest
from labs.checks import Snapshot, Tracker, Verdict
from labs.course.logs import LogFollower
from labs.course.model import Exercise
from labs.course.probing import Prober
from labs.errors import LabsError
from labs.kube import Client, Reflector

__all__ = ["Grader", "kinds_of"]

Json = Mapping[str, Any]
_ALWAYS = ("v1/Pod", "v1/Event")
_MADE_BY = {"apps/v1/Deployment": "apps/v1/ReplicaSet", "v1/Service": "discovery.k8s.io/v1/EndpointSlice"}
"""What a controller makes of an object; without it nobody can see how the object gets to its Pods."""
_STOP_SECONDS = 1.0


class Grader:
    """Watches one namespace on threads of its own, from `start` to `stop`."""

    def __init__(self, client: Client, exercise: Exercise, namespace: str) -> None:
        self._exercise = exercise
        self._news = threading.Condition()
        self._changed, self._stopped, self._fresh = True, False, False
        self._reflector = Reflector(client, kinds_of(exercise), namespace, self._seen)
        self._logs = LogFollower(client, namespace, self._wake)
        probes = (probe for check in exercise.checks for probe in check.probes)
        self._prober = Prober(client, namespace, probes, self._objects, self._wake)
        self._thread = threading.Thread(target=self._run, name="labs-grader", daemon=True)
        self._on_verdicts: Callable[[tuple[Verdict, ...]], None] = lambda verdicts: None
        self._on_snapshot: Callable[[Snapshot], None] = lambda snapshot: None

    def start(
        self,
        on_verdicts: Callable[[tuple[Verdict, ...]], None],
        on_snapshot: Callable[[Snapshot], None] | None = None,
    ) -> None:
        """Begin; both callbacks come from the grader's thread, verdicts whenever one of them has changed."""
        self._on_verdicts = on_verdicts
        self._on_snapshot = on_snapshot or self._on_snapshot
        self._reflector.start()
        self._prober.start()
        self._thread.start()

    def stop(self) -> None:
        """End everything within a second; idempotent, also from a callback."""
        with self._news:
            self._stopped = True
            self._news.notify_all()
        self._reflector.stop()
        self._prober.stop()
        self._logs.stop()
        if self._thread.ident and self._thread is not threading.current_thread():
            self._thread.join(_STOP_SECONDS)

    def recheck(self) -> None:
        """Judge now, though nothing has changed."""
        self._wake()

    def restart(self) -> None:
        """Let the time of every check begin anew, as after an apply."""
        with self._news:
            self._fresh = True
        self._prober.restart()
        self._wake()

    @property
    def fault(self) -> LabsError | None:
        """Why nothing could be tried out the last time, though it is not the learner's fault; None when all is well."""
        return self._prober.fault

    def _seen(self) -> None:
        self._prober.wake()
        self._wake()

    def _wake(self) -> None:
        with self._news:
            self._changed = True
            self._news.notify_all()

    def _run(self) -> None:
        tracker = Tracker(self._exercise.checks)
        told: tuple[Verdict, ...] = ()
        while True:
            changed, fresh = self._wait(tracker.next_deadline())
            if self._stopped:
                return
            if fresh:
                tracker, told = Tracker(self._exercise.checks), ()
            synced = self._reflector.synced
            snapshot = self._snapshot()
            verdicts = tracker.update(snapshot) if synced else told
            if changed:
                self._on_snapshot(snapshot)
            if verdicts != told:
                told = verdicts
                self._on_verdicts(verdicts)

    def _wait(self, deadline: float | None) -> tuple[bool, bool]:
        """Sleep until something changes or the time of a check is up; says whether it changed and whether to restart."""
        with self._news:
            left = None if deadline is None else max(0.0, deadline - time.monotonic())
            if not self._changed and not self._stopped:
                self._news.wait(left)
            changed, fresh = self._changed, self._fresh
            self._changed = self._fresh = False
            return changed, fresh

    def _objects(self) -> Snapshot:
        return Snapshot(objects=dict(self._reflector.objects()), now=time.monotonic())

    def _snapshot(self) -> Snapshot:
        objects: dict[str, tuple[Json, ...]] = dict(self._reflector.objects())
        self._logs.see(objects.get("Pod", ()))
        return Snapshot(
            objects=objects,
            events=objects.get("Event", ()),
            logs=self._logs.attempts(),
            probes=self._prober.rows(),
            now=time.monotonic(),
        )


def kinds_of(exercise: Exercise) -> tuple[str, ...]:
    """What has to be watched: Pods, Events, what the checks ask for, what is given, starts and solves, and what is made of it."""
    found = dict.fromkeys(_ALWAYS)
    for text in (exercise.given, exercise.starter, exercise.solution):
        for document in manifest.parse(text).documents:
            if document.kind and document.api_version:
                found.setdefault(f"{document.api_version}/{document.kind}")
    for check in exercise.checks:
        found.update(dict.fromkeys(check.kinds))
    found.update(dict.fromkeys(made for kind, made in _MADE_BY.items() if kind in found))
    return tuple(found)
