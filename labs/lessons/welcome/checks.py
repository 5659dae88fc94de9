"""What the first lesson judges beyond the common words."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from labs.checks import Finding, Snapshot

__all__ = ["some_pod_runs"]

Json = Mapping[str, Any]
_EXPECTED = "a Pod in phase Running without a restart"
_LOOK = "The map and the Events tab show what keeps it"
_TROUBLE = frozenset({"ErrImagePull", "ImagePullBackOff", "InvalidImageName", "RunContainerError", "CrashLoopBackOff"})


def some_pod_runs(snapshot: Snapshot) -> Finding:
    """Pass while any Pod of the namespace runs with every container up and none restarted."""
    pods = [pod for pod in snapshot.objects.get("Pod", ()) if not pod["metadata"].get("deletionTimestamp")]
    if not pods:
        return Finding("wait", _EXPECTED, "no Pod", "Apply the manifest")
    if any(map(_runs, pods)):
        return Finding("pass", _EXPECTED, "a Pod that runs", "")
    found = "; ".join(f"{pod['metadata']['name']}: {_words(pod)}" for pod in pods)
    return Finding("fail" if any(map(_in_trouble, pods)) else "wait", _EXPECTED, found, _LOOK)


def _runs(pod: Json) -> bool:
    statuses = pod.get("status", {}).get("containerStatuses") or ()
    return bool(statuses) and all("running" in each["state"] and each["restartCount"] == 0 for each in statuses)


def _in_trouble(pod: Json) -> bool:
    status = pod.get("status", {})
    if status.get("phase") in ("Succeeded", "Failed"):
        return True
    return any(
        each.get("restartCount", 0) > 0 or each.get("state", {}).get("waiting", {}).get("reason") in _TROUBLE
        for each in status.get("containerStatuses") or ()
    )


def _words(pod: Json) -> str:
    status = pod.get("status", {})
    words = [f"phase {status.get('phase', 'unknown')}"]
    for each in status.get("containerStatuses") or ():
        waiting = each.get("state", {}).get("waiting", {})
        ended = each.get("state", {}).get("terminated") or each.get("lastState", {}).get("terminated") or {}
        words += [str(reason) for reason in (waiting.get("reason"), ended.get("reason")) if reason]
        if each.get("restartCount"):
            words.append(f"restarted {each['restartCount']} times")
    return ", ".join(words)
