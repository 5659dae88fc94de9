"""Offsets as JavaScript counts them."""

from __future__ import annotations

from bisect import bisect_left


class Offsets:
    """Turns offsets in code points of one text into UTF-16 code units, in O(log n) each."""

    def __init__(self, text: str) -> None:
        self._wide = [] if text.isascii() else [i for i, c in enumerate(text) if ord(c) > 0xFFFF]

    def utf16(self, offset: int) -> int:
        """The offset in UTF-16 code units."""
        return offset + bisect_left(self._wide, offset)
