"""Gives back the disk space that building the engine took: engines of other versions, and Go's caches of ours."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from contextlib import ExitStack, suppress
from dataclasses import dataclass
from pathlib import Path

from labs.cluster.locks import exclusive
from labs.cluster.pocket.engine import find_engine, running_programs
from labs.paths import cache_dir

__all__ = ["Cleaned", "clean"]


@dataclass(frozen=True)
class Cleaned:
    """Bytes that were freed: by engines that nobody needs, and by Go's caches."""

    engines: int
    go: int


def clean() -> Cleaned:
    """Remove both; the present version's engine and those that run now stay. Raises Busy while one is being built."""
    engines = cache_dir() / "engine"
    with ExitStack() as locks:
        for lock in sorted(engines.glob("*.lock")):
            locks.enter_context(exclusive(lock, what="building the engine"))
        freed = sum(map(_remove, _unneeded(engines)))
        return Cleaned(freed, _remove(cache_dir() / "go"))


def _unneeded(engines: Path) -> Iterator[Path]:
    found, used = find_engine(), running_programs()
    for folder in engines.glob("*/"):
        runs = any(program.parent == folder for program in used)
        if not runs and not (found and folder == found.folder):
            yield folder


def _remove(folder: Path) -> int:
    """Remove a folder and return the bytes it took on the disk; a file that cannot be removed stays and is not counted."""
    taken = _bytes(folder)
    shutil.rmtree(folder, ignore_errors=True)
    return taken - _bytes(folder)


def _bytes(folder: Path) -> int:
    total = 0
    for path in folder.rglob("*"):
        with suppress(OSError):
            total += path.lstat().st_blocks * 512
    return total
