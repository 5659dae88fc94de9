"""Work that must not run on the comm thread: a small shared executor, one foreground job per workbench."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor

log = logging.getLogger(__name__)


_pool = ThreadPoolExecutor(max_workers=4, thread_name_prefix="labs-ui-job")


class Cancelled(Exception):
    """The learner cancelled the job; its result is not wanted."""


class Token:
    """Says whether a job is still wanted."""

    def __init__(self) -> None:
        self.event = threading.Event()

    def check(self) -> None:
        """Raise `Cancelled` when the job was cancelled."""
        if self.event.is_set():
            raise Cancelled


def run(work: Callable[[], None]) -> Future[None]:
    """Queue `work`; its own errors are logged, never lost in a future nobody reads."""

    def guarded() -> None:
        try:
            work()
        except Exception:
            log.exception("a job of the workbench")

    return _pool.submit(guarded)


class Later:
    """Runs `work` once, `seconds` after a call; `restart`: after the last call, else after the first."""

    def __init__(self, seconds: float, work: Callable[[], None], *, restart: bool) -> None:
        self._seconds = seconds
        self._work = work
        self._restart = restart
        self._lock = threading.Lock()
        self._timer: threading.Timer | None = None

    def call(self) -> None:
        """Ask for a run."""
        with self._lock:
            if self._timer and not self._restart:
                return
            if self._timer:
                self._timer.cancel()
            self._timer = threading.Timer(self._seconds, self._due)
            self._timer.daemon = True
            self._timer.start()

    def cancel(self) -> None:
        """Forget the waiting call, if any."""
        with self._lock:
            if self._timer:
                self._timer.cancel()
                self._timer = None

    def _due(self) -> None:
        with self._lock:
            self._timer = None
        run(self._work)
