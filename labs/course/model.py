"""What a course is made of: lessons, exercises, questions."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from labs.checks import Check
from labs.cluster.gpus import Fleet
from labs.manifest import FieldSpec, parse

__all__ = ["Accept", "Catalogue", "Exercise", "Lesson", "Option", "Practice", "Question", "Reject"]


@dataclass(frozen=True)
class Option:
    """One answer; `check` is the state (green or red) of the question's check that makes it the right one."""

    text: str
    correct: bool = False
    misconception: str = ""
    feedback: str = ""
    check: str = ""


@dataclass(frozen=True)
class Question:
    """A choice. With `answer_from` (a check of exercise `after`) the cluster decides, else the option's `correct`.

    `recalls` is the id of the earlier question whose idea it asks for again.
    """

    id: str
    prompt: str
    options: tuple[Option, ...]
    kind: Literal["choice"] = "choice"
    answer_from: str = ""
    after: str = ""
    feedback: str = ""
    recalls: str = ""


@dataclass(frozen=True)
class Practice:
    """Faded practice: `lines` to put in order, `text` with ``____`` to fill, or an empty editor for `exercise`."""

    id: str
    kind: Literal["reorder", "blanks", "empty"]
    prompt: str
    lines: tuple[str, ...] = ()
    text: str = ""
    answers: tuple[tuple[str, ...], ...] = ()
    exercise: str = ""


@dataclass(frozen=True)
class Accept:
    """Another right answer; `name` is the file's name without its suffix, `after` is applied and settled before."""

    name: str
    text: str
    after: str = ""


@dataclass(frozen=True)
class Reject:
    """A wrong answer: the id of the check that must fail (``server``: the API server refuses) and what it must say.

    `after` is a manifest that is applied and settled before; empty: none.
    """

    name: str
    text: str
    fails: str
    says: str
    after: str = ""


@dataclass(frozen=True)
class Exercise:
    """One goal, judged by `checks` on the cluster's state. `given` is applied to a fresh namespace beforehand.

    In a try an object that the learner brings herself is not given, unless the exercise is to change it (`changes_given`).

    `images` of the course are built before. With `begins_with` (a tag such as v1) a single manifest is tried twice: first
    with that tag for the course's images, then as it stands. With a `fleet` the nodes have exactly these cards meanwhile.
    """

    id: str
    title: str
    goal: str
    minutes: int
    core: bool
    starter: str
    solution: str
    checks: tuple[Check, ...]
    hints: tuple[str, ...]
    debrief: str
    form: tuple[FieldSpec, ...]
    accept: tuple[Accept, ...]
    reject: tuple[Reject, ...]
    folder: Path
    given: str = ""
    images: tuple[str, ...] = ()
    begins_with: str = ""
    changes_given: bool = False
    predict: Question | None = None
    explain: Question | None = None
    fleet: Fleet | None = None

    @property
    def lesson(self) -> str:
        """The first part of the id."""
        return self.id.partition("/")[0]

    @property
    def several(self) -> bool:
        """Whether one of its manifests, right or wrong, has several objects: then a learner may write several, too."""
        texts = [
            self.starter,
            self.solution,
            *(each.text for each in self.accept),
            *(each.text for each in self.reject),
        ]
        return any(len(parse(text).documents) > 1 for text in texts)

    def namespace(self) -> str:
        """The namespace in which it takes place."""
        return f"labs-{self.id.replace('/', '-')}"


@dataclass(frozen=True)
class Lesson:
    """A folder of exercises with one text; `recall` is asked at its beginning."""

    id: str
    title: str
    notebook: str
    order: int
    minutes: int
    text: str
    folder: Path
    exercises: tuple[Exercise, ...]
    recall: tuple[Question, ...]
    practices: tuple[Practice, ...]

    def questions(self) -> Iterator[Question]:
        """Every question of the lesson: recall first, then each exercise's."""
        yield from self.recall
        for exercise in self.exercises:
            yield from (question for question in (exercise.predict, exercise.explain) if question)


@dataclass(frozen=True)
class Catalogue:
    """All lessons in their order."""

    lessons: tuple[Lesson, ...]

    def exercises(self) -> Iterator[Exercise]:
        """Every exercise, lesson by lesson."""
        for lesson in self.lessons:
            yield from lesson.exercises
