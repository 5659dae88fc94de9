"""The API server's answers, put at the lines they are about.

It answers in four shapes: 422 with a list of causes, 400 with decoding errors in prose, 500 from server-side apply with
typed-patch errors in prose, and Warning headers. What fits none of them is shown word for word.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any

from labs.manifest.data import Found, to_data, walk
from labs.manifest.diagnostic import Diagnostic, Fix
from labs.manifest.document import Document, ParsedFile
from labs.manifest.fields import QUANTITY
from labs.manifest.paths import format_path
from labs.manifest.rules import server as rules
from labs.manifest.rules.base import Rule
from labs.manifest.text import Edit
from labs.manifest.words import kind_of, nearest, schema_path

__all__ = ["from_status", "merged"]

_UNKNOWN = re.compile(r'(unknown|duplicate) field "((?:[^"\\]|\\.)*)"')
_UNMARSHAL = re.compile(r"cannot unmarshal (\w+) into Go struct field [\w-]+\.(\S+) of type (\S+)")
_TYPED = re.compile(r"^\s*(\.[^\s:]*(?:\[[^\]]*\][^\s:]*)*): (.*)$", re.MULTILINE)
_FIXED = re.compile(r"may not change fields other than|immutable|cannot be changed|may not be changed")
_WARNING = re.compile(r'\s*\d{3} \S+ "(.*)"(?: "[^"]*")?\s*$', re.DOTALL)
_AT_PATH = re.compile(r"([a-z]\w*(?:[.\[][^\s:]*)?): (.*)", re.DOTALL)
_GO_TYPES = {"int32": "a whole number", "int64": "a whole number", "string": "text", "bool": "true or false"}
_SCHEMA_TYPES = {
    "string": "text",
    "numeric (int or float)": "a number",
    "boolean": "true or false",
    "list": "a list",
    "map": "a mapping",
}
_JSON_KINDS = {
    "string": "text",
    "number": "a number",
    "bool": "true or false",
    "object": "a mapping",
    "array": "a list",
}


def from_status(parsed: ParsedFile, status: Mapping[str, Any], warnings: Sequence[str] = ()) -> tuple[Diagnostic, ...]:
    """Diagnostics for a Kubernetes Status (empty when the request succeeded) and for Warning headers.

    `warnings` may be raw header values or only their text. A Status that says Failure gives at least one diagnostic.
    """
    place = _Places(parsed, status)
    found: list[Diagnostic] = []
    if status and status.get("status", "Failure") == "Failure":
        found += place.failure(status) or [place.at(rules.ServerWords, "", place.message)]
    found += [place.warning(text) for text in warnings]
    return tuple(dict.fromkeys(found))


def merged(local: Iterable[Diagnostic], remote: Iterable[Diagnostic]) -> tuple[Diagnostic, ...]:
    """Both, without those of the server that say what a local error at the same path says already."""
    mine = tuple(local)
    known = {d.path for d in mine if d.severity == "error" and d.path}
    repeats = {rules.RefusedValue.code, rules.UndeclaredField.code, rules.UnreadableValue.code, rules.WrongPlace.code}
    return (*mine, *(d for d in remote if not (d.code in repeats and d.path in known)))


_CEL = re.compile(r"ERROR: <input>:(\d+):(\d+): ([^\n]*)")
"""Line and column (both from 1) that CEL's compiler names."""


def _inside(parsed: ParsedFile, found: Found, line: int, column: int) -> int | None:
    """Where a place of a scalar stands in the text; None when its text is not written as it is read."""
    written = parsed.lines.text[found.node.start : found.node.end]
    value = to_data(found.node)[0]
    if not isinstance(value, str) or line != 1 or "\n" in value or value not in written:
        return None
    return found.node.start + written.index(value) + min(column - 1, max(0, len(value) - 1))


