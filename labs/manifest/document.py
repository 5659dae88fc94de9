"""Parsing: a text becomes documents with positions, and diagnostics for what keeps it from being YAML."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

import yaml

from labs.manifest import explain
from labs.manifest.data import Found, Problem, find, to_data
from labs.manifest.diagnostic import Diagnostic
from labs.manifest.nodes import Tree, TreeError, read_trees
from labs.manifest.paths import format_path, parse_path
from labs.manifest.text import Lines, Span

__all__ = ["MAX_LENGTH", "Document", "ParsedFile", "parse", "to_json"]

MAX_LENGTH = 262_144

_FORBIDDEN = re.compile("[^\t\n\r\x20-\x7e\x85\xa0-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


@dataclass(frozen=True)
class Document:
    """One object of the file: its data as kubectl would send it, and where each field stands."""

    index: int
    tree: Tree = field(repr=False)
    lines: Lines = field(repr=False)

    @cached_property
    def _built(self) -> tuple[Any, list[Problem]]:
        return to_data(self.tree.root)

    @property
    def root(self) -> Any:
        """The JSON value of the document, whatever its type."""
        return self._built[0]

    @property
    def problems(self) -> list[Problem]:
        """Values and keys that have no JSON, and repeated keys."""
        return self._built[1]

    @property
    def data(self) -> dict[str, Any]:
        """The object as a JSON-like dict; empty when the document is not a mapping."""
        return self.root if isinstance(self.root, dict) else {}

    @property
    def kind(self) -> str:
        """`kind`, or "" when it is missing or not text."""
        return _text(self.data.get("kind"))

    @property
    def api_version(self) -> str:
        """`apiVersion`, or ""."""
        return _text(self.data.get("apiVersion"))

    @property
    def name(self) -> str:
        """`metadata.name`, or ""."""
        return _text(_dict(self.data.get("metadata")).get("name"))

    @property
    def namespace(self) -> str:
        """`metadata.namespace`, or "" when the manifest does not say."""
        return _text(_dict(self.data.get("metadata")).get("namespace"))

    def found(self, path: str) -> Found | None:
        """The nodes at a path."""
        return find(self.tree.root, parse_path(path))

    def value(self, path: str) -> Any:
        """The JSON value at a path, None when it is not there."""
        found = self.found(path)
        return to_data(found.node)[0] if found else None

    def has(self, path: str) -> bool:
        """Whether the path is written in the document, even with an empty value."""
        return self.found(path) is not None

    def span_of(self, path: str) -> Span | None:
        """Where the value at a path stands."""
        found = self.found(path)
        return self.lines.span(found.node.start, found.node.end) if found else None

    def key_span_of(self, path: str) -> Span | None:
        """Where the key at a path stands; for a list item the item itself."""
        found = self.found(path)
        if found is None:
            return None
        node = found.key or found.node
        return self.lines.span(node.start, node.end)

    def nearest(self, path: str) -> tuple[str, Span]:
        """The deepest ancestor of a path that exists (the path itself, if it does) and where its key stands."""
        tokens = parse_path(path)
        for length in range(len(tokens), 0, -1):
            found = find(self.tree.root, tokens[:length])
            if found is not None:
                node = found.key or found.node
                return format_path(found.tokens), self.lines.span(node.start, node.end)
        return "", self.span

    @property
    def span(self) -> Span:
        """The first line of the document's content."""
        start = self.tree.root.start if self.tree.root else self.tree.start
        return self.lines.span(start, self.lines.end_of(start))


@dataclass(frozen=True)
class ParsedFile:
    """A text, the documents that could be read from it, and what was wrong with it as YAML.

    Empty documents are left out, as kubectl does. With a syntax error, the documents before it are there.
    """

    text: str
    documents: tuple[Document, ...]
    diagnostics: tuple[Diagnostic, ...]
    lines: Lines = field(repr=False)

    @property
    def ok(self) -> bool:
        """Whether the text is YAML that kubectl would read, so that it can be edited by the form."""
        return not any(d.severity == "error" for d in self.diagnostics)


def parse(text: str) -> ParsedFile:
    """Read a text of any content; never raises, and never takes longer than its first 256 KiB deserve."""
    if len(text) > MAX_LENGTH:
        lines = Lines(text[:1000])
        return ParsedFile(text, (), (explain.too_long(len(text), MAX_LENGTH, lines),), lines)
    lines = Lines(text)
    base = 1 if text.startswith("\ufeff") else 0
    bad = _FORBIDDEN.search(text, base)
    if bad is not None:
        return ParsedFile(text, (), (explain.forbidden(bad, lines),), lines)
    trees: list[Tree] = []
    diagnostics: list[Diagnostic] = []
    try:
        for tree in read_trees(text[base:], base):
            if not _is_empty(tree):
                trees.append(tree)
    except yaml.YAMLError as error:
        diagnostics.append(explain.syntax_error(error, text, base, lines))
    except TreeError as error:
        diagnostics.append(explain.refusal(error, lines))
    documents = tuple(Document(index, tree, lines) for index, tree in enumerate(trees))
    for document in documents:
        diagnostics.extend(explain.problem(problem, lines) for problem in document.problems)
    return ParsedFile(text, documents, tuple(diagnostics), lines)


def _is_empty(tree: Tree) -> bool:
    root = tree.root
    return root is None or (root.kind == "scalar" and to_data(root) == (None, []))


def to_json(text: str) -> list[Any]:
    """What kubectl would send for each document of a valid text; for an invalid one, what could be read."""
    return [document.root for document in parse(text).documents]


def _text(value: object) -> str:
    return value if isinstance(value, str) else ""


def _dict(value: object) -> dict[str, Any]:
    return value if isinstance(value, dict) else {}
