"""What Pods show: reading their status as a person would put it."""

from __future__ import annotations

from collections.abc import Iterator

from labs.checks.model import Json, LogAttempt, Snapshot

__all__ = [
    "containers",
    "effective_policies",
    "find",
    "logs_of",
    "missing",
    "restarts",
    "statuses",
    "trouble",
    "unschedulable",
]

_CANNOT_START = frozenset(
    {
        "CreateContainerConfigError",
        "CreateContainerError",
        "ErrImageNeverPull",
        "ErrImagePull",
        "ImageInspectError",
        "ImagePullBackOff",
        "InvalidImageName",
        "RunContainerError",
        "StartError",
    }
)


def find(snapshot: Snapshot, name: str) -> Json | None:
    """The Pod of that name, or None."""
    return next((pod for pod in snapshot.objects.get("Pod", ()) if pod["metadata"]["name"] == name), None)


def missing(snapshot: Snapshot, kind: str, name: str) -> str:
    """That there is no such object, and which others of its kind there are."""
    others = sorted(each["metadata"]["name"] for each in snapshot.objects.get(kind, ()))
    there = f"; there is {', '.join(others[:3])}" if others else ""
    return f"no {kind} named {name}{there}"


def statuses(pod: Json) -> Iterator[Json]:
    """The status of every container: init and sidecar containers first."""
    status = pod.get("status") or {}
    yield from status.get("initContainerStatuses") or ()
    yield from status.get("containerStatuses") or ()


def containers(pod: Json) -> Iterator[Json]:
    """The specification of every container: init and sidecar containers first."""
    yield from pod["spec"].get("initContainers") or ()
    yield from pod["spec"]["containers"]


def restarts(pod: Json) -> int:
    """How often containers of the Pod were started again."""
    return sum(int(status.get("restartCount", 0)) for status in statuses(pod))


def effective_policies(pod: Json) -> list[str]:
    """The restart policy of each main container: its own where it has one, else the Pod's. Rules by exit code: ``Rules``."""
    common = pod["spec"].get("restartPolicy", "Always")
    return [
        "Rules" if each.get("restartPolicyRules") else str(each.get("restartPolicy") or common)
        for each in pod["spec"]["containers"]
    ]


def unschedulable(pod: Json) -> str:
    """The scheduler's own words where no node fits, else an empty text."""
    for condition in (pod.get("status") or {}).get("conditions") or ():
        if condition.get("type") == "PodScheduled" and condition.get("status") == "False":
            return f"Pending: {condition.get('message', '')}"
    return ""


def trouble(pod: Json) -> str:
    """Why a container cannot start, with the runtime's own words; empty where none is stuck."""
    for status in statuses(pod):
        now, last = status.get("state") or {}, status.get("lastState") or {}
        for found in (now.get("terminated") or {}, last.get("terminated") or {}, now.get("waiting") or {}):
            if found.get("reason") in _CANNOT_START:
                said = str(found.get("message", "")).strip()
                return f"container {status['name']}: {found['reason']}" + (f": {said}" if said else "")
    return unschedulable(pod)


def logs_of(snapshot: Snapshot, pod: Json) -> list[LogAttempt]:
    """The logs of every attempt of every container of this very Pod."""
    uid = pod["metadata"]["uid"]
    return [each for each in snapshot.logs if each.pod_uid == uid]
