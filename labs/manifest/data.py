"""From nodes to the JSON that kubectl would send, and from a path back to its nodes."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Literal

from labs.manifest.nodes import Node
from labs.manifest.paths import ItemKey, Token
from labs.manifest.scalars import ScalarError, key_text, resolve

__all__ = ["Found", "Problem", "find", "is_merge", "key_of", "to_data", "walk"]

_MERGE = "tag:yaml.org,2002:merge"


@dataclass(frozen=True, slots=True)
class Problem:
    """A node that has no JSON: "duplicate" (with the key it repeats), "key", "scalar" or "merge"."""

    kind: Literal["duplicate", "key", "scalar", "merge"]
    node: Node
    tokens: tuple[Token, ...]
    detail: str = ""
    first: Node | None = None


@dataclass(frozen=True, slots=True)
class Found:
    """A place in the tree: its value node, its key (None in a list) and its parent.

    `shared` when it is reached by an alias, `source` names the anchor of a node around it that others may repeat.
    """

    node: Node
    key: Node | None
    parent: Node | None
    tokens: tuple[Token, ...]
    shared: bool
    source: str = ""


def is_merge(key: Node) -> bool:
    """Whether a key is `<<`, which copies the fields of another mapping."""
    return key.kind == "scalar" and key.value == "<<" and (key.plain or key.tag == _MERGE)


def key_of(key: Node) -> str:
    """The JSON name of a mapping key; raises ScalarError when it has none."""
    key = key.real
    if key.kind != "scalar":
        raise ScalarError("a key must be text, not a list or a mapping")
    if key.plain and not key.tag and key.value.isidentifier() and len(key.value) > 5:
        return key.value
    return key_text(key.value, tag=key.tag, plain=key.plain)


def to_data(root: Node | None) -> tuple[Any, list[Problem]]:
    """The JSON value of a tree; what has no JSON is left out (None in its place) and reported."""
    problems: list[Problem] = []
    data = _value(root, (), problems) if root is not None else None
    return data, problems


def _value(node: Node, tokens: tuple[Token, ...], problems: list[Problem]) -> Any:
    node = node.real
    if node.kind == "sequence":
        return [_value(item, (*tokens, index), problems) for index, item in enumerate(node.items)]
    if node.kind == "mapping":
        data: dict[str, Any] = {}
        _fill(data, {}, node, tokens, problems)
        return data
    try:
        return resolve(node.value, tag=node.tag, plain=node.plain)
    except ScalarError as error:
        problems.append(Problem("scalar", node, tokens, str(error)))
        return None


def _fill(
    data: dict[str, Any], seen: dict[str, Node], node: Node, tokens: tuple[Token, ...], problems: list[Problem]
) -> None:
    """Later keys win, and `<<` counts where it stands: that is go-yaml v2."""
    for key, value in node.pairs:
        if is_merge(key):
            _merge(data, value, tokens, problems)
            continue
        try:
            name = key_of(key)
        except ScalarError as error:
            problems.append(Problem("key", key, tokens, str(error)))
            continue
        if name in seen:
            problems.append(Problem("duplicate", key, (*tokens, name), first=seen[name]))
        seen.setdefault(name, key)
        data[name] = _value(value, (*tokens, name), problems)


def _merge(data: dict[str, Any], value: Node, tokens: tuple[Token, ...], problems: list[Problem]) -> None:
    real = value.real
    sources = list(reversed(real.items)) if value.kind == "sequence" else [value]
    for source in sources:
        if source.real.kind != "mapping":
            problems.append(Problem("merge", source, tokens))
        else:
            _fill(data, {}, source.real, tokens, problems)


def find(root: Node | None, tokens: Sequence[Token]) -> Found | None:
    """The place that a path names, None when it does not exist.

    A name that itself contains dots (a label without brackets) is found as well.
    """
    if root is None:
        return None
    here = Found(root, None, None, (), shared=root.kind == "alias")
    position = 0
    while position < len(tokens):
        step = _step(here, tokens, position)
        if step is None:
            return None
        here, position = step
    return here


def _step(here: Found, tokens: Sequence[Token], position: int) -> tuple[Found, int] | None:
    node, token = here.node.real, tokens[position]
    if node.kind == "sequence":
        index = _index(node, token)
        if index is None or index >= len(node.items):
            return None
        item = node.items[index]
        shared = here.shared or item.kind == "alias"
        return Found(item, None, node, (*here.tokens, index), shared, here.source or node.anchor), position + 1
    if node.kind != "mapping" or isinstance(token, ItemKey):
        return None
    name = str(token)
    for end in range(position + 1, len(tokens) + 1):
        pair = _pair(node, name)
        if pair is not None:
            key, value, merged = pair
            shared = here.shared or merged or value.kind == "alias"
            return Found(value, key, node, (*here.tokens, name), shared, here.source or node.anchor), end
        if end < len(tokens):
            name += f".{tokens[end]}"
    return None


def _index(node: Node, token: Token) -> int | None:
    if isinstance(token, int):
        return token
    if isinstance(token, str):
        return int(token) if token.isascii() and token.isdigit() and len(token) < 10 else None
    for index, item in enumerate(node.items):
        data = to_data(item)[0]
        if isinstance(data, dict) and token.fits(data):
            return index
    return None


def _pair(node: Node, name: str) -> tuple[Node, Node, bool] | None:
    """The pair that counts for a name: the last one, merged ones included."""
    for key, value in reversed(node.pairs):
        if is_merge(key):
            real = value.real
            for source in real.items if value.kind == "sequence" else [value]:
                if source.real.kind == "mapping" and (pair := _pair(source.real, name)) is not None:
                    return pair[0], pair[1], True
        elif _name(key) == name:
            return key, value, False
    return None


def _name(key: Node) -> str | None:
    try:
        return key_of(key)
    except ScalarError:
        return None


def walk(root: Node | None, tokens: tuple[Token, ...] = ()) -> Iterator[Found]:
    """Every value of a tree written in this text once, in order, keys included; aliases are not entered."""
    if root is None:
        return
    if not tokens:
        yield Found(root, None, None, (), shared=False)
    if root.kind == "sequence":
        for index, item in enumerate(root.items):
            yield Found(item, None, root, (*tokens, index), shared=item.kind == "alias")
            yield from walk(item, (*tokens, index))
    elif root.kind == "mapping":
        for key, value in root.pairs:
            name = _name(key)
            if name is not None and not is_merge(key):
                yield Found(value, key, root, (*tokens, name), shared=value.kind == "alias")
                yield from walk(value, (*tokens, name))
