"""Stand-ins for a cluster, its connection and a grader: dictionaries instead of an API server."""

from __future__ import annotations

import copy
import itertools
import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from types import SimpleNamespace
from typing import Any

from labs.cluster.why import Cause, Column, Explanation, Row
from labs.errors import EngineError, LabsError
from labs.manifest import FieldSpec
from labs.ui.store import ClusterView

STARTER = """apiVersion: v1
kind: Pod
metadata:
  name: test-ml-pod  # its name
spec:
  containers:
    - name: main
      image: python:3.10
"""
READY = ClusterView("ready", "fake · 1 node · v1.37", "")


class Refusal(LabsError):
    """An answer of the API server that is not 2xx."""

    def __init__(self, status: Mapping[str, Any]) -> None:
        super().__init__(what="The API server refused it", why=str(status.get("message", "")), next_step="Change it")
        self.status = dict(status)


@dataclass
class FakeClient:
    """Keeps objects in a dict; `gate` (when set) blocks each apply until it is set."""

    objects: dict[tuple[str, str], dict[str, Any]] = field(default_factory=dict)
    refuse: dict[str, Any] = field(default_factory=dict)
    calls: list[str] = field(default_factory=list)
    gate: threading.Event | None = None
    server_version: str = "v1.37.2"

    def __post_init__(self) -> None:
        self._numbers = itertools.count(1)

    def get(self, kind: str, name: str, namespace: str | None = None) -> dict[str, Any] | None:
        return copy.deepcopy(self.objects.get((kind.split("/")[-1], name)))

    def list(self, kind: str, namespace: str | None = None) -> list[dict[str, Any]]:
        return [{"metadata": {"name": "node-1"}, "status": {}}] if kind == "Node" else []

    def apply(self, obj: Mapping[str, Any], namespace: str, *, force: bool = False) -> Any:
        self.calls.append("apply")
        if self.gate is not None:
            self.gate.wait(5)
        if self.refuse:
            raise Refusal(self.refuse)
        key = (obj["kind"], obj["metadata"]["name"])
        uid = self.objects.get(key, {}).get("metadata", {}).get("uid") or f"uid-{next(self._numbers)}"
        held = copy.deepcopy(dict(obj))
        held["metadata"] |= {"uid": uid, "namespace": namespace}
        self.objects[key] = held
        return SimpleNamespace(obj=copy.deepcopy(held), result="created", warnings=())

    def dry_run_create(self, obj: Mapping[str, Any], namespace: str) -> Any:
        self.calls.append("dry_run")
        return SimpleNamespace(obj=dict(obj), status=None, warnings=())

    def preview(self, obj: Mapping[str, Any], namespace: str) -> Any:
        live = self.get(obj["kind"], obj["metadata"]["name"])
        return SimpleNamespace(live=live, merged=dict(obj), status=None)

    def delete(self, obj: Mapping[str, Any], *, grace: int | None = None, wait: bool = False) -> None:
        self.calls.append("delete")
        self.objects.pop((obj["kind"], obj["metadata"]["name"]), None)

    def ensure_namespace(self, name: str) -> None:
        self.objects[("Namespace", name)] = {}

    def delete_namespace(self, name: str, wait: bool = True) -> None:
        self.objects.clear()

    def exec(self, pod: str, container: str, command: Any, *, namespace: str, timeout: float = 30.0) -> Any:
        self.calls.append(f"exec {pod}/{container} {command}")
        if container == "gone":
            raise Refusal({"message": "container not found"})
        return SimpleNamespace(stdout="out\n", stderr="err\n", exit_code=3)

    def schema(self) -> None:
        return None


class FakeGrader:
    """Says what the test tells it to say."""

    def __init__(self) -> None:
        self.on_verdicts: Callable[[Any], None] = lambda verdicts: None
        self.on_snapshot: Callable[[Any], None] = lambda snapshot: None
        self.stopped = False

    def start(self, on_verdicts: Callable[[Any], None], on_snapshot: Callable[[Any], None]) -> None:
        self.on_verdicts, self.on_snapshot = on_verdicts, on_snapshot

    def stop(self) -> None:
        self.stopped = True


