"""What a cluster knows about fields, as the checks need it; `labs.kube` provides it from the live OpenAPI."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

__all__ = ["FieldSchema", "GroupVersionKind", "SchemaLookup"]

GroupVersionKind = tuple[str, str]
"""`apiVersion` and `kind` as in a manifest: ("apps/v1", "Deployment")."""


@dataclass(frozen=True, slots=True)
class FieldSchema:
    """One field of an object.

    `type` is "string", "integer", "number", "boolean", "object", "array", "int-or-string", "quantity" or "any" (what is
    anything else counts as "any" and is not checked); `items` is the type of the items of an array, "" otherwise;
    `map_values` the type of the values of an object whose keys are free
    (labels), "" otherwise; `title` the object's own name for messages ("Container"), "" when it has none.
    """

    name: str
    type: str
    description: str = ""
    required: bool = False
    enum: tuple[str, ...] = ()
    default: object = None
    items: str = ""
    map_values: str = ""


class SchemaLookup(Protocol):
    """The fields of all kinds a cluster serves."""

    def fields(self, gvk: GroupVersionKind, path: str) -> Mapping[str, FieldSchema] | None:
        """Fields of the object (or of the items of the list) at a path without indexes, as `spec.containers`.

        "" is the object itself. None when the kind or the path is unknown, or when its keys are free.
        """

    def kinds(self) -> Sequence[GroupVersionKind]:
        """Every kind that is served."""
