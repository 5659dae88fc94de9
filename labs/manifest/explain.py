"""From a YAML reader's error to a diagnostic in the learner's words, with a fix where one surely helps."""

from __future__ import annotations

import re
from typing import Any

import yaml

from labs.manifest.data import Problem
from labs.manifest.diagnostic import Diagnostic, Fix
from labs.manifest.nodes import TreeError, read_trees
from labs.manifest.paths import format_path
from labs.manifest.rules import syntax
from labs.manifest.rules.base import Rule
from labs.manifest.text import Edit, Lines, apply_edits

__all__ = ["forbidden", "problem", "refusal", "syntax_error", "too_long"]

_GLUED = re.compile(r"\s*(?:- +)*([A-Za-z][\w./-]*):(?=[^\s:/])")
_BARE = re.compile(r"\s*(?:- +)*([A-Za-z][\w./-]*)\s*$")
_PAIR = re.compile(r"(\s*(?:- +)*)([\w./-]+): +(?=\S)")


def too_long(length: int, limit: int, lines: Lines) -> Diagnostic:
    """For a text that is not read at all."""
    words = f"This text has {length:,} characters. A manifest here may have {limit:,}."
    return syntax.TooLong.at(lines.span(0, lines.end_of(0)), words)


def forbidden(match: re.Match[str], lines: Lines) -> Diagnostic:
    """For a character that YAML forbids."""
    start, end = match.span()
    fix = Fix("Delete it", (Edit(start, end, ""),))
    return syntax.ForbiddenCharacter.at(
        lines.span(start, end), f"The character U+{ord(match[0]):04X} is not allowed.", fix=fix
    )


def problem(found: Problem, lines: Lines) -> Diagnostic:
    """For a value or key that has no JSON, and for a repeated key."""
    span, path = lines.span(found.node.start, found.node.end), format_path(found.tokens)
    if found.kind == "duplicate" and found.first is not None:
        first = lines.position(found.first.start).line
        return syntax.DuplicateKey.at(span, f"**{found.tokens[-1]}** is already there on line {first}.", path=path)
    if found.kind == "merge":
        words = "`<<` copies the fields of a mapping, and this is none."
        return syntax.NoJsonValue.at(span, words, path=path, next_step="Let `<<` refer to a mapping: `<<: *name`.")
    return syntax.NoJsonValue.at(span, f"{found.detail[:1].upper()}{found.detail[1:]}.", path=path)


def refusal(error: TreeError, lines: Lines) -> Diagnostic:
    """For YAML that we do not read: bad aliases, too deep, too large."""
    offset = error.offset
    span = lines.span(offset, max(offset + 1, offset + len(error.name) + 1))
    if error.reason == "alias":
        end = lines.end_of(offset)
        rest = lines.text[offset:end].rstrip()
        fix = _checked(lines.text, offset, "Put it into quotation marks", Edit(offset, offset + len(rest), f'"{rest}"'))
        return syntax.BadAlias.at(
            span, f"`*{error.name}` refers to nothing: there is no `&{error.name}` above.", fix=fix
        )
    if error.reason == "self":
        return syntax.BadAlias.at(span, f"`*{error.name}` stands inside of the value it repeats.")
    if error.reason == "question":
        span, edit = (
            lines.span(offset, offset + len(error.name)),
            Edit(offset, offset + len(error.name), f'"{error.name}"'),
        )
        fix = Fix("Put it into quotation marks", (edit,)) if lines.text.startswith(error.name, offset) else None
        words = "Inside brackets kubectl takes a `?` for the start of a key."
        return syntax.ReservedCharacter.at(
            span, words, why="kubectl reads YAML 1.1, in which `?` marks a key.", fix=fix
        )
    if error.reason == "version":
        return syntax.NotYaml.at(
            span, "kubectl reads YAML 1.1 only.", next_step="Delete the line that begins with %YAML."
        )
    words = "The values are nested too deeply." if error.reason == "depth" else "The aliases make the file too large."
    return syntax.TooMuch.at(span, words)


def syntax_error(error: yaml.YAMLError, text: str, base: int, lines: Lines) -> Diagnostic:
    """For text that is not YAML."""
    return _Case(error, text, base, lines).explain()


