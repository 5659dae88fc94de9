"""One exercise in this kernel: takes the page's messages, keeps the state, starts the work. Knows no widget."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable, Mapping
from typing import Any

from labs import manifest
from labs.errors import LabsError
from labs.ui import jobs
from labs.ui.acting import Acting
from labs.ui.cards import Cards
from labs.ui.checking import Checking
from labs.ui.drafts import edited
from labs.ui.memory import Memory, Remembered
from labs.ui.ports import ConnectionLike, Course, ExerciseLike
from labs.ui.shell import Shell
from labs.ui.store import ClusterView, Notice, State, Store, VerdictLine
from labs.ui.watching import Watching

log = logging.getLogger(__name__)

SAVE_SECONDS = 0.3
MAX_TEXT = 1_000_000
BUSY_WORDS = {
    "apply": "Applying…",
    "overwrite": "Applying…",
    "recreate": "Deleting, then creating again…",
    "preview": "Asking the API server what would change…",
    "delete": "Deleting…",
    "reset": "Starting over…",
}


def error_notice(error: Exception) -> Notice:
    """Any error as what, why and next; never a traceback."""
    if isinstance(error, LabsError):
        return Notice("error", error.what, error.why, error.next_step)
    return Notice(
        "error", "The workbench made a mistake.", f"{type(error).__name__}: {error}", "Try again; your text is saved."
    )


class Session:
    """State and behaviour of one exercise; every public method returns at once unless it says that it waits."""

    def __init__(self, exercise: ExerciseLike, connection: ConnectionLike, course: Course) -> None:
        self.exercise = exercise
        self.namespace = exercise.namespace()
        known = [manifest.parse(text).documents for text in (exercise.starter, exercise.solution)]
        self.name = next((d.name for found in known for d in found if d.name), "manifest")
        self.home = next((d.kind for found in known for d in found if d.kind), "")
        self.single = not exercise.several
        self.memory = Memory(exercise.id, self.name)
        self.store = Store(self._restored())
        self.checking = Checking(self)
        self.acting = Acting(self)
        self.watching = Watching(self, course)
        self.cards = Cards(self, course)
        self.shell = Shell(self)
        self._connection = connection
        self._token = jobs.Token()
        self._lock = threading.Lock()
        self._save = jobs.Later(SAVE_SECONDS, self.save_now, restart=False)
        self._leave: Callable[[], None] = lambda: None
        self.client: Any = None

    def _restored(self) -> State:
        old = self.memory.load()
        known = {v.check_id: v for v in old.verdicts}
        verdicts = tuple(known.get(c.id, VerdictLine(c.id, c.title)) for c in self.exercise.checks)
        text = self.exercise.starter if old.text is None else old.text
        return State(
            text=text,
            hints=min(old.hints, len(self.exercise.hints)),
            milestones=old.milestones,
            verdicts=verdicts,
            applied=old.applied,
        )

    def start(self) -> None:
        """Check the text, save it, look for the cluster."""
        self._save.call()
        jobs.run(self.checking.now)
        self._leave = self._connection.subscribe(self._cluster)

    def close(self) -> None:
        """Stop watching; what was typed is saved."""
        self._leave()
        self._save.cancel()
        self.watching.stop()
        self.save_now()

    def handle(self, content: Mapping[str, Any]) -> None:
        """A message of the page; anything malformed is ignored."""
        match content:
            case {"t": "text", "text": str(text), "version": int(version), "view": str(view)}:
                self.type(text, version, view)
            case {"t": "action", "name": str(name), "args": Mapping() as args}:
                self.act(name, args)

    def type(self, text: str, version: int, origin: str) -> None:
        """New text from a page or a cell; older versions than the known one are dropped."""
        if len(text) > MAX_TEXT:
            notice = Notice(
                "error",
                "This text is too long to be a manifest.",
                "It has more than 1 MB.",
                "It was not taken over: undo the paste.",
            )
            self.store.update(notice=notice)
            return
        self.store.change(lambda s: {"text": text, "version": version, "origin": origin} if version > s.version else {})
        self._save.call()
        jobs.run(self.checking.now)

    def replace_text(self, make: Callable[[str], str]) -> None:
        """Change the text here; the pages follow with one small edit each."""
        self.store.change(
            lambda s: {"text": new, "version": s.version + 1, "origin": ""} if (new := make(s.text)) != s.text else {}
        )
        self._save.call()
        self.checking.now()

    def act(self, name: str, args: Mapping[str, Any]) -> None:
        """An action by its name."""
        if name in BUSY_WORDS:
            self._foreground(name)
        elif name == "cancel":
            self._cancel()
        elif name in {"form", "fix", "document"}:
            jobs.run(lambda: self._guarded(lambda: self._edit(name, args)))
        elif name == "hint":
            self.store.change(lambda s: {"hints": min(s.hints + 1, len(self.exercise.hints))})
            self._save.call()
        elif name == "log":
            self.store.update(log_key=str(args.get("key", "")))
        elif name == "focus":
            self.store.update(focus=(str(args.get("kind", "")), str(args.get("name", ""))), log_key="")
            self.watching.pending.changed()
        elif name == "shell":
            self.shell.run(self.store.get().focus[1], str(args.get("container", "")), str(args.get("line", "")))
        elif name == "dismiss":
            self.store.update(notice=None, preview_title="", preview=())

    def _edit(self, name: str, args: Mapping[str, Any]) -> None:
        index = args.get("index", 0)
        if name == "form" and isinstance(index, int):
            path, value = str(args.get("path")), str(args.get("value"))
            self.replace_text(lambda text: self.checking.set_field(text, index, path, value))
            return
        if name == "document" and isinstance(index, int):
            self.checking.choose(index)
            return
        state = self.store.get()
        if isinstance(index, int) and 0 <= index < len(state.problems) and state.problems_version == state.version:
            edits = state.problems[index].edits
            self.replace_text(lambda text: edited(text, edits))

    def _guarded(self, work: Callable[[], None]) -> None:
        try:
            work()
        except LabsError as error:
            self.store.update(notice=error_notice(error))
        except Exception as error:
            log.exception("the workbench failed")
            self.store.update(notice=error_notice(error))

    def _foreground(self, name: str) -> None:
        with self._lock:
            if self.store.get().busy:
                return
            token = self._token = jobs.Token()
            self.store.update(busy=name, busy_words=BUSY_WORDS[name], notice=None, preview_title="", preview=())
        jobs.run(lambda: self._work(name, token))

    def _work(self, name: str, token: jobs.Token) -> None:
        try:
            self.acting.perform(name, token)
        except jobs.Cancelled:
            pass
        except Exception as error:
            log.exception("the action %s", name)
            if not token.event.is_set():
                self.store.update(notice=error_notice(error))
        finally:
            with self._lock:
                if self._token is token:
                    self.store.update(busy="", busy_words="")

    def _cancel(self) -> None:
        with self._lock:
            self._token.event.set()
            self._token = jobs.Token()
            self.store.update(busy="", busy_words="")

    def _cluster(self, view: ClusterView, client: Any) -> None:
        self.client = client
        if client is None:
            self.watching.stop()
        if client is not None:
            jobs.run(lambda: self._guarded(lambda: self.watching.start(client)))
        self.store.update(cluster=view)
        if client is not None:
            jobs.run(self.checking.now)

    def save_now(self) -> None:
        """Write text and notes; a full disk is said, not lost."""
        state = self.store.get()
        try:
            self.memory.save_text(state.text)
            self.memory.save_notes(Remembered(None, state.hints, state.milestones, state.verdicts, state.applied))
        except OSError as error:
            what, why = "Your text could not be saved.", f"{error.strerror}: {error.filename}"
            self.store.update(
                notice=Notice("error", what, why, "Make room, then type on: it is saved again at the next keystroke.")
            )

    def save_soon(self) -> None:
        """Save within a second."""
        self._save.call()
