"""Runs a program and hears what it says line by line; nothing of it is left when we are interrupted."""

from __future__ import annotations

import os
import signal
import subprocess
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import IO

__all__ = ["follow"]


def follow(
    command: Sequence[str],
    on_line: Callable[[str], object],
    *,
    folder: Path | None = None,
    environment: Mapping[str, str] | None = None,
    output: IO[bytes] | int | None = None,
    children: bool = True,
) -> int:
    """Run `command` to its end and return its exit code; `on_line` gets each line without its end.

    Both streams are heard, or stderr alone when `output` (a file, or DEVNULL) takes the other. Whatever interrupts us
    kills the program, and with `children` those that it has started.
    """
    process = subprocess.Popen(
        command,
        cwd=folder,
        env=environment,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE if output is None else output,
        stderr=subprocess.STDOUT if output is None else subprocess.PIPE,
        text=True,
        errors="replace",
        start_new_session=True,
    )
    lines = process.stdout or process.stderr
    assert lines
    try:
        for line in lines:
            on_line(line.rstrip())
        return process.wait()
    finally:
        _end(process, children)
        lines.close()


def _end(process: subprocess.Popen[str], children: bool) -> None:
    if process.poll() is None:
        (os.killpg if children else os.kill)(process.pid, signal.SIGKILL)
        process.wait()
