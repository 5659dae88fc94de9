"""The lessons' traces in a cluster: their namespaces."""

from __future__ import annotations

import time
from pathlib import Path

from labs.cluster.api import call
from labs.cluster.model import Progress, Step
from labs.errors import ClusterError

__all__ = ["remove_lesson_namespaces"]

_PREFIX = "labs-"
_OURS = frozenset({"labs-system"})
_SECONDS = 60.0


def remove_lesson_namespaces(kubeconfig: Path, progress: Progress) -> None:
    """Delete every namespace of a lesson and wait until the last is gone."""
    for name in _names(kubeconfig):
        progress(Step("namespaces", "running", f"removing {name}"))
        call(kubeconfig, "DELETE", f"/api/v1/namespaces/{name}")
    deadline = time.monotonic() + _SECONDS
    while left := _names(kubeconfig):
        if time.monotonic() > deadline:
            raise ClusterError(
                what=f"Namespace {left[0]} does not go away",
                why="Something in it has a finalizer that nobody removes, or a Pod that does not end",
                next_step="Run `labs reset --hard`",
            )
        progress(Step("namespaces", "waiting", f"{len(left)} left"))
        time.sleep(0.2)
    progress(Step("namespaces", "ready", "no lesson is left in the cluster"))


def _names(kubeconfig: Path) -> list[str]:
    items = call(kubeconfig, "GET", "/api/v1/namespaces").get("items") or []
    names = [str(item["metadata"]["name"]) for item in items]
    return [name for name in names if name.startswith(_PREFIX) and name not in _OURS]