def explanation(pod: str) -> Explanation:
    """Of a Pod that two nodes refuse."""
    columns = (Column("taint", "TaintToleration", "taint"), Column("cpu", "NodeResourcesFit", "CPU"))
    tainted = Cause("node(s) had untolerated taint(s)", "nvidia.com/gpu=present:NoSchedule")
    full = Cause("Insufficient cpu", "asks for 4, 0 of 2 are in use")
    rows = (Row("node-1", "cpu", {"cpu": (full,)}), Row("node-2", "taint", {"taint": (tainted,), "cpu": (full,)}))
    return Explanation(pod, "n", "0/2 nodes are available", columns, rows, (), ())


class FakeCourse:
    """Hands out fake graders."""

    def __init__(self) -> None:
        self.graders: list[FakeGrader] = []
        self.unknown = False
        self.preparing, self.may_prepare = threading.Event(), threading.Event()
        self.may_prepare.set()
        self.cards = ""

    def grader(self, client: Any, exercise: Any, namespace: str) -> FakeGrader:
        self.graders.append(FakeGrader())
        return self.graders[-1]

    def nodes(self, client: Any, tell: Callable[[Any], None]) -> Callable[[], None]:
        tell(client.list("Node"))
        return lambda: None

    def urls(self, namespace: str, services: Any) -> dict[str, str]:
        return {s["metadata"]["name"]: "http://127.0.0.1:34567" for s in services}

    def why(self, client: Any, pod: Any) -> Explanation:
        client.calls.append(f"why {pod['metadata']['name']}")
        if self.unknown:
            raise EngineError(what="It is not built", next_step="Build it")
        return explanation(pod["metadata"]["name"])

    def prepare(self, exercise: Any) -> None:
        self.preparing.set()
        assert self.may_prepare.wait(10)

    def give(self, client: Any, exercise: Any, namespace: str) -> None:
        client.calls.append("give")

    def cards_there(self, client: Any, exercise: Any, namespace: str) -> bool:
        return self.cards == namespace

    def cards_held(self, client: Any, namespace: str) -> bool:
        return self.cards not in ("", namespace)

    def take_cards(self, client: Any, exercise: Any, namespace: str, waiting: Callable[[str], None]) -> None:
        client.calls.append(f"cards of {namespace}")
        self.cards = namespace


class FakeConnection:
    """A cluster that is there, or not, as the test says."""

    def __init__(self, client: Any = None) -> None:
        self.tell: Callable[[ClusterView, Any], None] = lambda view, client: None
        self.client = client

    def subscribe(self, tell: Callable[[ClusterView, Any], None]) -> Callable[[], None]:
        self.tell = tell
        if self.client is not None:
            tell(READY, self.client)
        return lambda: None


@dataclass
class FakeExercise:
    """One exercise with one check."""

    id: str = "pod/hello"
    title: str = "Hello"
    goal: str = "Say hello"
    starter: str = STARTER
    solution: str = STARTER.replace("3.10", "3.11")
    checks: tuple[Any, ...] = (SimpleNamespace(id="log", title="It says hello"),)
    hints: tuple[str, ...] = ("one", "two")
    debrief: str = "Well done."
    fleet: Mapping[int, Any] | None = None
    form: tuple[FieldSpec, ...] = (FieldSpec("spec.containers[0].image", "Image"), FieldSpec("metadata.name", "Name"))

    def namespace(self) -> str:
        return "labs-pod-hello"

    @property
    def several(self) -> bool:
        return "\n---" in self.starter + self.solution


def verdict(state: str, **more: Any) -> Any:
    """A verdict of the one check."""
    base = {
        "check_id": "log",
        "title": "It says hello",
        "state": state,
        "was_green": False,
        "expected": "hello",
        "found": "nothing",
        "look": "",
    }
    return SimpleNamespace(**{**base, **more})
