"""Reads the YAML files of a course strictly: an unknown key, a missing one or a wrong type is a mistake."""

from __future__ import annotations

import difflib
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import yaml

from labs.course.errors import Problems

__all__ = ["Fields", "read_fields"]


class Fields:
    """The keys of one mapping; each may be taken once, and `done` complains about what nobody took."""

    def __init__(self, values: Mapping[str, Any], file: Path, where: str, problems: Problems) -> None:
        self._values = dict(values)
        self._known: list[str] = []
        self._file, self._where, self._problems = file, where, problems

    def problem(self, what: str, fix: str) -> None:
        """Note a mistake at this place."""
        self._problems.add(self._file, f"{self._where}{what}", fix)

    def text(self, key: str, default: str | None = None) -> str:
        """A text that is not empty; without a default it must be there."""
        value = self._take(key, default is not None)
        if value is None:
            return default or ""
        if not isinstance(value, str) or not value.strip():
            self.problem(f"`{key}` must be a text that is not empty", f"Write `{key}: some words`")
            return default or ""
        return value.strip()

    def number(self, key: str) -> int:
        """A whole number from 0."""
        value = self._take(key, False)
        if isinstance(value, bool) or not isinstance(value, int) or value < 0:
            if value is not None:
                self.problem(f"`{key}` must be a whole number", f"Write `{key}: 5`")
            return 0
        return value

    def flag(self, key: str) -> bool:
        """True or false; false when it is not there."""
        value = self._take(key, True)
        if not isinstance(value, bool | None):
            self.problem(f"`{key}` must be true or false", f"Write `{key}: true`")
        return value is True

    def texts(self, key: str, *, needed: bool = True) -> tuple[str, ...]:
        """A list of texts, none of them empty."""
        values = self._list(key, needed)
        if any(not isinstance(value, str) or not value.strip() for value in values):
            self.problem(f"`{key}` must be a list of texts, none of them empty", f"Write `{key}: [one, two]`")
            return ()
        return tuple(value.rstrip("\n") for value in values)

    def mappings(self, key: str, *, needed: bool = True) -> list[Fields]:
        """A list of mappings, each with its own fields."""
        values = self._list(key, needed)
        if any(not isinstance(value, Mapping) for value in values):
            self.problem(f"`{key}` must be a list of mappings", f"Write `{key}:` and `- key: value` below it")
            return []
        return [
            Fields(value, self._file, f"{self._where}{key}[{i}]: ", self._problems) for i, value in enumerate(values)
        ]

    def mapping(self, key: str) -> Fields | None:
        """One mapping with its own fields; None when it is not there."""
        value = self._take(key, True)
        if value is None:
            return None
        if not isinstance(value, Mapping):
            self.problem(f"`{key}` must be a mapping", f"Write `{key}:` and `key: value` below it")
            return None
        return Fields(value, self._file, f"{self._where}{key}: ", self._problems)

    def lists(self, key: str) -> tuple[tuple[str, ...], ...]:
        """A list of lists of texts; empty when it is not there."""
        values = self._list(key, False)
        if any(not isinstance(value, list) or not value for value in values):
            self.problem(f"`{key}` must be a list of lists", f"Write `{key}: [[one, other], [two]]`")
            return ()
        return tuple(tuple(str(word) for word in value) for value in values)

    def rest(self) -> dict[str, Any]:
        """All keys that were not taken, as they stand."""
        values, self._values = self._values, {}
        return values

    def done(self) -> None:
        """Complain about every key that nobody asked for."""
        for key in self._values:
            near = difflib.get_close_matches(str(key), self._known, 1)
            fix = f"Did you mean `{near[0]}`" if near else f"Remove it; known are: {', '.join(self._known)}"
            self.problem(f"unknown key `{key}`", fix)

    def _take(self, key: str, optional: bool) -> Any:
        self._known.append(key)
        value = self._values.pop(key, None)
        if value is None and not optional:
            self.problem(f"`{key}` is missing", f"Add `{key}:`")
        return value

    def _list(self, key: str, needed: bool) -> list[Any]:
        value = self._take(key, not needed)
        if value is None:
            return []
        if not isinstance(value, list) or (needed and not value):
            self.problem(f"`{key}` must be a list{' that is not empty' if needed else ''}", f"Write `{key}:` and `- …`")
            return []
        return value


def read_fields(file: Path, problems: Problems) -> Fields | None:
    """The fields of a YAML file; None, with the mistake noted, when it is not there or no mapping."""
    try:
        values = yaml.safe_load(file.read_text(encoding="utf-8"))
    except FileNotFoundError:
        problems.add(file, "is missing", "Create it")
        return None
    except (OSError, UnicodeDecodeError, yaml.YAMLError) as error:
        problems.add(file, f"cannot be read: {error}", "Mend the file")
        return None
    if not isinstance(values, Mapping):
        problems.add(file, "is not a mapping", "Write `key: value` lines")
        return None
    return Fields(values, file, "", problems)
