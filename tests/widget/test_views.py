"""The pure functions behind the tabs."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pytest

from labs.cluster.pocket.images import stand_in_id
from labs.ui.views.events import describe_view, events_view
from labs.ui.views.held import held_view
from labs.ui.views.logs import log_view
from labs.ui.views.standin import stand_in
from labs.ui.views.status import foreign_changes
from labs.ui.views.table import table_view
from labs.ui.views.utf16 import Offsets
from labs.ui.views.world import pod_look, world_view


def pod(status: dict[str, Any] | None = None, **spec: Any) -> dict[str, Any]:
    """A Pod as the API server shows it."""
    meta = {"name": "p", "uid": "u", "namespace": "n"}
    return {
        "apiVersion": "v1",
        "kind": "Pod",
        "metadata": meta,
        "spec": {"containers": [], **spec},
        "status": status or {},
    }


def container(restarts: int = 0, **state: Any) -> dict[str, Any]:
    """A container's status."""
    return {"name": "c", "restartCount": restarts, "state": state}


@pytest.mark.parametrize(
    ("status", "look", "words"),
    [
        ({}, "wait", "Pending"),
        ({"phase": "Succeeded"}, "done", "Succeeded"),
        (
            {"phase": "Running", "containerStatuses": [container(3, waiting={"reason": "CrashLoopBackOff"})]},
            "back",
            "CrashLoopBackOff · restarted 3×",
        ),
        (
            {"phase": "Pending", "containerStatuses": [container(waiting={"reason": "ContainerCreating"})]},
            "wait",
            "ContainerCreating",
        ),
        (
            {"phase": "Pending", "containerStatuses": [container(waiting={"reason": "ErrImagePull"})]},
            "back",
            "ErrImagePull",
        ),
        (
            {"phase": "Failed", "containerStatuses": [container(terminated={"reason": "Error", "exitCode": 2})]},
            "fail",
            "Error, exit code 2",
        ),
        ({"phase": "Running", "conditions": [{"type": "Ready", "status": "True"}]}, "run", "Running"),
        ({"phase": "Running"}, "wait", "Running, not ready"),
        (
            {"conditions": [{"type": "PodScheduled", "status": "False", "message": "0/3 nodes are available"}]},
            "wait",
            "Pending: 0/3 nodes are available",
        ),
    ],
)
def test_a_pod_in_one_word(status: dict[str, Any], look: str, words: str) -> None:
    found = pod_look(pod(status))
    assert (found.look, found.words) == (look, words)


def test_pods_stand_on_their_nodes_and_the_table_says_the_same() -> None:
    node = {"metadata": {"name": "node-1"}, "status": {"allocatable": {"cpu": "2", "memory": "4194304Ki"}}}
    objects = {
        "Pod": (pod(nodeName="node-1"), pod() | {"metadata": {"name": "q"}}),
        "Event": ({"metadata": {"name": "e"}},),
    }
    world = world_view([node], objects)
    assert [p["name"] for p in world["nodes"][0]["pods"]] == ["p"]
    assert [p["name"] for p in world["loose"]] == ["q"]
    assert [row[:4] for row in table_view(objects)["rows"]] == [["Pod", "p", "", "node-1"], ["Pod", "q", "", ""]]


def test_stand_ins_are_named_and_real_images_are_not() -> None:
    one = pod(
        {"containerStatuses": [{"name": "c", "imageID": stand_in_id("python:3.10")}]},
        containers=[{"name": "c", "image": "python:3.10"}],
    )
    assert stand_in(one).startswith("stand-in: Python 3.")
    one["status"]["containerStatuses"][0]["imageID"] = "docker.io/library/python@sha256:1"
    assert stand_in(one) == ""


def test_held_lines_have_their_origin() -> None:
    live = pod({"phase": "Running"}, restartPolicy="Always") | {"kind": "Pod"}
    live["spec"]["containers"] = [{"name": "c", "image": "i", "resources": {}}]
    written = {
        "apiVersion": "v1",
        "kind": "Pod",
        "metadata": {"name": "p"},
        "spec": {"containers": [{"name": "c", "image": "i"}]},
    }
    lines = {line["text"].strip(): line["origin"] for line in held_view(live, written)["lines"]}
    assert lines["- name: c"] == lines["image: i"] == "wrote"
    assert lines["resources: {}"] == lines["restartPolicy: Always"] == lines["uid: u"] == "defaulted"
    assert lines["phase: Running"] == lines["status:"] == "observed"


def test_only_what_was_applied_can_be_changed_by_others() -> None:
    applied = {"metadata": {"uid": "1"}, "spec": {"replicas": 3, "paused": False}}
    live = {"metadata": {"uid": "1"}, "spec": {"replicas": 5, "paused": True}}
    data = {"spec": {"replicas": 3}}
    assert foreign_changes(applied, live, data) == (("spec.replicas", 3, 5),)
    assert foreign_changes(applied, live | {"metadata": {"uid": "2"}}, data) == ()


def test_the_newest_attempt_with_lines_is_shown() -> None:
    attempts = [
        SimpleNamespace(pod_uid="u", pod="p", container="c", attempt=i, lines=("x",) if i < 2 else ()) for i in range(3)
    ]
    view = log_view(attempts, "")
    assert view["selected"] == "u/c/1" and view["text"] == "x\n"
    assert view["sources"][0]["label"] == "p · c · run 3 (after 2 restarts)"
    assert log_view([], "")["sources"] == []


def test_events_are_in_order_and_describe_ends_with_them() -> None:
    late = {"metadata": {}, "lastTimestamp": "2026-01-01T00:00:02Z", "reason": "B", "involvedObject": {"uid": "u"}}
    early = {"metadata": {}, "eventTime": "2026-01-01T00:00:01.000000Z", "reason": "A", "involvedObject": {"uid": "u"}}
    assert [e["reason"] for e in events_view([late, early])] == ["A", "B"]
    text = describe_view(
        pod({"containerStatuses": [container(terminated={"exitCode": 0})]}, containers=[{"name": "c"}]), [late, early]
    )
    assert "Terminated (exit code 0)" in text and text.rstrip().split()[-1] == "B"


def test_offsets_count_utf16() -> None:
    text = "a😀b"
    assert [Offsets(text).utf16(i) for i in range(4)] == [0, 1, 3, 4]
