"""Starts and ends the cluster's background process (`labs.cluster.kind.serving`): one per cluster, outliving kernels."""

from __future__ import annotations

import signal
import subprocess
import sys
import threading
from pathlib import Path

from labs.cluster.locks import holder, is_held
from labs.cluster.processes import Process, find

__all__ = ["LOCK", "end", "running", "start"]

LOCK = "agent.lock"
_END_SECONDS = 5.0


def start(folder: Path) -> None:
    """Start it, unless it runs; it goes on when this process ends."""
    if running(folder):
        return
    log = folder / "logs" / "agent.log"
    log.parent.mkdir(mode=0o700, exist_ok=True)
    with log.open("ab") as file:
        process = subprocess.Popen(
            [sys.executable, "-m", "labs.cluster.kind.serving", str(folder)],
            stdin=subprocess.DEVNULL,
            stdout=file,
            stderr=file,
            cwd="/",
            start_new_session=True,
        )
    threading.Thread(target=process.wait, name="agent-reaper", daemon=True).start()


def end(folder: Path) -> None:
    """End it and wait until it has ended; nothing happens when none runs."""
    process = running(folder)
    if process:
        process.signal(signal.SIGTERM)
        if not process.wait(_END_SECONDS):
            process.signal(signal.SIGKILL)
            process.wait(_END_SECONDS)
    for name in ("forwards.json", "ports.json"):
        (folder / name).unlink(missing_ok=True)


def running(folder: Path) -> Process | None:
    """The agent's process: whoever holds its lock."""
    lock = folder / LOCK
    return find(holder(lock)) if is_held(lock) else None
