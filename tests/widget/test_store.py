"""The store and the dispatcher under many threads."""

from __future__ import annotations

import threading
import time
from itertools import pairwise

from labs.ui.dispatcher import VIEW_INTERVAL, Dispatcher
from labs.ui.store import State, Store

THREADS = 8
ROUNDS = 300


class Recorder:
    """A target that remembers who refreshed it, when and with what."""

    def __init__(self) -> None:
        self.calls: list[tuple[float, frozenset[str], str]] = []

    def refresh(self, names: frozenset[str]) -> None:
        self.calls.append((time.monotonic(), names, threading.current_thread().name))

    def wait(self, name: str, timeout: float = 2.0) -> bool:
        """Until `name` was refreshed."""
        end = time.monotonic() + timeout
        while time.monotonic() < end:
            if any(name in names for _, names, _ in list(self.calls)):
                return True
            time.sleep(0.002)
        return False


def test_no_update_is_lost_under_many_threads() -> None:
    store = Store(State())

    def count() -> None:
        for _ in range(ROUNDS):
            store.change(lambda s: {"hints": s.hints + 1})

    threads = [threading.Thread(target=count) for _ in range(THREADS)]
    for t in threads:
        t.start()
    for t in threads:
        t.join()
    assert store.get().hints == THREADS * ROUNDS


def test_equal_values_are_no_change() -> None:
    store = Store(State())
    seen: list[frozenset[str]] = []
    store.listen(seen.append)
    store.update(text="")
    store.update(text="a")
    assert seen == [frozenset({"text"})]


def test_wait_for_returns_when_it_comes_true() -> None:
    store = Store(State())
    threading.Timer(0.05, lambda: store.update(text="ready")).start()
    assert store.wait_for(lambda s: s.text == "ready", 2)
    assert not store.wait_for(lambda s: s.text == "never", 0.01)


def test_views_are_coalesced_and_verdicts_are_not() -> None:
    updates, target = Dispatcher(), Recorder()
    end = time.monotonic() + 0.55
    while time.monotonic() < end:
        updates.mark(target, frozenset({"objects"}), urgent=False)
        time.sleep(0.001)
    calm = [t for t, names, _ in target.calls if "objects" in names]
    assert 3 <= len(calm) <= 7
    assert all(b - a >= VIEW_INTERVAL * 0.9 for a, b in pairwise(calm))
    asked = time.monotonic()
    updates.mark(target, frozenset({"verdicts"}), urgent=True)
    assert target.wait("verdicts")
    assert next(t for t, names, _ in target.calls if "verdicts" in names) - asked < 0.05
    assert {name for _, _, name in target.calls} == {"labs-ui-dispatcher"}
    updates.close()


def test_a_failing_target_does_not_stop_the_others() -> None:
    class Broken:
        def refresh(self, names: frozenset[str]) -> None:
            raise RuntimeError("broken")

    updates, target = Dispatcher(), Recorder()
    updates.mark(Broken(), frozenset({"x"}), urgent=True)
    updates.mark(target, frozenset({"x"}), urgent=True)
    assert target.wait("x")
    updates.close()
