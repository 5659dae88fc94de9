"""The tree of one YAML text: nodes with exact offsets, made from parser events without recursion.

PyYAML's own composer recurses (a deep paste would end the process inside libyaml's C code) and resolves scalars by
other rules than kubectl, so only its events are used.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any, Literal

import yaml

__all__ = ["MAX_DEPTH", "MAX_NODES", "Node", "Tree", "TreeError", "read_trees"]

MAX_DEPTH = 100
MAX_NODES = 100_000

_LOADER: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


class TreeError(Exception):
    """The events make no tree we accept; `reason` is "alias", "self", "depth", "nodes", "version" or "question"."""

    def __init__(self, reason: str, offset: int, name: str = "") -> None:
        super().__init__(reason)
        self.reason, self.offset, self.name = reason, offset, name


@dataclass(slots=True, eq=False)
class Node:
    """A value in the text, `start` to `end` in code points; an empty value has no length.

    `style` is "" for a plain scalar, else one of `'`, `"`, `|`, `>`; `flow` tells `[a]` and `{a: b}` from the block
    forms.
    `size` and `depth` count the value with all aliases written out.
    """

    kind: Literal["scalar", "mapping", "sequence", "alias"]
    start: int
    end: int
    tag: str = ""
    anchor: str = ""
    value: str = ""
    style: str = ""
    plain: bool = True
    flow: bool = False
    items: list[Node] = field(default_factory=list)
    pairs: list[tuple[Node, Node]] = field(default_factory=list)
    target: Node | None = None
    closed: bool = True
    size: int = 1
    depth: int = 1

    @property
    def real(self) -> Node:
        """The node an alias stands for, else the node itself."""
        return self.target if self.target is not None else self


@dataclass(slots=True)
class Tree:
    """One document of the text; `root` is None when it is empty."""

    root: Node | None
    start: int
    end: int


def read_trees(text: str, base: int = 0, loader: Any = None) -> Iterator[Tree]:
    """Yield the documents of a text as they are complete; offsets are counted from `base`.

    Raises yaml.YAMLError for bad syntax and TreeError for what we refuse, after the documents before it.
    """
    builder = _Builder(text, base)
    for event in yaml.parse(text, Loader=loader or _LOADER):
        if (tree := builder.take(event)) is not None:
            yield tree


class _Builder:
    def __init__(self, text: str, base: int) -> None:
        self._text, self._base = text, base
        self._stack: list[Node] = []
        self._keys: list[Node | None] = []
        self._anchors: dict[str, Node] = {}
        self._root: Node | None = None
        self._start = 0

    def take(self, event: Any) -> Tree | None:
        """Add one event; returns the document that it ends."""
        kind = type(event)
        if kind is yaml.ScalarEvent:
            self._add(self._scalar(event))
        elif kind is yaml.MappingStartEvent or kind is yaml.SequenceStartEvent:
            self._open(event, "mapping" if kind is yaml.MappingStartEvent else "sequence")
        elif kind is yaml.MappingEndEvent or kind is yaml.SequenceEndEvent:
            self._close(event)
        elif kind is yaml.AliasEvent:
            self._add(self._alias(event))
        elif kind is yaml.DocumentStartEvent:
            self._anchors, self._root, self._start = {}, None, event.start_mark.index + self._base
            if event.version not in (None, (1, 1)):
                raise TreeError("version", self._start)
        elif kind is yaml.DocumentEndEvent:
            return Tree(self._root, self._start, event.end_mark.index + self._base)
        return None

    def _scalar(self, event: Any) -> Node:
        start, end = event.start_mark.index, event.end_mark.index
        style = event.style if event.style in ("'", '"', "|", ">") else ""
        if style in ("|", ">"):
            end = start + len(self._text[start:end].rstrip(" \n\r"))
        node = Node(
            "scalar", start + self._base, end + self._base, event.tag or "", event.anchor or "", event.value, style
        )
        node.plain = bool(event.implicit[0])
        if "?" in node.value and not style and self._stack and self._stack[-1].flow:
            raise TreeError("question", node.start, node.value)
        return self._named(node)

    def _alias(self, event: Any) -> Node:
        target = self._anchors.get(event.anchor)
        start = event.start_mark.index + self._base
        if target is None or not target.closed:
            raise TreeError("alias" if target is None else "self", start, event.anchor)
        node = Node("alias", start, event.end_mark.index + self._base, value=event.anchor, target=target)
        node.size, node.depth = target.size, target.depth
        return node

    def _open(self, event: Any, kind: Literal["mapping", "sequence"]) -> None:
        start = event.start_mark.index + self._base
        if len(self._stack) >= MAX_DEPTH:
            raise TreeError("depth", start)
        node = Node(kind, start, start, event.tag or "", event.anchor or "", flow=bool(event.flow_style), closed=False)
        self._stack.append(self._named(node))
        self._keys.append(None)

    def _close(self, event: Any) -> None:
        node = self._stack.pop()
        self._keys.pop()
        node.closed = True
        if node.flow:
            node.end = event.end_mark.index + self._base
        else:
            last = node.pairs[-1][1] if node.pairs else node.items[-1] if node.items else node
            node.end = max(node.start, last.end)
        self._add(node)

    def _named(self, node: Node) -> Node:
        if node.anchor:
            self._anchors[node.anchor] = node
        return node

    def _add(self, node: Node) -> None:
        if not self._stack:
            self._root = node
            return
        parent = self._stack[-1]
        if parent.kind == "sequence":
            parent.items.append(node)
        elif (key := self._keys[-1]) is None:
            self._keys[-1] = node
        else:
            parent.pairs.append((key, node))
            self._keys[-1] = None
        parent.size += node.size
        parent.depth = max(parent.depth, node.depth + 1)
        if parent.size > MAX_NODES or parent.depth > MAX_DEPTH:
            raise TreeError("nodes" if parent.size > MAX_NODES else "depth", node.start, node.value)
