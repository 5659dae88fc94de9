"""`labs lessons`."""

from __future__ import annotations

from argparse import ArgumentParser, Namespace

from labs.cli.command import Command
from labs.cli.output import Output

__all__ = ["COMMAND"]


def _configure(parser: ArgumentParser) -> None:
    """It has no options of its own."""


def _run(arguments: Namespace, output: Output) -> int:
    from labs.course import catalogue

    for lesson in catalogue().lessons:
        output.line(f"{lesson.notebook}  {lesson.title}")
        for exercise in lesson.exercises:
            output.line(f"  {exercise.id:24} {exercise.title}")
        rows = [{"id": one.id, "title": one.title, "goal": one.goal} for one in lesson.exercises]
        output.result({"lesson": lesson.notebook, "title": lesson.title, "exercises": rows})
    return 0


COMMAND = Command("lessons", "list the lessons and their exercises", _configure, _run)
