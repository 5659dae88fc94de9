"""Reads the lessons from disk. Nothing is overlooked: a file that nobody reads is a mistake, too."""

from __future__ import annotations

import re
from collections.abc import Iterable
from pathlib import Path

from labs.course.errors import Problems
from labs.course.exercises import FILES, FOLDERS, read_exercise
from labs.course.fields import read_fields
from labs.course.model import Catalogue, Exercise, Lesson, Practice, Question
from labs.course.questions import read_practice, read_question

__all__ = ["LESSONS", "load"]

LESSONS = Path(__file__).resolve().parent.parent / "lessons"
_LESSON_FILES = frozenset({"lesson.yaml", "lesson.md", "questions.yaml", "checks.py", "__init__.py"})
_CALL = re.compile(r"""\b(exercise|solution|predict|explain|recall|practice)\(\s*["']([^"']+)["']""")


def load(root: Path = LESSONS) -> Catalogue:
    """Every lesson below `root`, in order; raises `CourseError` with all mistakes at once."""
    problems = Problems(root)
    if not root.is_dir():
        problems.add(root, "there is no such folder", "Get the course again")
    folders = [each for each in sorted(root.iterdir()) if not _ignored(each)] if root.is_dir() else []
    for stray in (each for each in folders if each.is_file() and each.name != "__init__.py"):
        problems.add(stray, "belongs to no lesson", "Move it into the folder of a lesson or delete it")
    found = [read_lesson(folder, problems) for folder in folders if folder.is_dir()]
    lessons = tuple(sorted((lesson for lesson in found if lesson), key=lambda lesson: lesson.order))
    problems.raise_any()
    return Catalogue(lessons)


def read_lesson(folder: Path, problems: Problems) -> Lesson | None:
    """The lesson in a folder, or None when it cannot be used; every mistake is noted."""
    fields = read_fields(folder / "lesson.yaml", problems)
    if fields is None:
        return None
    names = fields.texts("exercises")
    exercises = [read_exercise(folder / name, folder.name, problems) for name in names]
    recall, practices = _questions(folder, problems)
    lesson = Lesson(
        id=folder.name,
        title=fields.text("title"),
        notebook=fields.text("notebook"),
        order=fields.number("order"),
        minutes=fields.number("minutes"),
        text=_text(folder / "lesson.md", problems),
        folder=folder,
        exercises=tuple(exercise for exercise in exercises if exercise),
        recall=recall,
        practices=practices,
    )
    fields.done()
    _orphans(folder, frozenset(names), problems)
    _calls(lesson, problems)
    return lesson


def _questions(folder: Path, problems: Problems) -> tuple[tuple[Question, ...], tuple[Practice, ...]]:
    file = folder / "questions.yaml"
    fields = read_fields(file, problems) if file.exists() else None
    if fields is None:
        return (), ()
    recall = [read_question(each, each.text("id")) for each in fields.mappings("recall", needed=False)]
    practices = [read_practice(each) for each in fields.mappings("practice", needed=False)]
    fields.done()
    for ident in [question.id for question in recall] + [practice.id for practice in practices]:
        if not ident.startswith(f"{folder.name}/"):
            fields.problem(f"the id {ident} does not fit its folder", f"Begin it with `{folder.name}/`")
    return tuple(recall), tuple(practices)


def _text(file: Path, problems: Problems) -> str:
    try:
        return file.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        problems.add(file, f"cannot be read: {error}", "Create it")
        return ""


def _orphans(folder: Path, exercises: frozenset[str], problems: Problems) -> None:
    for path in (each for each in sorted(folder.iterdir()) if not _ignored(each)):
        if path.is_dir() and path.name not in exercises:
            problems.add(path, "is no exercise of its lesson", "List it in lesson.yaml or delete it")
        elif path.is_dir():
            _orphans_of_exercise(path, problems)
        elif path.name not in _LESSON_FILES:
            problems.add(path, "is read by nobody", "Delete it")


def _orphans_of_exercise(folder: Path, problems: Problems) -> None:
    allowed = [folder / name for name in FILES]
    allowed += [each for name in FOLDERS for each in (folder / name).glob("*.yaml")]
    for path in sorted(folder.rglob("*")):
        if path not in allowed and not (path.is_dir() and path.name in FOLDERS) and not _ignored(path):
            problems.add(path, "is read by nobody", "Delete it, or name it *.yaml in accept/ or reject/")


def _ignored(path: Path) -> bool:
    return path.name == "__pycache__" or path.suffix == ".pyc" or path.name.startswith(".")


def _calls(lesson: Lesson, problems: Problems) -> None:
    """Every call in the text names something that exists, and everything that exists is called."""
    wanted = _callable_names(lesson)
    called = set(_CALL.findall(lesson.text))
    file = lesson.folder / "lesson.md"
    for function, ident in sorted(called - wanted):
        known = ", ".join(sorted(name for other, name in wanted if other == function)) or "none"
        problems.add(file, f"{function}('{ident}') names nothing", f"Known are: {known}")
    for function, ident in sorted(wanted - called):
        problems.add(file, f"{function}('{ident}') is nowhere", "Add the call, or take away what it would show")


def _callable_names(lesson: Lesson) -> set[tuple[str, str]]:
    names = {("recall", lesson.id)} if lesson.recall else set()
    names |= {("practice", practice.id) for practice in lesson.practices}
    for exercise in lesson.exercises:
        names |= set(_calls_of(exercise))
    return names


def _calls_of(exercise: Exercise) -> Iterable[tuple[str, str]]:
    yield "exercise", exercise.id
    yield "solution", exercise.id
    if exercise.predict:
        yield "predict", exercise.id
    if exercise.explain:
        yield "explain", exercise.id
