"""Offsets, lines, edits."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from labs.manifest import Edit, Lines, Position, apply_edits, from_utf16, parse, to_utf16


def test_positions_in_all_line_endings() -> None:
    lines = Lines("ab\ncd\r\nef\rgh")
    assert [lines.position(i) for i in (0, 2, 3, 7, 10, 99)] == [
        Position(1, 1, 0),
        Position(1, 3, 2),
        Position(2, 1, 3),
        Position(3, 1, 7),
        Position(4, 1, 10),
        Position(4, 3, 12),
    ]
    assert [lines.line_text(n) for n in (0, 1, 2, 3, 4, 5)] == ["", "ab", "cd", "ef", "gh", ""]


def test_edits_refer_to_the_text_as_given() -> None:
    assert apply_edits("abcdef", [Edit(4, 5, "E"), Edit(0, 1, ""), Edit(6, 6, "!")]) == "bcdEf!"


@given(st.text(), st.integers(0, 30))
def test_utf16_agrees_with_the_codec(text: str, offset: int) -> None:
    offset = min(offset, len(text))
    utf16 = len(text[:offset].encode("utf-16-le", "surrogatepass")) // 2
    assert to_utf16(text, offset) == utf16
    assert from_utf16(text, utf16) == offset


def test_middle_of_an_emoji() -> None:
    assert from_utf16("a😀b", 2) == 1
    assert from_utf16("a😀b", 99) == 3


@pytest.mark.parametrize("mark", ["", "\ufeff"])
def test_spans_behind_emoji_and_byte_order_mark(mark: str) -> None:
    text = f"{mark}a: 😀\nname: x\n"
    document = parse(text).documents[0]
    span = document.span_of("name")
    assert span is not None
    assert text[span.start.offset : span.end.offset] == "x"
    assert (span.start.line, span.start.column) == (2, 7)
    key = document.key_span_of("name")
    assert key is not None
    assert key.start.column == 1
