"""Hand-made Deployments, Services and probes."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from labs.checks import Snapshot

Json = dict[str, Any]


def deployment(
    replicas: int = 3, *, ready: int | None = None, labels: Mapping[str, str] | None = None, **more: Any
) -> Json:
    """A Deployment whose controller has seen everything; `more` goes into its status."""
    count = replicas if ready is None else ready
    status = {"observedGeneration": 1, "updatedReplicas": replicas, "readyReplicas": count, "availableReplicas": count}
    return {
        "kind": "Deployment",
        "metadata": {
            "name": "serve",
            "uid": "d1",
            "generation": 1,
            "annotations": {"deployment.kubernetes.io/revision": "1"},
        },
        "spec": {"replicas": replicas, "template": {"metadata": {"labels": dict(labels or {"app": "inference"})}}},
        "status": status | more,
    }


def replica_set(uid: str = "r1", revision: str = "1") -> Json:
    """One of the Deployment's ReplicaSets."""
    notes = {"deployment.kubernetes.io/revision": revision}
    owner = [{"uid": "d1", "controller": True}]
    return {"kind": "ReplicaSet", "metadata": {"name": uid, "uid": uid, "annotations": notes, "ownerReferences": owner}}


def pod(
    name: str, *, owner: str = "r1", ready: bool = True, deleting: bool = False, reason: str = "", **labels: str
) -> Json:
    """A Pod of a ReplicaSet; `reason` is why its container waits."""
    meta: Json = {"name": name, "uid": f"u-{name}", "labels": labels or {"app": "inference"}}
    if owner:
        meta["ownerReferences"] = [{"uid": owner, "controller": True}]
    if deleting:
        meta["deletionTimestamp"] = "2026-01-01T00:00:00Z"
    state: Json = {"waiting": {"reason": reason}} if reason else {"running": {}}
    status = {
        "phase": "Running",
        "conditions": [{"type": "Ready", "status": str(ready)}],
        "containerStatuses": [{"name": "main", "restartCount": 0, "state": state}],
    }
    return {"kind": "Pod", "metadata": meta, "spec": {"containers": [{"name": "main"}]}, "status": status}


def service(selector: Mapping[str, str] | None = None, kind: str = "ClusterIP") -> Json:
    """The Service `model`."""
    chosen = {"app": "inference"} if selector is None else dict(selector)
    return {"kind": "Service", "metadata": {"name": "model", "uid": "s1"}, "spec": {"type": kind, "selector": chosen}}


def endpoint_slice(*names: str, ready: bool = True) -> Json:
    """Where the Service's calls go."""
    there = [{"conditions": {"ready": ready}, "targetRef": {"name": name}} for name in names]
    return {"metadata": {"name": "model-x", "labels": {"kubernetes.io/service-name": "model"}}, "endpoints": there}


def world(*objects: Json, probes: tuple[Json, ...] = (), now: float = 100.0) -> Snapshot:
    """A snapshot of these objects."""
    kinds: dict[str, tuple[Json, ...]] = {}
    for each in objects:
        kind = each.get("kind", "EndpointSlice")
        kinds[kind] = (*kinds.get(kind, ()), each)
    return Snapshot(kinds, probes=probes, now=now)


def answered(
    name: str, *, ok: bool = True, status: int = 200, since: float = 0.0, error: str = "", by: str | None = None
) -> Json:
    """A row of a Pod that was asked."""
    named = name if by is None else by
    row = {
        "probe": "pod",
        "pod": name,
        "uid": f"u-{name}",
        "port": 5000,
        "path": "/version",
        "ok": ok,
        "status": status,
    }
    return row | {"version": "v1", "answered_by": named if ok else "", "error": error, "at": since, "since": since}


def called(calls: int = 3, ok: int | None = None, *, since: float = 0.0, origin: str = "cluster", **pods: int) -> Json:
    """A row of a Service that was called."""
    good = calls if ok is None else ok
    row = {
        "probe": "service",
        "service": "model",
        "namespace": "",
        "port": 80,
        "origin": origin,
        "url": "http://model.ns",
    }
    errors = {"connection refused": calls - good} if calls != good else {}
    return row | {
        "calls": calls,
        "ok": good,
        "pods": pods,
        "versions": {},
        "errors": errors,
        "at": since,
        "since": since,
    }


def rollout(**changed: Any) -> Json:
    """A row of a rollout that went well."""
    row = {"probe": "rollout", "deployment": "serve", "uid": "d1", "began": 10.0, "gone": 20.0, "whole": True}
    counts = {"versions": {"v1": 300, "v2": 400}, "after": {"v2": 250}, "failed": 0, "errors": {}, "recreated": False}
    return {**row, **counts, **changed}
