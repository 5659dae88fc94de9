"""Changing plain data by path: what an edit of the text is expected to mean."""

from __future__ import annotations

import copy
from collections.abc import Sequence
from typing import Any

from labs.manifest.paths import ItemKey, Token

__all__ = ["cut", "put"]


def put(data: Any, tokens: Sequence[Token], value: Any) -> Any:
    """A copy of the data with the value at a path; missing parents are made."""
    if not tokens:
        return copy.deepcopy(value)
    token = tokens[0]
    if isinstance(token, int | ItemKey):
        items = list(data or [])
        index = position(items, token)
        if index < len(items):
            items[index] = put(items[index], tokens[1:], value)
        else:
            items.append(put(None, tokens[1:], value))
        return items
    if isinstance(data, list):
        return put(data, (int(token), *tokens[1:]), value)
    name, used = spelt(data or {}, tokens)
    return {**(data or {}), name: put((data or {}).get(name), tokens[used:], value)}


def cut(data: Any, tokens: Sequence[Token]) -> Any:
    """A copy of the data without the value at a path and without the parents that become empty; None if all is gone."""
    if not tokens:
        return None
    if isinstance(data, list):
        index = position(data, tokens[0])
        rest = cut(data[index], tokens[1:])
        return [*data[:index], *([] if rest is None else [rest]), *data[index + 1 :]] or None
    name, used = spelt(data, tokens)
    rest = cut(data[name], tokens[used:])
    return {
        key: rest if key == name else value for key, value in data.items() if key != name or rest is not None
    } or None


def position(items: Sequence[Any], token: Token) -> int:
    """Index of the list item that a token means; the length of the list when there is none."""
    if isinstance(token, ItemKey):
        fits = (i for i, item in enumerate(items) if isinstance(item, dict) and token.fits(item))
        return next(fits, len(items))
    return int(token)


def spelt(data: dict[str, Any], tokens: Sequence[Token]) -> tuple[str, int]:
    """The key that the first tokens mean, which may itself contain dots, and how many tokens it takes."""
    for used in range(1, len(tokens) + 1):
        name = ".".join(str(token) for token in tokens[:used])
        if name in data:
            return name, used
    return str(tokens[0]), 1
