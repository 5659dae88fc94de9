"""States of the workbench as the dispatcher would set them: the mock's scene."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

TEXT = """apiVersion: v1
kind: Pod
metadata:
  name: test-ml-pod
spec:
  # one container is enough here
  containers:
    - name: ml-script
      image: python:3.10
      comand: ["python", "-c", "print('Hello from K8s')"]
"""
POLICY = "whether the kubelet starts a container again when it ends: Always (default), OnFailure, Never. "


def field(path: str, label: str, **more: Any) -> dict[str, Any]:
    """One field of the form."""
    base = {
        "path": path, "label": label, "kind": "text", "value": "", "placeholder": "", "default": "", "options": [],
        "editable": True, "line": None, "reason": "", "doc": "", "mono": False,
    }  # fmt: skip
    return base | more


def verdict(check: str, title: str, state: str, **more: Any) -> dict[str, Any]:
    """One verdict."""
    return {
        "id": check,
        "title": title,
        "state": state,
        "was_green": False,
        "expected": "",
        "found": "",
        "look": "",
        "time": "10:41:07",
    } | more


def scene() -> dict[str, Any]:
    """``pod/run-once`` in the middle of its story, like the mock."""
    start = TEXT.index("comand")
    return {
        "exercise": {"id": "pod/run-once", "title": "Run once, not forever", "goal": "Make **test-ml-pod** print its greeting and stay finished.",
                     "namespace": "labs-pod-run-once", "name": "test-ml-pod"},
        "cluster": {"phase": "ready", "label": "pocket · 3 nodes · v1.37", "words": "", "next": "", "fraction": None, "eta": None},
        "doc": {"text": TEXT, "version": 1, "origin": ""},
        "diagnostics": {"version": 1, "items": [{
            "code": "L104", "severity": "error", "message": "A container has no field **comand**. Did you mean **command**?", "line": 10,
            "from": start, "to": start + 6, "why": "The API server refuses fields it does not know.", "next": "Change it to `command`.",
            "fix": "Fix it", "index": 0, "actions": []}]},
        "form": {"fields": [
            field("metadata.name", "Name", value="test-ml-pod"), field("spec.containers[0].image", "Image", value="python:3.10", mono=True),
            field("spec.containers[0].command", "Command", placeholder="empty, see line 10", mono=True),
            field("spec.restartPolicy", "Restart policy", kind="enum", default="Always", options=["Always", "OnFailure", "Never"], doc=POLICY)]},
        "status": {"phase": "draft", "words": "Draft: not applied · 1 problem", "problems": 1},
        "busy": {}, "notice": {}, "preview": {}, "words": [], "debrief": "", "focus": {}, "counter": {}, "apps": {"services": [], "rollouts": []},
        "verdicts": [
            verdict("exists", "A Pod named test-ml-pod exists", "green"), verdict("log", 'Its log says "Hello from K8s"', "green", time="10:41:08"),
            verdict("done", "It has finished and stays finished", "red", time="10:41:09", expected="phase Succeeded with 0 restarts",
                    found="phase Running: container ml-script waits (CrashLoopBackOff) after 3 restarts",
                    look="It cannot turn green: with restart policy Always a Pod never succeeds.")],
        "hints": {"shown": ["Your script ended well: exit code 0. Who decided to start it again? Look at the Events tab, then at the field that says what should happen when a container ends."], "total": 3},
        "world": {"nodes": [
            {"name": "node-1", "words": "2 CPU · 4 GiB", "ready": True, "gpus": [], "pods": [
                {"name": "test-ml-pod", "uid": "1", "look": "back", "words": "CrashLoopBackOff · restarted 3×", "note": "stand-in: Python 3.11 of this machine", "mine": True}]},
            {"name": "node-2", "words": "2 × A100 80 GB simulated", "ready": True, "gpus": [True, False], "pods": [
                {"name": "gpu-pod", "uid": "2", "look": "run", "words": "other work · GPU-0", "note": "", "mine": False}]},
            {"name": "node-3", "words": "4 × T4 16 GB simulated", "ready": True, "gpus": [False] * 4, "pods": []}], "loose": []},
        "log": {"sources": [{"key": "a", "label": "test-ml-pod · ml-script · run 4 (after 3 restarts)"}], "selected": "a", "text": "Hello from K8s\n", "note": ""},
        "events": [{"time": "10:41:07", "type": "Normal", "reason": "Scheduled", "object": "Pod/test-ml-pod", "message": "Successfully assigned to node-1", "count": 1},
                   {"time": "10:41:09", "type": "Warning", "reason": "BackOff", "object": "Pod/test-ml-pod", "message": "Back-off restarting failed container", "count": 3}],
        "describe": "Name: test-ml-pod\nNamespace: labs-pod-run-once\n",
        "held": {"lines": [{"text": "apiVersion: v1", "origin": "wrote"}, {"text": "kind: Pod", "origin": "wrote"}, {"text": "spec:", "origin": "wrote"},
                           {"text": "  restartPolicy: Always", "origin": "defaulted"}, {"text": "status:", "origin": "observed"}, {"text": "  phase: Running", "origin": "observed"}]},
        "table": {"columns": ["kind", "name", "node", "state"], "rows": [["Pod", "test-ml-pod", "node-1", "CrashLoopBackOff"]]},
        "commands": {"kubectl": "kubectl apply -n labs-pod-run-once -f ~/k8s-ml-labs/manifests/pod-run-once/test-ml-pod.yaml", "python": "client.apply(…)", "yaml": TEXT},
    }  # fmt: skip


def serving() -> dict[str, Any]:
    """``deployment/rollout`` in the middle: the old ReplicaSet ends, the new one comes, the Service follows."""
    names = ["aa", "bb", "cc", "dd"]
    looks = ["run", "run", "wait", "end"]
    words = ["Running", "Running", "Running, not ready", "ending"]
    pods = [
        {
            "name": f"inference-deployment-5d9c-{n}",
            "short": f"…5d9c-{n}",
            "uid": n,
            "look": look,
            "words": said,
            "note": "",
            "mine": True,
        }
        for n, look, said in zip(names, looks, words, strict=True)
    ]
    states = ["ready", "ready", "waiting", "serving"]
    dots = [{"uid": p["uid"], "name": p["name"], "look": p["look"]} for p in pods]
    sets = [
        {
            "name": "inference-deployment-5d9c",
            "uid": "new",
            "revision": 2,
            "age": "new",
            "images": "mymodel:v2",
            "words": "1 of 2 ready",
            "wanted": 2,
            "pods": dots[1:3],
        },
        {
            "name": "inference-deployment-7f6b",
            "uid": "old",
            "revision": 1,
            "age": "old",
            "images": "mymodel:v1",
            "words": "1 of 2 ready",
            "wanted": 2,
            "pods": [dots[0], dots[3]],
        },
    ]
    text = "apiVersion: apps/v1\nkind: Deployment\nmetadata:\n  name: inference-deployment\nspec:\n  replicas: 3\n---\napiVersion: v1\nkind: Service\nmetadata:\n  name: inference-service\n"
    return scene() | {
        "exercise": {"id": "deployment/rollout", "title": "Roll out without losing a request", "goal": "Bring **inference-deployment** from v1 to v2.", "namespace": "labs-deployment-rollout", "name": "2 objects"},
        "doc": {"text": text, "version": 1, "origin": ""}, "diagnostics": {"version": 1, "items": []},
        "status": {"phase": "applied", "words": "Applied 10:41:09", "problems": 0},
        "form": {"chosen": 0, "documents": [{"kind": "Deployment", "name": "inference-deployment", "line": 1}, {"kind": "Service", "name": "inference-service", "line": 8}], "fields": [
            field("metadata.name", "Name", value="inference-deployment"), field("spec.replicas", "Replicas", kind="number", value="3"),
            field("spec.selector.matchLabels", "Selector", kind="lines", value="app=inference"),
            field("spec.strategy.type", "Strategy", kind="enum", default="RollingUpdate", options=["RollingUpdate", "Recreate"])]},
        "world": {"nodes": [{"name": f"node-{i + 1}", "words": "2 CPU · 4 GiB", "ready": True, "gpus": [], "pods": pods[i::3]} for i in range(3)], "loose": []},
        "apps": {
            "services": [{"name": "inference-service", "uid": "s", "words": "LoadBalancer · 10.96.12.7 · 80 → 5000", "ready": 2, "note": "", "url": "http://127.0.0.1:34567",
                          "endpoints": [{"uid": p["uid"], "name": p["name"], "state": s} for p, s in zip(pods, states, strict=True)]},
                         {"name": "lonely", "uid": "l", "words": "ClusterIP · 10.96.3.1 · 80 → 80", "ready": 0, "note": "No Pod has the labels app=inferense.", "url": "", "endpoints": []}],
            "rollouts": [{"kind": "Deployment", "name": "inference-deployment", "uid": "d", "words": "2 of 3 up to date · 2 ready", "state": "rolling", "note": "", "sets": sets}]},
        "counter": {"service": "inference-service", "failed": 4, "errors": [{"words": "connection refused", "count": 4}], "rollout": {"deployment": "inference-deployment", "failed": 4, "state": "going on", "versions": {"v1": 800, "v2": 1196}},
            "seconds": [{"at": i, "parts": [{"look": "v0", "count": max(0, 50 - i)}, {"look": "v1", "count": min(50, i)}], "failed": 2 if i in (20, 21) else 0} for i in range(40)],
            "versions": [{"version": "v1", "look": "v0", "ok": 800}, {"version": "v2", "look": "v1", "ok": 1196}],
            "pods": [{"pod": pods[0]["name"], "version": "v1", "look": "v0", "ok": 800}, {"pod": pods[1]["name"], "version": "v2", "look": "v1", "ok": 1196}],
            "tries": [{"title": "inference-service, from this notebook: 59 of 60 calls answered", "ok": False, "pods": [{"pod": "a", "ok": 59}], "errors": [{"words": "timed out", "count": 1}]}]},
        "preview": {"title": "Applying would change this:", "objects": [
            {"kind": "Deployment", "name": "inference-deployment", "state": "changed", "fields": [{"path": "spec.template.spec.containers[model].image", "from": "mymodel:v1", "to": "mymodel:v2"}, {"path": "spec.minReadySeconds", "from": "", "to": "2"}]},
            {"kind": "Service", "name": "inference-service", "state": "same", "fields": []}]},
    }  # fmt: skip


def waited(wanted: Callable[[], bool], shown: Callable[[], Any], seconds: float = 30.0) -> None:
    """Wait until `wanted()`; what `shown()` says is the failure."""
    end = time.monotonic() + seconds
    while not wanted():
        assert time.monotonic() < end, shown()
        time.sleep(0.005)
