"""Hand-made Pods, logs, events and snapshots."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from labs.checks import Finding, LogAttempt, Snapshot, parse_check

Json = dict[str, Any]


def judged(spec: Json, snapshot: Snapshot) -> Finding:
    """What a check of this word finds."""
    return parse_check({"id": "x", "title": "X", "within": 10, **spec}).evaluate(snapshot)


def status(name: str = "main", restarts: int = 0, last: Json | None = None, **state: Json) -> Json:
    """A container's status, such as `status(running={})`."""
    return {"name": name, "restartCount": restarts, "state": state, "lastState": last or {}}


def pod(
    name: str = "trainer",
    *statuses: Json,
    uid: str = "u1",
    phase: str = "Running",
    policy: str = "Always",
    containers: Sequence[Json] = ({"name": "main"},),
    deleting: bool = False,
    **more: Any,
) -> Json:
    """A Pod; `more` goes into its spec, but `init` and `conditions` into its status."""
    seen: Json = {"phase": phase, "containerStatuses": list(statuses)}
    seen |= {"initContainerStatuses": more.pop("init", []), "conditions": more.pop("conditions", [])}
    meta = {"name": name, "uid": uid} | ({"deletionTimestamp": "2026-01-01T00:00:00Z"} if deleting else {})
    spec = {"restartPolicy": policy, "containers": list(containers), **more}
    return {"apiVersion": "v1", "kind": "Pod", "metadata": meta, "spec": spec, "status": seen}


def log(*lines: str, uid: str = "u1", container: str = "main", attempt: int = 0, complete: bool = True) -> LogAttempt:
    """What an attempt printed."""
    return LogAttempt(uid, "trainer", container, attempt, lines, complete)


def event(reason: str, uid: str = "u1", name: str = "trainer", kind: str = "Pod", message: str = "") -> Json:
    """An event about an object."""
    return {"reason": reason, "message": message, "involvedObject": {"kind": kind, "name": name, "uid": uid}}


def snap(*pods: Json, logs: Sequence[LogAttempt] = (), events: Sequence[Json] = (), now: float = 0.0) -> Snapshot:
    """A snapshot of Pods."""
    return Snapshot({"Pod": pods}, tuple(events), tuple(logs), now=now)
