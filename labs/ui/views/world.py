"""The map: nodes with their pods, each pod in one word."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from labs.ui.store import Json
from labs.ui.views.relations import owner
from labs.ui.views.standin import stand_in

CALM_WAITS = frozenset({"ContainerCreating", "PodInitializing"})


@dataclass(frozen=True)
class PodLook:
    """How a pod is drawn: ``look`` picks glyph and colour, ``words`` says why."""

    look: str
    words: str


def statuses(pod: Json) -> list[Json]:
    """Statuses of all containers of a pod, init containers first."""
    status = pod.get("status") or {}
    return [*(status.get("initContainerStatuses") or []), *(status.get("containerStatuses") or [])]


def restarts(pod: Json) -> int:
    """Restarts of all its containers together."""
    return sum(int(s.get("restartCount") or 0) for s in statuses(pod))


def pod_look(pod: Json) -> PodLook:
    """One word for a pod, from its status alone."""
    again = restarts(pod)
    suffix = f" · restarted {again}×" if again else ""
    if pod["metadata"].get("deletionTimestamp"):
        return PodLook("end", "ending")
    phase = (pod.get("status") or {}).get("phase", "Pending")
    if phase == "Succeeded":
        return PodLook("done", f"Succeeded{suffix}")
    if phase == "Failed":
        return PodLook("fail", f"{_failure(pod)}{suffix}")
    for status in statuses(pod):
        waiting = (status.get("state") or {}).get("waiting")
        if waiting and (reason := str(waiting.get("reason") or "")):
            return PodLook("wait" if reason in CALM_WAITS else "back", f"{reason}{suffix}")
    if phase == "Pending":
        return PodLook("wait", _pending(pod))
    return _running(pod, suffix)


def _running(pod: Json, suffix: str) -> PodLook:
    for status in (pod.get("status") or {}).get("containerStatuses") or []:
        ended = (status.get("state") or {}).get("terminated")
        if ended:
            return PodLook("wait", f"ended, exit code {ended.get('exitCode')}{suffix}")
    ready = any(
        c.get("type") == "Ready" and c.get("status") == "True"
        for c in (pod.get("status") or {}).get("conditions") or []
    )
    return PodLook("run" if ready else "wait", f"{'Running' if ready else 'Running, not ready'}{suffix}")


def _failure(pod: Json) -> str:
    for status in statuses(pod):
        ended = (status.get("state") or {}).get("terminated")
        if ended and ended.get("exitCode"):
            return f"{ended.get('reason') or 'Failed'}, exit code {ended['exitCode']}"
    return str((pod.get("status") or {}).get("reason") or "Failed")


def _pending(pod: Json) -> str:
    for condition in (pod.get("status") or {}).get("conditions") or []:
        if condition.get("type") == "PodScheduled" and condition.get("status") == "False":
            return f"Pending: {condition.get('message') or condition.get('reason') or ''}"
    return "Pending"


def _pod_box(pod: Json) -> dict[str, Any]:
    look = pod_look(pod)
    meta = pod["metadata"]
    return {
        "name": meta["name"],
        "short": _short(pod),
        "uid": meta.get("uid") or meta["name"],
        "look": look.look,
        "words": look.words,
        "note": stand_in(pod),
        "mine": True,
    }


def _short(pod: Json) -> str:
    """The end of a name, which tells the Pods of one ReplicaSet apart, and with three letters of the hash its revisions."""
    name = str(pod["metadata"]["name"])
    if owner(pod)[0] != "ReplicaSet" or name.count("-") < 2:
        return name
    _, template, end = name.rsplit("-", 2)
    return f"…{template[-3:]}-{end}"


def gibibytes(quantity: str) -> float:
    """A Kubernetes memory quantity in GiB; 0 when it is not one."""
    units = {"Ki": 2.0**-20, "Mi": 2.0**-10, "Gi": 1.0, "Ti": 1024.0}
    for suffix, factor in units.items():
        if quantity.endswith(suffix) and quantity[:-2].isdigit():
            return int(quantity[:-2]) * factor
    return int(quantity) / 2**30 if quantity.isdigit() else 0.0


def _node_box(node: Json, pods: Iterable[Json]) -> dict[str, Any]:
    status = node.get("status") or {}
    room = status.get("allocatable") or {}
    ready = any(c.get("type") == "Ready" and c.get("status") == "True" for c in status.get("conditions") or [])
    size = f"{room.get('cpu', '?')} CPU · {gibibytes(str(room.get('memory', ''))):.0f} GiB"
    cordoned = " · takes no new pods" if (node.get("spec") or {}).get("unschedulable") else ""
    return {
        "name": node["metadata"]["name"],
        "words": f"{size}{cordoned}" if ready else "not ready",
        "ready": ready,
        "gpus": [],
        "pods": [_pod_box(p) for p in pods],
    }


def _by_name(objects: Iterable[Json]) -> list[Json]:
    return sorted(objects, key=lambda o: str(o["metadata"]["name"]))


def world_view(nodes: Iterable[Json], objects: Mapping[str, tuple[Json, ...]]) -> dict[str, Any]:
    """Nodes with their pods, and the pods that have no node yet."""
    pods = _by_name(objects.get("Pod", ()))
    placed: dict[str, list[Json]] = {}
    for pod in pods:
        placed.setdefault((pod.get("spec") or {}).get("nodeName") or "", []).append(pod)
    known = _by_name(nodes)
    return {
        "nodes": [_node_box(n, placed.pop(n["metadata"]["name"], [])) for n in known],
        "loose": [_pod_box(p) for rest in placed.values() for p in rest],
    }