class _Places:
    """Finds the place in the text for what the server says."""

    def __init__(self, parsed: ParsedFile, status: Mapping[str, Any]) -> None:
        self.parsed = parsed
        self.message = str(status.get("message") or "The API server refused the request without a reason")
        self.document = _meant(parsed, _mapping(status.get("details")))

    def at(
        self, rule: type[Rule], path: str, words: str, *, next_step: str | None = None, fix: Fix | None = None
    ) -> Diagnostic:
        """A diagnostic at a path, or at its nearest parent that the text has."""
        where, span = (
            self.document.nearest(path)
            if self.document
            else (path, self.parsed.lines.span(0, self.parsed.lines.end_of(0)))
        )
        exact = self.document.found(path) if self.document else None
        if exact is not None:
            where = format_path(exact.tokens)
            if exact.node.kind == "scalar" and exact.node.end > exact.node.start and rule is not rules.UndeclaredField:
                span = self.parsed.lines.span(exact.node.start, exact.node.end)
        full = path.removeprefix(".") if exact is None else where
        return rule.at(span, words, path=full, next_step=next_step, fix=fix)

    def failure(self, status: Mapping[str, Any]) -> list[Diagnostic]:
        """The diagnostics of a Failure; empty when its shape is unknown."""
        code, reason = status.get("code"), status.get("reason")
        causes = [_mapping(cause) for cause in _mapping(status.get("details")).get("causes") or ()]
        if code == 409 and reason == "AlreadyExists":
            return [self.at(rules.AlreadyThere, "metadata.name", self.message)]
        if causes:
            return [d for cause in causes for d in self.cause(cause)]
        if code == 403 or reason == "Forbidden":
            return [self.at(rules.Forbidden, "", self.message)]
        if code == 404:
            path = "metadata.namespace" if "namespaces" in self.message else "apiVersion"
            return [self.at(rules.NotThere, path, self.message)]
        if "typed patch" in self.message or "typed object" in self.message:
            return [self.typed(path, words) for path, words in _typed_errors(self.message)]
        return list(self.decoding())

    def cause(self, cause: Mapping[str, Any]) -> Iterator[Diagnostic]:
        """One cause of a 422 or of a conflict."""
        path, words = str(cause.get("field") or ""), str(cause.get("message") or self.message)
        name = f"**{_last(path)}**" if path else "The object"
        if cause.get("reason") == "FieldManagerConflict":
            manager = re.search(r'"([^"]+)"', words)
            who = f"“{manager[1]}”" if manager else "another writer"
            yield self.at(rules.OwnedByAnother, path, f"{name} was last set by {who}.")
        elif _FIXED.search(words):
            yield from self.immutable(path, words)
        elif cause.get("reason") == "FieldValueNotSupported":
            yield self.unsupported(path, words, name)
        else:
            yield self.refused(str(cause.get("reason")), path, words, name)

    def refused(self, reason: str, path: str, words: str, name: str) -> Diagnostic:
        """A value that is missing, invalid, doubled or refers to nothing."""
        if cel := _CEL.search(words):
            return self.expression(path, int(cel[1]), int(cel[2]), cel[3])
        head, _, rest = words.partition(": ")
        value, _, why = rest.partition(": ") if head == "Invalid value" else ("", "", rest)
        if reason == "FieldValueRequired":
            return self.at(
                rules.RefusedValue, path, f"{name} is missing. {_sentence(rest)}".strip(), next_step="Add the field."
            )
        if "RFC 1123" in words or "RFC 1035" in words:
            text = (
                f"`{value.strip(chr(34))}` cannot be a name: only lower-case letters, digits and dashes inside of it."
            )
            return self.at(rules.RefusedValue, path, text, next_step="Write it in lower case with dashes.")
        if reason == "FieldValueDuplicate":
            return self.at(
                rules.RefusedValue,
                path,
                f"{name} is there twice: {rest}.",
                next_step="Keep one of them, or rename one.",
            )
        if reason == "FieldValueNotFound":
            step = "Compare it with the names in the same manifest, for example under `volumes`."
            return self.at(rules.RefusedValue, path, f"{name} refers to {rest}, and there is none.", next_step=step)
        if value and why and len(value) < 60:
            path = self.holder(path, value.strip('"'))
            name = f"**{_last(path)}**"
            return self.at(rules.RefusedValue, path, f"{name} cannot be `{value.strip(chr(34))}`: {_tail(why)}")
        return self.at(rules.RefusedValue, path, f"{name}: {_tail(why or words)}")

    def expression(self, path: str, line: int, column: int, why: str) -> Diagnostic:
        """What CEL says of an expression, at the place inside it; one that is folded or escaped is marked as a whole."""
        told = self.at(rules.RefusedValue, path, f"This is no valid CEL expression: {_sentence(why)}")
        found = self.document.found(path) if self.document else None
        start = _inside(self.parsed, found, line, column) if found else None
        if found is None or start is None:
            return told
        words = f"This is no valid CEL expression, from character {column} on: {_sentence(why)}"
        return replace(told, message=words, span=self.parsed.lines.span(start, max(start + 1, found.node.end)))

    def holder(self, path: str, value: str) -> str:
        """For labels and the like the server names the mapping only: the key that has the value."""
        found = self.document.found(path) if self.document else None
        data = to_data(found.node)[0] if found else None
        if isinstance(data, dict) and found:
            return next((format_path((*found.tokens, key)) for key, held in data.items() if held == value), path)
        return path

    def unsupported(self, path: str, words: str, name: str) -> Diagnostic:
        """A word that is none of those accepted."""
        value, *accepted = re.findall(r'"((?:[^"\\]|\\.)*)"', words) or [""]
        meant = nearest(value, accepted)
        found = self.document.found(path) if self.document else None
        fix = None
        if meant and found and found.node.kind == "scalar" and not found.shared and to_data(found.node)[0] == value:
            fix = Fix(f"Change it to {meant}", (Edit(found.node.start, found.node.end, meant),))
        text = f"{name} cannot be `{value}`." if value != _last(path) else f"{name} cannot stand here."
        text += f" Did you mean **{meant}**?" if meant else ""
        return self.at(rules.RefusedValue, path, text, next_step=f"It can be {', '.join(accepted)}.", fix=fix)

    def immutable(self, path: str, words: str) -> Iterator[Diagnostic]:
        """A change of what is fixed; a difference in the message tells which field it was."""
        paths = list(dict.fromkeys(p for name in _changed_names(words) if (p := self.path_of(name)))) or [path]
        for place in paths:
            yield self.at(rules.Immutable, place, f"**{_last(place) or 'This'}** cannot change on a living object.")

    def path_of(self, name: str) -> str:
        """The path of the first field of this name, whose capitals the server writes its own way."""
        for found in walk(self.document.tree.root) if self.document else ():
            if found.tokens and str(found.tokens[-1]).lower() == name.lower():
                return format_path(found.tokens)
        return ""

    def typed(self, path: str, words: str) -> Diagnostic:
        """One error of server-side apply's typed patch."""
        name = f"**{_last(path)}**"
        if "not declared in schema" in words:
            return self.at(rules.UndeclaredField, path, f"There is no field {name} here.")
        match = re.match(r"expected (.+?), got (.+)", words)
        if match:
            got = re.sub(r"&value\.valueUnstructured\{Value:(.*)\}", r"`\1`", match[2])
            wish = _SCHEMA_TYPES.get(match[1], match[1])
            text = f"{name} must be {wish}, and this is {_JSON_KINDS.get(got, got)}."
            return self.at(rules.UnreadableValue, path, text, next_step=f"Write {wish}.")
        return self.at(rules.RefusedValue, path, f"{name}: {_tail(words)}")

    def decoding(self) -> Iterator[Diagnostic]:
        """Errors of a 400: fields the server could not read."""
        for kind, path in _UNKNOWN.findall(self.message):
            words = (
                f"There is no field **{_last(path)}** here."
                if kind == "unknown"
                else f"**{_last(path)}** is there twice."
            )
            yield self.at(
                rules.UndeclaredField, path, words, next_step=None if kind == "unknown" else "Keep one of the two."
            )
        for got, path, wanted in _UNMARSHAL.findall(self.message):
            where = self.typed_path(path, got)
            wish = _GO_TYPES.get(wanted, "a list" if wanted.startswith("[]") else "a mapping")
            text = f"**{_last(path)}** must be {wish}, and this is {_JSON_KINDS.get(got, got)}."
            yield self.at(rules.UnreadableValue, where, text, next_step=f"Write {wish}.")
        if "quantities must match" in self.message:
            path = self.bad_quantity()
            words = f"**{_last(path) or 'An amount'}** is no amount that Kubernetes can read."
            step = "Write a number with a suffix, for example 500m or 400Mi."
            yield self.at(rules.UnreadableValue, path, words, next_step=step)
        if "no kind" in self.message and "registered" in self.message:
            yield self.at(
                rules.NotThere, "kind", _sentence(self.message.rpartition(": no kind ")[2].join(["No kind ", ""]))
            )
        if "namespace of the" in self.message:
            yield self.at(rules.WrongPlace, "metadata.namespace", self.message)
        if "name of the object" in self.message:
            yield self.at(rules.WrongPlace, "metadata.name", self.message)

    def typed_path(self, path: str, got: str) -> str:
        """The server leaves list indexes out: the first place that has such a value."""
        kind = _JSON_KINDS.get(got, "")
        fallback = path
        for found in walk(self.document.tree.root) if self.document else ():
            if schema_path(found.tokens) == path and isinstance(found.tokens[-1], str):
                if kind_of(to_data(found.node)[0]) == kind:
                    return format_path(found.tokens)
                fallback = format_path(found.tokens)
        return fallback

    def bad_quantity(self) -> str:
        """The first amount that does not look like one."""
        for found in walk(self.document.tree.root) if self.document else ():
            if (
                set(found.tokens) & {"limits", "requests", "capacity", "sizeLimit", "hard"}
                and found.node.kind == "scalar"
            ):
                value = to_data(found.node)[0]
                if isinstance(value, bool) or (isinstance(value, str) and not QUANTITY.fullmatch(value)):
                    return format_path(found.tokens)
        return ""

    def warning(self, text: str) -> Diagnostic:
        """One Warning header."""
        raw = _WARNING.match(text)
        words = re.sub(r"\\(.)", r"\1", raw[1]) if raw else text
        unknown = _UNKNOWN.search(words)
        if unknown:
            return self.at(
                rules.ServerWarning, unknown[2], f"There is no field **{_last(unknown[2])}** here; it is ignored."
            )
        placed = _AT_PATH.fullmatch(words)
        if placed and self.document and self.document.nearest(placed[1])[0]:
            return self.at(rules.ServerWarning, placed[1], f"**{_last(placed[1])}**: {_tail(placed[2])}")
        return self.at(rules.ServerWarning, "", words)


