"""What the cluster does in the exercise's namespace, from the grader's threads into the store."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING, Any

from labs.ui import answers, jobs
from labs.ui.pending import Pending
from labs.ui.ports import Course, GraderLike
from labs.ui.store import State, VerdictLine

if TYPE_CHECKING:
    from labs.ui.session import Session

ADDRESS_SECONDS = 1.0
OUTSIDE = frozenset({"LoadBalancer", "NodePort"})
OWN_KINDS = frozenset({"Event", "Node", "Namespace", "ServiceAccount", "ConfigMap", "EndpointSlice", "ReplicaSet"})


class Watching:
    """Starts and stops the grader of one session; verdicts and snapshots go into its store."""

    def __init__(self, session: Session, course: Course) -> None:
        self._session = session
        self._course = course
        self._lock = threading.RLock()
        self._grader: GraderLike | None = None
        self._started = threading.Event()
        self._addresses = jobs.Later(ADDRESS_SECONDS, self._read_addresses, restart=False)
        self._stop_nodes: Callable[[], None] = lambda: None
        self.pending = Pending(session, course)

    def wait_started(self, timeout: float) -> bool:
        """Block until the namespace is ready and judged, at most `timeout` seconds."""
        return self._started.wait(timeout)

    def ensure_started(self, client: Any) -> None:
        """Wait until a start has come to its end; start when none did, or when it failed. Raises LabsError."""
        with self._lock:
            if self._grader is None:
                self.start(client)

    def start(self, client: Any) -> None:
        """Make images and namespace ready, put there what the exercise gives, judge from now on. Waits; raises LabsError."""
        with self._lock:
            self.stop()
            namespace = self._session.namespace
            living = client.get("Namespace", namespace)
            fresh = living is None or bool(living.get("metadata", {}).get("deletionTimestamp"))
            if fresh:
                self._course.prepare(self._session.exercise)
            client.ensure_namespace(namespace)
            if self._session.cards.open(client) or fresh:
                self._course.give(client, self._session.exercise, namespace)
            self._begin(client)

    def stop(self) -> None:
        """Stop judging; idempotent."""
        with self._lock:
            self._started.clear()
            self._addresses.cancel()
            self.pending.stop()
            if self._grader is not None:
                self._stop_nodes()
                self._grader.stop()
                self._grader = None

    def applied(self) -> None:
        """An apply has succeeded: what is given time to happen starts now."""
        with self._lock:
            restart = getattr(self._grader, "restart", None)
            if restart is not None:
                restart()

    def restart_fresh(self, client: Any) -> None:
        """Empty the namespace and begin again. Waits; raises LabsError."""
        with self._lock:
            self.stop()
            namespace = self._session.namespace
            client.delete_namespace(namespace, wait=True)
            checks = self._session.exercise.checks
            self._session.store.update(
                objects={},
                events=(),
                logs=(),
                verdicts=tuple(VerdictLine(c.id, c.title) for c in checks),
                hints=0,
                milestones=(),
            )
            self.start(client)

    def _begin(self, client: Any) -> None:
        grader = self._course.grader(client, self._session.exercise, self._session.namespace)
        self._grader = grader
        self._stop_nodes = self._course.nodes(client, self._on_nodes)
        grader.start(
            lambda verdicts: self._on_verdicts(grader, verdicts), lambda snapshot: self._on_snapshot(grader, snapshot)
        )
        self._started.set()

    def _on_nodes(self, nodes: Iterable[Any]) -> None:
        self._session.store.update(nodes=tuple(nodes))
        self.pending.changed()

    def _on_snapshot(self, grader: GraderLike, snapshot: Any) -> None:
        if grader is not self._grader:
            return
        changes: dict[str, Any] = {
            "objects": {k: tuple(v) for k, v in snapshot.objects.items() if k not in {"Node", "Event"}},
            "events": tuple(snapshot.events),
            "logs": tuple(snapshot.logs),
            "probes": tuple(snapshot.probes),
        }
        if snapshot.objects.get("Node"):
            changes["nodes"] = tuple(snapshot.objects["Node"])
        self._session.store.update(**changes)
        self.pending.changed()
        if snapshot.objects.get("Service"):
            self._addresses.call()

    def _read_addresses(self) -> None:
        """Where the Services open on this machine; asked again while one that should has no address yet."""
        services = self._session.store.get().objects.get("Service", ())
        found = self._course.urls(self._session.namespace, services)
        self._session.store.update(urls=found)
        outside = (s for s in services if (s.get("spec") or {}).get("type") in OUTSIDE)
        if self._started.is_set() and any(s["metadata"]["name"] not in found for s in outside):
            self._addresses.call()

    def _on_verdicts(self, grader: GraderLike, verdicts: Iterable[Any]) -> None:
        if grader is not self._grader or self._session.cards.frozen:
            return
        new = {v.check_id: v for v in verdicts}
        clock = time.strftime("%H:%M:%S")
        before = self._session.store.get().verdicts
        state = self._session.store.change(lambda s: _judged(s, new, clock))
        if state.verdicts != before:
            self._session.save_soon()
        if state.green and not all(v.state == "green" for v in before):
            answers.reached(self._session.exercise.id)


def _untouched(state: State) -> bool:
    return not state.applied and not any(state.objects.get(k) for k in state.objects if k not in OWN_KINDS)


def _judged(state: State, new: dict[str, Any], clock: str) -> dict[str, Any]:
    idle = _untouched(state)
    lines = tuple(
        _line(old, new.get(old.check_id), clock, idle, old.check_id in state.milestones) for old in state.verdicts
    )
    green = tuple(v.check_id for v in lines if v.state == "green" and v.check_id not in state.milestones)
    return {"verdicts": lines, "milestones": state.milestones + green}


def _line(old: VerdictLine, verdict: Any, clock: str, idle: bool, reached: bool) -> VerdictLine:
    if verdict is None:
        return old
    state = "idle" if idle and verdict.state != "green" else str(verdict.state)
    if state == "idle":
        return VerdictLine(old.check_id, old.title)
    return VerdictLine(
        old.check_id,
        str(verdict.title or old.title),
        state,
        reached or bool(verdict.was_green),
        str(verdict.expected or ""),
        str(verdict.found or ""),
        str(verdict.look or ""),
        old.time if old.state == state and old.time else clock,
    )
