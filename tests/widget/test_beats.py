"""Marking choices and practising, without a page."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import pytest

from labs.ui import answers
from labs.ui.marking import marked, question_view, right_option
from labs.ui.practicing import Blanks, Reorder, shuffled


@dataclass(frozen=True)
class Option:
    text: str
    correct: bool = False
    misconception: str = ""
    feedback: str = ""
    check: str = ""


@dataclass(frozen=True)
class Question:
    id: str = "pod/run-once/predict"
    prompt: str = "What happens?"
    options: tuple[Option, ...] = (
        Option("It starts again", check="red", feedback="Restart policy Always."),
        Option("It stays finished", misconception="Ended means done", feedback="Look at the events.", check="green"),
    )
    answer_from: str = "done"
    feedback: str = ""


OWN_KEY = Question(answer_from="", options=(Option("no", misconception="M", feedback="F"), Option("yes", correct=True)))


def test_the_cluster_decides_and_only_when_it_has_decided() -> None:
    assert marked(Question(), None, {}).state == "open"
    assert marked(Question(), 0, {"done": "waiting"}).state == "locked"
    assert marked(Question(), 0, {"done": "red"}).state == "right"
    wrong = marked(Question(), 1, {"done": "red"})
    assert (wrong.state, wrong.right, wrong.feedback) == ("wrong", 0, "**Ended means done.** Look at the events.")


def test_a_key_of_its_own_decides_at_once() -> None:
    assert right_option(OWN_KEY, {}) == 1
    assert marked(OWN_KEY, 1, {}).state == "right"
    view = question_view(OWN_KEY, {"chosen": 0}, {})
    assert view["answer"]["locked"] and view["answer"]["right"] == 1


def test_reorder_says_the_first_wrong_line() -> None:
    lines = ("a", "b", "c")
    mixed = shuffled(lines, "seed")
    assert sorted(mixed) == list(lines) and mixed != list(lines) and mixed == shuffled(lines, "seed")
    task = Reorder("p", lines, ["b", "a", "c"])
    assert not task.check() and "line 1" in task.words
    task.move(0, 1)
    task.move(5, 0)
    assert task.check() and task.view()["feedback"]["state"] == "right"


def test_blanks_accept_each_spelling() -> None:
    task = Blanks("p", "kind: ____\nrestartPolicy: ____\n", (("Pod",), ("Never", "OnFailure")))
    assert not task.check(["Pod"])
    assert task.view()["marks"] == [1, 2]
    assert task.check([" 'Pod' ", "OnFailure"])


def test_answers_are_kept(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LABS_STATE_DIR", str(tmp_path))
    answers.record("q", {"chosen": 1})
    assert answers.answer_of("q")["chosen"] == 1
    (tmp_path / "progress.json").write_text("{broken")
    assert answers.answer_of("q") == {}
