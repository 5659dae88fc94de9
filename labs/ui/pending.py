"""Why a Pod of the exercise waits for a node: asked anew when its namespace or a node changes, never on the comm thread."""

from __future__ import annotations

import threading
from collections.abc import Iterable
from typing import TYPE_CHECKING

from labs.errors import LabsError
from labs.ui import jobs
from labs.ui.ports import Course
from labs.ui.store import Json, State, Waiting

if TYPE_CHECKING:
    from labs.ui.session import Session

PAUSE_SECONDS = 0.2


class Pending:
    """Keeps `State.waiting` true to the cluster; several changes within a moment make one question."""

    def __init__(self, session: Session, course: Course) -> None:
        self._session, self._course = session, course
        self._later = jobs.Later(PAUSE_SECONDS, self._ask, restart=False)
        self._lock = threading.Lock()

    def changed(self) -> None:
        """Something has changed that may matter; returns at once."""
        state = self._session.store.get()
        if state.waiting or any(waiting_pods(state)):
            self._later.call()

    def stop(self) -> None:
        """Ask no more; idempotent."""
        self._later.cancel()
        self._session.store.update(waiting=None)

    def _ask(self) -> None:
        with self._lock:
            state, client = self._session.store.get(), self._session.client
            pods = list(waiting_pods(state))
            if client is None or not pods:
                self._session.store.update(waiting=None)
                return
            pod = next((each for each in pods if ("Pod", each["metadata"]["name"]) == state.focus), pods[0])
            name, said = pod["metadata"]["name"], _said(pod)
            others = tuple(each["metadata"]["name"] for each in pods if each is not pod)
            try:
                found = Waiting(name, said, others, explained=self._course.why(client, pod))
            except LabsError as error:
                found = Waiting(name, said, others, what=error.what, next_step=error.next_step)
            self._session.store.update(waiting=found)


def waiting_pods(state: State) -> Iterable[Json]:
    """The Pods that the scheduler has found no node for, oldest first."""
    for pod in state.objects.get("Pod", ()):
        ending = pod["metadata"].get("deletionTimestamp")
        if not ending and not (pod.get("spec") or {}).get("nodeName") and _said(pod):
            yield pod


def _said(pod: Json) -> str:
    """The scheduler's own words: what its event says is in the Pod's condition as well."""
    for condition in (pod.get("status") or {}).get("conditions") or ():
        if condition.get("type") == "PodScheduled" and condition.get("status") == "False":
            return str(condition.get("message", ""))
    return ""
