"""The only writer of display traits: one thread that coalesces what watches and jobs have changed."""

from __future__ import annotations

import logging
import threading
import time
from typing import Protocol

log = logging.getLogger(__name__)


VIEW_INTERVAL = 0.1


class Target(Protocol):
    """Something with display traits."""

    def refresh(self, names: frozenset[str]) -> None:
        """Write the traits that depend on the state fields `names`."""


class _Pending:
    def __init__(self) -> None:
        self.urgent: set[str] = set()
        self.calm: set[str] = set()
        self.last_calm = 0.0

    def due(self, now: float) -> float | None:
        if self.urgent:
            return now
        return max(now, self.last_calm + VIEW_INTERVAL) if self.calm else None


class Dispatcher:
    """Refreshes targets: at once for urgent names, at most ten times a second for the others."""

    def __init__(self) -> None:
        self._wake = threading.Condition()
        self._pending: dict[Target, _Pending] = {}
        self._thread: threading.Thread | None = None
        self._closed = False
        self.writing = threading.RLock()

    def mark(self, target: Target, names: frozenset[str], *, urgent: bool) -> None:
        """Remember that `names` changed; returns at once, from any thread."""
        with self._wake:
            if self._closed:
                return
            pending = self._pending.setdefault(target, _Pending())
            (pending.urgent if urgent else pending.calm).update(names)
            if self._thread is None:
                self._thread = threading.Thread(target=self._run, name="labs-ui-dispatcher", daemon=True)
                self._thread.start()
            self._wake.notify()

    def forget(self, target: Target) -> None:
        """Stop refreshing `target`."""
        with self._wake:
            self._pending.pop(target, None)

    def close(self) -> None:
        """End the thread; later marks are ignored."""
        with self._wake:
            self._closed = True
            self._wake.notify()

    def _run(self) -> None:
        while (work := self._next()) is not None:
            for target, names in work:
                with self.writing:
                    try:
                        target.refresh(names)
                    except Exception:
                        log.exception("refreshing %r", target)

    def _next(self) -> list[tuple[Target, frozenset[str]]] | None:
        with self._wake:
            while not self._closed:
                now = time.monotonic()
                work = [(t, self._take(p, now)) for t, p in self._pending.items() if p.due(now) == now]
                if work:
                    return work
                waits = [d - now for p in self._pending.values() if (d := p.due(now)) is not None]
                self._wake.wait(min(waits) if waits else None)
            return None

    @staticmethod
    def _take(pending: _Pending, now: float) -> frozenset[str]:
        names, pending.urgent = pending.urgent, set()
        if pending.calm and now >= pending.last_calm + VIEW_INTERVAL:
            names = names | pending.calm
            pending.calm = set()
            pending.last_calm = now
        return frozenset(names)


shared = Dispatcher()
