"""Several objects in one text: the form of each, problems, preview and apply of all."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from labs.manifest import FieldSpec
from labs.ui.forms import fields_for
from labs.ui.session import Session
from labs.ui.views.code import python_lines
from labs.ui.views.difference import object_difference
from labs.ui.workbench import Workbench

from .fakes import FakeClient, FakeConnection, FakeCourse, FakeExercise
from .states import waited

BOTH = """apiVersion: apps/v1
kind: Deployment
metadata:
  name: inference-deployment
spec:
  replicas: 3  # enough
  selector:
    matchLabels: {app: inference}
  template:
    metadata:
      labels: {app: inference}
    spec:
      containers:
        - name: model
          image: mymodel:v1
---
apiVersion: v1
kind: Service
metadata:
  name: inference-service
spec:
  selector:
    app: inference
  ports:
    - port: 80
      targetPort: 5000
"""


@pytest.fixture
def client() -> FakeClient:
    return FakeClient()


@pytest.fixture
def widget(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, client: FakeClient) -> Iterator[Workbench]:
    monkeypatch.setenv("LABS_STATE_DIR", str(tmp_path / "state"))
    monkeypatch.setenv("LABS_WORK_DIR", str(tmp_path / "work"))
    exercise = FakeExercise(
        starter=BOTH,
        solution=BOTH,
        form=(FieldSpec("spec.replicas", "Replicas", "number"), FieldSpec("spec.type", "Type", of="Service")),
    )
    session = Session(exercise, FakeConnection(client), FakeCourse())
    found = Workbench(session)
    session.start()
    until(found, lambda w: len(w.form["documents"]) == 2)
    yield found
    found.close()


def until(widget: Workbench, wanted: Callable[[Workbench], bool]) -> None:
    """Wait for the traits to be as wanted."""
    waited(lambda: wanted(widget), lambda: {n: getattr(widget, n) for n in ("form", "status", "notice", "preview")})


def act(widget: Workbench, name: str, **args: Any) -> None:
    """An action of the page."""
    widget._received(widget, {"t": "action", "name": name, "args": args, "view": "v"}, [])


def test_the_form_follows_the_chosen_object(widget: Workbench) -> None:
    assert [f["label"] for f in widget.form["fields"]] == ["Replicas"]
    act(widget, "document", index=1)
    until(widget, lambda w: w.form["chosen"] == 1)
    assert [f["label"] for f in widget.form["fields"]] == ["Type"]
    act(widget, "form", path="spec.type", value="NodePort", index=1)
    until(widget, lambda w: "  type: NodePort" in w.doc["text"])
    assert "replicas: 3  # enough" in widget.doc["text"]
    act(widget, "document", index=7)
    assert widget.form["chosen"] == 1


def test_all_are_applied_in_order_and_counted(widget: Workbench, client: FakeClient) -> None:
    act(widget, "apply")
    until(widget, lambda w: w.status["phase"] == "applied" and not w.busy)
    assert [kind for kind, _ in client.objects if kind != "Namespace"] == ["Deployment", "Service"]
    applied = widget.session.store.get().applied
    assert [one.obj["kind"] for one in applied] == ["Deployment", "Service"]
    act(widget, "apply")
    until(widget, lambda w: client.calls.count("apply") == 4 and not w.busy)
    assert [one.obj["kind"] for one in widget.session.store.get().applied] == ["Deployment", "Service"]
    assert widget.exercise["name"] == "2 objects"
    live = {kind: (obj,) for (kind, _), obj in client.objects.items() if kind != "Namespace"}
    grader: Any = widget.session.watching._grader
    grader.on_snapshot(SimpleNamespace(objects=live, events=(), logs=(), probes=()))
    until(widget, lambda w: "kind: Deployment" in str(w.held))
    grader.on_snapshot(SimpleNamespace(objects={"Deployment": live["Deployment"]}, events=(), logs=(), probes=()))
    until(widget, lambda w: w.status["phase"] == "gone" and "inference-service" in w.status["words"])


def test_a_refusal_stands_at_the_object_it_is_about(widget: Workbench, client: FakeClient) -> None:
    status = {"status": "Failure", "code": 422, "message": "no", "reason": "Invalid"}
    cause = {
        "reason": "FieldValueInvalid",
        "field": "spec.ports[0].port",
        "message": "Invalid value: 0: must be between 1 and 65535",
    }

    def answer(obj: Any, namespace: str) -> Any:
        refused = (
            status | {"details": {"name": "scratch", "kind": obj["kind"], "causes": [cause]}}
            if obj["kind"] == "Service"
            else None
        )
        return SimpleNamespace(obj=obj, status=refused, warnings=())

    client.dry_run_create = answer  # type: ignore[method-assign]
    widget.session.type(BOTH + "# more\n", 50, "v")
    until(widget, lambda w: bool(w.diagnostics["items"]))
    line = BOTH[: BOTH.index("port: 80")].count("\n") + 1
    assert [item["line"] for item in widget.diagnostics["items"]] == [line]


def test_the_preview_says_each_field_from_and_to(widget: Workbench, client: FakeClient) -> None:
    act(widget, "apply")
    until(widget, lambda w: w.status["phase"] == "applied" and not w.busy)
    client.objects.pop(("Service", "inference-service"))
    act(widget, "form", path="spec.replicas", value="5", index=0)
    until(widget, lambda w: "replicas: 5" in w.doc["text"])
    act(widget, "preview")
    until(widget, lambda w: bool(w.preview["objects"]))
    deployment, service = widget.preview["objects"]
    assert {"path": "spec.replicas", "from": "3", "to": "5"} in deployment["fields"]
    assert service["state"] == "new"


def test_named_items_are_compared_by_their_names() -> None:
    def pod(*containers: tuple[str, str]) -> dict[str, Any]:
        return {
            "kind": "Pod",
            "metadata": {"name": "p", "uid": "1"},
            "spec": {"containers": [{"name": n, "image": i} for n, i in containers]},
        }

    found = object_difference(pod(("a", "x"), ("b", "y")), pod(("b", "z"), ("a", "x")))
    assert found["fields"] == [{"path": "spec.containers[b].image", "from": "y", "to": "z"}]
    assert object_difference(pod(("a", "x")), pod(("a", "x")) | {"status": {"phase": "Running"}})["state"] == "same"


def test_fields_belong_to_kinds() -> None:
    named = (FieldSpec("spec.replicas", "Replicas"), FieldSpec("spec.type", "Type", of="Service"))
    assert [f.label for f in fields_for(named, "Deployment", "Deployment")] == ["Replicas"]
    assert [f.label for f in fields_for(named, "Service", "Deployment")] == ["Type"]
    assert "Restart policy" in [f.label for f in fields_for(named, "Pod", "Deployment")]
    assert [f.label for f in fields_for(named, "Deplyment", "Deployment")] == ["Replicas"]


@pytest.mark.parametrize("action", ["apply", "preview", "delete", "recreate"])
@pytest.mark.parametrize("several", [False, True])
def test_the_python_lines_are_python(action: str, several: bool, tmp_path: Path) -> None:
    file = tmp_path / "m.yaml"
    file.write_text(BOTH if several else BOTH.split("---")[0])
    text = python_lines(action, "n", str(file), several=several)
    stub = "import sys, types\nfrom unittest.mock import MagicMock\nfake = MagicMock()\nsys.modules['labs.cluster'] = types.SimpleNamespace(connect=lambda: fake)\n"
    done = subprocess.run(
        [sys.executable, "-c", f"{stub}{text}\nprint(len(fake.method_calls))"],
        capture_output=True,
        text=True,
        check=True,
    )
    assert int(done.stdout) == (2 if several else 1) * (2 if action == "recreate" else 1)
