"""Checks against the cluster's own description of its objects."""

from __future__ import annotations

import json
import re
import shlex
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from labs.manifest.data import find, key_of, to_data
from labs.manifest.diagnostic import Diagnostic, Fix
from labs.manifest.document import Document
from labs.manifest.nodes import Node
from labs.manifest.paths import Token, format_path
from labs.manifest.rules.course import EnvNotText
from labs.manifest.rules.structure import BadQuantity, MissingField, UnknownField, UnknownValue, WrongType
from labs.manifest.scalars import ScalarError
from labs.manifest.schema import FieldSchema, GroupVersionKind, SchemaLookup
from labs.manifest.text import Edit, Span
from labs.manifest.words import kind_of, nearest, noun, schema_path

__all__ = ["check_fields"]

QUANTITY = re.compile(r"[+-]?(?:[0-9]+(?:\.[0-9]*)?|\.[0-9]+)(?:[KMGTPE]i|[numkMGTPE]|[eE][+-]?[0-9]+)?")
_NEAR = 3
_USUAL = {"metadata", "spec", "template", "resources", "securityContext", "selector"}
_TYPES = {
    "string": "text",
    "integer": "a whole number",
    "number": "a number",
    "boolean": "true or false",
    "array": "a list",
    "object": "a mapping",
    "quantity": "an amount such as 500m or 400Mi",
    "int-or-string": "a whole number or a name",
}


def check_fields(document: Document, schema: SchemaLookup) -> Iterator[Diagnostic]:
    """Unknown and missing fields, wrong types, wrong words; nothing for a kind that the schema does not know."""
    gvk = (document.api_version, document.kind)
    if schema.fields(gvk, "") is None or document.tree.root is None:
        return
    yield from _Walk(document, schema, gvk).object(document.tree.root, document.root, ())


