"""A program of the engine's module on its own, for clusters that are not pocket: built alone, kept by content."""

from __future__ import annotations

import os
import shutil
from pathlib import Path

from labs.cluster.locks import exclusive
from labs.cluster.model import Progress, Step, ignore_progress
from labs.cluster.pocket.build import compile_programs
from labs.cluster.pocket.engine import engine_folder
from labs.cluster.pocket.recipe import content_hash, source_dir
from labs.errors import EngineError

__all__ = ["ensure_single", "find_single"]


def find_single(name: str) -> Path | None:
    """The program `cmd/NAME` of this version, when it was built; never builds."""
    wanted = content_hash()
    program = _folder(wanted, name) / name if wanted else None
    return program if program and os.access(program, os.X_OK) else None


def ensure_single(name: str, progress: Progress = ignore_progress) -> Path:
    """The same, built first when it is missing. Raises EngineError where nothing can be built."""
    wanted, source = content_hash(), source_dir()
    if wanted is None or source is None:
        raise EngineError(
            what=f"This installation has no source to build the program `{name}` from",
            next_step="Reinstall the course, or run `labs engine import FILE` with a bundle",
        )
    folder = _folder(wanted, name)
    busy = Step(name, "waiting", "another labs process builds it")
    with exclusive(folder.with_suffix(".lock"), waiting=lambda: progress(busy)):
        return find_single(name) or _build(source, folder, name, progress)


def _build(source: Path, folder: Path, name: str, progress: Progress) -> Path:
    fresh = folder.with_name(f".new-{folder.name}")
    shutil.rmtree(fresh, ignore_errors=True)
    fresh.mkdir(parents=True)
    try:
        compile_programs(source, fresh, progress, [name])
        for old in folder.parent.glob(f"*-{name}"):
            shutil.rmtree(old, ignore_errors=True)
        fresh.rename(folder)
    finally:
        shutil.rmtree(fresh, ignore_errors=True)
    progress(Step(name, "ready", f"{name} built", 1.0))
    return folder / name


def _folder(wanted: str, name: str) -> Path:
    folder = engine_folder(wanted)
    return folder.with_name(f"{folder.name}-{name}")
