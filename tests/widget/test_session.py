"""The workbench without a browser: messages in, traits out."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from labs.ui.session import Session
from labs.ui.store import ClusterView
from labs.ui.workbench import Workbench

from .fakes import READY, STARTER, FakeClient, FakeConnection, FakeCourse, FakeExercise, verdict

CALLBACK_SECONDS = 0.05


@pytest.fixture(autouse=True)
def folders(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LABS_STATE_DIR", str(tmp_path / "state"))
    monkeypatch.setenv("LABS_WORK_DIR", str(tmp_path / "work"))


class Bench:
    """A workbench on fakes."""

    def __init__(self, client: FakeClient | None = None) -> None:
        self.client = client
        self.course = FakeCourse()
        self.connection = FakeConnection(client)
        self.session = Session(FakeExercise(), self.connection, self.course)
        self.widget = Workbench(self.session)
        self.session.start()

    def send(self, **content: Any) -> float:
        """A message of the page; seconds that the callback took."""
        start = time.perf_counter()
        self.widget._received(self.widget, content, [])
        return time.perf_counter() - start

    def act(self, name: str, **args: Any) -> float:
        """An action of the page."""
        return self.send(t="action", name=name, args=args, view="v")

    def type(self, text: str) -> float:
        """Typing."""
        return self.send(t="text", text=text, version=self.session.store.get().version + 1, view="v")

    def until(self, wanted: Callable[[Workbench], bool], timeout: float = 3.0) -> None:
        """Wait for the traits to be as `wanted`."""
        end = time.monotonic() + timeout
        while not wanted(self.widget):
            assert time.monotonic() < end, {
                k: getattr(self.widget, k) for k in ("status", "notice", "busy", "diagnostics", "verdicts")
            }
            time.sleep(0.005)

    @property
    def grader(self) -> Any:
        """The running grader."""
        assert self.session.watching.wait_started(3)
        return self.course.graders[-1]


@pytest.fixture
def bench() -> Iterator[Bench]:
    one = Bench(FakeClient())
    yield one
    one.widget.close()


def test_draft_then_applied_then_edited(bench: Bench) -> None:
    assert bench.widget.status["words"] == "Draft: not applied"
    bench.act("apply")
    bench.until(lambda w: w.status["phase"] == "applied" and not w.busy)
    bench.type(STARTER + "# more\n")
    bench.until(lambda w: w.status["phase"] == "edited")
    assert bench.widget.status["words"].endswith("changed since")


def test_problems_are_counted_and_keep_apply_from_running(bench: Bench) -> None:
    bench.type("a:\n\t- b\n")
    bench.until(lambda w: bool(w.diagnostics["items"]) and w.diagnostics["version"] == w.doc["version"])
    assert bench.widget.status["words"] == "Draft: not applied · 1 problem"
    bench.act("apply")
    bench.until(lambda w: w.notice.get("kind") == "error")
    assert "apply" not in bench.client.calls if bench.client else False


def test_form_edits_are_splices_that_keep_comments(bench: Bench) -> None:
    bench.until(lambda w: bool(w.form["fields"]))
    bench.act("form", path="metadata.name", value="other", version=1)
    bench.until(lambda w: "name: other  # its name" in w.doc["text"])
    assert bench.widget.doc["origin"] == ""
    bench.until(lambda w: w.form["fields"][1]["value"] == "other")


def test_a_form_value_that_does_not_fit_is_said(bench: Bench) -> None:
    bench.type("a: [")
    bench.act("form", path="metadata.name", value="other", version=2)
    bench.until(lambda w: w.notice.get("kind") == "error")


def test_older_text_is_dropped(bench: Bench) -> None:
    bench.send(t="text", text="new", version=9, view="v")
    bench.send(t="text", text="old", version=8, view="v")
    assert bench.session.store.get().text == "new"


def test_text_hints_and_verdicts_outlive_the_kernel(bench: Bench) -> None:
    bench.type(STARTER + "# mine\n")
    bench.act("hint")
    bench.act("apply")
    bench.until(lambda w: w.status["phase"] == "applied")
    bench.grader.on_verdicts((verdict("green"),))
    bench.until(lambda w: w.verdicts[0]["state"] == "green" and w.debrief == "Well done.")
    file = bench.session.memory.manifest
    end = time.monotonic() + 1
    while "# mine" not in (file.read_text() if file.exists() else "") or not bench.session.memory.notes.exists():
        assert time.monotonic() < end
        time.sleep(0.01)
    bench.session.save_now()
    again = Bench()
    try:
        assert again.widget.doc["text"].endswith("# mine\n")
        assert again.widget.hints["shown"] == ["one"]
        assert again.widget.verdicts[0]["state"] == "green"
        assert again.widget.status["phase"] == "applied"
    finally:
        again.widget.close()


def test_verdicts_wait_until_something_was_applied(bench: Bench) -> None:
    bench.grader.on_verdicts((verdict("red"),))
    time.sleep(0.05)
    assert bench.widget.verdicts[0]["state"] == "idle"
    bench.act("apply")
    bench.until(lambda w: w.status["phase"] == "applied")
    bench.grader.on_verdicts((verdict("red"),))
    bench.until(lambda w: w.verdicts[0]["state"] == "red" and w.verdicts[0]["time"] != "")


def test_someone_elses_change_is_asked_about(bench: Bench) -> None:
    bench.act("apply")
    bench.until(lambda w: w.status["phase"] == "applied" and not w.busy)
    assert bench.client
    live = bench.client.objects[("Pod", "test-ml-pod")]
    live["spec"]["containers"][0]["image"] = "busybox"
    live["metadata"]["managedFields"] = [{"manager": "kubectl-edit", "time": "2026-01-01T00:00:00Z"}]
    bench.grader.on_snapshot(SimpleNamespace(objects={"Pod": (live,)}, events=(), logs=(), probes=()))
    bench.until(lambda w: w.status["phase"] == "foreign")
    bench.act("apply")
    bench.until(lambda w: "overwrite" in w.notice.get("what", "") and not w.busy)
    assert "kubectl-edit" in bench.widget.notice["what"]
    bench.act("overwrite")
    bench.until(lambda w: not w.notice and not w.busy)
    assert live is not bench.client.objects[("Pod", "test-ml-pod")]


def test_busy_once_and_cancel(bench: Bench) -> None:
    assert bench.client
    bench.client.gate = threading.Event()
    bench.act("apply")
    bench.until(lambda w: w.busy.get("action") == "apply")
    bench.act("apply")
    bench.act("cancel")
    bench.until(lambda w: not w.busy)
    bench.client.gate.set()
    time.sleep(0.05)
    assert bench.client.calls.count("apply") == 1


def test_callbacks_return_at_once(bench: Bench) -> None:
    big = STARTER + "\n".join(f"# line {i}" for i in range(20000))
    took = [
        bench.type(big),
        bench.act("apply"),
        bench.act("hint"),
        bench.act("form", path="metadata.name", value="x"),
        bench.act("reset"),
    ]
    assert max(took) < CALLBACK_SECONDS


def test_hammered_from_many_threads(bench: Bench) -> None:
    def hammer(n: int) -> None:
        for i in range(40):
            bench.send(t="text", text=f"{STARTER}# {n} {i}\n", version=1000 + i * 10 + n, view=f"v{n}")
            bench.act("hint")
            bench.grader.on_snapshot(SimpleNamespace(objects={"Pod": ()}, events=(), logs=(), probes=()))

    threads = [threading.Thread(target=hammer, args=(n,)) for n in range(6)]
    for t in threads:
        t.start()
    for t in threads:
        t.join()
    last = f"{STARTER}# 5 39\n"
    bench.until(lambda w: w.doc["text"] == last and w.diagnostics["version"] == w.doc["version"], 10)
    assert bench.widget.hints["shown"] == ["one", "two"]


def test_waits_for_the_cluster_and_says_when_it_is_lost() -> None:
    bench = Bench()
    try:
        assert bench.widget.cluster["phase"] == "waiting"
        bench.act("apply")
        bench.until(lambda w: w.notice.get("kind") == "error" and not w.busy)
        bench.connection.tell(READY, FakeClient())
        bench.until(lambda w: w.cluster["phase"] == "ready")
        first = bench.grader
        bench.connection.tell(ClusterView("lost", "cluster lost", "It does not answer."), None)
        bench.until(lambda w: w.cluster["phase"] == "lost")
        assert first.stopped
        bench.connection.tell(READY, FakeClient())
        bench.until(lambda w: w.cluster["phase"] == "ready" and len(bench.course.graders) == 2)
    finally:
        bench.widget.close()


def test_reset_goes_back_to_the_starter(bench: Bench) -> None:
    bench.type("x: 1\n")
    assert bench.grader
    bench.act("reset")
    bench.until(lambda w: len(bench.course.graders) == 2 and w.doc["text"] == STARTER and not w.busy)
    assert bench.course.graders[0].stopped


def test_malformed_messages_are_ignored(bench: Bench) -> None:
    for content in (
        {},
        {"t": "text"},
        {"t": "action", "name": 5},
        {"t": "action", "name": "fix", "args": {"index": "x"}},
        {"t": "?"},
    ):
        bench.send(**content)
    bench.widget._received(bench.widget, "nonsense", [])
    assert bench.session.store.get().text == STARTER


def test_apply_waits_for_what_the_exercise_needs(bench: Bench) -> None:
    assert bench.session.watching.wait_started(3)
    bench.course.may_prepare.clear()
    bench.course.preparing.clear()
    assert bench.client
    bench.client.delete_namespace("labs-pod-hello")
    bench.connection.tell(READY, None)
    bench.connection.tell(READY, bench.client)
    assert bench.course.preparing.wait(3)
    bench.act("apply")
    bench.until(lambda w: w.busy.get("words", "").startswith("Getting ready"))
    assert "apply" not in bench.client.calls
    bench.course.may_prepare.set()
    bench.until(lambda w: w.status["phase"] == "applied")
    assert "apply" in bench.client.calls
