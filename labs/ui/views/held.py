"""The object as the cluster holds it, each line with its origin: wrote, defaulted or observed."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import yaml

from labs.ui.store import Json

ORDER = ("apiVersion", "kind", "metadata", "spec", "data")
MISSING = object()


def held_view(live: Json | None, written: Json | None) -> dict[str, Any]:
    """Lines of the living object; `written` is the data of the applied text."""
    if live is None:
        return {"lines": []}
    shown = {k: v for k, v in live.items() if k != "metadata"} | {"metadata": _without_bookkeeping(live["metadata"])}
    lines = _mapping(shown, written if written is not None else {}, 0, top=True)
    return {"lines": [{"text": text, "origin": origin} for text, origin in lines]}


def _without_bookkeeping(meta: Json) -> dict[str, Any]:
    kept = {k: v for k, v in meta.items() if k != "managedFields"}
    notes = {k: v for k, v in (kept.pop("annotations", None) or {}).items() if "last-applied" not in k}
    return kept | ({"annotations": notes} if notes else {})


def _keys(obj: Mapping[str, Any], *, top: bool) -> list[str]:
    if not top:
        return list(obj)
    rest = [k for k in obj if k not in ORDER and k != "status"]
    return [k for k in (*ORDER, *rest, "status") if k in obj]


def _mapping(
    obj: Mapping[str, Any], written: Any, depth: int, *, top: bool = False, observed: bool = False
) -> Iterator[tuple[str, str]]:
    for key in _keys(obj, top=top):
        theirs = written.get(key, MISSING) if isinstance(written, Mapping) else MISSING
        seen = observed or (top and key == "status")
        yield from _entry(f"{'  ' * depth}{scalar(key)}:", obj[key], theirs, depth, seen)


def _entry(lead: str, value: Any, written: Any, depth: int, observed: bool) -> Iterator[tuple[str, str]]:
    origin = "observed" if observed else "defaulted" if written is MISSING else "wrote"
    if isinstance(value, Mapping) and value:
        yield lead, origin
        yield from _mapping(value, written, depth + 1, observed=observed)
    elif isinstance(value, Sequence) and not isinstance(value, str) and value:
        yield lead, origin
        yield from _sequence(value, written, depth, observed)
    else:
        yield f"{lead} {scalar(value)}", origin


def _sequence(values: Sequence[Any], written: Any, depth: int, observed: bool) -> Iterator[tuple[str, str]]:
    for i, value in enumerate(values):
        theirs = (
            written[i]
            if isinstance(written, Sequence) and not isinstance(written, str) and i < len(written)
            else MISSING
        )
        if isinstance(value, Mapping) and value:
            lines = list(_mapping(value, theirs, depth + 1, observed=observed))
            indent = "  " * (depth + 1)
            first = lines[0]
            yield f"{'  ' * depth}- {first[0][len(indent) :]}", first[1]
            yield from lines[1:]
        else:
            yield from _entry(f"{'  ' * depth}-", value, theirs, depth + 1, observed)


def scalar(value: Any) -> str:
    """A scalar (or an empty collection) as one line of YAML."""
    text: str = yaml.safe_dump(value, default_flow_style=True, width=10**9, allow_unicode=True)
    return text.removesuffix("\n").removesuffix("\n...").strip()
