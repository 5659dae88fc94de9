"""Child processes that end with us: each in its own group, so that Ctrl-C reaches us alone and we end them in order."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Mapping, Sequence
from contextlib import suppress
from typing import IO

__all__ = ["end", "spawn"]

_DIE_WITH_PARENT = """\
import ctypes, os, signal, sys
ctypes.CDLL(None).prctl(1, signal.SIGTERM)
if os.getppid() == int(sys.argv[1]):
    os.execv(sys.argv[2], sys.argv[2:])
"""


def spawn(
    command: Sequence[str], environment: Mapping[str, str], *, output: int | IO[bytes], errors: int | IO[bytes]
) -> subprocess.Popen[bytes]:
    """Start a program (full path) in a session of its own; the kernel ends it (SIGTERM) should we be killed."""
    return subprocess.Popen(
        [sys.executable, "-I", "-S", "-c", _DIE_WITH_PARENT, str(os.getpid()), *command],
        env=dict(environment),
        stdin=subprocess.DEVNULL,
        stdout=output,
        stderr=errors,
        start_new_session=True,
    )


def end(process: subprocess.Popen[bytes], number: signal.Signals, *, seconds: float) -> None:
    """Ask it to end; after `seconds` end its whole group by force."""
    if process.poll() is None:
        process.send_signal(number)
        with suppress(subprocess.TimeoutExpired):
            process.wait(seconds)
    with suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGKILL)
    process.wait()
