"""What outlives a kernel: the learner's text as a file of her own, hints and verdicts in the state folder."""

from __future__ import annotations

import contextlib
import json
import os
import tempfile
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from labs import paths
from labs.ui.store import Applied, VerdictLine

SCHEMA = 1


def write_atomic(path: Path, text: str) -> None:
    """Write the whole file or nothing: temporary file beside it, then rename."""
    path.parent.mkdir(parents=True, exist_ok=True)
    handle, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
    try:
        with os.fdopen(handle, "w", encoding="utf-8") as file:
            file.write(text)
        os.replace(name, path)
    except BaseException:
        with contextlib.suppress(OSError):
            os.unlink(name)
        raise


def shown_path(path: Path) -> str:
    """The path as a shell in any folder understands it: below the home folder with ``~``."""
    with contextlib.suppress(ValueError):
        return f"~/{path.relative_to(Path.home()).as_posix()}"
    return str(path)


@dataclass(frozen=True)
class Remembered:
    """State of an exercise from an earlier kernel."""

    text: str | None = None
    hints: int = 0
    milestones: tuple[str, ...] = ()
    verdicts: tuple[VerdictLine, ...] = ()
    applied: tuple[Applied, ...] = ()


class Memory:
    """Files of one exercise: `manifest` holds the text, `notes` the rest."""

    def __init__(self, exercise_id: str, name: str) -> None:
        slug = exercise_id.replace("/", "-")
        self.manifest = paths.work_dir() / "manifests" / slug / f"{name}.yaml"
        self.notes = paths.state_dir() / "workbench" / f"{slug}.json"

    def save_text(self, text: str) -> None:
        """Save the learner's text; raises OSError (disk full, no permission)."""
        write_atomic(self.manifest, text)

    def save_notes(self, remembered: Remembered) -> None:
        """Save hints, verdicts and the last apply."""
        data = asdict(remembered) | {"schema": SCHEMA}
        data.pop("text")
        write_atomic(self.notes, json.dumps(data, indent=1))

    def load(self) -> Remembered:
        """What is there; anything unreadable or from a newer version counts as not there."""
        text: str | None = None
        with contextlib.suppress(OSError, UnicodeDecodeError):
            text = self.manifest.read_text(encoding="utf-8")
        try:
            return _remembered(text, json.loads(self.notes.read_text(encoding="utf-8")))
        except (OSError, ValueError, TypeError, KeyError):
            return Remembered(text=text)


def _remembered(text: str | None, data: Mapping[str, Any]) -> Remembered:
    if data["schema"] != SCHEMA:
        return Remembered(text=text)
    return Remembered(
        text=text,
        hints=int(data["hints"]),
        milestones=tuple(map(str, data["milestones"])),
        verdicts=tuple(VerdictLine(**v) for v in data["verdicts"]),
        applied=tuple(Applied(**a) for a in data["applied"]),
    )
