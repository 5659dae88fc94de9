"""One holder at a time, across processes; the kernel lets go when the holder dies."""

from __future__ import annotations

import fcntl
import os
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from labs.errors import Busy

__all__ = ["exclusive", "holder", "is_held"]


@contextmanager
def exclusive(path: Path, *, waiting: Callable[[], None] | None = None, what: str = "this") -> Iterator[None]:
    """Hold the lock file `path`. While another process has it, call `waiting` five times a second; without it: Busy."""
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    try:
        while not _try(descriptor):
            if waiting is None:
                raise Busy(
                    what=f"Another labs process is busy with {what}",
                    why=f"Process {holder(path) or '?'} holds the lock {path}",
                    next_step="Wait for it to end, then try again",
                )
            waiting()
            time.sleep(0.2)
        yield
    finally:
        os.close(descriptor)


def is_held(path: Path) -> bool:
    """Whether some process holds the lock file now."""
    try:
        descriptor = os.open(path, os.O_RDWR | os.O_CLOEXEC)
    except FileNotFoundError:
        return False
    try:
        return not _try(descriptor)
    finally:
        os.close(descriptor)


def holder(path: Path) -> int:
    """Process id of the holder as the kernel lists it, or 0."""
    try:
        inode = path.stat().st_ino
        lines = Path("/proc/locks").read_text(encoding="ascii").splitlines()
    except OSError:
        return 0
    for line in lines:
        words = line.split()
        if len(words) > 5 and words[1] == "FLOCK" and words[5].rpartition(":")[2] == str(inode):
            return max(int(words[4]), 0)
    return 0


def _try(descriptor: int) -> bool:
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True