def _meant(parsed: ParsedFile, details: Mapping[str, Any]) -> Document | None:
    """The document a Status is about, by its kind and name."""
    for document in parsed.documents:
        if document.name == details.get("name") and document.kind == details.get("kind"):
            return document
    return parsed.documents[0] if parsed.documents else None


def _typed_errors(message: str) -> Iterator[tuple[str, str]]:
    """Path and words of each error in a typed-patch message."""
    _, _, rest = message.partition("): ")
    for match in _TYPED.finditer(rest.removeprefix("errors:").strip("\n")):
        yield match[1], match[2]


def _changed_names(words: str) -> list[str]:
    """Field names on the changed lines of a difference; a changed item of a list counts as the list."""
    names, owner = [], ""
    for line in words.split("\n")[1:]:
        name = re.match(r'[ +-]\s*"(\w+)":', line)
        if line.startswith(("+", "-")):
            names.append(name[1] if name else owner)
        elif name and line.rstrip().endswith(("[", "{")):
            owner = name[1]
    return [name for name in names if name]


def _mapping(value: object) -> Mapping[str, Any]:
    return value if isinstance(value, Mapping) else {}


def _last(path: str) -> str:
    """The last name of a path, as a learner wrote it."""
    bracket = re.search(r"\[([^\]=]*[^\]=\d][^\]=]*)\]$", path)
    return bracket[1].strip('"') if bracket else re.sub(r"\[[^\]]*\]", "", path).rpartition(".")[2]


def _sentence(words: str) -> str:
    words = words.strip()
    return words[:1].upper() + _tail(words[1:]) if words else ""


def _tail(words: str) -> str:
    words = words.strip()
    return words if words.endswith((".", "!", "?")) else f"{words}."
