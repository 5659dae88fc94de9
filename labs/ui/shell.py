"""A shell in a container, one line at a time: each line is a process of its own, as ``kubectl exec POD -- sh -c LINE``."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING

from labs.errors import LabsError
from labs.ui.store import ShellLine

if TYPE_CHECKING:
    from labs.ui.session import Session

SECONDS = 15.0
MOST_LINES = 30
MOST_TEXT = 20_000
LATE = "It has not ended within 15 seconds; it may still run in the container."


class Shell:
    """Runs lines in the containers of one session's namespace."""

    def __init__(self, session: Session) -> None:
        self._session = session

    def run(self, pod: str, container: str, line: str) -> None:
        """Run a line on a thread of its own; its output appears in the store."""
        if line.strip():
            threading.Thread(target=self._run, args=(pod, container, line), name="labs-ui-shell", daemon=True).start()

    def _run(self, pod: str, container: str, line: str) -> None:
        asked = ShellLine(pod, container, line)
        self._session.store.change(lambda s: {"shell": (*s.shell, asked)[-MOST_LINES:]})
        done = self._answer(asked)
        self._session.store.change(lambda s: {"shell": tuple(done if one is asked else one for one in s.shell)})

    def _answer(self, asked: ShellLine) -> ShellLine:
        client = self._session.client
        if client is None:
            return asked.ended("", "There is no cluster to ask.")
        try:
            result = client.exec(
                asked.pod, asked.container, ["sh", "-c", asked.line], namespace=self._session.namespace, timeout=SECONDS
            )
        except LabsError as error:
            return asked.ended("", f"{error.what}. {error.why}".strip())
        note = LATE if result.exit_code < 0 else f"exit code {result.exit_code}" if result.exit_code else ""
        return asked.ended((result.stdout + result.stderr)[-MOST_TEXT:], note)
