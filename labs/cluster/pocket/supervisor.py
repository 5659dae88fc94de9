"""Starts `pocket up` and reads what it says: one JSON object a line, until it is ready, fails, takes too long or dies."""

from __future__ import annotations

import json
import os
import selectors
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import IO, Any

from labs.cluster.model import Progress, Step
from labs.cluster.pocket.engine import Engine
from labs.cluster.pocket.state import Record
from labs.cluster.processes import Process, descendants, find
from labs.errors import ClusterError

__all__ = ["end", "python_options", "start"]

_READY_SECONDS = 180.0
_ORDERLY_SECONDS = 8.0
_KEPT_VARIABLES = ("PATH", "HOME", "USER", "LOGNAME", "LANG", "LC_ALL", "TZ", "TMPDIR", "SSL_CERT_FILE", "SSL_CERT_DIR")


def start(engine: Engine, folder: Path, record: Record, port: int | None, progress: Progress) -> None:
    """Start it and return when all nodes are Ready; in any other case nothing of it is left running."""
    log = folder / "logs" / "supervisor.log"
    log.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    with log.open("ab") as errors:
        process = subprocess.Popen(
            _command(engine, folder, record, port),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=errors,
            cwd="/",
            env=_environment(),
            start_new_session=True,
        )
    try:
        assert process.stdout is not None
        _follow(process.stdout, log, progress)
    except BaseException:
        started = find(process.pid)
        if started:
            end(started)
        raise
    finally:
        if process.stdout:
            process.stdout.close()
        threading.Thread(target=process.wait, name="pocket-reaper", daemon=True).start()


def end(process: Process) -> None:
    """Orderly end, then by force; returns when neither it nor anything below it is left."""
    below = descendants(process)
    process.signal(signal.SIGTERM)
    if not process.wait(_ORDERLY_SECONDS):
        process.signal(signal.SIGKILL)
        process.wait(_ORDERLY_SECONDS)
    deadline = time.monotonic() + 2
    while any(one.alive() for one in below) and time.monotonic() < deadline:
        time.sleep(0.02)
    for one in below:
        one.signal(signal.SIGKILL)
    left = [one.pid for one in (process, *below) if not one.wait(_ORDERLY_SECONDS)]
    if left:
        raise ClusterError(
            what="Some processes of the cluster could not be ended",
            why=f"Still there: {', '.join(map(str, left))}",
            next_step="Wait a little and run `labs down` again; a process that hangs in the kernel ends with a restart",
        )


def _command(engine: Engine, folder: Path, record: Record, port: int | None) -> list[str]:
    settings = {
        "--state": folder,
        "--engine": engine.folder,
        "--nodes": record.nodes,
        "--node-cpu": record.node_cpu,
        "--node-memory": record.node_memory,
        "--port": port or 0,
    }
    return [str(engine.pocket), "up", *(str(word) for pair in settings.items() for word in pair), *python_options()]


def python_options() -> list[str]:
    """Which interpreter stand-in images have: the one below any virtual environment."""
    python = Path(getattr(sys, "_base_executable", "") or sys.executable).resolve()
    version = ".".join(map(str, sys.version_info[:3]))
    return ["--python", str(python), "--python-prefix", sys.base_prefix, "--python-version", version]


def _environment() -> dict[str, str]:
    """Only what the cluster needs: the learner's tokens and keys stay out of it."""
    return {
        name: value
        for name, value in os.environ.items()
        if name in _KEPT_VARIABLES or name.startswith("POCKET_") or name.lower().endswith("_proxy")
    }


def _follow(output: IO[bytes], log: Path, progress: Progress) -> None:
    for event in _events(output):
        kind = event.get("event")
        if kind == "step":
            progress(Step(str(event.get("name")), str(event.get("state")), "", None, _number(event.get("seconds"))))
        elif kind == "error":
            raise ClusterError(
                what=str(event.get("what") or "The cluster could not be started"),
                why=str(event.get("why") or ""),
                next_step=str(event.get("next") or "Run `labs doctor`"),
            )
        elif kind == "ready":
            return
    raise ClusterError(
        what="The cluster's supervisor ended while it was starting",
        why=_last_line(log) or "It left no message",
        next_step=f"Run `labs doctor`, then `labs up` again; its log is {log}",
    )


def _events(output: IO[bytes]) -> Iterator[dict[str, Any]]:
    pending, deadline = b"", time.monotonic() + _READY_SECONDS
    with selectors.DefaultSelector() as selector:
        selector.register(output, selectors.EVENT_READ)
        while True:
            if not selector.select(max(0.0, deadline - time.monotonic())):
                raise ClusterError(
                    what="The cluster does not become ready",
                    why=f"After {_READY_SECONDS:.0f} seconds it is still not there; the logs are in its state folder",
                    next_step="Run `labs doctor`, then `labs up` again, perhaps with `--nodes 1`",
                )
            chunk = os.read(output.fileno(), 65536)
            if not chunk:
                return
            *lines, pending = (pending + chunk).split(b"\n")
            yield from filter(None, map(_event, lines))


def _event(line: bytes) -> dict[str, Any] | None:
    try:
        value = json.loads(line)
    except ValueError:
        return None
    return value if isinstance(value, dict) else None


def _number(value: object) -> float | None:
    return float(value) if isinstance(value, (int, float)) else None


def _last_line(log: Path) -> str:
    with log.open("rb") as file:
        file.seek(max(0, log.stat().st_size - 4000))
        lines = file.read().decode(errors="replace").splitlines()
    return next((line.strip() for line in reversed(lines) if line.strip()), "")
