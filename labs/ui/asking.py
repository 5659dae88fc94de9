"""The questions and tasks of `labs.course`, as the small widgets need them."""

from __future__ import annotations

from collections.abc import Sequence

from labs import course
from labs.ui import answers
from labs.ui.marking import QuestionLike
from labs.ui.practicing import Blanks, FromMemory, Reorder, shuffled

MOST_RECALLS = 3


def predictions(exercise_id: str) -> Sequence[QuestionLike]:
    """The predictions of an exercise. Raises LabsError when it has none."""
    return (course.predict(exercise_id),)


def explanations(exercise_id: str) -> Sequence[QuestionLike]:
    """The questions after an exercise. Raises LabsError when it has none."""
    return (course.explain(exercise_id),)


def recalls(lesson: str) -> Sequence[QuestionLike]:
    """At most three items for the start of a lesson, those answered wrong before first."""
    items = course.recall(lesson)

    def missed(question: course.Question) -> bool:
        answer = answers.answer_of(question.recalls or question.id)
        return answer.get("right") is not None and answer.get("right") != answer.get("chosen")

    return sorted(items, key=lambda q: not missed(q))[:MOST_RECALLS]


def task(ident: str) -> Reorder | Blanks | FromMemory:
    """A practice task."""
    found = course.practice(ident)
    if found.kind == "reorder":
        return Reorder(found.prompt, tuple(found.lines), shuffled(found.lines, ident))
    if found.kind == "blanks":
        return Blanks(found.prompt, found.text, tuple(tuple(a) for a in found.answers))
    return FromMemory(found.prompt, found.exercise)
