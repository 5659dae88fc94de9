"""What a command says: results on stdout, progress and errors on stderr; with `--json` one object a line on stdout."""

from __future__ import annotations

import json
import shutil
import sys
import time
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from labs.cluster import Step
from labs.errors import LabsError

__all__ = ["Output", "duration"]

_PLAIN_PAUSE_SECONDS = 10.0
_QUICK_SECONDS = 0.1


@dataclass
class Output:
    """Shows progress as one changing line on a terminal, else as a line for each thing that is done."""

    as_json: bool = False
    _shown: bool = False
    _last: tuple[str, str] = ("", "")
    _written: float = 0.0

    def line(self, text: str = "") -> None:
        """A line of the result; nothing in JSON mode."""
        if not self.as_json:
            self.clear()
            sys.stdout.write(f"{text}\n")
            sys.stdout.flush()

    def result(self, value: Mapping[str, Any]) -> None:
        """The result as data; nothing outside JSON mode."""
        if self.as_json:
            self._object(value)

    def progress(self, step: Step) -> None:
        """A `labs.cluster.Progress`."""
        if self.as_json:
            known = {"name": step.name, "state": step.state, "detail": step.detail}
            self._object({"event": "step", **known, "fraction": step.fraction, "seconds": step.seconds})
        elif sys.stderr.isatty():
            self._change(step)
        else:
            self._append(step)

    def error(self, error: LabsError) -> None:
        """Three lines: what, why, next step."""
        if self.as_json:
            self._object({"event": "error", "what": error.what, "why": error.why, "next": error.next_step})
            return
        self.clear()
        parts = (("", error.what), ("  why:  ", error.why), ("  next: ", error.next_step))
        sys.stderr.write("".join(f"{label}{text}\n" for label, text in parts if text))

    def note(self, text: str) -> None:
        """A line for people on stderr, in every mode."""
        self.clear()
        sys.stderr.write(f"{text}\n")

    def clear(self) -> None:
        """Remove the changing line."""
        if self._shown:
            sys.stderr.write("\r\033[K")
            sys.stderr.flush()
            self._shown = False

    def _object(self, value: Mapping[str, Any]) -> None:
        sys.stdout.write(json.dumps(value, ensure_ascii=False) + "\n")
        sys.stdout.flush()

    def _change(self, step: Step) -> None:
        if step.state == "note":
            self.note(_words(step))
            return
        width = shutil.get_terminal_size().columns - 1
        sys.stderr.write("\r\033[K" + _words(step)[:width])
        sys.stderr.flush()
        self._shown = True

    def _append(self, step: Step) -> None:
        now, kind = time.monotonic(), (step.name, step.state)
        repeated = kind == self._last and now - self._written < _PLAIN_PAUSE_SECONDS
        if not repeated and step.state != "starting":
            sys.stderr.write(_words(step) + "\n")
            sys.stderr.flush()
            self._last, self._written = kind, now


def duration(seconds: float) -> str:
    """4.2 s, 3 min 20 s."""
    if seconds < 60:
        return f"{seconds:.1f} s"
    return f"{int(seconds) // 60} min {int(seconds) % 60:02d} s"


def _words(step: Step) -> str:
    words = f"{step.name}: {step.detail or step.state}"
    if step.fraction is not None:
        words += f" ({step.fraction:.0%})"
    if step.seconds is not None and step.state == "running":
        words += f", about {duration(step.seconds)} left"
    elif step.seconds is not None and step.seconds >= _QUICK_SECONDS:
        words += f" ({duration(step.seconds)})"
    return words
