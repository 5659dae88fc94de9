"""Changing one field of a text by cutting and pasting: every other byte, comments included, stays as it is."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

from labs.manifest.data import Found, find, is_merge, to_data
from labs.manifest.document import Document, parse
from labs.manifest.emit import block_lines
from labs.manifest.layout import cut_block, cut_flow, insert_item, insert_pair, replace
from labs.manifest.model import cut, put
from labs.manifest.paths import ItemKey, Token, format_path, parse_path
from labs.manifest.place import Place, may_hold, reason_of, refused, wrong_parent
from labs.manifest.text import Edit, apply_edits

__all__ = ["editable", "insert", "remove", "set_value"]


def set_value(text: str, path: str, value: Any, doc: int = 0) -> str:
    """The text with the field at `path` set to a JSON value; missing parents are made.

    Collections are compared with what is there, so that unchanged items keep their comments and spelling. Raises
    ManifestError when the text is not YAML or the place cannot be changed without changing another.
    """
    _check_value(value)
    tokens = parse_path(path)
    new = _set(text, tokens, value, doc)
    return _proved(text, new, path, doc, lambda root: put(root, tokens, value))


def remove(text: str, path: str, doc: int = 0) -> str:
    """The text without the field or list item at `path`; parents that become empty go with it.

    A path that does not exist changes nothing. Raises ManifestError as `set_value` does.
    """
    tokens = parse_path(path)
    new = _remove(text, tokens, doc)
    return text if new == text else _proved(text, new, path, doc, lambda root: cut(root, tokens))


def insert(text: str, path: str, value: Any, index: int | None = None, doc: int = 0) -> str:
    """The text with an item put into the list at `path`, before `index` (None: at the end); a missing list is made."""
    _check_value(value)
    place = Place.of(text, doc, path)
    found = find(place.root, parse_path(path))
    node = found.node.real if found else None
    if found is None or node is None or node.kind != "sequence" or not node.items:
        return set_value(text, path, [value], doc)
    place.refuse_shared(found)
    position = len(node.items) if index is None else min(max(index, 0), len(node.items))
    new = apply_edits(text, insert_item(place, node, position, value))
    items = to_data(node)[0]
    items.insert(position, value)
    return _proved(text, new, path, doc, lambda root: put(root, found.tokens, items))


def editable(document: Document, path: str) -> str:
    """Why the field at `path` cannot be changed by itself, "" when it can (also when it is not there yet)."""
    tokens = parse_path(path)
    for length in range(len(tokens), -1, -1):
        found = find(document.tree.root, tokens[:length])
        if found is not None:
            whole = length == len(tokens)
            return reason_of(found) or (
                "" if whole or may_hold(found.node, tokens[length]) else wrong_parent(found, tokens[length])
            )
    return ""


def _proved(old: str, new: str, path: str, doc: int, wish: Callable[[Any], Any]) -> str:
    """The new text, if it reads as the old one with the wish fulfilled: a layout we do not know is never damaged."""
    before, after = parse(old), parse(new)
    wanted = [document.root for document in before.documents] or [None]
    wanted[doc] = wish(wanted[doc])
    if after.ok and _same([d.root for d in after.documents], [root for root in wanted if root is not None]):
        return new
    raise refused(path, "its layout is unusual", "Change it in the text.")


def _check_value(value: Any) -> None:
    if isinstance(value, str) and re.search("[\ud800-\udfff]", value):
        raise refused("", "the value holds half of a character", "Type it again.")
    for item in value if isinstance(value, list) else [*value, *value.values()] if isinstance(value, dict) else ():
        _check_value(item)


def _set(text: str, tokens: tuple[Token, ...], value: Any, doc: int) -> str:
    place = Place.of(text, doc, format_path(tokens))
    found = find(place.root, tokens)
    if found is None:
        return _create(text, place, tokens, value)
    old = to_data(found.node)[0]
    if _same(old, value):
        return text
    place.refuse_shared(found)
    node = found.node
    if (
        isinstance(value, dict)
        and isinstance(old, dict)
        and value
        and old
        and not any(is_merge(k) for k, _ in node.pairs)
    ):
        return _set_mapping(text, found, old, value, doc)
    if isinstance(value, list) and isinstance(old, list) and value and old:
        return _set_sequence(text, found, old, value, doc)
    return apply_edits(text, replace(place, found, value))


def _same(old: Any, new: Any) -> bool:
    """Equality that tells True from 1."""
    if isinstance(old, dict) and isinstance(new, dict):
        return old.keys() == new.keys() and all(_same(old[key], new[key]) for key in old)
    if isinstance(old, list) and isinstance(new, list):
        return len(old) == len(new) and all(map(_same, old, new))
    return type(old) is type(new) and bool(old == new)


def _set_mapping(text: str, found: Found, old: dict[str, Any], new: dict[str, Any], doc: int) -> str:
    for key, value in new.items():
        text = _set(text, (*found.tokens, key), value, doc)
    for key in old.keys() - new.keys():
        text = _remove(text, (*found.tokens, key), doc)
    return text


def _set_sequence(text: str, found: Found, old: list[Any], new: list[Any], doc: int) -> str:
    """Items equal at both ends stay; what is between is changed one by one, then added or removed."""
    head = 0
    while head < min(len(old), len(new)) and _same(old[head], new[head]):
        head += 1
    tail = 0
    while tail < min(len(old), len(new)) - head and _same(old[-1 - tail], new[-1 - tail]):
        tail += 1
    common = min(len(old), len(new)) - tail
    path = format_path(found.tokens)
    for index in range(head, common):
        text = _set(text, (*found.tokens, index), new[index], doc)
    for index in range(len(old) - tail - 1, common - 1, -1):
        text = _remove(text, (*found.tokens, index), doc)
    for index in range(common, len(new) - tail):
        text = insert(text, path, new[index], index, doc)
    return text


def _create(text: str, place: Place, tokens: tuple[Token, ...], value: Any) -> str:
    """Write a field that is not there: nested values are made for the parents that are missing."""
    length = len(tokens) - 1
    while length > 0 and (parent := find(place.root, tokens[:length])) is None:
        length -= 1
    parent = find(place.root, tokens[:length])
    for token in reversed(tokens[length + 1 :]):
        value = _nested(tokens, token, value)
    if parent is None:
        lead = place.style.newline if text and not text.endswith(("\n", "\r")) and text != "\ufeff" else ""
        return (
            text
            + lead
            + place.joined(block_lines(_nested(tokens, tokens[length], value), 0, place.style))
            + place.style.newline
        )
    if not may_hold(parent.node.real, tokens[length]):
        raise refused(format_path(tokens), wrong_parent(parent, tokens[length]), "Change it in the text.")
    place.refuse_shared(parent)
    return _add(text, place, parent, tokens[length], value)


def _add(text: str, place: Place, parent: Found, token: Token, value: Any) -> str:
    node = parent.node.real
    if node.kind == "sequence":
        if token != len(node.items):
            raise refused(
                format_path((*parent.tokens, token)),
                f"the list has {len(node.items)} items",
                "Add the items before it first.",
            )
        if node.items:
            return apply_edits(text, insert_item(place, node, len(node.items), value))
    elif node.pairs:
        return apply_edits(text, insert_pair(place, node, str(token), value))
    return apply_edits(text, replace(place, parent, _nested((), token, value)))


def _nested(tokens: tuple[Token, ...], token: Token, value: Any) -> Any:
    if isinstance(token, ItemKey) or (isinstance(token, int) and token != 0):
        raise refused(format_path(tokens), "the items before it are missing", "Add them first.")
    return [value] if isinstance(token, int) else {token: value}


def _remove(text: str, tokens: tuple[Token, ...], doc: int) -> str:
    place = Place.of(text, doc, format_path(tokens))
    found = find(place.root, tokens)
    if found is None:
        return text
    while found.parent is not None and len(found.parent.items) + len(found.parent.pairs) == 1:
        above = find(place.root, found.tokens[:-1])
        if above is None:
            break
        place.refuse_shared(found)
        found = above
    place.refuse_shared(found)
    if found.parent is None:
        return apply_edits(text, [Edit(found.node.start, _past_end_mark(text, found.node.end), "")])
    cut: Callable[[Place, Found], Edit] = cut_flow if found.parent.flow else cut_block
    return apply_edits(text, [cut(place, found)])


def _past_end_mark(text: str, end: int) -> int:
    """Where a document's text ends, its `...` included: the mark may not stand without a document before it."""
    mark = re.compile(r"\s*^\.\.\.[ \t]*(?:\r?\n|\Z)", re.MULTILINE).match(text, end)
    return mark.end() if mark else end
