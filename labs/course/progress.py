"""What the learner has done: one readable JSON file that survives updates, crashes and two processes at once."""

from __future__ import annotations

import fcntl
import os
import shutil
import tempfile
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from labs import paths
from labs.course.entries import LARGEST, SCHEMA, Entries, merged, parse, render
from labs.errors import LabsError

__all__ = ["SCHEMA", "Progress", "read_file"]


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

    def export(self, target: Path) -> Path:
        """Write a copy that another machine can take over; raises LabsError where it cannot be written."""
        target = target.expanduser().absolute()
        try:
            _write_atomic(target, render(self.load()))
        except (FileNotFoundError, NotADirectoryError, IsADirectoryError) as error:
            raise LabsError(
                what=f"{target} cannot be written",
                why=str(error.strerror),
                next_step="Name a file in a folder that exists",
            ) from error
        return target

    def merge(self, source: Path) -> Entries:
        """Take over another file: of two entries with one name the later one stays. Nothing is changed if it is bad."""
        other = read_file(source)
        with self._locked():
            entries = merged(self._read(), other)
            self._write(entries)
        return entries

    def replace(self, source: Path) -> Path | None:
        """Have another file in place of this one, of which a copy is kept; returns where it is, if there was one."""
        other = read_file(source)
        with self._locked():
            kept = Path(shutil.copy2(self.path, self._aside("before-import"))) if self.path.exists() else None
            self._write(other)
        return kept

    def _read(self) -> Entries:
        try:
            return parse(self.path.read_text(encoding="utf-8"), str(self.path))
        except FileNotFoundError:
            return {}
        except ValueError:
            self.path.rename(self._aside("unreadable"))
            return {}

    def _aside(self, why: str) -> Path:
        """A free name beside the file, so that nothing is ever lost."""
        stamp = f"{self.path.name}.{why}-{time.strftime('%Y%m%d-%H%M%S')}"
        target, number = self.path.with_name(stamp), 1
        while target.exists():
            number += 1
            target = self.path.with_name(f"{stamp}-{number}")
        return target

    def _write(self, entries: Entries) -> None:
        for left in self.path.parent.glob(f".{self.path.name}.new-*"):  # of a process that was killed while it wrote
            left.unlink(missing_ok=True)
        _write_atomic(self.path, render(entries))

    @contextmanager
    def _locked(self) -> Iterator[None]:
        self.path.parent.mkdir(parents=True, exist_ok=True)
        with self.path.with_name(f".{self.path.name}.lock").open("w") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            yield


def read_file(source: Path) -> Entries:
    """Entries of a file that somebody hands over; raises LabsError for anything that is not a progress file."""
    source = source.expanduser()
    try:
        with source.open("rb") as file:
            data = file.read(LARGEST + 1)
        if len(data) > LARGEST:
            raise ValueError(f"it is larger than {LARGEST // 2**20} MB")
        return parse(data.decode("utf-8"), source.name)
    except FileNotFoundError:
        raise LabsError(what=f"There is no file {source}", next_step="Check the name") from None
    except (OSError, ValueError) as error:
        raise LabsError(
            what=f"{source.name} is no progress file that can be used",
            why=str(error.strerror if isinstance(error, OSError) else error),
            next_step="Write it again with `labs progress export FILE` on the machine that it comes from",
        ) from error


def _write_atomic(path: Path, text: str) -> None:
    """Whole or not at all, and on the disk when this returns."""
    handle, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.new-")
    try:
        with os.fdopen(handle, "w", encoding="utf-8") as file:
            file.write(text)
            file.flush()
            os.fsync(file.fileno())
        os.replace(name, path)
    except BaseException:
        Path(name).unlink(missing_ok=True)
        raise
