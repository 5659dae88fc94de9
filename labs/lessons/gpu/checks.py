"""What the GPU lesson judges beyond the common words."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from labs.checks import Finding, Snapshot
from labs.checks.changes import carries
from labs.checks.pods import find, living, missing

__all__ = ["outranks", "whole_gangs"]

Json = Mapping[str, Any]


def outranks(snapshot: Snapshot, pod: str) -> Finding:
    """Pass when the Pod has a priority above that of Pods without a class, which is 0."""
    expected = f"{pod} with a priority above zero"
    there = find(snapshot, pod)
    if there is None:
        return Finding("wait", expected, missing(snapshot, "Pod", pod), "metadata.name in your manifest")
    priority = there["spec"].get("priority", 0)
    return Finding(
        "pass" if priority > 0 else "fail", expected, f"its priority is {priority}", "spec.priorityClassName"
    )


def whole_gangs(snapshot: Snapshot, jobs: Sequence[str], size: int) -> Finding:
    """Pass when some job (Pods labelled ``job=NAME``) runs with all its Pods, and no job with a part of them."""
    expected = f"one job with {size} running Pods, the other with none"
    counts = {job: [_bound(pod) for pod in living(snapshot) if carries(pod, "job", job)] for job in jobs}
    lacking = [job for job, pods in counts.items() if len(pods) != size]
    if lacking:
        found = f"{lacking[0]} has {len(counts[lacking[0]])} Pods, not {size}"
        return Finding("wait", expected, found, "metadata.labels of each Pod")
    parts = [job for job, pods in counts.items() if 0 < sum(pods) < size]
    if parts:
        return Finding(
            "fail", expected, f"a Pod of {parts[0]} holds a card without its partner", "The map shows who runs"
        )
    whole = [job for job, pods in counts.items() if sum(pods) == size]
    if not whole:
        waiting = "no Pod of it runs: the scheduler waits for the whole group"
        return Finding("fail", expected, f"{jobs[0]}: {waiting}", "The Events tab says what it waits for")
    ready = all(_runs(pod) for pod in living(snapshot) if carries(pod, "job", whole[0]))
    return Finding("pass" if ready else "wait", expected, f"{whole[0]} has all its Pods")


def _bound(pod: Json) -> bool:
    return bool(pod["spec"].get("nodeName"))


def _runs(pod: Json) -> bool:
    return bool((pod.get("status") or {}).get("phase") == "Running")
