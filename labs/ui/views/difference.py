"""What an apply would change, field by field: from, to."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from labs.ui.store import Json
from labs.ui.views.held import scalar

BOOKKEEPING = frozenset({"managedFields", "resourceVersion", "generation", "uid", "creationTimestamp", "selfLink"})
LAST_APPLIED = "kubectl.kubernetes.io/last-applied-configuration"
REVISION = "deployment.kubernetes.io/revision"


def object_difference(live: Json | None, merged: Json) -> dict[str, Any]:
    """``state`` (new, changed or same) of one object and its ``fields`` as path, from and to; empty text: not there."""
    head = {"kind": merged.get("kind", ""), "name": (merged.get("metadata") or {}).get("name", "")}
    if live is None:
        return head | {"state": "new", "fields": []}
    before, after = dict(_fields(_content(live))), dict(_fields(_content(merged)))
    paths = [p for p in {**before, **after} if before.get(p) != after.get(p)]
    fields = [{"path": p, "from": before.get(p, ""), "to": after.get(p, "")} for p in paths]
    return head | {"state": "changed" if fields else "same", "fields": fields}


def _content(obj: Json) -> dict[str, Any]:
    meta = {k: v for k, v in (obj.get("metadata") or {}).items() if k not in BOOKKEEPING}
    notes = {k: v for k, v in (meta.pop("annotations", None) or {}).items() if k not in (LAST_APPLIED, REVISION)}
    meta |= {"annotations": notes} if notes else {}
    return {k: v for k, v in obj.items() if k != "status"} | {"metadata": meta}


def _fields(value: Any, path: str = "") -> Iterator[tuple[str, str]]:
    """Paths of the scalars; items of a list that all have names are told apart by them, not by their position."""
    if isinstance(value, Mapping) and value:
        for key, inner in value.items():
            yield from _fields(inner, f"{path}.{key}" if path else str(key))
    elif isinstance(value, Sequence) and not isinstance(value, str) and value:
        for i, inner in enumerate(value):
            yield from _fields(inner, f"{path}[{_label(value, i)}]")
    else:
        yield path, scalar(value)


def _label(items: Sequence[Any], index: int) -> str:
    names = [str(item.get("name", "")) if isinstance(item, Mapping) else "" for item in items]
    return names[index] if all(names) and len(set(names)) == len(names) else str(index)
