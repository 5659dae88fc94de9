"""The GPU fleet of a workbench: its own when it can be had, said when another exercise has it, taken over by Apply."""

from __future__ import annotations

import weakref
from typing import TYPE_CHECKING, Any

from labs.ui.jobs import Token
from labs.ui.ports import Course
from labs.ui.store import Notice

if TYPE_CHECKING:
    from labs.ui.session import Session

WAITING = Notice(
    "info",
    "The nodes have another exercise's cards now, and its Pods hold some.",
    "The cluster has one GPU fleet, and each exercise its own cards for it.",
    "Apply brings this exercise's cards: the other's Pods are removed then, its text stays.",
)


class Cards:
    """One session's claim to the fleet. While another has it, what was reached here stays as it was (`frozen`)."""

    def __init__(self, session: Session, course: Course) -> None:
        self._session, self._course = session, course
        self.frozen = False

    def open(self, client: Any) -> bool:
        """Put the cards there unless that would cost somebody her Pods; whether they had to be. Waits; raises LabsError."""
        session = self._session
        if session.exercise.fleet is None:
            return False
        _open.add(self)
        if self._course.cards_there(client, session.exercise, session.namespace):
            return False
        if self._course.cards_held(client, session.namespace):
            session.store.update(notice=WAITING)
            return False
        self._take(client, Token())
        return True

    def ensure(self, client: Any, token: Token) -> None:
        """Before an apply: take the fleet over, and give anew what its change has removed. Waits; raises LabsError."""
        session = self._session
        if session.exercise.fleet is None:
            return
        _open.add(self)
        if not self._course.cards_there(client, session.exercise, session.namespace):
            self._take(client, token)
            self._course.give(client, session.exercise, session.namespace)
        self.frozen = False

    def _take(self, client: Any, token: Token) -> None:
        others = [each for each in _open if each is not self]
        for each in others:
            each.frozen = True
        self.frozen = False

        def waiting(words: str) -> None:
            token.check()
            self._session.store.change(lambda s: {"busy_words": f"{words}…"} if s.busy else {})

        self._course.take_cards(client, self._session.exercise, self._session.namespace, waiting)
        for each in others:
            each.lost_to(self._session.exercise.id)

    def lost_to(self, other: str) -> None:
        """Say that another exercise's cards are there now."""
        what = f"The nodes have the cards of {other} now."
        why = "Pods of this exercise that held cards were removed. Your text and what you have reached stay."
        self._session.store.change(
            lambda s: (
                {} if s.busy else {"notice": Notice("info", what, why, "Apply brings this exercise's cards back.")}
            )
        )


_open: weakref.WeakSet[Cards] = weakref.WeakSet()
