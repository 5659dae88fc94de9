"""Changing one field of a text by cutting and pasting: every other byte, comments included, stays as it is."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from typing import Any

from labs.errors import ManifestError
from labs.manifest.data import Found, find, is_merge, to_data
from labs.manifest.document import Document, ParsedFile, parse
from labs.manifest.emit import (
    Style,
    block_lines,
    can_be_literal,
    flow_text,
    is_flow,
    literal_lines,
    pair_lines,
    scalar_text,
)
from labs.manifest.nodes import Node
from labs.manifest.paths import ItemKey, Token, format_path, parse_path
from labs.manifest.text import Edit, Lines, apply_edits, newline_of

__all__ = ["editable", "insert", "remove", "set_value", "style_of"]


def set_value(text: str, path: str, value: Any, doc: int = 0) -> str:
    """The text with the field at `path` set to a JSON value; missing parents are made.

    Collections are compared with what is there, so that unchanged items keep their comments and spelling. Raises
    ManifestError when the text is not YAML or the place cannot be changed without changing another.
    """
    _check_value(value)
    return _proved(_set(text, parse_path(path), value, doc), path, value, doc)


def remove(text: str, path: str, doc: int = 0) -> str:
    """The text without the field or list item at `path`; parents that become empty go with it.

    A path that does not exist changes nothing. Raises ManifestError as `set_value` does.
    """
    return _remove(text, parse_path(path), doc)


def insert(text: str, path: str, value: Any, index: int | None = None, doc: int = 0) -> str:
    """The text with an item put into the list at `path`, before `index` (at the end when None); a missing list is made."""
    _check_value(value)
    place = _Place.of(text, doc, path)
    found = find(place.root, parse_path(path))
    node = found.node.real if found else None
    if found is None or node is None or node.kind != "sequence" or not node.items:
        return _set(text, parse_path(path), [value], doc)
    place.refuse_shared(found)
    index = len(node.items) if index is None else min(max(index, 0), len(node.items))
    return apply_edits(text, _insert_item(place, node, index, value))


def editable(document: Document, path: str) -> str:
    """Why the field at `path` cannot be changed by itself, "" when it can (also when it is not there yet)."""
    tokens = parse_path(path)
    for length in range(len(tokens), -1, -1):
        found = find(document.tree.root, tokens[:length])
        if found is not None:
            whole = length == len(tokens)
            return _reason(found) or (
                "" if whole or _may_hold(found.node, tokens[length]) else _wrong_parent(found, tokens[length])
            )
    return ""


def style_of(text: str, root: Node | None) -> Style:
    """Indentation, list indentation, line ending and comma as the text uses them first."""
    steps: dict[str, int] = {}
    comma = ""
    lines = Lines(text)
    stack = [root] if root else []
    while stack:
        node = stack.pop()
        if node.flow and len(node.items) > 1 and not comma:
            comma = text[node.items[0].end : node.items[1].start]
        for key, value in node.pairs:
            if not node.flow and not value.flow and value.kind in ("mapping", "sequence") and value.start > key.end:
                width = lines.position(value.start).column - lines.position(key.start).column
                steps.setdefault(value.kind, width)
        stack.extend(reversed([*node.items, *(value for _, value in node.pairs)]))
    step = steps.get("mapping", 2)
    return Style(
        step if step > 0 else 2,
        max(steps.get("sequence", 2), 0),
        newline_of(text),
        comma if re.fullmatch(r", *", comma) else ", ",
    )


class _Place:
    """One document of a valid text, ready for edits."""

    def __init__(self, parsed: ParsedFile, document: Document | None) -> None:
        self.text, self.lines = parsed.text, parsed.lines
        self.root = document.tree.root if document else None
        self.style = style_of(self.text, self.root)

    @classmethod
    def of(cls, text: str, doc: int, path: str) -> _Place:
        parsed = parse(text)
        if not parsed.ok:
            first = next(d for d in parsed.diagnostics if d.severity == "error")
            words = first.message.replace("**", "")
            raise _refused(path, f"the text has a problem on line {first.line}: {words}", "Mend that line first.")
        if doc >= max(len(parsed.documents), 1):
            raise _refused(path, f"the file has {len(parsed.documents)} objects", "Choose one of them.")
        return cls(parsed, parsed.documents[doc] if parsed.documents else None)

    def column(self, offset: int) -> int:
        """0-based column."""
        return self.lines.position(offset).column - 1

    def refuse_shared(self, found: Found) -> None:
        """Raise when a change here would change another place."""
        if reason := _reason(found):
            raise _refused(format_path(found.tokens), reason, "Change it in the text.")

    def joined(self, lines: Sequence[str]) -> str:
        return self.style.newline.join(lines)


def _refused(path: str, why: str, next_step: str) -> ManifestError:
    return ManifestError(
        what=f"The form cannot change {path or 'the object'}", why=why[:1].upper() + why[1:], next_step=next_step
    )


def _proved(text: str, path: str, value: Any, doc: int) -> str:
    """The text, if reading it gives the value that was set: layouts we do not know are refused, never damaged."""
    parsed = parse(text)
    if parsed.ok and doc < len(parsed.documents) and _same(parsed.documents[doc].value(path), value):
        return text
    raise _refused(path, "its layout is unusual", "Change it in the text.")


def _reason(found: Found) -> str:
    if found.shared:
        return (
            f"it is a copy of another place (`*{found.node.value}`)"
            if found.node.kind == "alias"
            else "it is a copy of another place"
        )
    if found.node.anchor:
        return f"other places copy it (`&{found.node.anchor}`)"
    if found.node.tag:
        return "it has a type of its own (`!`)"
    return ""


def _may_hold(node: Node, token: Token) -> bool:
    if node.kind == "scalar":
        return to_data(node)[0] is None
    return node.kind == ("sequence" if isinstance(token, int) else "mapping")


def _wrong_parent(found: Found, token: Token) -> str:
    kind = "a list" if isinstance(token, int | ItemKey) else "a mapping"
    return f"{format_path(found.tokens) or 'the document'} is not {kind}"


def _check_value(value: Any) -> None:
    if isinstance(value, str) and re.search("[\ud800-\udfff]", value):
        raise _refused("", "the value holds half of a character", "Type it again.")
    for item in value if isinstance(value, list) else [*value, *value.values()] if isinstance(value, dict) else ():
        _check_value(item)


def _set(text: str, tokens: tuple[Token, ...], value: Any, doc: int) -> str:
    place = _Place.of(text, doc, format_path(tokens))
    found = find(place.root, tokens)
    if found is None:
        return _create(text, place, tokens, value, doc)
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
    return apply_edits(text, _replace(place, found, value))


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


def _create(text: str, place: _Place, tokens: tuple[Token, ...], value: Any, doc: int) -> str:
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
    if not _may_hold(parent.node.real, tokens[length]):
        raise _refused(format_path(tokens), _wrong_parent(parent, tokens[length]), "Change it in the text.")
    place.refuse_shared(parent)
    return _add(text, place, parent, tokens[length], value, doc)


def _add(text: str, place: _Place, parent: Found, token: Token, value: Any, doc: int) -> str:
    node = parent.node.real
    if node.kind == "sequence":
        if token != len(node.items):
            raise _refused(
                format_path((*parent.tokens, token)),
                f"the list has {len(node.items)} items",
                "Add the items before it first.",
            )
        if node.items:
            return apply_edits(text, _insert_item(place, node, len(node.items), value))
    elif node.pairs:
        return apply_edits(text, _insert_pair(place, node, str(token), value))
    return apply_edits(text, _replace(place, parent, _nested((), token, value)))


def _nested(tokens: tuple[Token, ...], token: Token, value: Any) -> Any:
    if isinstance(token, ItemKey) or (isinstance(token, int) and token != 0):
        raise _refused(format_path(tokens), "the items before it are missing", "Add them first.")
    return [value] if isinstance(token, int) else {token: value}


def _insert_pair(place: _Place, node: Node, key: str, value: Any) -> list[Edit]:
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


def _insert_item(place: _Place, node: Node, index: int, value: Any) -> list[Edit]:
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


def _below(place: _Place, last: Node, lines: Sequence[str]) -> Edit:
    """Whole lines after the line on which a value ends."""
    end = place.lines.end_of(_content_end(place.text, last))
    if (keep := _kept_end(place, last)) is not None:
        return Edit(keep, keep, place.joined([*lines, ""]))
    return Edit(end, end, place.joined(["", *lines]))


def _content_end(text: str, node: Node) -> int:
    return node.end if node.end > node.start else node.start


def _kept_end(place: _Place, node: Node) -> int | None:
    """For a value that ends in a `|+` block: where the blank lines that belong to it end."""
    while node.kind in ("mapping", "sequence") and not node.flow:
        node = node.items[-1] if node.items else node.pairs[-1][1]
    header = place.text[node.start : place.lines.end_of(node.start)]
    if node.style not in ("|", ">") or "+" not in header.split("#")[0]:
        return None
    match = re.compile(r"(?:[ ]*(?:\r\n|\n|\r))*").match(place.text, place.lines.end_of(node.end))
    return match.end() if match else None


def _replace(place: _Place, found: Found, value: Any) -> list[Edit]:
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


def _lead_end(place: _Place, found: Found) -> int:
    """Where the colon of a key or the dash of an item ends."""
    if found.key is None:
        parent = found.parent
        return dash_of(place.lines, parent, found.node) + 1 if parent else found.node.start
    colon = place.text.find(":", found.key.end, max(found.node.start, found.key.end) + 1)
    return colon + 1 if colon >= 0 else found.key.end


def _replace_inline(place: _Place, found: Found, new: str) -> list[Edit]:
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
        return [Edit(start, start, f" {new}"), Edit(line_end, _whole_end(place, node), "")]
    return [Edit(node.start, _whole_end(place, node), new)]


def _whole_end(place: _Place, node: Node) -> int:
    return node.end


def _replace_literal(place: _Place, found: Found, value: str) -> list[Edit]:
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


def _remove(text: str, tokens: tuple[Token, ...], doc: int) -> str:
    place = _Place.of(text, doc, format_path(tokens))
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
        return apply_edits(text, [Edit(found.node.start, found.node.end, "")])
    cut: Callable[[_Place, Found], Edit] = _cut_flow if found.parent.flow else _cut_block
    return apply_edits(text, [cut(place, found)])


def _members(found: Found) -> list[tuple[int, int]]:
    parent = found.parent
    assert parent is not None
    pairs = [(key.start, max(key.end, value.end)) for key, value in parent.pairs]
    return pairs or [(item.start, item.end) for item in parent.items]


def _cut_flow(place: _Place, found: Found) -> Edit:
    members = _members(found)
    start = found.key.start if found.key else found.node.start
    index = next(i for i, member in enumerate(members) if member[0] == start)
    if index + 1 < len(members):
        return Edit(start, members[index + 1][0], "")
    return Edit(members[index - 1][1], members[index][1], "")


def _cut_block(place: _Place, found: Found) -> Edit:
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
