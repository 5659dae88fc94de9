"""Progress of `up` as a file beside the cluster, so that another process (a notebook's first cell) can show it."""

from __future__ import annotations

import os
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from labs.cluster.files import read_json, write_json
from labs.cluster.model import Progress, Step
from labs.cluster.processes import Process, find
from labs.errors import LabsError

__all__ = ["UpProgress", "read_progress", "recorded"]

_PAUSE_SECONDS = 0.2


@dataclass(frozen=True)
class UpProgress:
    """How far `up` is. `state`: running, ready, failed or interrupted; `steps`: latest of each name, in order."""

    state: str
    steps: tuple[Step, ...]
    error: LabsError | None = None
    updated: float = 0.0

    @property
    def step(self) -> Step | None:
        """What was reported last."""
        return self.steps[-1] if self.steps else None


def read_progress(folder: Path) -> UpProgress | None:
    """Progress in a cluster's state folder; None when `up` was never run. A dead `up` reads as interrupted."""
    value = read_json(folder / "up.json")
    if value is None:
        return None
    try:
        state = str(value["state"])
        if state == "running" and not Process(int(value["pid"]), int(value["started"])).alive():
            state = "interrupted"
        steps = tuple(Step(**step) for step in value["steps"])
        error = LabsError(**value["error"]) if value.get("error") else None
        return UpProgress(state, steps, error, float(value["updated"]))
    except (KeyError, TypeError, ValueError):
        return None


@contextmanager
def recorded(folder: Path, progress: Progress) -> Iterator[Progress]:
    """Yield a progress that also writes `up.json` in `folder`; its last state is how the block ended."""
    file = _File(folder / "up.json")

    def both(step: Step) -> None:
        progress(step)
        file.add(step)

    file.write("running")
    try:
        yield both
    except LabsError as error:
        file.write("failed", {"what": error.what, "why": error.why, "next_step": error.next_step})
        raise
    except BaseException:
        file.write("interrupted")
        raise
    file.write("ready")


@dataclass
class _File:
    path: Path
    steps: dict[str, Step] = field(default_factory=dict)
    written: float = 0.0

    def add(self, step: Step) -> None:
        self.steps.pop(step.name, None)
        self.steps[step.name] = step
        if time.monotonic() - self.written > _PAUSE_SECONDS:
            self.write("running")

    def write(self, state: str, error: dict[str, str] | None = None) -> None:
        own = find(os.getpid())
        value: dict[str, Any] = {
            "schema": 1,
            "state": state,
            "pid": os.getpid(),
            "started": own.started if own else 0,
            "updated": time.time(),
            "steps": [asdict(step) for step in self.steps.values()],
            "error": error,
        }
        write_json(self.path, value)
        self.written = time.monotonic()
