"""Finds what the course has by its id, and names near ids when there is no such thing."""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Mapping
from functools import cache
from typing import TypeVar

from labs.course.loader import load
from labs.course.model import Catalogue, Exercise, Lesson, Practice, Question
from labs.errors import UsageError

__all__ = ["catalogue", "explain", "find", "practice", "predict", "question", "recall", "solution"]


T = TypeVar("T", Exercise, Question, Practice, Lesson)


@cache
def catalogue() -> Catalogue:
    """The course as it is installed, read once; raises `CourseError` when its files have mistakes."""
    return load()


def find(ident: str) -> Exercise:
    """The exercise with this id."""
    return _one({exercise.id: exercise for exercise in catalogue().exercises()}, ident, "exercise")


def solution(ident: str) -> str:
    """The manifest that solves an exercise."""
    return find(ident).solution


def predict(ident: str) -> Question:
    """The prediction of an exercise."""
    return _one({e.id: e.predict for e in catalogue().exercises() if e.predict}, ident, "prediction for")


def explain(ident: str) -> Question:
    """The question that follows an exercise."""
    return _one({e.id: e.explain for e in catalogue().exercises() if e.explain}, ident, "question after")


def question(ident: str) -> Question:
    """Any question by its own id."""
    return _one({q.id: q for lesson in catalogue().lessons for q in lesson.questions()}, ident, "question")


def practice(ident: str) -> Practice:
    """A practice task."""
    return _one({p.id: p for lesson in catalogue().lessons for p in lesson.practices}, ident, "practice")


def recall(lesson: str) -> tuple[Question, ...]:
    """The questions at the beginning of a lesson, from the lessons before it."""
    return _one({each.id: each for each in catalogue().lessons}, lesson, "lesson").recall


def _one(known: Mapping[str, T], ident: str, what: str) -> T:
    if ident in known:
        return known[ident]
    near = _near(ident, known)
    raise UsageError(
        what=f"There is no {what} {ident!r}",
        why=f"The course knows {len(known)} of them, and this is not one",
        next_step=f"Did you mean {' or '.join(near)}?" if near else f"Known are: {', '.join(known)}",
    )


def _near(ident: str, known: Iterable[str]) -> list[str]:
    whole = difflib.get_close_matches(ident, known, 3, 0.5)
    return whole or [each for each in known if ident and ident in each][:3]
