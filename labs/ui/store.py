"""The state of one workbench: an immutable snapshot behind a lock; watch threads and jobs replace it."""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, fields, replace
from typing import Any, Literal

from labs.cluster.why import Explanation

Json = Mapping[str, Any]
ClusterPhase = Literal["waiting", "ready", "lost", "error"]


@dataclass(frozen=True)
class ClusterView:
    """What the page says of the cluster. ``fraction`` 0..1, ``eta`` in seconds; both None when unknown."""

    phase: ClusterPhase = "waiting"
    label: str = "no cluster yet"
    words: str = "Looking for the cluster."
    next_step: str = ""
    fraction: float | None = None
    eta: float | None = None


@dataclass(frozen=True)
class Action:
    """A button inside a notice; ``name`` is the action it sends."""

    name: str
    label: str
    style: str = ""
    args: Json = field(default_factory=dict)


@dataclass(frozen=True)
class Notice:
    """What happened, why and what is next; ``kind``: error, warn, info or good."""

    kind: str
    what: str
    why: str = ""
    next_step: str = ""
    actions: tuple[Action, ...] = ()


@dataclass(frozen=True)
class Problem:
    """A diagnostic as the page needs it: ``start``/``end`` in code points of the text of this version."""

    code: str
    severity: str
    message: str
    line: int
    start: int
    end: int
    why: str = ""
    next_step: str = ""
    fix_label: str = ""
    edits: tuple[tuple[int, int, str], ...] = ()
    actions: tuple[Action, ...] = ()


@dataclass(frozen=True)
class Applied:
    """The last apply of one object: the whole text, the clock time, the API server's answer, and the object as written."""

    text: str
    at: str
    obj: Json
    data: Json


@dataclass(frozen=True)
class ShellLine:
    """A line run in a container, what it printed, and a note such as its exit code; not ``done`` while it runs."""

    pod: str
    container: str
    line: str
    text: str = ""
    note: str = ""
    done: bool = False

    def ended(self, text: str, note: str) -> ShellLine:
        """The same line with its outcome."""
        return replace(self, text=text, note=note, done=True)


@dataclass(frozen=True)
class VerdictLine:
    """One check as shown. ``state``: idle, waiting, green or red; ``time``: clock time of the last change."""

    check_id: str
    title: str
    state: str = "idle"
    was_green: bool = False
    expected: str = ""
    found: str = ""
    look: str = ""
    time: str = ""


@dataclass(frozen=True)
class Waiting:
    """A Pod that no node takes: what the scheduler said, which others wait, and why; or `what` is known instead."""

    pod: str
    said: str
    others: tuple[str, ...] = ()
    explained: Explanation | None = None
    what: str = ""
    next_step: str = ""


@dataclass(frozen=True)
class State:
    """Everything that a workbench shows, in one value."""

    text: str = ""
    version: int = 1
    origin: str = ""
    problems: tuple[Problem, ...] = ()
    problems_version: int = 0
    form: tuple[Json, ...] = ()
    documents: tuple[Json, ...] = ()
    document: int = 0
    draft_name: str = ""
    draft_kind: str = ""
    words: tuple[Json, ...] = ()
    applied: tuple[Applied, ...] = ()
    action: str = "apply"
    busy: str = ""
    busy_words: str = ""
    notice: Notice | None = None
    preview_title: str = ""
    preview: tuple[Json, ...] = ()
    cluster: ClusterView = ClusterView()
    nodes: tuple[Json, ...] = ()
    objects: Mapping[str, tuple[Json, ...]] = field(default_factory=dict)
    events: tuple[Json, ...] = ()
    logs: tuple[Any, ...] = ()
    log_key: str = ""
    probes: tuple[Json, ...] = ()
    focus: tuple[str, str] = ("", "")
    shell: tuple[ShellLine, ...] = ()
    waiting: Waiting | None = None
    urls: Mapping[str, str] = field(default_factory=dict)
    verdicts: tuple[VerdictLine, ...] = ()
    hints: int = 0
    milestones: tuple[str, ...] = ()

    @property
    def green(self) -> bool:
        """Whether there are checks and all of them are green."""
        return bool(self.verdicts) and all(v.state == "green" for v in self.verdicts)


FIELDS = frozenset(f.name for f in fields(State))


class Store:
    """Holds one `State`. `update` may be called from any thread; listeners get the names that changed."""

    def __init__(self, state: State) -> None:
        self._state = state
        self._changed = threading.Condition(threading.RLock())
        self._listeners: tuple[Callable[[frozenset[str]], None], ...] = ()

    def listen(self, listener: Callable[[frozenset[str]], None]) -> None:
        """Call `listener(names)` after each change, on the thread that made it; it must return at once."""
        with self._changed:
            self._listeners = (*self._listeners, listener)

    def get(self) -> State:
        """The present state."""
        with self._changed:
            return self._state

    def update(self, **changes: Any) -> State:
        """Replace fields; tells the listeners which of them are different now."""
        return self.change(lambda state: changes)

    def change(self, make: Callable[[State], Mapping[str, Any]]) -> State:
        """Like `update`, with the changes made from the present state, all under the lock."""
        with self._changed:
            before = self._state
            changes = make(before)
            names = frozenset(k for k, v in changes.items() if getattr(before, k) is not v and getattr(before, k) != v)
            if not names:
                return before
            self._state = state = replace(before, **{k: changes[k] for k in names})
            self._changed.notify_all()
        for listener in self._listeners:
            listener(names)
        return state

    def wait_for(self, wanted: Callable[[State], bool], timeout: float) -> bool:
        """Block until `wanted(state)` or `timeout` seconds; whether it came true."""
        with self._changed:
            return self._changed.wait_for(lambda: wanted(self._state), timeout)
