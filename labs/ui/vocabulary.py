"""Field names and descriptions from the cluster's own schema, for completion and for the form."""

from __future__ import annotations

import re

from labs.manifest import GroupVersionKind, SchemaLookup
from labs.ui.store import Json

POD_PARTS = ("", ".containers", ".containers.ports", ".containers.env", ".containers.resources", ".volumes")
PATHS = ("", "metadata", "spec", *(f"spec{p}" for p in POD_PARTS if p), *(f"spec.template.spec{p}" for p in POD_PARTS))
INDEX = re.compile(r"\[[^\]]*\]")


def vocabulary(schema: SchemaLookup, gvk: GroupVersionKind) -> tuple[Json, ...]:
    """Names that may be keys of such an object, each once, with type and description."""
    found: dict[str, Json] = {}
    for path in PATHS:
        for name, field in (schema.fields(gvk, path) or {}).items():
            found.setdefault(name, {"label": name, "detail": field.type, "info": field.description[:400]})
    return tuple(found[name] for name in sorted(found))


def description(schema: SchemaLookup | None, gvk: GroupVersionKind, path: str) -> str:
    """What the schema says of the field at `path`; empty when it is unknown."""
    if schema is None:
        return ""
    parent, _, name = INDEX.sub("", path).rpartition(".")
    field = (schema.fields(gvk, parent) or {}).get(name)
    return field.description if field else ""
