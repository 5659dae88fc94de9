"""Whether what was applied has come to rest, so that the next file may follow."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from labs.checks import Snapshot
from labs.checks.probes import rows

__all__ = ["settled", "steady"]

Json = Mapping[str, Any]
_STEADY_SECONDS = 5
_STUCK = frozenset({"ErrImagePull", "ImagePullBackOff", "InvalidImageName", "ErrImageNeverPull", "CrashLoopBackOff"})


def settled(snapshot: Snapshot) -> bool:
    """No Pod is about to start and no Deployment about to roll; what cannot go on counts as settled."""
    pods, deployments = snapshot.objects.get("Pod", ()), snapshot.objects.get("Deployment", ())
    if not (pods or deployments) or not all(map(_pod_rests, pods)):
        return False
    return any(map(_stuck, pods)) or all(map(_deployment_rests, deployments))


def steady(snapshot: Snapshot) -> bool:
    """Whether the counter's calls were answered, all of them, for the last five whole seconds."""
    counted = list(rows(snapshot, "calls"))
    last = max((row["at"] for row in counted), default=0.0)
    recent = [row for row in counted if last - _STEADY_SECONDS <= row["at"] < last]
    seconds = {row["at"] for row in recent if row["ok"]}
    return len(seconds) == _STEADY_SECONDS and not any(row["failed"] for row in recent)


def _pod_rests(pod: Json) -> bool:
    status = pod.get("status", {})
    if pod["metadata"].get("deletionTimestamp"):
        return False
    if status.get("phase") != "Pending":
        return bool(status.get("phase")) and all(map(_container_rests, status.get("containerStatuses", ())))
    refused = any(each.get("reason") == "Unschedulable" for each in status.get("conditions", ()))
    return refused or _stuck(pod)


def _stuck(pod: Json) -> bool:
    status = pod.get("status", {})
    containers = (*status.get("initContainerStatuses", ()), *status.get("containerStatuses", ()))
    return any(_waiting(each) in _STUCK for each in containers)


def _container_rests(container: Json) -> bool:
    state = container.get("state", {})
    return "running" in state or "terminated" in state or _waiting(container) in _STUCK


def _waiting(container: Json) -> str:
    return str(container.get("state", {}).get("waiting", {}).get("reason", ""))


def _deployment_rests(deployment: Json) -> bool:
    status, wanted = deployment.get("status", {}), deployment["spec"].get("replicas", 1)
    if status.get("observedGeneration", 0) < deployment["metadata"].get("generation", 1):
        return False
    stalled = any(
        each.get("type") == "Progressing" and each.get("status") == "False" for each in status.get("conditions", ())
    )
    counts = {status.get(key, 0) for key in ("replicas", "updatedReplicas", "availableReplicas")}
    return stalled or counts == {wanted}
