"""One source, two notebooks: `lesson.md` becomes the lesson to work in and the same lesson solved.

Markdown becomes markdown cells, split at headings; a fenced block marked ``python`` becomes a code cell. What stands
between ``<!-- starter -->`` and ``<!-- /starter -->`` is for the lesson only, ``<!-- solution -->`` for the solved one.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Literal

from labs.course.errors import CourseError, Problem
from labs.course.model import Lesson

__all__ = ["build", "cells", "notebooks"]

Audience = Literal["starter", "solution"]
_MARKER = re.compile(r"^<!--\s*(/?)(\w+)\s*-->\s*$")
_FENCE = re.compile(r"^```(\w*)\s*$")
_METADATA = {
    "kernelspec": {"display_name": "Python 3", "language": "python", "name": "python3"},
    "language_info": {"name": "python"},
}
_VERIFY = '''"""The course's own tests run this cell: it fails until every exercise of this lesson is reached."""
from labs import exercise

for name in [
{names}]:
    exercise(name).require(timeout=5)
'''


def build(lessons: tuple[Lesson, ...], notebooks_dir: Path, solutions_dir: Path) -> tuple[Path, ...]:
    """Write both notebooks of each lesson and remove those that no lesson makes any more; returns the files written."""
    written = []
    for folder, audience in ((notebooks_dir, "starter"), (solutions_dir, "solution")):
        folder.mkdir(parents=True, exist_ok=True)
        made = notebooks(lessons, "starter" if audience == "starter" else "solution")
        for stale in (each for each in folder.glob("*.ipynb") if each.name not in made):
            stale.unlink()
        for name, text in made.items():
            (folder / name).write_text(text, encoding="utf-8")
            written.append(folder / name)
    return tuple(written)


def notebooks(lessons: tuple[Lesson, ...], audience: Audience) -> dict[str, str]:
    """File name and text of each lesson's notebook; the same source always gives the same bytes."""
    return {
        f"{lesson.notebook}.ipynb": json.dumps(_notebook(lesson, audience), indent=1, ensure_ascii=False) + "\n"
        for lesson in lessons
    }


def cells(lesson: Lesson, audience: Audience) -> list[tuple[str, str]]:
    """Kind (markdown or code) and text of each cell; raises `CourseError` for a marker or fence out of place."""
    found: list[tuple[str, str]] = []
    kind, lines = "markdown", list[str]()
    fence, last = "", 0

    def finish(following: str) -> None:
        nonlocal kind, lines
        text = "\n".join(lines).strip("\n")
        if text.strip():
            found.append((kind, text))
        kind, lines = following, []

    for number, line in _shown_lines(lesson, audience):
        opened = _FENCE.match(line)
        if opened and not fence and opened[1] == "python":
            finish("code")
            fence = "code"
        elif opened and fence == "code":
            finish("markdown")
            fence = ""
        else:
            if opened:
                fence = "" if fence else "text"
            if not fence and not opened and line.startswith("## ") and kind == "markdown":
                finish("markdown")
            lines.append(line)
        last = number
    if fence:
        raise _mistake(lesson, last, "a fenced block has no end", "Close it with ```")
    finish("markdown")
    return found


def _shown_lines(lesson: Lesson, audience: Audience) -> Iterator[tuple[int, str]]:
    """The numbered lines that this audience sees, without the markers themselves."""
    inside, begun = "", 0
    for number, line in enumerate(lesson.text.splitlines(), 1):
        marker = _MARKER.match(line)
        if marker is None:
            if inside in ("", audience):
                yield number, line
            continue
        closing, name = marker[1] == "/", marker[2]
        if name not in ("starter", "solution"):
            raise _mistake(lesson, number, f"there is no marker {name!r}", "Write starter or solution")
        if not closing and inside:
            raise _mistake(
                lesson, number, f"{name!r} begins inside {inside!r}", f"Close it with <!-- /{inside} --> first"
            )
        if closing and inside != name:
            raise _mistake(
                lesson, number, f"{name!r} ends and never began", f"Add <!-- {name} --> above or delete this"
            )
        inside, begun = ("", 0) if closing else (name, number)
    if inside:
        raise _mistake(lesson, begun, f"{inside!r} never ends", f"Add <!-- /{inside} -->")


def _mistake(lesson: Lesson, line: int, what: str, fix: str) -> CourseError:
    return CourseError([Problem(f"{lesson.id}/lesson.md, line {line}", what, fix)])


def _notebook(lesson: Lesson, audience: Audience) -> dict[str, Any]:
    made = [_cell(lesson, audience, index, kind, text) for index, (kind, text) in enumerate(cells(lesson, audience))]
    if audience == "starter":
        made.append(_verify_cell(lesson))
    return {"cells": made, "metadata": _METADATA, "nbformat": 4, "nbformat_minor": 5}


def _cell(lesson: Lesson, audience: str, index: int, kind: str, text: str) -> dict[str, Any]:
    ident = hashlib.sha256(f"{lesson.id}/{audience}/{index}/{kind}".encode()).hexdigest()[:12]
    cell: dict[str, Any] = {"cell_type": kind, "id": ident, "metadata": {}, "source": text.splitlines(keepends=True)}
    if kind == "code":
        return cell | {"execution_count": None, "outputs": []}
    return cell


def _verify_cell(lesson: Lesson) -> dict[str, Any]:
    names = "".join(f'    "{exercise.id}",\n' for exercise in lesson.exercises)
    cell = _cell(lesson, "starter", -1, "code", _VERIFY.format(names=names).rstrip("\n"))
    return cell | {"metadata": {"jupyter": {"source_hidden": True}, "tags": ["labs-verify"]}}
