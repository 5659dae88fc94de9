"""Every mistake that an author can make is named with its file and the fix."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from labs.course import CourseError, load

SAY = "demo/say"


def edit(name: str, old: str, new: str) -> Callable[[Path], None]:
    def change(root: Path) -> None:
        file = root / name
        text = file.read_text()
        assert old in text
        file.write_text(text.replace(old, new, 1))

    return change


def write(name: str, text: str) -> Callable[[Path], None]:
    def change(root: Path) -> None:
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_text(text)

    return change


def remove(name: str) -> Callable[[Path], None]:
    return lambda root: (root / name).unlink()


MISTAKES = {
    "unknown key": (edit(f"{SAY}/exercise.yaml", "goal:", "gaol: x\ngoal:"), f"{SAY}/exercise.yaml", "unknown key `gaol`"),
    "near key": (edit(f"{SAY}/exercise.yaml", "debrief:", "debriefs:"), f"{SAY}/exercise.yaml", "Did you mean `debrief`"),
    "missing key": (edit(f"{SAY}/exercise.yaml", "title: Say it\n", ""), f"{SAY}/exercise.yaml", "`title` is missing"),
    "empty text": (edit(f"{SAY}/exercise.yaml", "debrief: It talked.", "debrief: ''"), f"{SAY}/exercise.yaml", "`debrief` must be"),
    "no number": (edit("demo/lesson.yaml", "minutes: 3", "minutes: few"), "demo/lesson.yaml", "whole number"),
    "no flag": (edit(f"{SAY}/exercise.yaml", "core: true", "core: often"), f"{SAY}/exercise.yaml", "true or false"),
    "three hints": (edit(f"{SAY}/exercise.yaml", ", four]", "]"), f"{SAY}/exercise.yaml", "3 hints, not 4"),
    "empty hint": (edit(f"{SAY}/exercise.yaml", "three", "''"), f"{SAY}/exercise.yaml", "`hints` must be a list of texts"),
    "no hints": (edit(f"{SAY}/exercise.yaml", "hints: [one, two, three, four]\n", ""), f"{SAY}/exercise.yaml", "`hints` is missing"),
    "wrong id": (edit(f"{SAY}/exercise.yaml", "id: demo/say", "id: demo/tell"), f"{SAY}/exercise.yaml", "Write `id: demo/say`"),
    "unknown check word": (edit(f"{SAY}/exercise.yaml", "exists: {", "exits: {"), f"{SAY}/exercise.yaml", "the check cannot be read"),
    "same check twice": (edit(f"{SAY}/exercise.yaml", "id: says", "id: exists"), f"{SAY}/exercise.yaml", "two checks are named exists"),
    "form field": (edit(f"{SAY}/exercise.yaml", "label: Name", "lable: Name"), f"{SAY}/exercise.yaml", "form[0]"),
    "answer from nothing": (edit(f"{SAY}/exercise.yaml", "answer_from: says", "answer_from: sings"), f"{SAY}/exercise.yaml", "no check of this exercise"),
    "no right option": (edit(f"{SAY}/exercise.yaml", "check: green, ", ""), f"{SAY}/exercise.yaml", "an option needs"),
    "misconception": (edit("demo/questions.yaml", "misconception: Pods are machines, ", ""), "demo/questions.yaml", "no `misconception`"),
    "two right options": (edit("demo/questions.yaml", "misconception:", "correct: true, misconception:"), "demo/questions.yaml", "one option needs"),
    "blanks": (edit("demo/questions.yaml", "____", "____ ____"), "demo/questions.yaml", "2 blanks"),
    "practice kind": (edit("demo/questions.yaml", "kind: blanks", "kind: riddle"), "demo/questions.yaml", "`kind: riddle` is not known"),
    "foreign question": (edit("demo/questions.yaml", "id: demo/recall", "id: other/recall"), "demo/questions.yaml", "does not fit its folder"),
    "no YAML": (write("demo/lesson.yaml", "a: b: c"), "demo/lesson.yaml", "cannot be read"),
    "no mapping": (write("demo/lesson.yaml", "[1]"), "demo/lesson.yaml", "is not a mapping"),
    "no lesson.yaml": (remove("demo/lesson.yaml"), "demo/lesson.yaml", "is missing"),
    "no text": (remove("demo/lesson.md"), "demo/lesson.md", "cannot be read"),
    "no starter": (remove(f"{SAY}/starter.yaml"), f"{SAY}/starter.yaml", "cannot be read"),
    "broken manifest": (write(f"{SAY}/solution.yaml", "a: [1\n"), f"{SAY}/solution.yaml", "line "),
    "empty manifest": (write(f"{SAY}/solution.yaml", "# nothing\n"), f"{SAY}/solution.yaml", "has no object"),
    "no accept": (remove(f"{SAY}/accept/other.yaml"), f"{SAY}/accept", "no other right answer"),
    "few rejects": (remove(f"{SAY}/reject/nay.yaml"), f"{SAY}/reject", "has 4 wrong answers"),
    "after nothing": (edit(f"{SAY}/reject/nay.yaml", "# says: nay\n", "# says: nay\n# after: starters\n"), f"{SAY}/reject/nay.yaml", "comes after starters.yaml"),
    "no header": (edit(f"{SAY}/reject/nay.yaml", "# fails: says\n", ""), f"{SAY}/reject/nay.yaml", "does not say what must fail"),
    "header of no check": (edit(f"{SAY}/reject/nay.yaml", "# fails: says", "# fails: sings"), f"{SAY}/reject/nay.yaml", "unknown check sings"),
    "stray file": (write(f"{SAY}/notes.txt", "x"), f"{SAY}/notes.txt", "is read by nobody"),
    "stray suffix": (write(f"{SAY}/reject/nay.yml", "x"), f"{SAY}/reject/nay.yml", "is read by nobody"),
    "stray in lesson": (write("demo/draft.md", "x"), "demo/draft.md", "is read by nobody"),
    "stray in course": (write("notes.txt", "x"), "notes.txt", "belongs to no lesson"),
    "stray exercise": (write("demo/sing/exercise.yaml", "x"), "demo/sing", "is no exercise of its lesson"),
    "missing exercise": (edit("demo/lesson.yaml", "[say]", "[say, sing]"), "demo/sing/exercise.yaml", "is missing"),
    "call of nothing": (edit("demo/lesson.md", 'exercise("demo/say")\n', 'exercise("demo/sai")\n'), "demo/lesson.md", "names nothing"),
    "unasked question": (edit("demo/lesson.md", 'predict("demo/say")', ""), "demo/lesson.md", "is nowhere"),
    "unsolved exercise": (edit("demo/lesson.md", '.apply(solution("demo/say"))', ""), "demo/lesson.md", "solution('demo/say') is nowhere"),
}  # fmt: skip


def test_a_course_without_mistakes_is_read(tiny: Path) -> None:
    lesson = load(tiny).lessons[0]
    exercise = lesson.exercises[0]
    assert (lesson.id, lesson.notebook, exercise.id, exercise.lesson) == ("demo", "07-demo", "demo/say", "demo")
    assert exercise.namespace() == "labs-demo-say"
    assert [check.id for check in exercise.checks] == ["exists", "says"]
    assert {each.name: each.says for each in exercise.reject}["nay"] == "nay"
    assert [question.id for question in lesson.questions()] == ["demo/recall", "demo/say/predict"]


@pytest.mark.parametrize("name", MISTAKES)
def test_a_mistake_is_named_with_its_file_and_the_fix(tiny: Path, name: str) -> None:
    make, file, words = MISTAKES[name]
    make(tiny)
    with pytest.raises(CourseError) as caught:
        load(tiny)
    told = [str(problem) for problem in caught.value.problems if problem.file == file]
    assert any(words in each for each in told), [str(each) for each in caught.value.problems]


def test_all_mistakes_are_told_at_once(tiny: Path) -> None:
    MISTAKES["three hints"][0](tiny)
    MISTAKES["stray file"][0](tiny)
    with pytest.raises(CourseError) as caught:
        load(tiny)
    assert len(caught.value.problems) == 2


def test_a_starter_that_is_the_solution_is_a_mistake(tiny: Path) -> None:
    (tiny / SAY / "starter.yaml").write_text((tiny / SAY / "solution.yaml").read_text())
    with pytest.raises(CourseError, match="is the solution"):
        load(tiny)


def test_a_course_that_is_not_there_is_a_mistake(tmp_path: Path) -> None:
    with pytest.raises(CourseError, match="no such folder"):
        load(tmp_path / "nowhere")
