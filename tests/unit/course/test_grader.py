"""The grader without a cluster: a reflector that tests fill by hand, and logs from a list."""

from __future__ import annotations

import queue
import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from labs.checks import Snapshot, Verdict, parse_check
from labs.course import Exercise, Grader, load
from labs.course import grader as module
from labs.errors import ClusterError

Verdicts = tuple[Verdict, ...]
SECONDS = 5.0


class Reflector:
    """Holds what the test puts into it."""

    def __init__(self, client: Any, kinds: Sequence[str], namespace: str, changed: Callable[[], None]) -> None:
        self.kinds, self._changed = kinds, changed
        self.held: dict[str, tuple[dict[str, Any], ...]] = {}
        self.synced = self.stopped = False

    def start(self) -> None:
        self.put()

    def stop(self) -> None:
        self.stopped = True

    def objects(self) -> Mapping[str, tuple[dict[str, Any], ...]]:
        return self.held

    def put(self, *pods: dict[str, Any]) -> None:
        self.held, self.synced = {"Pod": pods, "Event": ()}, True
        self._changed()


class Client:
    """Logs by (container, previous); a log that is not there is an error."""

    def __init__(self) -> None:
        self.texts: dict[tuple[str, bool], list[str]] = {}
        self.asked: list[tuple[str, bool]] = []
        self.cannot_follow = False

    def logs(
        self,
        pod: str,
        container: str,
        *,
        namespace: str,
        follow: bool,
        previous: bool,
        on_line: Callable[[str], None],
        stop: threading.Event,
    ) -> None:
        self.asked.append((container, previous))
        if (container, previous) not in self.texts:
            raise ClusterError(what="no log")
        if follow and self.cannot_follow:
            on_line(self.texts[container, previous][0])
            raise ClusterError(what="the node cannot follow a log")
        for line in self.texts[container, previous]:
            on_line(line)


def pod(state: str = "running", restarts: int = 0, name: str = "talker", uid: str = "u1") -> dict[str, Any]:
    status = {"name": "c", "restartCount": restarts, "state": {state: {}}}
    phase = "Pending" if state == "waiting" else "Running"
    return {
        "metadata": {"name": name, "uid": uid},
        "spec": {"containers": [{"name": "c"}]},
        "status": {"phase": phase, "containerStatuses": [status]},
    }


class Bench:
    """A grader with its fakes, and what it has told."""

    def __init__(self, exercise: Exercise) -> None:
        self.client = Client()
        self.news: queue.SimpleQueue[Verdicts] = queue.SimpleQueue()
        self.snapshots: list[Snapshot] = []
        self.grader = Grader(self.client, exercise, "ns")  # type: ignore[arg-type]
        self.reflector: Reflector = self.grader._reflector  # type: ignore[assignment]
        self.grader.start(self.news.put, self.snapshots.append)

    def until(self, holds: Callable[[dict[str, str]], bool]) -> Verdicts:
        """The first verdicts of which it holds, by check id."""
        while True:
            verdicts = self.news.get(timeout=SECONDS)
            if holds({each.check_id: each.state for each in verdicts}):
                return verdicts


@pytest.fixture
def bench(tiny: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Bench]:
    monkeypatch.setattr(module, "Reflector", Reflector)
    one = Bench(load(tiny).lessons[0].exercises[0])
    yield one
    one.grader.stop()


def test_it_watches_what_the_exercise_concerns(bench: Bench) -> None:
    assert list(bench.reflector.kinds) == ["v1/Pod", "v1/Event"]


def test_a_line_of_the_log_turns_a_check_green(bench: Bench) -> None:
    bench.client.texts["c", False] = ["well, yes"]
    bench.reflector.put(pod())
    bench.until(lambda states: states == {"exists": "green", "says": "green"})


def test_a_check_turns_red_again_and_remembers(bench: Bench) -> None:
    bench.reflector.put(pod("waiting"))
    bench.until(lambda states: states["exists"] == "green")
    bench.reflector.put()
    verdicts = bench.until(lambda states: states["exists"] == "red")
    assert verdicts[0].was_green


def test_the_log_of_an_earlier_attempt_counts(bench: Bench) -> None:
    bench.client.texts["c", True] = ["yes"]
    bench.reflector.put(pod("waiting", restarts=1))
    bench.until(lambda states: states["says"] == "green")
    assert bench.client.asked == [("c", True)]


def test_a_container_that_has_not_begun_is_not_read(bench: Bench) -> None:
    bench.reflector.put(pod("waiting"))
    bench.until(lambda states: states["exists"] == "green")
    assert bench.client.asked == []


def test_each_attempt_is_read_once(bench: Bench) -> None:
    bench.client.texts["c", False] = ["no"]
    for _ in range(3):
        bench.reflector.put(pod())
    bench.until(lambda states: states["exists"] == "green")
    bench.client.texts["c", False] = ["yes"]
    bench.reflector.put(pod(restarts=1))
    bench.until(lambda states: states["says"] == "green")
    assert bench.client.asked.count(("c", False)) == 2


def test_a_log_that_cannot_be_followed_is_read_again(bench: Bench) -> None:
    bench.client.texts["c", False] = ["no"]
    bench.client.cannot_follow = True
    bench.reflector.put(pod())
    bench.until(lambda states: states["exists"] == "green")
    bench.client.texts["c", False] = ["no", "yes"]
    bench.until(lambda states: states["says"] == "green")
    assert bench.snapshots[-1].logs[0].lines == ("no", "yes")


def test_a_replaced_pod_begins_with_an_empty_log(bench: Bench) -> None:
    bench.client.texts["c", False] = ["yes"]
    bench.reflector.put(pod())
    bench.until(lambda states: states["says"] == "green")
    bench.reflector.put(pod("waiting", uid="u2"))
    bench.until(lambda states: states["says"] == "red")


def test_restart_lets_the_time_begin_anew(bench: Bench) -> None:
    bench.reflector.put(pod("waiting"))
    bench.until(lambda states: states["exists"] == "green")
    bench.reflector.put()
    bench.until(lambda states: states["exists"] == "red")
    bench.grader.restart()
    verdicts = bench.until(lambda states: states["exists"] == "waiting")
    assert not verdicts[0].was_green


def test_stop_ends_its_threads_and_may_be_repeated(bench: Bench) -> None:
    bench.grader.stop()
    bench.grader.stop()
    assert bench.reflector.stopped
    assert not bench.grader._thread.is_alive()


def test_what_was_not_listed_yet_counts_as_neither_there_nor_gone(tiny: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    class Late(Reflector):
        """Tells of a change before everything was listed."""

        def start(self) -> None:
            self._changed()

    monkeypatch.setattr(module, "Reflector", Late)
    gone = parse_check({"id": "gone", "title": "No talker", "within": 60, "absent": {"kind": "Pod", "name": "talker"}})
    late = Bench(replace(load(tiny).lessons[0].exercises[0], checks=(gone,)))
    try:
        late.reflector.put(pod())
        assert late.news.get(timeout=SECONDS)[0].state == "waiting"
        late.reflector.put()
        late.until(lambda states: states["gone"] == "green")
    finally:
        late.grader.stop()
