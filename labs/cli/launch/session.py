"""One session of the course: JupyterLab at once, its cluster beside it, and both ended together."""

from __future__ import annotations

import json
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from types import FrameType
from typing import Any

from labs import cluster
from labs.cli.launch import children
from labs.cli.launch.settings import FIRST_PAGE, Settings
from labs.cli.output import Output
from labs.cluster import Step
from labs.cluster.files import read_json
from labs.errors import LabsError

__all__ = ["bring_up", "free_port", "jupyterlab", "one_interrupt"]

_START_SECONDS = 90.0
_TRIED_PORTS = 50


def free_port(wanted: int) -> int:
    """`wanted` when it is free on 127.0.0.1, else the next free one."""
    for port in (*range(wanted, min(wanted + _TRIED_PORTS, 65536)), 0):
        with socket.socket() as probe:
            try:
                probe.bind(("127.0.0.1", port))
            except OSError:
                continue
            return int(probe.getsockname()[1])
    raise LabsError(what="No port on 127.0.0.1 is free", next_step="Run `labs doctor`")


@contextmanager
def jupyterlab(settings: Settings) -> Iterator[tuple[subprocess.Popen[bytes], str]]:
    """JupyterLab, running, and the address of its first page with the token; ended with the block."""
    with settings.log.open("wb") as log:
        process = children.spawn(settings.command, settings.environment, output=log, errors=log)
    try:
        yield process, _address(process, settings)
    finally:
        children.end(process, signal.SIGTERM, seconds=10)
        for left in settings.runtime.glob(f"jpserver-{process.pid}*"):
            left.unlink(missing_ok=True)


@contextmanager
def bring_up(name: str, arguments: list[str], settings: Settings, output: Output, *, keep: bool) -> Iterator[None]:
    """The cluster, coming up in a process of its own; with the block it ends, unless it is kept."""
    command = [sys.executable, "-m", "labs.cli", "up", "--json", "--cluster", name, *arguments]
    process = children.spawn(command, settings.environment, output=subprocess.PIPE, errors=subprocess.DEVNULL)
    listener = threading.Thread(target=_listen, args=(process, output), daemon=True)
    listener.start()
    try:
        yield
    finally:
        children.end(process, signal.SIGTERM, seconds=20)
        listener.join(1)
        if not keep:
            cluster.down(name, output.progress)


@contextmanager
def one_interrupt() -> Iterator[None]:
    """The first Ctrl-C, SIGTERM or SIGHUP interrupts the block; later ones cannot disturb the ending of things."""
    numbers = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)

    def interrupt(number: int, frame: FrameType | None) -> None:
        for one in numbers:
            signal.signal(one, signal.SIG_IGN)
        raise KeyboardInterrupt

    before = {number: signal.signal(number, interrupt) for number in numbers}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def _address(process: subprocess.Popen[bytes], settings: Settings) -> str:
    """Wait until the server has written its runtime file and listens, which follows shortly."""
    file = settings.runtime / f"jpserver-{process.pid}.json"
    deadline = time.monotonic() + _START_SECONDS
    while time.monotonic() < deadline:
        found = read_json(file)
        if found and _listens(int(found["port"])):
            return f"{found['url']}lab/tree/{FIRST_PAGE}?token={found['token']}"
        if process.poll() is not None:
            break
        time.sleep(0.05)
    ended = process.poll() is not None
    raise LabsError(
        what="JupyterLab ended while it was starting" if ended else "JupyterLab does not start",
        why=_last_line(settings.log),
        next_step=f"Its log is {settings.log}; run ./scripts/start again, or `labs doctor`",
    )


def _listens(port: int) -> bool:
    try:
        socket.create_connection(("127.0.0.1", port), timeout=1).close()
    except OSError:
        return False
    return True


def _last_line(log: Path) -> str:
    lines = [line.strip() for line in log.read_text(encoding="utf-8", errors="replace").splitlines() if line.strip()]
    return lines[-1] if lines else "It left no message"


def _listen(process: subprocess.Popen[bytes], output: Output) -> None:
    assert process.stdout is not None
    with process.stdout:
        for line in process.stdout:
            event: dict[str, Any] = json.loads(line)
            kind = event.pop("event", "")
            if kind == "step":
                output.progress(Step(**event))
            elif kind == "error":
                output.error(LabsError(what=event["what"], why=event["why"], next_step=event["next"]))
            elif kind == "result":
                output.result({"event": "cluster", **event})
                output.line(f"The cluster is running: {len(event['nodes'])} nodes, Kubernetes {event['version']}")
