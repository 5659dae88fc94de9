"""`exercise(id)`: the workbench of an exercise as a cell uses it."""

from __future__ import annotations

import atexit
import threading
import time
from dataclasses import replace

from labs import course
from labs.errors import LabsError, ManifestError
from labs.ui import connection
from labs.ui.grading import RealCourse
from labs.ui.jobs import Token
from labs.ui.journal import keep
from labs.ui.session import Session
from labs.ui.store import State
from labs.ui.workbench import Workbench

REQUIRE_SECONDS = 90.0
CLUSTER_SECONDS = 120.0


class NotYet(AssertionError):
    """The exercise is not reached; the message has every verdict that is not green. Shown without a traceback."""

    def _render_traceback_(self) -> list[str]:
        return str(self).splitlines()


class Refused(LabsError):
    """A `LabsError` in a cell: shown without a traceback."""

    def _render_traceback_(self) -> list[str]:
        return str(self).splitlines()


def as_refused(error: LabsError) -> Refused:
    return Refused(what=error.what, why=error.why, next_step=error.next_step)


def solution(exercise_id: str) -> str:
    """The solution's manifest; raises a `LabsError` that names near ids when there is no such exercise."""
    try:
        return str(course.find(exercise_id).solution)
    except LabsError as error:
        raise as_refused(error) from None


class Exercise:
    """One exercise in a notebook; displays its workbench as a cell's last value."""

    def __init__(self, workbench: Workbench) -> None:
        self.workbench = workbench
        self.session = workbench.session

    def _ipython_display_(self) -> None:
        self.workbench._ipython_display_()

    def apply(self, text: str = "") -> Exercise:
        """Apply a manifest (``"solution"``: the solution; nothing: the present text) and wait for the API server's answer."""
        session = self.session
        try:
            if text:
                chosen = str(session.exercise.solution) if text == "solution" else text
                session.replace_text(lambda _old: chosen)
            self._wait_for_cluster()
            session.acting.apply(Token(), force=True)
            applied = session.store.get().applied
            if not applied or applied[-1].text != session.store.get().text:
                notice = session.store.get().notice
                raise ManifestError(
                    what=notice.what if notice else "Nothing was applied", why=notice.why if notice else ""
                )
        except LabsError as error:
            raise as_refused(error) from None
        return self

    def require(self, *checks: str, timeout: float = REQUIRE_SECONDS) -> Exercise:
        """Wait until these checks (default: every one) are green; after `timeout` seconds raise `NotYet`."""
        deadline = time.monotonic() + timeout
        try:
            self._wait_for_cluster()
        except LabsError as error:
            raise as_refused(error) from None
        store = self.session.store
        if not store.wait_for(lambda s: _green(s, checks), max(0.0, deadline - time.monotonic())):
            raise NotYet(_verdict_words(self.session.exercise.id, store.get()))
        return self

    def _wait_for_cluster(self) -> None:
        store = self.session.store
        if not store.wait_for(lambda s: s.cluster.phase == "ready", CLUSTER_SECONDS):
            view = store.get().cluster
            raise LabsError(
                what="The cluster is not ready", why=view.words, next_step=view.next_step or "Run `labs status`"
            )
        self.session.watching.wait_started(CLUSTER_SECONDS)


def _green(state: State, checks: tuple[str, ...]) -> bool:
    return all(v.state == "green" for v in state.verdicts if v.check_id in checks) if checks else state.green


def _verdict_words(exercise_id: str, state: State) -> str:
    lines = [f"{exercise_id} is not reached yet."]
    for v in state.verdicts:
        if v.state == "green":
            continue
        what = (
            f"expected {v.expected}; found {v.found}. {v.look}".strip() if v.expected or v.found else "not judged yet"
        )
        lines.append(f"- {v.title}: {what}")
    return "\n".join(lines)


_lock = threading.Lock()
_open: dict[str, Exercise] = {}


def exercise(exercise_id: str) -> Exercise:
    """The workbench of an exercise, one per kernel: calling it again shows the same one.

    Raises a `LabsError` that names near ids when there is no such exercise.
    """
    try:
        return _opened(course.find(exercise_id))
    except LabsError as error:
        raise as_refused(error) from None


def from_memory(ident: str, exercise_id: str, goal: str) -> Exercise:
    """The goal and the checks of an exercise with an empty editor, in a namespace of its own; raises LabsError."""
    found = course.find(exercise_id)
    return _opened(replace(found, id=ident, title="From memory", goal=goal, starter="", form=(), debrief=""))


def _opened(found: course.Exercise) -> Exercise:
    keep()
    with _lock:
        if found.id not in _open:
            session = Session(found, connection.shared(), RealCourse())
            _open[found.id] = Exercise(Workbench(session))
            session.start()
        return _open[found.id]


def open_session(exercise_id: str) -> Session:
    """The session of an exercise, opened when it is not yet; raises LabsError."""
    return exercise(exercise_id).session


@atexit.register
def _close_all() -> None:
    for one in _open.values():
        one.session.close()
