"""The object that was clicked on: what the tabs show of it, and a shell in its container."""

from __future__ import annotations

import time
from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from labs.ui.session import Session
from labs.ui.views.logs import log_view
from labs.ui.workbench import Workbench

from .fakes import FakeClient, FakeConnection, FakeCourse, FakeExercise
from .states import waited
from .test_map import obj

POD = obj(
    "Pod",
    "r-a",
    made_by=("ReplicaSet", "r"),
    spec={"containers": [{"name": "main"}]},
    status={"containerStatuses": [{"name": "main", "state": {"running": {}}}]},
)
OTHER = obj("Pod", "other")
SET = obj("ReplicaSet", "r", spec={"replicas": 1})


def event(name: str, reason: str) -> dict[str, Any]:
    """An event about a Pod."""
    return {"metadata": {}, "reason": reason, "involvedObject": {"kind": "Pod", "name": name}}


def attempt(name: str, line: str, number: int = 0) -> Any:
    """The log of a container."""
    return SimpleNamespace(pod_uid=f"uid-{name}", pod=name, container="main", attempt=number, lines=(line,))


@pytest.fixture
def client() -> FakeClient:
    return FakeClient()


@pytest.fixture
def widget(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, client: FakeClient) -> Iterator[Workbench]:
    monkeypatch.setenv("LABS_STATE_DIR", str(tmp_path / "state"))
    monkeypatch.setenv("LABS_WORK_DIR", str(tmp_path / "work"))
    session = Session(FakeExercise(), FakeConnection(client), FakeCourse())
    found = Workbench(session)
    session.start()
    assert session.watching.wait_started(30)
    grader: Any = session.watching._grader
    grader.on_snapshot(
        SimpleNamespace(
            objects={"Pod": (POD, OTHER), "ReplicaSet": (SET,)},
            probes=(),
            events=(event("r-a", "Mine"), event("other", "Theirs")),
            logs=(attempt("r-a", "mine"), attempt("other", "theirs")),
        )
    )
    yield found
    found.close()


def act(widget: Workbench, action: str, **args: Any) -> float:
    """An action of the page; the seconds its callback took."""
    start = time.perf_counter()
    widget._received(widget, {"t": "action", "name": action, "args": args, "view": "v"}, [])
    return time.perf_counter() - start


def test_the_tabs_show_the_object_and_its_pods(widget: Workbench) -> None:
    act(widget, "focus", kind="ReplicaSet", name="r")
    waited(lambda: widget.focus.get("pods") == ["r-a"], lambda: widget.focus)
    waited(lambda: "ReplicaSet" in widget.describe, lambda: widget.describe)
    waited(lambda: [e["reason"] for e in widget.events] == ["Mine"], lambda: widget.events)
    waited(lambda: widget.log["text"] == "mine\n" and len(widget.log["sources"]) == 1, lambda: widget.log)
    assert widget.focus["containers"] == []
    assert any(c["text"].startswith("kubectl logs -n labs-pod-hello replicaset/r") for c in widget.focus["commands"])
    act(widget, "focus", kind="", name="")
    waited(lambda: not widget.focus and len(widget.events) == 2, lambda: widget.events)


def test_a_line_runs_in_the_container_and_says_how_it_ended(widget: Workbench, client: FakeClient) -> None:
    act(widget, "focus", kind="Pod", name="r-a")
    waited(lambda: widget.focus.get("containers") == ["main"], lambda: widget.focus)
    assert act(widget, "shell", container="main", line="ls") < 0.05
    waited(lambda: bool(widget.focus["shell"]) and widget.focus["shell"][0]["done"], lambda: widget.focus)
    ran = widget.focus["shell"][0]
    assert (ran["text"], ran["note"]) == ("out\nerr\n", "exit code 3")
    assert "exec r-a/main ['sh', '-c', 'ls']" in client.calls
    act(widget, "shell", container="gone", line="ls")
    waited(lambda: "container not found" in widget.focus["shell"][-1]["note"], lambda: widget.focus)


def test_an_object_that_is_gone_says_so(widget: Workbench) -> None:
    act(widget, "focus", kind="Pod", name="nobody")
    waited(lambda: bool(widget.focus.get("gone")), lambda: widget.focus)
    assert widget.session.exercise.namespace() in widget.focus["commands"][0]["text"]


def test_the_logs_of_several_pods_together_name_them() -> None:
    view = log_view([attempt("a", "old"), attempt("a", "new", 1), attempt("b", "x")], "*")
    assert view["text"] == "[pod/a/main] new\n[pod/b/main] x\n"
    assert view["sources"][-1]["label"].startswith("all 2 Pods")
