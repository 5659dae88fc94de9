"""Writing a JSON value as YAML in the style of the text around it."""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from labs.manifest.scalars import resolve

__all__ = ["Style", "block_lines", "flow_text", "is_flow", "scalar_text"]

_PLAIN = re.compile(r"(?:[^\s\-?:,\[\]{}#&*!|>'\"%@`=~<]|-(?=[^\s\-]))(?:[^\n\r\t]*[^\s:])?")
_RAW = re.compile("[\x20-\x7e\xa0-\u2027\u202a-\ud7ff\ue000-\ufefe\uff00-\ufffd\U00010000-\U0010ffff]*")
_UNSAFE = re.compile("[\x7f-\x9f\u2028\u2029\ufeff\ufffe\uffff]")


@dataclass(frozen=True, slots=True)
class Style:
    """How a file is written: spaces per level, spaces before the dash of a list, line ending, comma in brackets."""

    step: int = 2
    dash: int = 2
    newline: str = "\n"
    comma: str = ", "


def scalar_text(value: Any, *, quote: str = "", flow: bool = False) -> str:
    """One scalar on one line; `quote` is the mark that text gets if it can (`'`, `"` or "" for none)."""
    if not isinstance(value, str):
        return json.dumps(value)
    if not _RAW.fullmatch(value):
        return _double(value)
    if quote == "'":
        return "'" + value.replace("'", "''") + "'"
    if quote == '"' or not _is_plain(value, flow=flow):
        return _double(value)
    return value


def _is_plain(value: str, *, flow: bool) -> bool:
    if not _PLAIN.fullmatch(value) or ": " in value or " #" in value or value.startswith(("---", "...")):
        return False
    return not (flow and re.search(r"[,\[\]{}:?]", value)) and resolve(value) == value


def _double(value: str) -> str:
    return _UNSAFE.sub(lambda match: f"\\u{ord(match[0]):04x}", json.dumps(value, ensure_ascii=False))


def is_flow(value: Any) -> bool:
    """Whether a value is written on the line of its key: scalars, empty collections, short lists of scalars."""
    if isinstance(value, list):
        simple = all(not isinstance(item, list | dict) and "\n" not in str(item) for item in value)
        return simple and sum(len(str(item)) + 2 for item in value) <= 80
    return not value if isinstance(value, dict) else not (isinstance(value, str) and can_be_literal(value))


def can_be_literal(value: str) -> bool:
    """Whether a text is better written as a block (`|`): several lines, nothing that a block cannot hold."""
    lines = value.split("\n")
    body = value.strip("\n")
    return (
        len(lines) > 1
        and bool(body)
        and not value.startswith(("\n", " "))
        and all(_RAW.fullmatch(line) and line == line.rstrip() for line in lines)
    )


def flow_text(value: Any, *, quotes: Sequence[str] = (), comma: str = ", ") -> str:
    """A value on one line, in brackets where needed; `quotes` are the marks of the first items, the last one repeats."""
    if isinstance(value, list):
        marks = [quotes[min(i, len(quotes) - 1)] if quotes else '"' for i in range(len(value))]
        items = (
            flow_text(v, comma=comma) if isinstance(v, list | dict) else scalar_text(v, quote=m, flow=True)
            for v, m in zip(value, marks, strict=True)
        )
        return "[" + comma.join(items) + "]"
    if isinstance(value, dict):
        pairs = (f"{scalar_text(k, flow=True)}: {flow_text(v, comma=comma)}" for k, v in value.items())
        return "{" + comma.join(pairs) + "}"
    return scalar_text(value, flow=True)


def block_lines(value: Any, indent: int, style: Style) -> list[str]:
    """A non-empty collection as block lines, each with its full indentation, without line ends."""
    blank = " " * indent
    if isinstance(value, dict):
        return [line for key, item in value.items() for line in pair_lines(key, item, indent, style)]
    lines: list[str] = []
    for item in value:
        if isinstance(item, dict | list) and item and not (isinstance(item, list) and is_flow(item)):
            inner = block_lines(item, indent + 2, style)
            lines += [f"{blank}- {inner[0][indent + 2 :]}", *inner[1:]]
        else:
            lines += _with_lead(f"{blank}-", item, indent, style)
    return lines


def pair_lines(key: str, value: Any, indent: int, style: Style) -> list[str]:
    """`key: value` as block lines at an indentation."""
    lead = f"{' ' * indent}{scalar_text(key)}:"
    if is_flow(value) or isinstance(value, str):
        return _with_lead(lead, value, indent, style)
    deeper = indent + (style.dash if isinstance(value, list) else style.step)
    return [lead, *block_lines(value, deeper, style)]


def _with_lead(lead: str, value: Any, indent: int, style: Style) -> list[str]:
    if isinstance(value, str) and can_be_literal(value):
        return literal_lines(f"{lead} ", value, indent + style.step)
    text = flow_text(value, comma=style.comma) if isinstance(value, list | dict) else scalar_text(value)
    return [f"{lead} {text}"]


def literal_lines(lead: str, value: str, indent: int) -> list[str]:
    """A text of several lines as a `|` block after `lead`."""
    body = value.rstrip("\n")
    ends = len(value) - len(body)
    chomp = "-" if ends == 0 else "" if ends == 1 else "+"
    lines = [f"{' ' * indent}{line}" if line else "" for line in body.split("\n")]
    return [f"{lead}|{chomp}", *lines, *[""] * max(ends - 1, 0)]
