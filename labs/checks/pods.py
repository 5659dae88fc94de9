"""What Pods show: reading their status as a person would put it."""

from __future__ import annotations

from collections.abc import Iterator

from labs.checks.model import Json, LogAttempt, Snapshot

__all__ = [
    "containers",
    "crashing",
    "effective_policies",
    "find",
    "living",
    "logs_of",
    "missing",
    "ready",
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
    """The living Pod of that name, or None; one that is being deleted proves nothing any more."""
    return next((pod for pod in living(snapshot) if pod["metadata"]["name"] == name), None)


def living(snapshot: Snapshot, kind: str = "Pod") -> list[Json]:
    """All objects of a kind but those that are being deleted."""
    return [each for each in snapshot.objects.get(kind, ()) if not each["metadata"].get("deletionTimestamp")]


def missing(snapshot: Snapshot, kind: str, name: str) -> str:
    """That there is no such object or that it is just being deleted, and which others of its kind there are."""
    if any(each["metadata"]["name"] == name for each in snapshot.objects.get(kind, ())):
        return f"the {kind} {name} is being deleted"
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
    """Why a container cannot start, with the runtime's own words; empty where none is stuck.

    What an earlier attempt ran into counts only while the container waits for the next one.
    """
    for status in statuses(pod):
        now = status.get("state") or {}
        last = status.get("lastState") or {} if "waiting" in now else {}
        for found in (now.get("terminated") or {}, last.get("terminated") or {}, now.get("waiting") or {}):
            if found.get("reason") in _CANNOT_START:
                said = str(found.get("message", "")).strip()
                return f"container {status['name']}: {found['reason']}" + (f": {said}" if said else "")
    return unschedulable(pod)


def crashing(pod: Json) -> str:
    """Which main container does not go on running, and how it ended; empty where all do."""
    for status in (pod.get("status") or {}).get("containerStatuses") or ():
        now = status.get("state") or {}
        ended = now.get("terminated") or (status.get("lastState") or {}).get("terminated") or {}
        waits = (now.get("waiting") or {}).get("reason") == "CrashLoopBackOff"
        if waits or "terminated" in now or (ended and status.get("restartCount", 0) > 1):
            word = "CrashLoopBackOff" if waits else "ended"
            return f"container {status['name']}: {word} after exit code {ended.get('exitCode', 'unknown')}"
    return ""


def ready(pod: Json) -> bool:
    """Whether the kubelet calls the Pod ready."""
    conditions = (pod.get("status") or {}).get("conditions") or ()
    return any(each.get("type") == "Ready" and each.get("status") == "True" for each in conditions)


def logs_of(snapshot: Snapshot, pod: Json) -> list[LogAttempt]:
    """The logs of every attempt of every container of this very Pod."""
    uid = pod["metadata"]["uid"]
    return [each for each in snapshot.logs if each.pod_uid == uid]
