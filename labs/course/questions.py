"""Reads questions and practice tasks."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from typing import Literal, cast

from labs.course.fields import Fields
from labs.course.model import Option, Practice, Question

__all__ = ["read_practice", "read_question"]

BLANK = "____"
NODE = "node:"
"""``answer_from: node:gpu-pod:1``: the scheduler decides, once that Pod asks for one GPU; `check`: the node's number, or none."""
_KINDS = ("reorder", "blanks", "empty")


def read_question(fields: Fields, ident: str, *, after: str = "", checks: frozenset[str] = frozenset()) -> Question:
    """A question; `after` is the exercise whose `checks` may decide it. Mistakes are noted in `fields`."""
    question = Question(
        id=ident,
        prompt=fields.text("prompt"),
        options=_shuffled(ident, (_option(each) for each in fields.mappings("options"))),
        answer_from=fields.text("answer_from", ""),
        after=after,
        feedback=fields.text("feedback", ""),
        recalls="" if after else fields.text("recalls", ""),
    )
    fields.done()
    _judge(question, fields, checks)
    return question


def _shuffled(ident: str, options: Iterable[Option]) -> tuple[Option, ...]:
    """The options in an order that says nothing about which is right, and that stays as long as their words do."""
    return tuple(sorted(options, key=lambda option: hashlib.sha256(f"{ident}\n{option.text}".encode()).digest()))


def _option(fields: Fields) -> Option:
    option = Option(
        text=fields.text("text"),
        correct=fields.flag("correct"),
        misconception=fields.text("misconception", ""),
        feedback=fields.text("feedback"),
        check=fields.text("check", ""),
    )
    fields.done()
    return option


def _judge(question: Question, fields: Fields, checks: frozenset[str]) -> None:
    by_cluster = bool(question.answer_from)
    by_scheduler = question.answer_from.startswith(NODE)
    if by_cluster and not by_scheduler and question.answer_from not in checks:
        known = ", ".join(sorted(checks)) or "none"
        fields.problem(f"`answer_from: {question.answer_from}` is no check of this exercise", f"Known are: {known}")
    right = [option for option in question.options if (option.check if by_cluster else option.correct)]
    if by_cluster and not all(_decidable(option.check, by_scheduler) for option in question.options):
        want = "a node's number or none" if by_scheduler else "green or red"
        fields.problem(f"an option's `check` must be {want}", f"Write `check: {'2' if by_scheduler else 'green'}`")
    if not right or (not by_cluster and len(right) > 1):
        want = "an option needs `check: green` or `check: red`" if by_cluster else "one option needs `correct: true`"
        fields.problem(f"{want}", "Mark the right one")
    if any(option not in right and not option.misconception for option in question.options):
        fields.problem("a wrong option has no `misconception`", "Name what somebody who chooses it believes")


def _decidable(check: str, by_scheduler: bool) -> bool:
    return not check or (check == "none" or check.isdigit() if by_scheduler else check in ("green", "red"))


def read_practice(fields: Fields) -> Practice:
    """A practice task with its own id. Mistakes are noted in `fields`."""
    kind = fields.text("kind")
    if kind not in _KINDS:
        fields.problem(f"`kind: {kind}` is not known", f"Known are: {', '.join(_KINDS)}")
    practice = Practice(
        id=fields.text("id"),
        kind=cast('Literal["reorder", "blanks", "empty"]', kind),
        prompt=fields.text("prompt"),
        lines=fields.texts("lines", needed=kind == "reorder"),
        text=fields.text("text", None if kind == "blanks" else ""),
        answers=fields.lists("answers"),
        exercise=fields.text("exercise", None if kind == "empty" else ""),
    )
    fields.done()
    blanks = practice.text.count(BLANK)
    if blanks != len(practice.answers):
        fields.problem(
            f"the text has {blanks} blanks, `answers` has {len(practice.answers)}", "Write one list for each"
        )
    return practice
