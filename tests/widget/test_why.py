""" "Why is it Pending?": the view, how it follows the cluster without I/O on the comm thread, and the panel on a page."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from playwright.sync_api import Browser

from labs.cluster.why import Device, Explanation, Selector, Verdict
from labs.ui.session import Session
from labs.ui.store import State, Waiting
from labs.ui.views.why import why_view
from labs.ui.workbench import Workbench

from .fakes import FakeClient, FakeConnection, FakeCourse, FakeExercise, explanation
from .page import open_widget
from .states import scene, waited
from .test_map import obj

SAID = "0/2 nodes are available: 1 Insufficient cpu, 1 node(s) had untolerated taint(s)."


def waiting_pod(name: str) -> dict[str, Any]:
    """A Pod that the scheduler has found no node for."""
    condition = {"type": "PodScheduled", "status": "False", "reason": "Unschedulable", "message": SAID}
    return obj(
        "Pod", name, spec={"containers": [{"name": "main"}]}, status={"phase": "Pending", "conditions": [condition]}
    )


def with_device() -> Explanation:
    """The same, with a claim and a device that is not right for it."""
    plain = explanation("big-model")
    large = Selector(
        "ResourceClaim large", "device.capacity['gpu.nvidia.com'].memory.compareTo(quantity('40Gi')) >= 0", False
    )
    broken = Selector("ResourceClaim large", "device.nonsense", False, "undefined field 'nonsense'")
    known = Selector("DeviceClass gpu.nvidia.com", "device.driver == 'gpu.nvidia.com'", True)
    device = Device(
        ("node-2",),
        "gpu.nvidia.com",
        "node-2",
        "gpu-0",
        "team/other",
        (Verdict("large", "gpu", False, (known, large, broken), ()),),
    )
    return Explanation(plain.pod, "n", plain.message, plain.columns, plain.rows, (device,), ())


@pytest.fixture
def course() -> FakeCourse:
    return FakeCourse()


@pytest.fixture
def client() -> FakeClient:
    return FakeClient()


@pytest.fixture
def widget(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, client: FakeClient, course: FakeCourse
) -> Iterator[Workbench]:
    monkeypatch.setenv("LABS_STATE_DIR", str(tmp_path / "state"))
    monkeypatch.setenv("LABS_WORK_DIR", str(tmp_path / "work"))
    session = Session(FakeExercise(), FakeConnection(client), course)
    found = Workbench(session)
    session.start()
    assert session.watching.wait_started(30)
    yield found
    found.close()


def see(widget: Workbench, *pods: dict[str, Any]) -> None:
    """A snapshot of the namespace."""
    grader: Any = widget.session.watching._grader
    grader.on_snapshot(SimpleNamespace(objects={"Pod": pods}, probes=(), events=(), logs=()))


def test_nothing_is_asked_while_no_pod_waits(widget: Workbench, client: FakeClient) -> None:
    see(widget, obj("Pod", "runs", spec={"nodeName": "node-1", "containers": []}))
    widget.session.watching.pending._later.cancel()
    assert widget.why == {} and not any(call.startswith("why") for call in client.calls)


def test_the_table_comes_and_goes_with_the_pod(widget: Workbench, client: FakeClient) -> None:
    for _ in range(20):
        see(widget, waiting_pod("big"), waiting_pod("second"))
    waited(lambda: widget.why.get("pod") == "big", lambda: widget.why)
    assert widget.why["event"] == SAID and widget.why["others"] == ["second"]
    assert sum(call.startswith("why") for call in client.calls) < 20
    begun = time.perf_counter()
    widget._received(
        widget, {"t": "action", "name": "focus", "args": {"kind": "Pod", "name": "second"}, "view": "v"}, []
    )
    assert time.perf_counter() - begun < 0.1
    waited(lambda: widget.why.get("pod") == "second", lambda: widget.why)
    see(widget)
    waited(lambda: not widget.why, lambda: widget.why)


def test_a_slow_answer_blocks_nobody(widget: Workbench, course: FakeCourse, monkeypatch: pytest.MonkeyPatch) -> None:
    asked, go_on = threading.Event(), threading.Event()

    def slow(client: Any, pod: Any) -> Explanation:
        asked.set()
        assert go_on.wait(30)
        return explanation(pod["metadata"]["name"])

    monkeypatch.setattr(course, "why", slow)
    see(widget, waiting_pod("big"))
    assert asked.wait(30)
    widget._received(widget, {"t": "action", "name": "focus", "args": {"kind": "Pod", "name": "big"}, "view": "v"}, [])
    waited(lambda: widget.focus.get("name") == "big", lambda: widget.focus)
    go_on.set()
    waited(lambda: bool(widget.why.get("rows")), lambda: widget.why)


def test_what_is_missing_is_said(widget: Workbench, course: FakeCourse) -> None:
    course.unknown = True
    see(widget, waiting_pod("big"))
    waited(lambda: widget.why.get("what") == "It is not built", lambda: widget.why)
    assert widget.why["next"] == "Build it" and widget.why["rows"] == [] and widget.why["event"] == SAID


def test_view_has_the_scheduler_s_reason_first() -> None:
    view = why_view(State(waiting=Waiting("big-model", SAID, explained=with_device())))
    assert view["columns"] == ["taint", "CPU"]
    assert view["rows"][0]["cells"][0] == {"words": "", "detail": "", "first": False}
    assert view["rows"][1]["cells"][0] == {
        "words": "had untolerated taint(s)",
        "detail": "nvidia.com/gpu=present:NoSchedule",
        "first": True,
    }
    assert [one["ok"] for one in view["devices"][0]["conditions"]] == [True, False, False]
    assert why_view(State()) == {}


def test_panel_on_a_page(chromium: Browser, tmp_path: Path) -> None:
    text = '<img src=x onerror="document.title=1">'
    view = why_view(State(waiting=Waiting("big-model", SAID + text, ("second",), explained=with_device())))
    for theme, width in (("light", 1240), ("dark", 1240), ("light", 480)):
        page = open_widget(chromium, "workbench", scene() | {"why": view}, theme=theme, width=width)
        panel = page.get_by_role("region", name="Why is it Pending?")
        nodes = panel.get_by_role("table", name="Nodes that big-model could be on")
        assert nodes.get_by_role("row").count() == 3
        assert nodes.locator(".lm-pending-first").all_inner_texts()[1].startswith("✕ had untolerated taint(s)")
        assert "undefined field" in panel.get_by_role("table", name="Devices that big-model could have").inner_text()
        assert text in panel.inner_text() and page.locator("img").count() == 0
        assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
        page.screenshot(path=tmp_path / f"why-{theme}-{width}.png", full_page=True)
        panel.get_by_role("button", name="second").click()
        sent = page.evaluate("model.sent.at(-1)")
        assert (sent["name"], sent["args"]) == ("focus", {"kind": "Pod", "name": "second"})
        page.evaluate("model.put({why: {}})")
        assert panel.count() == 0 or not panel.is_visible()
        assert not page.errors  # type: ignore[attr-defined]
        page.close()


def test_panel_shows_nothing_where_there_is_nothing(chromium: Browser) -> None:
    view = why_view(State(waiting=Waiting("big-model", SAID, (), explained=explanation("big-model"))))
    page = open_widget(chromium, "workbench", scene() | {"why": view})
    panel = page.get_by_role("region", name="Why is it Pending?")
    assert panel.get_by_role("table").count() == 1
    assert "false" not in panel.inner_text()
    page.close()
