"""The text of a progress file: what is in it, judged as if a stranger had written it; merged; written."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from typing import Any

from labs.errors import LabsError

__all__ = ["LARGEST", "SCHEMA", "Entries", "merged", "parse", "render"]

SCHEMA = 1
LARGEST = 8 * 1024 * 1024
"""Bytes of a progress file; a learner's own has a few thousand."""

Entries = dict[str, dict[str, dict[str, Any]]]
"""kind ("milestone", "answer", …) → id → what is known of it; `at` is the time in seconds since 1970."""

_LONGEST, _DEEPEST = 4000, 4


def parse(text: str, name: str) -> Entries:
    """Entries of a file called `name`; ValueError for what is none, LabsError for one of a newer version."""
    try:
        data = json.loads(text, parse_constant=_refuse)
    except RecursionError:
        raise ValueError("it is nested too deeply") from None
    schema = data.get("schema") if isinstance(data, dict) else None
    if not isinstance(schema, int) or isinstance(schema, bool) or schema < 1:
        raise ValueError("it has no schema version")
    if schema > SCHEMA:
        raise LabsError(
            what=f"{name} was written by a newer version of the course",
            why=f"Its schema is {schema}; this version knows {SCHEMA}",
            next_step="Update the course; the file was not changed",
        )
    entries = data.get("entries")
    if not isinstance(entries, dict) or not all(map(_is_kind, entries.values())):
        raise ValueError("its entries have another shape")
    render(entries)  # half a surrogate pair can be read, but never written
    return entries


def render(entries: Entries) -> str:
    """The readable text of a file; ValueError when it holds what UTF-8 cannot express."""
    text = json.dumps({"schema": SCHEMA, "entries": entries}, indent=1, sort_keys=True, ensure_ascii=False) + "\n"
    text.encode()
    return text


def merged(mine: Entries, other: Entries) -> Entries:
    """Both; of two entries with one name the later one."""
    result = {kind: dict(found) for kind, found in mine.items()}
    for kind, found in other.items():
        known = result.setdefault(kind, {})
        for ident, value in found.items():
            if ident not in known or _time(value) > _time(known[ident]):
                known[ident] = value
    return result


def _is_kind(found: object) -> bool:
    return isinstance(found, dict) and all(map(_is_entry, found.values()))


def _is_entry(value: object) -> bool:
    return isinstance(value, dict) and _is_small(value, _DEEPEST) and _is_moment(value.get("at", 0))


def _is_small(value: object, levels: int) -> bool:
    """Plain values of a bounded size and depth: nothing that a page could stumble over."""
    if isinstance(value, dict | list):
        below = value.values() if isinstance(value, dict) else value
        return levels > 0 and len(value) <= _LONGEST and all(_is_small(one, levels - 1) for one in below)
    if isinstance(value, str):
        return len(value) <= _LONGEST
    return not isinstance(value, float) or math.isfinite(value)


def _is_moment(at: object) -> bool:
    return isinstance(at, int | float) and not isinstance(at, bool) and 0 <= at < 1e12


def _time(value: Mapping[str, Any]) -> float:
    return float(value.get("at", 0))


def _refuse(word: str) -> float:
    raise ValueError(f"it holds {word}, which is no number")
