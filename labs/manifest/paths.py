"""Field paths in Kubernetes' own spelling: `spec.containers[0].image`, `metadata.labels[app.kubernetes.io/name]`.

Also understood, because the API server writes them: a leading dot, quoted keys, and list items named by their key,
`containers[name="web"]`.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

__all__ = ["ItemKey", "Token", "format_path", "parse_path"]


@dataclass(frozen=True, slots=True)
class ItemKey:
    """The list item whose fields have these values, as server-side apply names items."""

    pairs: tuple[tuple[str, str], ...]

    def fits(self, item: Mapping[str, Any]) -> bool:
        """Whether an item is the one that is meant."""
        return all(str(item.get(name, "")) == value for name, value in self.pairs)

    def __str__(self) -> str:
        return ",".join(f'{name}="{value}"' for name, value in self.pairs)


Token = str | int | ItemKey

_PLAIN = re.compile(r"[A-Za-z_$][\w$-]*")
_PAIR = re.compile(r'([\w.-]+)=(?:"([^"]*)"|([^,\]]*))(?:,|$)')


def parse_path(path: str) -> tuple[Token, ...]:
    """Split a path into names, list indexes and list keys; any text gives some tokens, never an error."""
    tokens: list[Token] = []
    rest = path.strip().removeprefix(".")
    while rest:
        if rest[0] == ".":
            rest = rest[1:]
        elif rest[0] == "[":
            inside, rest = _bracket(rest)
            tokens.append(inside)
        else:
            end = next((i for i, char in enumerate(rest) if char in ".["), len(rest))
            tokens.append(rest[:end])
            rest = rest[end:]
    return tuple(tokens)


def _bracket(rest: str) -> tuple[Token, str]:
    quoted = re.match(r"""\[(["'])(.*?)\1\]""", rest)
    if quoted:
        return quoted[2], rest[quoted.end() :]
    end = rest.find("]")
    inside, rest = (rest[1:end], rest[end + 1 :]) if end > 0 else (rest[1:], "")
    pairs = tuple((m[1], m[2] if m[2] is not None else m[3]) for m in _PAIR.finditer(inside))
    if pairs:
        return ItemKey(pairs), rest
    return (int(inside), rest) if inside.isascii() and inside.isdigit() and len(inside) < 10 else (inside, rest)


def format_path(tokens: Sequence[Token]) -> str:
    """The opposite of `parse_path`."""
    text = ""
    for token in tokens:
        if isinstance(token, str) and _PLAIN.fullmatch(token):
            text += f".{token}" if text else token
        elif isinstance(token, str) and (token.isdigit() or "]" in token or "=" in token):
            text += f"['{token}']" if '"' in token else f'["{token}"]'
        else:
            text += f"[{token}]"
    return text
