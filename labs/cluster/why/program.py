"""The program `why`: part of the pocket engine's `kube`, or built alone where that is not there."""

from __future__ import annotations

from labs.cluster.model import Progress, ignore_progress
from labs.cluster.pocket.engine import find_engine
from labs.cluster.pocket.single import ensure_single, find_single
from labs.errors import EngineError

__all__ = ["ensure_program", "find_program"]

_NAME = "why"


def find_program() -> tuple[str, ...]:
    """Its command line; never builds. Raises EngineError when it is not there."""
    engine, single = find_engine(), find_single(_NAME)
    if engine:
        return (str(engine.folder / "kube"), _NAME)
    if single:
        return (str(single),)
    raise EngineError(
        what="The program that asks the scheduler's filters is not built yet",
        why="It comes with the pocket cluster; other clusters need it only for this",
        next_step="Run `labs why POD` in a terminal: it builds the program, once",
    )


def ensure_program(progress: Progress = ignore_progress) -> None:
    """Build it where it is missing (some minutes without Go's cache). Raises EngineError."""
    if not find_engine():
        ensure_single(_NAME, progress)