class _Case:
    """One error of the YAML reader, with the text around it."""

    def __init__(self, error: yaml.YAMLError, text: str, base: int, lines: Lines) -> None:
        self.text, self.lines = text, lines
        self.words = str(getattr(error, "problem", None) or "")
        self.context = str(getattr(error, "context", None) or "")
        self.offset = min(_index(getattr(error, "problem_mark", None), base), len(text))
        opened = getattr(error, "context_mark", None)
        self.opened = min(_index(opened, base), len(text)) if opened is not None else self.offset
        self.line = lines.position(self.offset).line
        self.quoted = _last_quoted(text[base:], base)

    def explain(self) -> Diagnostic:
        """Choose the rule by the reader's words and the text around the place."""
        char, words = self.text[self.offset : self.offset + 1], self.words
        if "\t" in self._indentation(self.line) and ("tab" in words or "cannot start" in words):
            return self._tab()
        if "cannot start any token" in words:
            return self._reserved(char)
        if "quoted scalar" in self.context:
            return self._escape() if "escape" in words else self._open_quote(self.opened)
        if "mapping values" in words:
            return self._second_colon()
        if "sequence entries" in words:
            return self._item_beside()
        if "scanning an a" in self.context:
            return self._star()
        if "unexpected ':'" in words:
            return self._at(syntax.ColonInValue, self.offset, "Inside brackets a word cannot end with a colon.")
        if "flow" in self.context or "node content" in words:
            return self._bracket(char)
        if "could not find expected ':'" in words:
            return self._no_colon(self.lines.position(self.opened).line)
        if "document start" in words:
            return self._outside()
        if "block mapping" in self.context or "block collection" in self.context:
            return self._misplaced()
        return self._at(syntax.NotYaml, self.offset, f"This is not YAML: {words or 'the reader gave no reason'}.")

    def _at(
        self, rule: type[Rule], offset: int, words: str, *, end: int | None = None, fix: Fix | None = None
    ) -> Diagnostic:
        start = min(offset, len(self.text))
        end = max(end or start + 1, start + 1)
        return rule.at(self.lines.span(start, min(end, len(self.text))), words, fix=fix)

    def _fix(self, label: str, *edits: Edit) -> Fix | None:
        return _checked(self.text, self.offset, label, *edits)

    def _indentation(self, line: int) -> str:
        text = self.lines.line_text(line)
        return text[: len(text) - len(text.lstrip())]

    def _tab(self) -> Diagnostic:
        start = self.lines.starts[self.line - 1]
        first = start + self._indentation(self.line).index("\t")
        edits = []
        for line, begin in enumerate(self.lines.starts, 1):
            blank = self._indentation(line)
            if "\t" in blank:
                edits.append(Edit(begin, begin + len(blank), blank.replace("\t", "  ")))
        words = "A tab stands in the indentation."
        return self._at(syntax.TabIndentation, first, words, fix=self._fix("Replace tabs by two spaces", *edits))

    def _reserved(self, char: str) -> Diagnostic:
        end = self.lines.end_of(self.offset)
        value = self.text[self.offset : end].rstrip()
        fix = self._fix("Put it into quotation marks", Edit(self.offset, self.offset + len(value), _single(value)))
        shown = "a tab" if char == "\t" else f"`{char}`" if char != "`" else "a back-tick"
        return self._at(syntax.ReservedCharacter, self.offset, f"A value cannot begin with {shown}.", fix=fix)

    def _escape(self) -> Diagnostic:
        place = self.text.rfind("\\", 0, self.offset + 1)
        shown = self.text[place : place + 2]
        close = self.text.find('"', self.offset)
        inside = self.text[self.opened + 1 : close]
        fix = None
        if close > 0 and "'" not in inside and "\n" not in inside:
            fix = self._fix("Use single quotation marks", Edit(self.opened, close + 1, f"'{inside}'"))
        return self._at(
            syntax.BadEscape,
            max(place, 0),
            f"`{shown}` means nothing in double quotation marks.",
            end=place + 2,
            fix=fix,
        )

    def _open_quote(self, start: int) -> Diagnostic:
        end = self.lines.end_of(start)
        line = self.text[start:end].rstrip()
        inner = re.split(r"\s+#|[,\]}]\s*$", line)[0]
        places = dict.fromkeys((start + len(line), start + len(inner)))
        fixes = (self._fix("Close the quotation mark", Edit(place, place, self.text[start])) for place in places)
        fix = next((fix for fix in fixes if fix), None)
        words = f"The quotation mark {self.text[start : start + 1]} is not closed."
        return self._at(syntax.OpenQuote, start, words, end=start + len(line), fix=fix)

    def _second_colon(self) -> Diagnostic:
        here = self.lines.line_text(self.line)
        start = self.lines.starts[self.line - 1]
        pair = _PAIR.match(here)
        if pair and start + pair.end() <= self.offset:
            value = here[pair.end() :].rstrip()
            begin = start + pair.end()
            fix = self._fix("Put the value into quotation marks", Edit(begin, begin + len(value), _quoted(value)))
            words = f"The value of **{pair[2]}** contains a colon followed by a space."
            return self._at(syntax.ColonInValue, self.offset, words, fix=fix)
        above = self._line_above(self.line)
        text = self.lines.line_text(above)
        if _GLUED.match(text):
            return self._glued(above)
        if _BARE.match(text):
            return self._no_colon(above)
        return self._misplaced()

    def _line_above(self, line: int) -> int:
        for number in range(line - 1, 0, -1):
            text = self.lines.line_text(number).strip()
            if text and not text.startswith("#"):
                return number
        return line

    def _glued(self, line: int) -> Diagnostic:
        match = _GLUED.match(self.lines.line_text(line))
        if match is None:
            return self._misplaced()
        place = self.lines.starts[line - 1] + match.end()
        words = f"**{match[1]}** has no space after its colon."
        return self._at(syntax.MissingSpace, place - 1, words, fix=self._fix("Put a space", Edit(place, place, " ")))

    def _no_colon(self, line: int) -> Diagnostic:
        text, start = self.lines.line_text(line), self.lines.starts[line - 1]
        if _GLUED.match(text):
            return self._glued(line)
        word = _BARE.match(text)
        begin = start + len(text) - len(text.lstrip())
        if word is None:
            return self._at(
                syntax.MissingColon, begin, "This line is no `key: value` and no list item.", end=start + len(text)
            )
        place = start + word.end(1)
        words = f"**{word[1]}** has no colon after it."
        return self._at(
            syntax.MissingColon,
            start + word.start(1),
            words,
            end=place,
            fix=self._fix("Put a colon", Edit(place, place, ":")),
        )

    def _bracket(self, char: str) -> Diagnostic:
        opener = self.text[self.opened : self.opened + 1]
        if opener not in ("[", "{") or char in ("]", "}"):
            shown = f"`{char}` closes nothing here." if char in ("]", "}") else "A bracket or a value is missing."
            return self._at(syntax.OpenBracket, self.offset, shown)
        if char and self.lines.position(self.opened).line == self.line and (comma := self._comma(char)):
            return comma
        closer = "]" if opener == "[" else "}"
        end = self.lines.end_of(self.opened)
        line = self.text[self.opened : end]
        places = dict.fromkeys(self.opened + len(part.rstrip(" ,")) for part in (line, re.split(r"\s#", line)[0]))
        fixes = (self._fix(f"Put {closer} at the end of the line", Edit(place, place, closer)) for place in places)
        words = f"The bracket `{opener}` is not closed, or a comma is missing after an item."
        return self._at(syntax.OpenBracket, self.opened, words, fix=next((fix for fix in fixes if fix), None))

    def _comma(self, char: str) -> Diagnostic | None:
        """For two items without a comma between them."""
        place = len(self.text[: self.offset].rstrip())
        fix = self._fix("Put a comma", Edit(place, place, ","))
        if fix is None or char == ":":
            return None
        return self._at(syntax.OpenBracket, self.offset, "A comma is missing before this item.", fix=fix)

    def _item_beside(self) -> Diagnostic:
        start = len(self.text[: self.offset].rstrip())
        below = "\n" + self._indentation(self.line) + "  "
        fix = self._fix("Put the item on the next line", Edit(start, self.offset, below))
        return self._at(syntax.ItemBesideKey, self.offset, "A list item stands on the line of its key.", fix=fix)

    def _star(self) -> Diagnostic:
        """A `*` or `&` that marks nothing."""
        end = self.lines.end_of(self.opened)
        value = self.text[self.opened : end].rstrip()
        fix = self._fix("Put it into quotation marks", Edit(self.opened, self.opened + len(value), _quoted(value)))
        words = f"A name must follow the `{value[:1]}`."
        return self._at(syntax.BadAlias, self.opened, words, end=self.opened + len(value), fix=fix)

    def _misplaced(self) -> Diagnostic:
        before = self.text[self.lines.starts[self.line - 1] : self.offset].rstrip()
        if self.quoted and self.quoted[0] < self.quoted[1] <= self.offset:
            start, end = self.quoted
            if "\n" in self.text[start:end] and self.lines.position(end).line == self.line:
                return self._open_quote(start)
            if before.endswith(("'", '"')) and self.lines.position(end).line == self.line:
                return self._after_quote(start)
        here = self.lines.line_text(self.line)
        if _GLUED.match(here) and not _PAIR.match(here):
            return self._glued(self.line)
        return self._indented(here)

    def _outside(self) -> Diagnostic:
        """The document seems to have ended above this line."""
        text, start = self.lines.line_text(self.line), self.lines.starts[self.line - 1]
        glued = re.match(r"\s*((['\"]).*?\2):(?=\S)", text)
        if glued:
            place = start + glued.end()
            fix = self._fix("Put a space", Edit(place, place, " "))
            return self._at(syntax.MissingSpace, place - 1, f"**{glued[1]}** has no space after its colon.", fix=fix)
        return self._first_line(text) or self._indented(text)

    def _first_line(self, here: str) -> Diagnostic | None:
        """For a first line that is indented although the next ones are not."""
        first = next((n for n in range(1, self.line) if (t := self.lines.line_text(n).strip()) and t[0] not in "#%"), 0)
        blank = self._indentation(first)
        if not first or not blank or here[:1] in (" ", "\t"):
            return None
        start = self.lines.starts[first - 1]
        words = "This line is indented, and the lines below it are not."
        fix = self._fix("Take the indentation away", Edit(start, start + len(blank), ""))
        return self._at(syntax.BadIndentation, start, words, end=start + len(blank), fix=fix)

    def _after_quote(self, start: int) -> Diagnostic:
        end = self.lines.end_of(start)
        value = self.text[start:end].rstrip()
        inner = value[1:].replace(value[0], "", 1)
        fix = self._fix("Put the whole value into quotation marks", Edit(start, start + len(value), _quoted(inner)))
        return self._at(syntax.TextAfterQuote, self.offset, "Text follows a closing quotation mark.", end=end, fix=fix)

    def _indented(self, here: str) -> Diagnostic:
        start = self.lines.starts[self.line - 1]
        blank = self._indentation(self.line)
        columns: list[int] = []
        for number in range(self.line - 1, 0, -1):
            text = self.lines.line_text(number)
            lead = re.match(r" *(?:- +)*", text)
            if lead and text.strip() and not text.lstrip().startswith("#"):
                columns.extend({len(lead[0]), len(self._indentation(number))} - set(columns))
        best = sorted(columns, key=lambda column: abs(column - len(blank)))
        edits = (Edit(start, start + len(blank), " " * column) for column in best if column != len(blank))
        fixes = (self._fix(f"Indent by {_spaces(len(edit.text))}", edit) for edit in edits)
        words = f"This line is indented by {_spaces(len(blank))}, which fits none of the lines above."
        return self._at(
            syntax.BadIndentation,
            start + len(blank),
            words,
            end=start + len(here.rstrip()),
            fix=next((fix for fix in fixes if fix), None),
        )


