"""What the learner has done: one readable JSON file that survives updates, crashes and two processes at once."""

from __future__ import annotations

import fcntl
import json
import os
import tempfile
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from labs import paths
from labs.errors import LabsError

__all__ = ["SCHEMA", "Progress"]

SCHEMA = 1
Entries = dict[str, dict[str, dict[str, Any]]]
"""kind ("milestone", "answer", …) → id → what is known of it; `at` is the time in seconds since 1970."""


class Progress:
    """A progress file. Every change is read, merged and written whole under a lock."""

    def __init__(self, path: Path | None = None) -> None:
        self.path = path or paths.state_dir() / "progress.json"

    def load(self) -> Entries:
        """Everything recorded; raises LabsError for a file of a newer version, and sets an unreadable one aside."""
        with self._locked():
            return self._read()

    def record(self, kind: str, ident: str, value: Mapping[str, Any]) -> None:
        """Add or replace one entry."""
        with self._locked():
            entries = self._read()
            entries.setdefault(kind, {})[ident] = {**value, "at": value.get("at", round(time.time(), 3))}
            self._write(entries)

    def export(self, target: Path) -> None:
        """Write a copy that another machine can merge."""
        _write_atomic(target, _text(self.load()))

    def merge(self, source: Path) -> None:
        """Take over another file: of two entries with one name the later one stays. Nothing is changed if it is bad."""
        try:
            other = _entries(source.read_text(encoding="utf-8"), source)
        except (OSError, ValueError) as error:
            raise LabsError(
                what=f"{source} is no progress file", why=str(error), next_step="Export it again on the other machine"
            ) from error
        with self._locked():
            self._write(_merged(self._read(), other))

    def _read(self) -> Entries:
        try:
            return _entries(self.path.read_text(encoding="utf-8"), self.path)
        except FileNotFoundError:
            return {}
        except ValueError:
            self._set_aside()
            return {}

    def _set_aside(self) -> None:
        """Keep an unreadable file under another name, so that nothing is ever lost."""
        stamp = time.strftime("%Y%m%d-%H%M%S")
        target = self.path.with_name(f"{self.path.name}.unreadable-{stamp}")
        number = 1
        while target.exists():
            number += 1
            target = self.path.with_name(f"{self.path.name}.unreadable-{stamp}-{number}")
        self.path.rename(target)

    def _write(self, entries: Entries) -> None:
        _write_atomic(self.path, _text(entries))

    @contextmanager
    def _locked(self) -> Iterator[None]:
        self.path.parent.mkdir(parents=True, exist_ok=True)
        with self.path.with_name(f".{self.path.name}.lock").open("w") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            yield


def _entries(text: str, path: Path) -> Entries:
    data = json.loads(text)
    if not isinstance(data, dict) or not isinstance(data.get("schema"), int):
        raise ValueError("it has no schema version")
    if data["schema"] > SCHEMA:
        raise LabsError(
            what=f"{path} was written by a newer version of the course",
            why=f"Its schema is {data['schema']}; this version knows {SCHEMA}",
            next_step="Update the course; the file was not changed",
        )
    entries = data.get("entries")
    if not isinstance(entries, dict) or not all(_is_kind(found) for found in entries.values()):
        raise ValueError("its entries have another shape")
    return entries


def _is_kind(found: object) -> bool:
    return isinstance(found, dict) and all(isinstance(value, dict) for value in found.values())


def _merged(mine: Entries, other: Entries) -> Entries:
    result = {kind: dict(found) for kind, found in mine.items()}
    for kind, found in other.items():
        known = result.setdefault(kind, {})
        for ident, value in found.items():
            if ident not in known or _time(value) > _time(known[ident]):
                known[ident] = value
    return result


def _time(value: Mapping[str, Any]) -> float:
    at = value.get("at", 0)
    return float(at) if isinstance(at, int | float) else 0.0


def _text(entries: Entries) -> str:
    return json.dumps({"schema": SCHEMA, "entries": entries}, indent=1, sort_keys=True, ensure_ascii=False) + "\n"


def _write_atomic(path: Path, text: str) -> None:
    handle, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
    try:
        with os.fdopen(handle, "w", encoding="utf-8") as file:
            file.write(text)
            file.flush()
            os.fsync(file.fileno())
        os.replace(name, path)
    except BaseException:
        Path(name).unlink(missing_ok=True)
        raise
