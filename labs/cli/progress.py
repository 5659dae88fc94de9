"""`labs progress [show | export FILE | merge FILE | import FILE]`."""

from __future__ import annotations

import time
from argparse import ArgumentParser, Namespace
from pathlib import Path
from typing import TYPE_CHECKING

from labs.cli.command import Command, add_common_options
from labs.cli.output import Output

if TYPE_CHECKING:
    from labs.course.entries import Entries

__all__ = ["COMMAND"]

_ACTIONS = {
    "export": "write a copy for another machine",
    "merge": "take over such a copy: of two entries the later one stays",
    "import": "have such a copy in place of yours, which is kept beside it",
}
_TITLES = {"milestone": "Exercises that were all green", "answer": "Questions answered"}


def _configure(parser: ArgumentParser) -> None:
    actions = parser.add_subparsers(dest="action", metavar="ACTION")
    add_common_options(actions.add_parser("show", help="what is recorded (default)"))
    for name, help_ in _ACTIONS.items():
        action = actions.add_parser(name, help=help_)
        add_common_options(action)
        action.add_argument("file", type=Path, metavar="FILE")


def _run(arguments: Namespace, output: Output) -> int:
    from labs.course import Progress

    progress = Progress()
    if arguments.action == "export":
        target = progress.export(arguments.file)
        output.result({"event": "result", "file": str(target)})
        output.line(f"Wrote {target}; on the other machine: labs progress merge {target.name}")
    elif arguments.action == "merge":
        _show(progress.path, progress.merge(arguments.file), output)
    elif arguments.action == "import":
        kept = progress.replace(arguments.file)
        _show(progress.path, progress.load(), output)
        output.line(f"What was there before is kept: {kept}" if kept else "There was none before")
    else:
        _show(progress.path, progress.load(), output)
    return 0


def _show(path: Path, entries: Entries, output: Output) -> None:
    output.result({"event": "result", "file": str(path), "entries": entries})
    output.line(f"Your progress: {path}")
    for kind, found in sorted(entries.items(), key=lambda item: item[0] != "milestone"):
        output.line(f"{_TITLES.get(kind) or _plain(kind)}: {len(found)}")
        for ident, entry in sorted(found.items()):
            output.line(f"  {_plain(ident):40} {_moment(entry.get('at', 0))}")
    if not entries:
        output.line("Nothing yet: it begins with the first question or the first green check")


def _plain(text: str) -> str:
    """Text of a file as one short line: nothing in it can move the terminal's cursor."""
    return "".join(letter if letter.isprintable() else "\N{REPLACEMENT CHARACTER}" for letter in text[:60])


def _moment(at: float) -> str:
    return time.strftime("%Y-%m-%d %H:%M", time.localtime(at)) if at else ""


COMMAND = Command("progress", "show what you have done, and carry it to another machine", _configure, _run)