@dataclass
class _Walk:
    document: Document
    schema: SchemaLookup
    gvk: GroupVersionKind
    places: dict[tuple[str, str], str] = field(default_factory=dict)

    def object(self, node: Node, data: Any, tokens: tuple[Token, ...]) -> Iterator[Diagnostic]:
        """One object and all inside of it; aliases are checked where they are used."""
        fields = self.schema.fields(self.gvk, schema_path(tokens))
        if fields is None or not isinstance(data, dict) or tokens[:1] == ("status",):
            return
        node = node.real
        for key, value in node.pairs:
            try:
                name = key_of(key)
            except ScalarError:
                continue
            if name in fields:
                yield from self.value(fields[name], value, (*tokens, name))
            elif name != "<<":
                yield self.unknown(key, name, fields, tokens)
        for name, known in fields.items():
            if known.required and data.get(name) is None:
                yield self.missing(name, tokens)

    def value(self, known: FieldSchema, node: Node, tokens: tuple[Token, ...]) -> Iterator[Diagnostic]:
        """One value against its field, then what is inside."""
        data = to_data(node)[0]
        if data is None:
            return
        if not _fits(known.type, data):
            yield self.wrong_type(known.type, node, data, tokens)
        elif isinstance(data, list):
            for index, item in enumerate(node.real.items):
                yield from self.item(known, item, (*tokens, index))
        elif isinstance(data, dict) and known.map_values:
            yield from self.map_values(known, node.real, tokens)
        elif isinstance(data, dict):
            yield from self.object(node, data, tokens)
        elif known.enum and data not in known.enum:
            yield self.unknown_value(known, node, data, tokens)

    def item(self, known: FieldSchema, node: Node, tokens: tuple[Token, ...]) -> Iterator[Diagnostic]:
        data = to_data(node)[0]
        if not _fits(known.items, data):
            yield self.wrong_type(known.items, node, data, tokens)
        elif isinstance(data, dict):
            yield from self.object(node, data, tokens)

    def map_values(self, known: FieldSchema, node: Node, tokens: tuple[Token, ...]) -> Iterator[Diagnostic]:
        for key, value in node.pairs:
            data = to_data(value)[0]
            try:
                path = (*tokens, key_of(key))
            except ScalarError:
                continue
            if data is not None and not _fits(known.map_values, data):
                yield self.wrong_type(known.map_values, value, data, path)

    def span(self, node: Node) -> Span:
        return self.document.lines.span(node.start, node.end)

    def missing(self, name: str, tokens: tuple[Token, ...]) -> Diagnostic:
        _, span = self.document.nearest(format_path(tokens))
        words = f"{noun(tokens, self.gvk[1])} needs the field **{name}**."
        return MissingField.at(span, words, path=format_path((*tokens, name)), next_step=f"Add `{name}:` here.")

    def unknown(self, key: Node, name: str, fields: Mapping[str, FieldSchema], tokens: tuple[Token, ...]) -> Diagnostic:
        words = f"{noun(tokens, self.gvk[1])} has no field **{name}**."
        place = self.place(name, tokens)
        meant = nearest(name, fields)
        path = format_path((*tokens, name))
        if place and not (meant and meant.lower() == name.lower()):
            return UnknownField.at(
                self.span(key),
                f"{words} It belongs to **{place}**.",
                path=path,
                next_step=f"Move it to `{place}`.",
                meant=place,
            )
        if meant:
            fix = (
                Fix(f"Change it to {meant}", (Edit(key.start, key.end, meant),))
                if meant not in self.siblings(tokens)
                else None
            )
            words = f"{words} Did you mean **{meant}**?"
            to = format_path((*tokens, meant))
            return UnknownField.at(
                self.span(key), words, path=path, next_step=f"Change it to `{meant}`.", fix=fix, meant=to
            )
        known = ", ".join(sorted(fields)[:8])
        more = ", …" if len(fields) > 8 else ""
        return UnknownField.at(self.span(key), words, path=path, next_step=f"Its fields are {known}{more}.")

    def siblings(self, tokens: tuple[Token, ...]) -> set[str]:
        found = find(self.document.tree.root, tokens)
        data = to_data(found.node)[0] if found else None
        return set(data) if isinstance(data, dict) else set()

    def place(self, name: str, tokens: tuple[Token, ...]) -> str:
        """Where a field of this name does exist: below this object, else in or below one around it; the nearest wins."""
        here = schema_path(tokens)
        if (name, here) not in self.places:
            self.places[name, here] = self._search(name, tokens)
        return self.places[name, here]

    def _search(self, name: str, tokens: tuple[Token, ...]) -> str:
        starts = [
            tokens[:length]
            for length in range(len(tokens), -1, -1)
            if length == 0 or isinstance(tokens[length - 1], str) or length == len(tokens)
        ]
        for start in starts:
            found = self._below(name, start, skip=tokens)
            if found is not None:
                return format_path(found)
        return ""

    def _below(self, name: str, start: tuple[Token, ...], skip: tuple[Token, ...]) -> tuple[Token, ...] | None:
        """Breadth first over the objects that the text has here and the usual ones that it could have."""
        queue: list[tuple[Token, ...]] = [start]
        for here in queue:
            fields = self.schema.fields(self.gvk, schema_path(here)) or {}
            if name in fields and here != skip:
                return (*here, name)
            written = self.siblings(here)
            for child, known in fields.items():
                if len(here) - len(start) < _NEAR and (child in written or child in _USUAL):
                    if known.type == "object" and not known.map_values:
                        queue.append((*here, child))
                    elif known.items == "object" and child in written:
                        queue.append((*here, child, 0))
        return None

    def wrong_type(self, wanted: str, node: Node, data: Any, tokens: tuple[Token, ...]) -> Diagnostic:
        names = [token for token in tokens if isinstance(token, str)]
        path, fix = format_path(tokens), self.type_fix(wanted, node, data)
        written = self.document.lines.text[node.start : node.end]
        if names[-2:] == ["env", "value"]:
            shown = written if "\n" not in written else kind_of(data)
            return EnvNotText.at(
                self.span(node), f"An environment variable is text, and `{shown}` is not.", path=path, fix=fix
            )
        subject = f"**{names[-1]}**" if isinstance(tokens[-1], str) else f"An item of **{names[-1]}**"
        if wanted == "quantity" and isinstance(data, str):
            return self.bad_quantity(node, data, path, subject)
        words = f"{subject} must be {_TYPES.get(wanted, wanted)}, and this is {kind_of(data)}."
        span = self.span(node) if node.real.kind == "scalar" else self.document.nearest(path)[1]
        return WrongType.at(span, words, path=path, fix=fix, next_step=_next_for(wanted, data))

    def bad_quantity(self, node: Node, data: str, path: str, subject: str) -> Diagnostic:
        close = re.fullmatch(r"([0-9.]+) ?([kKmMgGtT])(?:[iI]?[bB]|i)", data.strip())
        fix, step = None, "Write a number with a suffix, for example 400Mi."
        if close:
            better = f"{close[1]}{close[2].upper()}i"
            fix, step = Fix(f"Change it to {better}", (Edit(node.start, node.end, better),)), f"Write `{better}`."
        return BadQuantity.at(self.span(node), f"{subject} cannot be `{data}`.", path=path, fix=fix, next_step=step)

    def type_fix(self, wanted: str, node: Node, data: Any) -> Fix | None:
        text = self.document.lines.text[node.start : node.end]
        if node.kind == "alias" or node.anchor or node.tag:
            return None
        if wanted == "string" and isinstance(data, bool | int | float):
            return Fix("Put it into quotation marks", (Edit(node.start, node.end, f'"{text}"'),))
        if wanted in ("integer", "number", "boolean") and isinstance(data, str) and node.style in ("'", '"'):
            bare = {"integer": r"-?[0-9]+", "number": r"-?[0-9.]+", "boolean": "true|false"}[wanted]
            if re.fullmatch(bare, data):
                return Fix("Take the quotation marks away", (Edit(node.start, node.end, data),))
        if wanted == "array":
            return self.list_fix(node, data)
        return None

    def list_fix(self, node: Node, data: Any) -> Fix | None:
        if isinstance(data, dict) and not node.flow:
            edits = [Edit(node.start, node.start, "- ")]
            lines = self.document.lines
            first, last = lines.position(node.start).line, lines.position(node.end).line
            edits += [
                Edit(lines.starts[n], lines.starts[n], "  ")
                for n in range(first, last)
                if lines.line_text(n + 1).strip()
            ]
            return Fix("Make it a list", tuple(edits))
        if isinstance(data, str) and "\n" not in data:
            try:
                words = shlex.split(data)
            except ValueError:
                words = [data]
            return Fix("Make it a list", (Edit(node.start, node.end, json.dumps(words, ensure_ascii=False)),))
        return None

    def unknown_value(self, known: FieldSchema, node: Node, data: Any, tokens: tuple[Token, ...]) -> Diagnostic:
        meant = nearest(str(data), known.enum)
        words = f"**{known.name}** cannot be `{data}`." + (f" Did you mean **{meant}**?" if meant else "")
        fix = (
            Fix(f"Change it to {meant}", (Edit(node.start, node.end, meant),))
            if meant and node.kind == "scalar"
            else None
        )
        step = f"It can be {', '.join(known.enum)}."
        return UnknownValue.at(self.span(node), words, path=format_path(tokens), fix=fix, next_step=step)


def _fits(wanted: str, data: Any) -> bool:
    whole = isinstance(data, int) and not isinstance(data, bool)
    match wanted:
        case "string":
            return isinstance(data, str)
        case "integer":
            return whole
        case "number":
            return whole or isinstance(data, float)
        case "boolean":
            return isinstance(data, bool)
        case "array":
            return isinstance(data, list)
        case "object":
            return isinstance(data, dict)
        case "int-or-string":
            return whole or isinstance(data, str)
        case "quantity":
            return whole or isinstance(data, float) or (isinstance(data, str) and bool(QUANTITY.fullmatch(data)))
    return True


def _next_for(wanted: str, data: Any) -> str:
    if wanted == "array" and isinstance(data, dict):
        return "Begin each item with `- `."
    if wanted == "array":
        return 'Write it in brackets, for example ["python", "train.py"].'
    if wanted == "string" and not isinstance(data, list | dict):
        return "Put it into quotation marks."
    if wanted in ("integer", "number", "boolean") and isinstance(data, str):
        return f"Write {_TYPES[wanted]} without quotation marks."
    return f"Write {_TYPES.get(wanted, wanted)}."