def _index(mark: Any, base: int) -> int:
    return int(mark.index) + base if mark is not None else 0


def _spaces(count: int) -> str:
    return f"{count} space" if count == 1 else f"{count} spaces"


def _single(value: str) -> str:
    return "'" + value.replace("'", "''") + "'"


def _quoted(value: str) -> str:
    return _single(value) if '"' in value or "\\" in value else f'"{value}"'


def _last_quoted(text: str, base: int) -> tuple[int, int] | None:
    """Where the last quoted text before the error stands."""
    last = None
    try:
        for event in yaml.parse(text, Loader=getattr(yaml, "CSafeLoader", yaml.SafeLoader)):
            if isinstance(event, yaml.ScalarEvent) and event.style in ("'", '"'):
                last = (_index(event.start_mark, base), _index(event.end_mark, base))
    except yaml.YAMLError:
        pass
    return last


def _checked(text: str, offset: int, label: str, *edits: Edit) -> Fix | None:
    """A fix, if with it the reader gets further than the line of the error."""
    if not edits:
        return None
    fixed = apply_edits(text, edits).removeprefix("\ufeff")
    shift = sum(len(edit.text) - edit.end + edit.start for edit in edits if edit.start <= offset)
    try:
        for _ in read_trees(fixed):
            pass
    except TreeError:
        pass
    except yaml.YAMLError as error:
        reached = _index(getattr(error, "problem_mark", None), 0)
        if fixed.count("\n", 0, reached) <= fixed.count("\n", 0, max(offset + shift, 0)):
            return None
    return Fix(label, edits)
