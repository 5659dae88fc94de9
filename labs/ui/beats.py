"""The small widgets of a lesson's other beats: predict, recall, explain, practice."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import traitlets

from labs.course.questions import NODE
from labs.errors import LabsError
from labs.ui import answers, asking, dispatcher
from labs.ui.cell import as_refused, from_memory, open_session
from labs.ui.marking import QuestionLike, node_of, question_view, right_option
from labs.ui.practicing import Blanks, FromMemory, Reorder
from labs.ui.widget import LabWidget

DECIDES = frozenset({"verdicts", "objects", "nodes"})
CONFIDENCE = frozenset({"", "guess", "think", "sure"})


class Beat(LabWidget):
    """A small widget drawn from one trait, `shown`, which only the dispatcher writes."""

    shown = traitlets.Dict().tag(sync=True)

    def __init__(self, updates: dispatcher.Dispatcher = dispatcher.shared) -> None:
        self._updates = updates
        super().__init__(shown=self.view())

    def view(self) -> dict[str, Any]:
        """What the page draws."""
        raise NotImplementedError

    def refresh(self, names: frozenset[str]) -> None:
        """Draw anew; called by the dispatcher."""
        self.shown = self.view()

    def changed(self) -> None:
        """Ask for a refresh, from any thread."""
        self._updates.mark(self, frozenset({"shown"}), urgent=True)


class Choices(Beat):
    """Single-choice questions, each locked once answered. `exercise_id`: whose checks mark them, if any."""

    def __init__(self, kind: str, questions: Sequence[QuestionLike], exercise_id: str = "", note: str = "") -> None:
        self.kind = kind
        self.questions = tuple(questions)
        self._note = note
        judged = any(q.answer_from for q in self.questions)
        self._session = open_session(exercise_id) if exercise_id and judged else None
        super().__init__()
        if self._session is not None:
            self._session.store.listen(lambda names: self.changed() if names & DECIDES else None)

    def _verdicts(self) -> dict[str, str]:
        """What the cluster has decided so far: by check, and by ``node:POD:GPUS`` where a question asks for that."""
        if self._session is None:
            return {}
        state = self._session.store.get()
        asked = [q.answer_from for q in self.questions if q.answer_from.startswith(NODE)]
        placed = {each: node_of(each.removeprefix(NODE), state.objects, state.nodes) for each in asked}
        return {v.check_id: v.state for v in state.verdicts} | placed

    def view(self) -> dict[str, Any]:
        """Questions with answers and marks."""
        verdicts = self._verdicts()
        items = []
        for question in self.questions:
            answer = self._answer(question, verdicts)
            items.append(question_view(question, answer, self._known(answer, verdicts)))
        return {"items": items, "note": self._note}

    def _known(self, answer: Mapping[str, Any], verdicts: Mapping[str, str]) -> Mapping[str, str]:
        """The verdicts that may mark an answer: those of an apply after it was locked."""
        return {} if answer.get("applied") == self._applied() and self._applied() else verdicts

    def _applied(self) -> str:
        applied = self._session.store.get().applied if self._session else ()
        return f"{applied[-1].at} {applied[-1].obj['metadata'].get('resourceVersion', '')}" if applied else ""

    def _answer(self, question: QuestionLike, verdicts: Mapping[str, str]) -> dict[str, Any]:
        answer = answers.answer_of(question.id)
        if not isinstance(answer.get("chosen"), int) or not 0 <= answer["chosen"] < len(question.options):
            return {}
        verdicts = self._known(answer, verdicts)
        if "right" not in answer and (right := right_option(question, verdicts)) is not None:
            answer |= {"right": right}
            answers.record(question.id, answer)
        return answer

    def receive(self, content: Mapping[str, Any]) -> None:
        """Lock an answer; a second one is ignored."""
        match content:
            case {"t": "action", "name": "answer", "args": {"id": str(ident), "chosen": int(chosen), **rest}}:
                self._lock(ident, chosen, str(rest.get("confidence", "")))

    def _lock(self, ident: str, chosen: int, confidence: str) -> None:
        question = next((q for q in self.questions if q.id == ident), None)
        if question is None or not 0 <= chosen < len(question.options) or confidence not in CONFIDENCE:
            return
        if "chosen" not in answers.answer_of(ident):
            answers.record(ident, {"chosen": chosen, "confidence": confidence, "applied": self._applied()})
        self.changed()


class Practice(Beat):
    """Lines to put in order or blanks to fill."""

    kind = "practice"

    def __init__(self, ident: str, task: Reorder | Blanks) -> None:
        self._ident = ident
        self.task = task
        super().__init__()

    def view(self) -> dict[str, Any]:
        """The task as it stands."""
        return self.task.view()

    def receive(self, content: Mapping[str, Any]) -> None:
        """Move a line, or check."""
        match content:
            case {"t": "action", "name": "move", "args": {"from": int(start), "to": int(end)}}:
                if isinstance(self.task, Reorder):
                    self.task.move(start, end)
            case {"t": "action", "name": "check", "args": Mapping() as args}:
                done = self.task.check([str(v) for v in args.get("values") or ()])
                answers.record(f"practice/{self._ident}", {"right": done})
        self.changed()


def _in_cell(make: Callable[[], Any]) -> Any:
    try:
        return make()
    except LabsError as error:
        raise as_refused(error) from None


def predict(exercise_id: str) -> Choices:
    """The prediction of an exercise: locked with a confidence before apply, then marked against the cluster."""
    return _in_cell(lambda: Choices("predict", asking.predictions(exercise_id), exercise_id))  # type: ignore[no-any-return]


def recall(lesson: str) -> Choices:
    """Two or three items from earlier lessons, those missed before first."""
    return _in_cell(lambda: Choices("recall", asking.recalls(lesson)))  # type: ignore[no-any-return]


def explain(exercise_id: str) -> Choices:
    """The question after an exercise: each wrong choice is a named misconception."""
    return _in_cell(lambda: Choices("explain", asking.explanations(exercise_id), exercise_id))  # type: ignore[no-any-return]


def practice(ident: str) -> Any:
    """Faded practice: lines to order, blanks to fill, or an exercise with an empty editor."""

    def make() -> Any:
        task = asking.task(ident)
        return from_memory(ident, task.exercise, task.prompt) if isinstance(task, FromMemory) else Practice(ident, task)

    return _in_cell(make)
