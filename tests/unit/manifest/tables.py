"""A small schema for tests: Pod, Deployment and Service, taken from the OpenAPI of Kubernetes v1.37.2."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from functools import cache
from pathlib import Path

from labs.manifest import FieldSchema, GroupVersionKind


class TableSchema:
    """A `SchemaLookup` over `schema.json`; objects deeper than the table are unknown to it."""

    def __init__(self) -> None:
        raw = json.loads((Path(__file__).parent / "schema.json").read_text())
        self._tables = {
            tuple(key.split()): {path: {n: _field(n, f) for n, f in fields.items()} for path, fields in paths.items()}
            for key, paths in raw.items()
        }

    def fields(self, gvk: GroupVersionKind, path: str) -> Mapping[str, FieldSchema] | None:
        """Fields of the object at a path."""
        return self._tables.get(gvk, {}).get(path)

    def kinds(self) -> Sequence[GroupVersionKind]:
        """The kinds in the table, and some more names."""
        more = [("v1", "ConfigMap"), ("batch/v1", "Job"), ("v1", "PersistentVolumeClaim"), ("v1", "Namespace")]
        return [(version, kind) for version, kind in self._tables] + more


def _field(name: str, raw: Mapping[str, object]) -> FieldSchema:
    enum = raw.get("enum", ())
    return FieldSchema(
        name,
        str(raw["type"]),
        required=bool(raw.get("required")),
        enum=tuple(enum) if isinstance(enum, list) else (),
        items=str(raw.get("items", "")),
        map_values=str(raw.get("map_values", "")),
    )


@cache
def table_schema() -> TableSchema:
    """One table for all tests."""
    return TableSchema()
