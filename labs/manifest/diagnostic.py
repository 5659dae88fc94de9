"""One finding about a manifest, and its picture as plain text."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from labs.manifest.text import Edit, Lines, Span

__all__ = ["Diagnostic", "Fix", "Severity", "render"]

Severity = Literal["error", "warning", "info"]


@dataclass(frozen=True, slots=True)
class Fix:
    """A repair that one press can make; the edits refer to the text the diagnostic was made from."""

    label: str
    edits: tuple[Edit, ...]


@dataclass(frozen=True, slots=True)
class Diagnostic:
    """What is wrong (`message`, with **names** in bold), where, `why`, and the `next_step`.

    `code` names the rule (L1xx syntax, L2xx structure and schema, L3xx course, L4xx the API server's answer), `path` the
    field concerned, `meant` the path of the field that was probably meant; both may be empty.
    """

    code: str
    severity: Severity
    message: str
    span: Span
    why: str = ""
    next_step: str = ""
    path: str = ""
    fix: Fix | None = None
    meant: str = ""

    @property
    def line(self) -> int:
        """1-based line at which it begins."""
        return self.span.start.line


def render(text: str, diagnostic: Diagnostic, *, width: int = 100) -> str:
    """Plain text: what, the line with a caret under the place, why, next."""
    start, end = diagnostic.span.start, diagnostic.span.end
    line = Lines(text).line_text(start.line).replace("\t", "→")
    first = max(0, start.column - 1 - width // 2)
    shown = line[first : first + width]
    length = end.column - start.column if end.line == start.line else len(line) - start.column + 1
    carets = "^" * max(1, min(length, first + len(shown) - start.column + 1))
    number = str(start.line)
    parts = [
        f"{diagnostic.severity} {diagnostic.code}, line {start.line}, column {start.column}: {diagnostic.message.replace('**', '')}",
        f"  {number} | {shown}",
        f"  {' ' * len(number)} | {' ' * (start.column - 1 - first)}{carets}",
    ]
    for label, words in (("why", diagnostic.why), ("next", diagnostic.next_step)):
        if words:
            parts.append(f"  {label}: {words.replace('**', '')}")
    if diagnostic.fix:
        parts.append(f"  fix: {diagnostic.fix.label}")
    return "\n".join(parts) + "\n"
