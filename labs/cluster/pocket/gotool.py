"""Runs one go command as its own process group: lines as they come, nothing left behind when we are interrupted."""

from __future__ import annotations

import tempfile
from collections import deque
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

from labs.cluster.follow import follow
from labs.errors import EngineError

__all__ = ["run_go"]


def run_go(
    arguments: Sequence[str], *, folder: Path, environment: Mapping[str, str], on_line: Callable[[str], bool]
) -> str:
    """Run it in `folder` and return its output.

    `on_line` sees each line of stderr and says whether it was progress; the others explain a failure (EngineError).
    """
    said: deque[str] = deque(maxlen=30)

    def hear(line: str) -> None:
        if not on_line(line):
            said.append(line)

    with tempfile.TemporaryFile() as output:
        code = follow(arguments, hear, folder=folder, environment=environment, output=output)
        if code:
            raise _failed(code, said)
        output.seek(0)
        return output.read().decode(errors="replace")


def _failed(code: int, said: Sequence[str]) -> EngineError:
    text = "\n".join(said)
    if "no space left on device" in text:
        return EngineError(
            what="The disk filled up while the engine was built",
            why="A first build needs about 5 GB in the cache folder",
            next_step="Free some space, or set LABS_CACHE_DIR to a folder on a larger disk, and run the command again: "
            "it goes on where it stopped",
        )
    network = ("dial tcp", "no such host", "i/o timeout", "connection refused", "proxyconnect", "certificate", "TLS")
    if any(word in text for word in network):
        return EngineError(
            what="The engine's source could not be downloaded",
            why=_last(said, lines=1),
            next_step="Check the network (Go uses GOPROXY and HTTPS_PROXY), or run `labs engine import FILE` with a bundle "
            "from someone who has the engine",
        )
    return EngineError(
        what="The engine could not be built",
        why=_last(said) if said else f"go ended with code {code}",
        next_step="Run `labs engine build` again; if it fails in the same way, report it with these lines",
    )


def _last(said: Sequence[str], lines: int = 3) -> str:
    told = [line.strip() for line in said if line.strip() and not line.startswith("#")]
    return " / ".join(told[-lines:]) or "go gave no reason"
