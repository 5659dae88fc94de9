"""The integrity of the real course, as far as it shows without a cluster."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Literal

import pytest

from labs import course, manifest
from labs.course import Exercise, find
from labs.course.notebook import notebooks
from labs.errors import UsageError
from labs.paths import clone_dir

EXERCISES = {exercise.id: exercise for exercise in course.catalogue().exercises()}
FIXED = ("pod/hello", "pod/run-once", "pod/two-containers", "deployment/serve", "deployment/rollout", "service/expose")


def texts(exercise: Exercise) -> list[str]:
    each = [exercise.starter, exercise.solution, *(right.text for right in exercise.accept)]
    return each + [wrong.text for wrong in exercise.reject]


@pytest.mark.parametrize(("folder", "audience"), [("notebooks", "starter"), ("solutions", "solution")])
def test_notebooks_equal_a_rebuild(folder: str, audience: Literal["starter", "solution"]) -> None:
    root = clone_dir()
    assert root is not None
    built = notebooks(course.catalogue().lessons, audience)
    found = {path.name: path.read_text(encoding="utf-8") for path in (root / folder).glob("*.ipynb")}
    assert found == built, "run `python -m labs.course`"


def test_public_names_exist() -> None:
    assert set(FIXED) <= set(EXERCISES)


@pytest.mark.parametrize("ident", EXERCISES)
def test_an_exercise_is_small_and_complete(ident: str) -> None:
    exercise = EXERCISES[ident]
    assert exercise.predict and exercise.explain
    assert 0 < exercise.minutes <= 8
    assert exercise.goal.endswith(".")
    assert len(set(exercise.hints)) == len(exercise.hints)
    assert "```diff" in exercise.hints[-1]


@pytest.mark.parametrize("ident", EXERCISES)
def test_no_manifest_names_a_namespace_and_none_is_there_twice(ident: str) -> None:
    exercise = EXERCISES[ident]
    assert not any(document.namespace for text in texts(exercise) for document in manifest.parse(text).documents)
    bare = [re.sub(r"^#.*\n", "", text, flags=re.MULTILINE) for text in texts(exercise)[1:]]
    assert len(set(bare)) == len(bare)


@pytest.mark.parametrize("ident", EXERCISES)
def test_every_form_field_is_at_home_in_the_solution(ident: str) -> None:
    exercise = EXERCISES[ident]
    state = manifest.form_fields(manifest.parse(exercise.solution), 0, exercise.form)
    assert all(field.editable for field in state.fields)


@pytest.mark.parametrize("question", [q.id for lesson in course.catalogue().lessons for q in lesson.questions()])
def test_a_question_has_three_choices_and_recalls_what_exists(question: str) -> None:
    found = course.question(question)
    assert len(found.options) >= 3
    assert len({option.misconception for option in found.options if option.misconception}) >= 2
    if found.recalls:
        course.question(found.recalls)


def test_the_core_of_a_lesson_fits_its_time() -> None:
    for lesson in course.catalogue().lessons:
        assert sum(exercise.minutes for exercise in lesson.exercises if exercise.core) <= lesson.minutes + 1


def test_an_unknown_id_names_near_ones() -> None:
    with pytest.raises(UsageError, match="Did you mean pod/hello"):
        find("pod/helo")
    with pytest.raises(UsageError, match="no prediction"):
        course.predict("pod/nothing")


def test_the_articles_pod_is_an_accepted_answer() -> None:
    accepted = {right.name: right.text for right in find("pod/hello").accept}["article"]
    data = manifest.parse(accepted).documents[0].data
    assert data["spec"]["containers"][0]["command"] == ["python", "-c", "print('Hello from K8s')"]
    assert Path(find("pod/hello").folder).name == "hello"
