"""The cuts themselves: edits that add, replace and remove one node, for block and bracket layouts."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any

from labs.manifest.data import Found
from labs.manifest.emit import block_lines, can_be_literal, flow_text, is_flow, literal_lines, pair_lines, scalar_text
from labs.manifest.nodes import Node
from labs.manifest.place import Place
from labs.manifest.text import Edit, Lines

__all__ = ["cut_block", "cut_flow", "dash_of", "insert_item", "insert_pair", "replace"]

_BREAK = re.compile(r"(?:\r\n|\n|\r)?")


def insert_pair(place: Place, node: Node, key: str, value: Any) -> list[Edit]:
    """Add a field at the end of a mapping that has some."""
    last_key, last = node.pairs[-1]
    if node.flow:
        end = max(last.end, last_key.end)
        return [
            Edit(
                end,
                end,
                f"{place.style.comma}{scalar_text(key, flow=True)}: {flow_text(value, comma=place.style.comma)}",
            )
        ]
    lines = pair_lines(key, value, place.column(node.pairs[0][0].start), place.style)
    return [_below(place, last_key if last.end < last_key.end else last, lines)]


def insert_item(place: Place, node: Node, index: int, value: Any) -> list[Edit]:
    """Add an item to a list that has some, before `index`."""
    items = node.items
    if node.flow:
        text = flow_text([value], quotes=[_mark(items[min(index, len(items) - 1)])], comma=place.style.comma)[1:-1]
        if index == len(items):
            return [Edit(items[-1].end, items[-1].end, f"{place.style.comma}{text}")]
        return [Edit(items[index].start, items[index].start, f"{text}{place.style.comma}")]
    indent = place.column(node.start)
    lines = block_lines([value], indent, place.style)
    if index > 0:
        return [_below(place, items[index - 1], lines)]
    return [Edit(node.start, node.start, place.joined([*lines, " " * indent]).removeprefix(" " * indent))]


def _mark(node: Node) -> str:
    return node.style if node.style in ("'", '"') else "" if node.kind == "scalar" else '"'


def _below(place: Place, last: Node, lines: Sequence[str]) -> Edit:
    """Whole lines after the line on which a value ends."""
    end = place.lines.end_of(last.end)
    if (keep := _kept_end(place, last)) is not None:
        return Edit(keep, keep, place.joined([*lines, ""]))
    return Edit(end, end, place.joined(["", *lines]))


def _kept_end(place: Place, node: Node) -> int | None:
    """For a value that ends in a `|+` block: where the blank lines that belong to it end."""
    while node.kind in ("mapping", "sequence") and not node.flow:
        node = node.items[-1] if node.items else node.pairs[-1][1]
    header = place.text[node.start : place.lines.end_of(node.start)]
    if node.style not in ("|", ">") or "+" not in header.split("#")[0]:
        return None
    match = re.compile(r"(?:[ ]*(?:\r\n|\n|\r))*").match(place.text, place.lines.end_of(node.end))
    return match.end() if match else None


def replace(place: Place, found: Found, value: Any) -> list[Edit]:
    """Put a value in the place of another of a different shape, or of a scalar."""
    node, text = found.node, place.text
    if found.parent is not None and found.parent.flow:
        return _replace_inline(place, found, _in_style(node, value, flow=True, comma=place.style.comma))
    if (
        isinstance(value, str)
        and (node.style in ("|", ">") or can_be_literal(value))
        and can_be_literal(value if "\n" in value else value + "\nx")
    ):
        return _replace_literal(place, found, value)
    if is_flow(value) or node.flow or isinstance(value, str):
        return _replace_inline(place, found, _in_style(node, value, flow=node.flow, comma=place.style.comma))
    if found.key is None and found.parent is None:
        return [Edit(node.start, node.end, place.joined(block_lines(value, 0, place.style)))]
    start = _lead_end(place, found)
    if found.key is None:
        indent = place.column(found.parent.start) if found.parent else 0
        end = place.lines.end_of(node.end)
        rest = text[node.end : end].strip()
        if rest:
            lines = ["", *block_lines(value, indent + 2, place.style)]
            return [Edit(start, end, f" {rest}{place.joined(lines)}")]
        lines = block_lines([value], indent, place.style)
        return [Edit(start, node.end, place.joined(lines)[indent + 1 :])]
    indent = place.column(found.key.start) + (place.style.dash if isinstance(value, list) else place.style.step)
    end = place.lines.end_of(node.end)
    body = place.style.newline + place.joined(block_lines(value, indent, place.style))
    rest = text[node.end : end].rstrip()
    return [Edit(start, end, (f" {rest.lstrip()}" if rest else "") + body)]


def _in_style(node: Node, value: Any, *, flow: bool, comma: str) -> str:
    if isinstance(value, list):
        return flow_text(value, quotes=[_mark(item) for item in node.items], comma=comma)
    if isinstance(value, dict):
        return flow_text(value, comma=comma)
    return scalar_text(value, quote=_mark(node), flow=flow)


def _lead_end(place: Place, found: Found) -> int:
    """Where the colon of a key or the dash of an item ends."""
    if found.key is None:
        parent = found.parent
        return dash_of(place.lines, parent, found.node) + 1 if parent else found.node.start
    colon = place.text.find(":", found.key.end, max(found.node.start, found.key.end) + 1)
    return colon + 1 if colon >= 0 else found.key.end


def _replace_inline(place: Place, found: Found, new: str) -> list[Edit]:
    node, text = found.node, place.text
    if node.end == node.start and node.kind == "scalar":
        start = (
            _lead_end(place, found) if not (found.parent and found.parent.flow and found.key is None) else node.start
        )
        colon = ":" if found.key is not None and text[start - 1 : start] != ":" else ""
        after = text[start : start + 1]
        return [Edit(start, start, f"{colon} {new}" + (" " if after and after not in " \r\n,]}" else ""))]
    line_end = place.lines.end_of(_lead_end(place, found)) if found.parent and not found.parent.flow else node.start
    if node.start > line_end and found.parent is not None:
        start = _lead_end(place, found)
        return [Edit(start, start, f" {new}"), Edit(line_end, node.end, "")]
    return [Edit(node.start, node.end, new)]


def _replace_literal(place: Place, found: Found, value: str) -> list[Edit]:
    node = found.node
    owner = found.key.start if found.key else found.parent.start if found.parent else 0
    indent = place.column(owner) + place.style.step
    if node.style in ("|", ">"):
        first = re.compile(r"[^\n\r]*(?:\r\n|\n|\r)(?:[ ]*(?:\r\n|\n|\r))*( *)").match(place.text, node.start)
        indent = len(first[1]) if first and len(first[1]) > place.column(owner) else indent
    lines = literal_lines("", value, indent)
    start = _lead_end(place, found) if node.end == node.start else node.start
    lead = " " if node.end == node.start else ""
    kept = _kept_end(place, node)
    end = place.lines.end_of(node.end) if node.style not in ("|", ">") else node.end
    comment = place.text[node.end : end].strip() if node.style not in ("|", ">") else ""
    header = f"{lead}{lines[0]}" + (f" {comment}" if comment else "")
    return [
        Edit(
            start,
            kept - len(place.style.newline) if kept is not None and kept > end else end,
            place.joined([header, *lines[1:]]),
        )
    ]


def dash_of(lines: Lines, sequence: Node, item: Node) -> int:
    """Offset of the dash that begins an item of a block list."""
    column = lines.position(sequence.start).column - 1
    number = lines.position(item.start).line
    while number > 0:
        offset = lines.starts[number - 1] + column
        if offset <= item.start and re.fullmatch(r"[ -]*-", lines.text[lines.starts[number - 1] : offset + 1]):
            return offset
        number -= 1
    return sequence.start


def _members(found: Found) -> list[tuple[int, int]]:
    parent = found.parent
    assert parent is not None
    pairs = [(key.start, max(key.end, value.end)) for key, value in parent.pairs]
    return pairs or [(item.start, item.end) for item in parent.items]


def cut_flow(_place: Place, found: Found) -> Edit:
    """Remove one of several members in brackets, with one comma."""
    members = _members(found)
    start = found.key.start if found.key else found.node.start
    index = next(i for i, member in enumerate(members) if member[0] == start)
    if index + 1 < len(members):
        return Edit(start, members[index + 1][0], "")
    return Edit(members[index - 1][1], members[index][1], "")


def cut_block(place: Place, found: Found) -> Edit:
    """Whole lines; what shares its first line with the dash of an item gives that place to what follows."""
    lines, text = place.lines, place.text
    parent = found.parent
    assert parent is not None
    start = found.key.start if found.key else dash_of(lines, parent, found.node)
    kept = _kept_end(place, found.node)
    end = lines.end_of(max(found.node.end, found.key.end if found.key else start + 1))
    first = lines.start_of(start)
    if text[first:start].strip():
        after = re.compile(r"\s*").match(text, end)
        return Edit(start, after.end() if after else end, "")
    after_line = (
        kept if kept is not None else min(end + len(place.style.newline), len(text)) if end < len(text) else end
    )
    if end == len(text) and first > 0 and kept is None:
        return (
            Edit(first - len(place.style.newline), end, "") if not text.endswith(("\n", "\r")) else Edit(first, end, "")
        )
    return Edit(first, after_line, "")
