"""States of the workbench as the dispatcher would set them: the mock's scene."""

from __future__ import annotations

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
        "busy": {}, "notice": {}, "preview": {}, "words": [], "debrief": "",
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
