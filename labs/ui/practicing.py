"""Faded practice without a cluster: lines to put in order, blanks to fill."""

from __future__ import annotations

import random
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

BLANK = "____"


def shuffled(lines: Sequence[str], seed: str) -> list[str]:
    """The lines in another order, the same one for the same seed."""
    mixed = list(lines)
    source = random.Random(seed)
    for _ in range(8):
        source.shuffle(mixed)
        if mixed != list(lines) or len(set(lines)) < 2:
            break
    return mixed


@dataclass(frozen=True)
class FromMemory:
    """An empty editor for the goal of `exercise`."""

    prompt: str
    exercise: str


@dataclass
class Reorder:
    """Lines to move until they stand as in `solution`."""

    prompt: str
    solution: tuple[str, ...]
    lines: list[str]
    state: str = ""
    words: str = ""

    def move(self, start: int, end: int) -> None:
        """Take the line at `start` out and put it at `end`; positions outside are ignored."""
        if 0 <= start < len(self.lines) and 0 <= end < len(self.lines):
            self.lines.insert(end, self.lines.pop(start))
            self.state = self.words = ""

    def check(self, values: Sequence[str] = ()) -> bool:
        """Whether the order is right; says which line is the first that is not."""
        wrong = next((i for i, (a, b) in enumerate(zip(self.lines, self.solution, strict=True)) if a != b), None)
        self.state = "right" if wrong is None else "wrong"
        self.words = "That is the order." if wrong is None else f"Not yet: line {wrong + 1} belongs elsewhere."
        return wrong is None

    def view(self) -> dict[str, Any]:
        """As the page draws it."""
        return {
            "kind": "reorder",
            "prompt": self.prompt,
            "lines": list(self.lines),
            "feedback": {"state": self.state, "text": self.words},
        }


@dataclass
class Blanks:
    """A text with blanks; `answers` has the accepted words of each."""

    prompt: str
    text: str
    answers: tuple[tuple[str, ...], ...]
    values: list[str] = field(default_factory=list)
    marks: list[int] = field(default_factory=list)

    def check(self, values: Sequence[str]) -> bool:
        """Whether each blank has an accepted word (quotes and outer spaces do not count)."""
        self.values = [str(v)[:200] for v in values][: len(self.answers)]
        self.values += [""] * (len(self.answers) - len(self.values))
        plain = [v.strip().strip("\"'") for v in self.values]
        self.marks = [1 if v in ok else 2 for v, ok in zip(plain, self.answers, strict=True)]
        return all(m == 1 for m in self.marks)

    def view(self) -> dict[str, Any]:
        """As the page draws it."""
        wrong = self.marks.count(2)
        words = "" if not self.marks else "All right." if not wrong else f"{wrong} of {len(self.marks)} not right yet."
        state = "" if not self.marks else "wrong" if wrong else "right"
        parts = self.text.split(BLANK)
        return {
            "kind": "blanks",
            "prompt": self.prompt,
            "parts": parts,
            "values": self.values,
            "marks": self.marks,
            "feedback": {"state": state, "text": words},
        }
