"""A kubectl of the cluster's version: our engine's, else the node's own, else the one on PATH."""

from __future__ import annotations

import os
import shutil
import sys
from pathlib import Path

from labs.cluster.kind.containers import ContainerEngine
from labs.cluster.pocket.engine import find_engine
from labs.errors import ClusterError

__all__ = ["find_kubectl", "take_kubectl"]


def find_kubectl(folder: Path) -> list[str]:
    """First words of its command line; raises ClusterError when there is none."""
    engine, taken = find_engine(), folder / "bin" / "kubectl"
    if engine:
        return [str(engine.kubectl)]
    if os.access(taken, os.X_OK):
        return [str(taken)]
    ours = str(folder.parent.parent / "bin")  # holds the launcher that starts us
    found = shutil.which("kubectl", path=os.pathsep.join(_without(ours)))
    if found:
        return [found]
    raise ClusterError(
        what="There is no kubectl",
        why="Neither the pocket engine nor the node's own nor one on PATH can be used",
        next_step="Install it (kubernetes.io/docs/tasks/tools), or run `labs engine build`",
    )


def take_kubectl(engine: ContainerEngine, node: str, folder: Path) -> None:
    """Copy the node's kubectl beside the cluster's state, where it can run and the engine has none."""
    if find_engine() is None and sys.platform == "linux":
        target = folder / "bin" / "kubectl"
        target.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        engine.attempt("cp", "-L", f"{node}:/usr/bin/kubectl", str(target))


def _without(folder: str) -> list[str]:
    return [each for each in os.environ.get("PATH", os.defpath).split(os.pathsep) if each != folder]
