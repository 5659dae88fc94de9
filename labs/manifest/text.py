"""Offsets, lines and edits of a text: the coordinates everything else in this package speaks."""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Iterable
from dataclasses import dataclass

__all__ = ["Edit", "Lines", "Position", "Span", "apply_edits", "from_utf16", "newline_of", "to_utf16"]

_BREAK = re.compile(r"\r\n|\n|\r")
_ASTRAL = re.compile(r"[\U00010000-\U0010ffff]")


@dataclass(frozen=True, slots=True)
class Position:
    """A place in a text: 1-based line and column, and the offset, all in code points."""

    line: int
    column: int
    offset: int


@dataclass(frozen=True, slots=True)
class Span:
    """A stretch of text, `end` excluded."""

    start: Position
    end: Position


@dataclass(frozen=True, slots=True)
class Edit:
    """Replace the code points `start` to `end` (excluded) by `text`."""

    start: int
    end: int
    text: str


class Lines:
    """Line starts of one text; lines end at LF, CRLF or CR, as in the editor."""

    def __init__(self, text: str) -> None:
        self.text = text
        self.starts = [0, *(match.end() for match in _BREAK.finditer(text))]

    def position(self, offset: int) -> Position:
        """Line and column of an offset; an offset outside the text is moved to its nearer end."""
        offset = min(max(offset, 0), len(self.text))
        line = bisect_right(self.starts, offset)
        return Position(line, offset - self.starts[line - 1] + 1, offset)

    def span(self, start: int, end: int) -> Span:
        """The span between two offsets."""
        return Span(self.position(start), self.position(max(start, end)))

    def start_of(self, offset: int) -> int:
        """Offset at which the line of `offset` begins."""
        return self.starts[self.position(offset).line - 1]

    def end_of(self, offset: int) -> int:
        """Offset of the line break (or of the end of the text) that ends the line of `offset`."""
        match = _BREAK.search(self.text, offset)
        return match.start() if match else len(self.text)

    def line_text(self, line: int) -> str:
        """Text of a 1-based line without its line break; empty outside the text."""
        if not 1 <= line <= len(self.starts):
            return ""
        start = self.starts[line - 1]
        return self.text[start : self.end_of(start)]


def apply_edits(text: str, edits: Iterable[Edit]) -> str:
    """Apply edits that do not overlap; their offsets all refer to `text` as given."""
    for edit in sorted(edits, key=lambda e: (e.start, e.end), reverse=True):
        text = text[: edit.start] + edit.text + text[edit.end :]
    return text


def to_utf16(text: str, offset: int) -> int:
    """Code-point offset → UTF-16 offset, the one a browser counts."""
    return offset + len(_ASTRAL.findall(text, 0, max(offset, 0)))


def from_utf16(text: str, offset: int) -> int:
    """UTF-16 offset → code-point offset; the middle of a surrogate pair counts as its start."""
    for match in _ASTRAL.finditer(text):
        if match.start() >= offset:
            break
        offset -= 1
    return min(max(offset, 0), len(text))


def newline_of(text: str) -> str:
    """The line ending a text uses: CRLF when its first line ends so, else LF."""
    match = _BREAK.search(text)
    return match.group() if match else "\n"
