"""The running program: started when first asked, ended with this process, asked by one thread at a time."""

from __future__ import annotations

import json
import os
import selectors
import subprocess
import threading
import time
from contextlib import suppress
from typing import Any

from labs.cluster.why.program import find_program
from labs.errors import ClusterError

__all__ = ["ask"]

Json = dict[str, Any]
_PATIENCE = 30.0
_MEMORY = {"GOGC": "100", "GOMEMLIMIT": "128MiB"}


class _Resident:
    def __init__(self, command: tuple[str, ...]) -> None:
        self.command = command
        self._asked = 0
        self._unread = b""
        self._process = subprocess.Popen(
            command,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            env={**os.environ, **_MEMORY},
            start_new_session=True,
        )

    def ask(self, request: Json) -> Json:
        """Raises OSError or ValueError when the program has ended or says nothing usable."""
        assert self._process.stdin is not None
        self._asked += 1
        line = json.dumps({"id": self._asked, **request}, separators=(",", ":")).encode() + b"\n"
        self._process.stdin.write(line)
        self._process.stdin.flush()
        reply: Json = json.loads(self._line())
        if reply.get("id") != self._asked:
            raise ValueError(f"a reply to another question: {reply.get('id')}")
        return reply

    def _line(self) -> bytes:
        assert self._process.stdout is not None
        deadline = time.monotonic() + _PATIENCE
        with selectors.DefaultSelector() as selector:
            selector.register(self._process.stdout, selectors.EVENT_READ)
            while b"\n" not in self._unread:
                if not selector.select(max(deadline - time.monotonic(), 0)):
                    raise OSError(f"no answer within {_PATIENCE:.0f} s")
                more = os.read(self._process.stdout.fileno(), 1 << 20)
                if not more:
                    raise OSError("it ended")
                self._unread += more
        line, _, self._unread = self._unread.partition(b"\n")
        return line

    def end(self) -> str:
        """End it; returns the last line it wrote to stderr."""
        self._process.kill()
        _, said = self._process.communicate()
        return (said.decode(errors="replace").strip().splitlines() or [""])[-1]


_lock = threading.Lock()
_resident: _Resident | None = None


def ask(request: Json) -> Json:
    """The program's reply. Raises EngineError when it is not built, ClusterError when it fails twice or refuses."""
    with _lock:
        try:
            reply = _started().ask(request)
        except (OSError, ValueError):
            _end()
            reply = _again(request)
    if "error" in reply:
        raise ClusterError(
            what="The scheduler's filters cannot judge this Pod",
            why=str(reply["error"]),
            next_step="Look at `labs kubectl describe pod`, which has the scheduler's own words",
        )
    return reply


def _again(request: Json) -> Json:
    try:
        return _started().ask(request)
    except (OSError, ValueError) as error:
        said = _end()
        raise ClusterError(
            what="The program that asks the scheduler's filters ended",
            why=said or str(error),
            next_step="Try again; if it ends each time, run `labs engine build` and report it with these lines",
        ) from error


def _started() -> _Resident:
    global _resident
    command = find_program()
    if _resident and _resident.command != command:
        _end()
    if _resident is None:
        _resident = _Resident(command)
    return _resident


def _end() -> str:
    global _resident
    said = ""
    if _resident is not None:
        with suppress(OSError, ValueError):
            said = _resident.end()
    _resident = None
    return said
