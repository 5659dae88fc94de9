"""Processes named by id and start time, so that a reused id is never taken for the old process."""

from __future__ import annotations

import os
import select
import signal
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

__all__ = ["Process", "descendants", "find"]


@dataclass(frozen=True)
class Process:
    """A process on this machine; `started`: its start time in clock ticks since boot, from /proc."""

    pid: int
    started: int

    def alive(self) -> bool:
        """True while it runs; a zombie counts as ended."""
        return find(self.pid) == self

    def signal(self, number: signal.Signals) -> None:
        """Send a signal; nothing happens when it has ended."""
        descriptor = self._open()
        if descriptor is not None:
            with suppress(ProcessLookupError):
                signal.pidfd_send_signal(descriptor, number)
            os.close(descriptor)

    def wait(self, seconds: float) -> bool:
        """Wait until it has ended; False when it still runs after `seconds`."""
        descriptor = self._open()
        if descriptor is None:
            return True
        try:
            poller = select.poll()
            poller.register(descriptor, select.POLLIN)
            return bool(poller.poll(seconds * 1000))
        finally:
            os.close(descriptor)

    def _open(self) -> int | None:
        try:
            descriptor = os.pidfd_open(self.pid)
        except OSError:
            return None
        if self.alive():
            return descriptor
        os.close(descriptor)
        return None


def find(pid: int) -> Process | None:
    """The running process with this id, or None."""
    fields = _stat(pid)
    return Process(pid, int(fields[19])) if fields and fields[0] not in "ZX" else None


def descendants(root: Process) -> tuple[Process, ...]:
    """All processes below `root` now, across sessions and namespaces that are visible from here."""
    parents: dict[int, list[Process]] = {}
    for entry in Path("/proc").iterdir():
        fields = _stat(int(entry.name)) if entry.name.isdigit() else None
        if fields:
            parents.setdefault(int(fields[1]), []).append(Process(int(entry.name), int(fields[19])))
    found: list[Process] = []
    open_ids = [root.pid] if root.alive() else []
    while open_ids:
        children = parents.get(open_ids.pop(), [])
        found += children
        open_ids += [child.pid for child in children]
    return tuple(found)


def _stat(pid: int) -> list[str] | None:
    """Fields of /proc/PID/stat from the state on (index 0), or None when there is no such process."""
    try:
        text = Path(f"/proc/{pid}/stat").read_text(encoding="utf-8", errors="replace")
    except OSError:
        return None
    return text.rpartition(")")[2].split() or None
