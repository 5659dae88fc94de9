"""One document as the place of an edit: its text, its style, and why some of its parts cannot be changed."""

from __future__ import annotations

import re
from collections.abc import Sequence

from labs.errors import ManifestError
from labs.manifest.data import Found, to_data
from labs.manifest.document import Document, ParsedFile, parse
from labs.manifest.emit import Style
from labs.manifest.nodes import Node
from labs.manifest.paths import ItemKey, Token, format_path
from labs.manifest.text import Lines, newline_of

__all__ = ["Place", "may_hold", "reason_of", "refused", "style_of", "wrong_parent"]


class Place:
    """One document of a valid text, ready for edits."""

    def __init__(self, parsed: ParsedFile, document: Document | None) -> None:
        self.text, self.lines = parsed.text, parsed.lines
        self.root = document.tree.root if document else None
        self.style = style_of(self.text, self.root)

    @classmethod
    def of(cls, text: str, doc: int, path: str) -> Place:
        parsed = parse(text)
        if not parsed.ok:
            first = next(d for d in parsed.diagnostics if d.severity == "error")
            words = first.message.replace("**", "")
            raise refused(path, f"the text has a problem on line {first.line}: {words}", "Mend that line first.")
        if doc >= max(len(parsed.documents), 1):
            raise refused(path, f"the file has {len(parsed.documents)} objects", "Choose one of them.")
        return cls(parsed, parsed.documents[doc] if parsed.documents else None)

    def column(self, offset: int) -> int:
        """0-based column."""
        return self.lines.position(offset).column - 1

    def refuse_shared(self, found: Found) -> None:
        """Raise when a change here would change another place."""
        if reason := reason_of(found):
            raise refused(format_path(found.tokens), reason, "Change it in the text.")

    def joined(self, lines: Sequence[str]) -> str:
        return self.style.newline.join(lines)


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


def refused(path: str, why: str, next_step: str) -> ManifestError:
    """The error for an edit that cannot be made."""
    return ManifestError(
        what=f"The form cannot change {path or 'the object'}", why=why[:1].upper() + why[1:], next_step=next_step
    )


def reason_of(found: Found) -> str:
    """Why a change here would not stay here, "" when it would."""
    if found.shared:
        return (
            f"it is a copy of another place (`*{found.node.value}`)"
            if found.node.kind == "alias"
            else "it is a copy of another place"
        )
    if anchor := found.source or found.node.anchor:
        return f"other places copy it (`&{anchor}`)"
    if found.node.tag:
        return "it has a type of its own (`!`)"
    return ""


def may_hold(node: Node, token: Token) -> bool:
    """Whether a node is, or can become, the parent that a token needs."""
    if node.kind == "scalar":
        return to_data(node)[0] is None
    return node.kind == ("sequence" if isinstance(token, int) else "mapping")


def wrong_parent(found: Found, token: Token) -> str:
    """The reason when it is not."""
    kind = "a list" if isinstance(token, int | ItemKey) else "a mapping"
    return f"{format_path(found.tokens) or 'the document'} is not {kind}"
