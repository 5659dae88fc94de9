"""How long the map takes from an event to the page: a real page in Chromium, the events made up, Playwright as the comm."""

from __future__ import annotations

import copy
import os
import random
import tempfile
import time
from collections.abc import Mapping
from queue import Queue
from types import SimpleNamespace
from typing import Any

PODS, NODES, EVENTS = 200, 3, 60
SHOWN = """([traits, uid]) => {
  model.put(traits);
  const pod = document.querySelector(`.lm-pod[data-uid="${uid}"]`);
  return [pod.offsetHeight > 0 && pod.classList.contains("lm-pod-run"), pod.title];
}"""


def pod(number: int, ready: bool) -> dict[str, Any]:
    """One of the Pods of a ReplicaSet."""
    name = f"inference-deployment-5d9c-{number:03}"
    owner = {"kind": "ReplicaSet", "name": "inference-deployment-5d9c", "controller": True}
    meta = {"name": name, "uid": f"uid-{number}", "labels": {"app": "inference"}, "ownerReferences": [owner]}
    conditions = [{"type": "Ready", "status": str(ready)}]
    status = {
        "phase": "Running",
        "conditions": conditions,
        "containerStatuses": [{"name": "model", "state": {"running": {}}}],
    }
    return {
        "kind": "Pod",
        "metadata": meta,
        "spec": {"nodeName": f"node-{number % NODES + 1}", "containers": [{"name": "model", "image": "mymodel:v1"}]},
        "status": status,
    }


def world(pods: list[dict[str, Any]]) -> dict[str, tuple[dict[str, Any], ...]]:
    """All that a Deployment with a Service has."""
    owner = {"kind": "Deployment", "name": "inference-deployment", "controller": True}
    endpoints = [
        {
            "addresses": ["10.244.0.2"],
            "conditions": {"ready": True},
            "targetRef": {"name": p["metadata"]["name"], "uid": p["metadata"]["uid"]},
        }
        for p in pods
    ]
    return {
        "Pod": tuple(pods),
        "Deployment": (
            {
                "kind": "Deployment",
                "metadata": {"name": "inference-deployment", "uid": "d"},
                "spec": {"replicas": PODS},
                "status": {},
            },
        ),
        "ReplicaSet": (
            {
                "kind": "ReplicaSet",
                "metadata": {"name": "inference-deployment-5d9c", "uid": "r", "ownerReferences": [owner]},
                "spec": {"replicas": PODS},
            },
        ),
        "Service": (
            {
                "kind": "Service",
                "metadata": {"name": "inference-service", "uid": "s"},
                "spec": {"selector": {"app": "inference"}, "ports": [{"port": 80}]},
            },
        ),
        "EndpointSlice": (
            {
                "kind": "EndpointSlice",
                "metadata": {"name": "s-1", "uid": "e", "labels": {"kubernetes.io/service-name": "inference-service"}},
                "endpoints": endpoints,
            },
        ),
    }


def measure() -> list[float]:
    """Milliseconds from the snapshot with a Pod's change to the changed Pod laid out on the page."""
    from labs.ui.session import Session
    from labs.ui.workbench import Workbench
    from tests.widget.fakes import FakeClient, FakeConnection, FakeCourse, FakeExercise
    from tests.widget.page import chromium, open_widget

    with tempfile.TemporaryDirectory() as folder, chromium() as browser:
        os.environ |= {"LABS_STATE_DIR": f"{folder}/state", "LABS_WORK_DIR": f"{folder}/work"}
        session = Session(FakeExercise(), FakeConnection(FakeClient()), FakeCourse())
        widget = Workbench(session)
        session.start()
        session.watching.wait_started(30)
        grader: Any = session.watching._grader
        pods = [pod(number, ready=False) for number in range(PODS)]
        session.store.update(nodes=tuple({"metadata": {"name": f"node-{n + 1}"}} for n in range(NODES)))
        changes: Queue[tuple[str, Any]] = Queue()
        names = [name for name in widget.trait_names(sync=True) if not name.startswith("_")]
        grader.on_snapshot(SimpleNamespace(objects=world(pods), events=(), logs=(), probes=()))
        while len([p for n in widget.world.get("nodes", ()) for p in n["pods"]]) < PODS:
            time.sleep(0.05)
        page = open_widget(
            browser,
            "workbench",
            {name: getattr(widget, name) for name in names if name not in ("layout", "tabbable", "tooltip")},
        )
        widget.observe(lambda change: changes.put((change["name"], change["new"])), names=names)
        values = [_event(page, grader, pods, number, changes) for number in range(EVENTS)]
        widget.close()
        return values


def _event(page: Any, grader: Any, pods: list[dict[str, Any]], number: int, changes: Queue[tuple[str, Any]]) -> float:
    time.sleep(random.uniform(0, 0.15))
    pods[number] = pod(number, ready=True)
    began = time.monotonic()
    grader.on_snapshot(SimpleNamespace(objects=world(copy.copy(pods)), events=(), logs=(), probes=()))
    shown = False
    while not shown:
        traits: Mapping[str, Any] = dict([changes.get(timeout=30), *(changes.get() for _ in range(changes.qsize()))])
        shown = page.evaluate(SHOWN, [traits, f"uid-{number}"])[0]
    return 1000 * (time.monotonic() - began)
