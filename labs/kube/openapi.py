"""The fields of every kind, from the cluster's own OpenAPI v3: one document per group, kept on disk by its hash."""

from __future__ import annotations

import json
import os
import threading
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

from labs.errors import UsageError
from labs.kube.discovery import Resource
from labs.kube.transport import Transport
from labs.manifest import FieldSchema, GroupVersionKind

__all__ = ["OpenApi"]

Json = Mapping[str, Any]
_PLAIN = frozenset({"string", "integer", "number", "boolean", "object", "array"})


class OpenApi:
    """A `manifest.SchemaLookup`. Thread-safe; asks the cluster when a group is first needed."""

    def __init__(self, transport: Transport, cache_dir: Path) -> None:
        self._transport, self._cache = transport, cache_dir
        self._lock = threading.Lock()
        self._index: Mapping[str, str] = {}
        self._groups: dict[str, Json] = {}
        self._fields: dict[tuple[GroupVersionKind, str], Mapping[str, FieldSchema] | None] = {}

    def kinds(self) -> Sequence[GroupVersionKind]:
        """Every kind that is served, as (apiVersion, kind)."""
        return tuple(dict.fromkeys((each.api_version, each.kind) for each in self._transport.discovery.all()))

    def fields(self, gvk: GroupVersionKind, path: str) -> Mapping[str, FieldSchema] | None:
        """The fields at a path without indexes; None when kind or path is unknown or the keys there are free."""
        with self._lock:
            if (gvk, path) not in self._fields:
                self._fields[gvk, path] = self._looked_up(gvk, path)
            return self._fields[gvk, path]

    def explain(self, path: str) -> str:
        """A field such as ``pod.spec.restartPolicy``: kind, type and description. Raises UsageError when unknown."""
        name, _, rest = path.partition(".")
        resource = self._named(name)
        parent, _, leaf = rest.rpartition(".")
        found = (self.fields((resource.api_version, resource.kind), parent) or {}).get(leaf) if resource else None
        if resource is None or found is None:
            raise UsageError(
                what=f"There is no field {path}",
                why="It is not in what the cluster says about itself",
                next_step="Begin with a kind, for instance pod.spec",
            )
        return f"KIND: {resource.kind}\nFIELD: {leaf} <{found.type}>\n\n{found.description}"

    def _named(self, name: str) -> Resource | None:
        wanted = name.lower()
        for each in self._transport.discovery.all():
            if wanted in (each.kind.lower(), each.plural):
                return each
        return None

    def _looked_up(self, gvk: GroupVersionKind, path: str) -> Mapping[str, FieldSchema] | None:
        document = self._group(gvk[0])
        schemas = (document.get("components") or {}).get("schemas") or {}
        here = _of_kind(schemas, gvk)
        for part in path.split(".") if path else ():
            if here is None:
                return None
            here = _step(schemas, here, part)
        if here is None or not here.get("properties"):
            return None
        required = frozenset(here.get("required") or ())
        return {name: _field(schemas, name, each, name in required) for name, each in here["properties"].items()}

    def _group(self, api_version: str) -> Json:
        key = f"api/{api_version}" if "/" not in api_version else f"apis/{api_version}"
        if key not in self._groups:
            if not self._index:
                paths = self._transport.ask("GET", "/openapi/v3").data["paths"]
                self._index = {name: each["serverRelativeURL"] for name, each in paths.items()}
            address = self._index.get(key)
            self._groups[key] = self._document(key, address) if address else {}
        return self._groups[key]

    def _document(self, key: str, address: str) -> Json:
        parts = urlsplit(address)
        digest = parse_qs(parts.query).get("hash", ["none"])[0]
        file = self._cache / f"{key.replace('/', '_')}-{digest[:32]}.json"
        try:
            kept: Json = json.loads(file.read_text())
            return kept
        except (OSError, ValueError):
            data = self._transport.ask("GET", parts.path, query={"hash": digest}).data
            _keep(file, data)
            return data


def _keep(file: Path, data: Json) -> None:
    file.parent.mkdir(parents=True, exist_ok=True)
    new = file.with_suffix(f".{os.getpid()}-{threading.get_ident()}")
    new.write_text(json.dumps(data))
    new.replace(file)


def _of_kind(schemas: Json, gvk: GroupVersionKind) -> Json | None:
    group, _, version = gvk[0].rpartition("/")
    wanted = {"group": group, "version": version, "kind": gvk[1]}
    for each in schemas.values():
        if wanted in (each.get("x-kubernetes-group-version-kind") or ()):
            found: Json = each
            return found
    return None


def _resolved(schemas: Json, schema: Json) -> Json:
    """The schema itself where it only refers to another one, with the description of the place."""
    reference = schema.get("$ref") or next((one["$ref"] for one in schema.get("allOf") or () if "$ref" in one), None)
    if reference is None:
        return schema
    target: Json = schemas.get(reference.rpartition("/")[2]) or {}
    return {**target, "description": schema.get("description") or target.get("description", "")}


def _step(schemas: Json, schema: Json, part: str) -> Json | None:
    found = (schema.get("properties") or {}).get(part)
    if found is None:
        return None
    found = _resolved(schemas, found)
    if found.get("type") == "array":
        found = _resolved(schemas, found.get("items") or {})
    return found


def _type(schemas: Json, schema: Json) -> str:
    resolved = _resolved(schemas, schema)
    reference = str(schema.get("$ref") or next((one.get("$ref", "") for one in schema.get("allOf") or ()), ""))
    if reference.endswith("resource.Quantity"):
        return "quantity"
    if resolved.get("format") == "int-or-string" or reference.endswith("IntOrString"):
        return "int-or-string"
    kind = str(resolved.get("type", "any"))
    return kind if kind in _PLAIN else "any"


def _field(schemas: Json, name: str, schema: Json, required: bool) -> FieldSchema:
    resolved = _resolved(schemas, schema)
    kind = _type(schemas, schema)
    values = resolved.get("additionalProperties")
    return FieldSchema(
        name,
        kind,
        str(schema.get("description") or resolved.get("description") or ""),
        required and "default" not in schema,
        tuple(str(each) for each in resolved.get("enum") or ()),
        schema.get("default"),
        _type(schemas, resolved.get("items") or {}) if kind == "array" else "",
        _type(schemas, values) if kind == "object" and isinstance(values, dict) else "",
    )
