"""The `kind` program: the one on PATH, else the pinned version, built from its module into our cache."""

from __future__ import annotations

import os
import shutil
from pathlib import Path

from labs.cluster.kind.recipe import KIND_MODULE
from labs.cluster.locks import exclusive
from labs.cluster.model import Progress, Step, ignore_progress
from labs.cluster.pocket.gotool import run_go
from labs.cluster.pocket.recipe import required_go
from labs.cluster.pocket.toolchain import find_go, go_environment, go_on_this_machine
from labs.errors import ClusterError, EngineError
from labs.paths import cache_dir

__all__ = ["ensure_kind", "find_kind", "kind_can_be_had"]


def find_kind() -> Path | None:
    """kind on PATH, else in our cache; never builds."""
    on_path = shutil.which("kind")
    if on_path:
        return Path(on_path)
    built = _folder() / "kind"
    return built if os.access(built, os.X_OK) else None


def kind_can_be_had() -> bool:
    """Whether kind is here, or a Go to build it with is."""
    return find_kind() is not None or go_on_this_machine(required_go()) is not None


def ensure_kind(progress: Progress = ignore_progress) -> Path:
    """kind, built first when it is missing; raises ClusterError with the command that installs it."""
    found = find_kind()
    if found:
        return found
    folder = _folder()
    with exclusive(folder.with_suffix(".lock"), waiting=lambda: progress(Step("kind", "waiting", "it is being built"))):
        return find_kind() or _build(folder, progress)


def _build(folder: Path, progress: Progress) -> Path:
    progress(Step("kind", "running", f"building {KIND_MODULE} (once, about 15 s)"))
    try:
        go = find_go(required_go(), progress)
        environment = go_environment({"GOBIN": str(folder), "GOFLAGS": "-modcacherw"})
        folder.mkdir(parents=True, exist_ok=True)
        run_go([str(go), "install", KIND_MODULE], folder=folder, environment=environment, on_line=_is_progress)
    except EngineError as error:
        raise ClusterError(
            what="The program `kind` is missing and cannot be built",
            why=error.why or error.what,
            next_step=f"Install it: go install {KIND_MODULE}; brew install kind; or from kind.sigs.k8s.io",
        ) from error
    progress(Step("kind", "ready", "kind built"))
    return folder / "kind"


def _is_progress(line: str) -> bool:
    return line.startswith("go: downloading")


def _folder() -> Path:
    return cache_dir() / "kind" / KIND_MODULE.rpartition("@")[2]
