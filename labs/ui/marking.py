"""Marks a choice: against the question's own key, or against what the cluster shows."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

from labs.checks.gpus import NODE, effective_request
from labs.checks.pods import unschedulable

WAIT_WORDS = "Locked. Now apply: your prediction is marked against what the cluster does."


class OptionLike(Protocol):
    """One choice. `check`: what makes it right: green or red of the question's check, or the number of a node, or none."""

    @property
    def text(self) -> str: ...
    @property
    def correct(self) -> bool: ...
    @property
    def misconception(self) -> str: ...
    @property
    def feedback(self) -> str: ...
    @property
    def check(self) -> str: ...


class QuestionLike(Protocol):
    """A single-choice question; with `answer_from` a check of its exercise decides, or where the scheduler puts ``node:POD:GPUS``."""

    @property
    def id(self) -> str: ...
    @property
    def prompt(self) -> str: ...
    @property
    def options(self) -> Sequence[OptionLike]: ...
    @property
    def answer_from(self) -> str: ...
    @property
    def feedback(self) -> str: ...


@dataclass(frozen=True)
class Mark:
    """``state``: open, locked, right or wrong; ``right``: index of the right option once it may be seen."""

    state: str
    right: int | None
    feedback: str


def right_option(question: QuestionLike, verdicts: Mapping[str, str]) -> int | None:
    """Index of the right option; None while the cluster has not decided."""
    for i, option in enumerate(question.options):
        if question.answer_from:
            if option.check and option.check == verdicts.get(question.answer_from):
                return i
        elif option.correct:
            return i
    return None


def node_of(asked: str, objects: Mapping[str, Sequence[Any]], nodes: Sequence[Any]) -> str:
    """The number (label ``labs/node``) of the node of ``POD:GPUS``, once a Pod of that name asks for so many GPUs.

    none: the scheduler found no node; empty: not decided.
    """
    name, _, count = asked.partition(":")
    for pod in objects.get("Pod", ()):
        if pod["metadata"]["name"] != name or pod["metadata"].get("deletionTimestamp"):
            continue
        if effective_request(pod) != int(count or 0):
            return ""
        chosen = pod["spec"].get("nodeName")
        numbers = {node["metadata"]["name"]: (node["metadata"].get("labels") or {}).get(NODE) for node in nodes}
        return str(numbers.get(chosen) or "") if chosen else "none" if unschedulable(pod) else ""
    return ""


def marked(question: QuestionLike, chosen: int | None, verdicts: Mapping[str, str], decided: int | None = None) -> Mark:
    """The mark of a locked choice (None: not answered yet); `decided`: the option that the cluster once proved right."""
    if chosen is None:
        return Mark("open", None, "")
    right = decided if decided is not None else right_option(question, verdicts)
    if right is None:
        return Mark("locked", None, WAIT_WORDS)
    option = question.options[chosen]
    if chosen == right:
        return Mark("right", right, option.feedback or question.feedback or "Right.")
    named = f"**{option.misconception}.** " if option.misconception else ""
    return Mark("wrong", right, f"{named}{option.feedback or question.feedback or 'Not this one.'}")


def question_view(question: QuestionLike, answer: Mapping[str, Any], verdicts: Mapping[str, str]) -> dict[str, Any]:
    """A question with its answer as the page draws it."""
    chosen = answer.get("chosen")
    mark = marked(question, chosen, verdicts, answer.get("right"))
    return {
        "id": question.id,
        "prompt": question.prompt,
        "options": [o.text for o in question.options],
        "answer": {
            "chosen": chosen,
            "confidence": answer.get("confidence", ""),
            "locked": chosen is not None,
            "state": mark.state,
            "right": mark.right,
            "feedback": mark.feedback,
        },
    }
