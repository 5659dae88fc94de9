"""What the map says of Services, Deployments and their Pods."""

from __future__ import annotations

from typing import Any

import pytest

from labs.ui.views.apps import apps_view, rollout_box, service_box
from labs.ui.views.relations import pods_of
from labs.ui.views.table import table_view
from labs.ui.views.world import world_view

Objects = dict[str, tuple[dict[str, Any], ...]]


def obj(
    kind: str, name: str, *, made_by: tuple[str, str] | None = None, labels: dict[str, str] | None = None, **rest: Any
) -> dict[str, Any]:
    """An object as the API server shows it."""
    meta: dict[str, Any] = {
        "name": name,
        "uid": f"uid-{name}",
        "labels": labels or {},
        "annotations": rest.pop("annotations", {}),
    }
    if made_by:
        meta["ownerReferences"] = [{"kind": made_by[0], "name": made_by[1], "controller": True}]
    if rest.pop("ending", False):
        meta["deletionTimestamp"] = "2026-01-01T00:00:00Z"
    return {"kind": kind, "metadata": meta, **rest}


def replica_set(name: str, revision: int, wanted: int, image: str) -> dict[str, Any]:
    """A ReplicaSet of the Deployment ``d``."""
    notes = {"deployment.kubernetes.io/revision": str(revision)}
    spec = {"replicas": wanted, "template": {"spec": {"containers": [{"image": image}]}}}
    return obj(
        "ReplicaSet", name, made_by=("Deployment", "d"), annotations=notes, spec=spec, status={"readyReplicas": wanted}
    )


def endpoint(name: str, **conditions: bool) -> dict[str, Any]:
    """An endpoint that is a Pod."""
    return {
        "addresses": ["10.244.0.9"],
        "conditions": conditions,
        "targetRef": {"kind": "Pod", "name": name, "uid": f"uid-{name}"},
    }


@pytest.fixture
def objects() -> Objects:
    """A rollout in its middle, with a Service in front."""
    app = {"app": "inference"}
    slices = [
        endpoint("d-2-a", ready=True, serving=True),
        endpoint("d-1-b", ready=False, serving=True, terminating=True),
        endpoint("d-2-c", ready=False),
    ]
    return {
        "Deployment": (obj("Deployment", "d", spec={"replicas": 3}, status={"updatedReplicas": 2, "readyReplicas": 2}),),
        "ReplicaSet": (replica_set("d-1", 1, 1, "m:v1"), replica_set("d-2", 2, 2, "m:v2"), replica_set("d-0", 0, 0, "m:v0")),
        "Pod": (
            obj("Pod", "d-1-b", made_by=("ReplicaSet", "d-1"), labels=app, spec={"nodeName": "node-1"}, ending=True),
            obj("Pod", "d-2-a", made_by=("ReplicaSet", "d-2"), labels=app, spec={"nodeName": "node-1"}),
            obj("Pod", "d-2-c", made_by=("ReplicaSet", "d-2"), labels=app, spec={"nodeName": "node-2"}),
            obj("Pod", "other", labels={"app": "x"}, spec={"nodeName": "node-2"}),
        ),
        "Service": (obj("Service", "s", spec={"clusterIP": "10.96.0.7", "selector": app, "ports": [{"port": 80, "targetPort": 5000}]}),),
        "EndpointSlice": (obj("EndpointSlice", "s-x", labels={"kubernetes.io/service-name": "s"}, endpoints=slices),),
    }  # fmt: skip


def test_old_and_new_stand_side_by_side(objects: Objects) -> None:
    box = rollout_box(objects["Deployment"][0], objects)
    assert [(s["name"], s["age"], [p["name"] for p in s["pods"]]) for s in box["sets"]] == [
        ("d-2", "new", ["d-2-a", "d-2-c"]),
        ("d-1", "old", ["d-1-b"]),
    ]
    assert (box["state"], box["words"]) == ("rolling", "2 of 3 up to date · 2 ready")
    late = {"type": "Progressing", "status": "False", "reason": "ProgressDeadlineExceeded", "message": "timed out"}
    objects["Deployment"][0]["status"]["conditions"] = [late]
    assert rollout_box(objects["Deployment"][0], objects)["state"] == "stalled"


def test_endpoints_are_ready_serving_or_waiting(objects: Objects) -> None:
    box = service_box(objects["Service"][0], objects, "http://127.0.0.1:1")
    assert [(e["name"], e["state"]) for e in box["endpoints"]] == [
        ("d-1-b", "serving"),
        ("d-2-a", "ready"),
        ("d-2-c", "waiting"),
    ]
    assert (box["ready"], box["note"], box["words"]) == (1, "", "ClusterIP · 10.96.0.7 · 80 → 5000")


def test_a_service_without_endpoints_says_why(objects: Objects) -> None:
    service = objects["Service"][0]
    objects["EndpointSlice"] = ()
    assert "3 Pods with app=inference, no endpoint" in service_box(service, objects, "")["note"]
    service["spec"]["selector"] = {"app": "inferense"}
    assert service_box(service, objects, "")["note"] == "No Pod has the labels app=inferense."
    service["spec"]["selector"] = None
    assert "no selector" in service_box(service, objects, "")["note"]


def test_the_table_says_what_the_map_says(objects: Objects) -> None:
    rows = {row[1]: row for row in table_view(objects)["rows"]}
    assert rows["d-2-a"] == ["Pod", "d-2-a", "ReplicaSet d-2, Service s", "node-1", "Pending"]
    assert rows["d-1-b"][2:] == ["ReplicaSet d-1, Service s", "node-1", "ending"]
    assert rows["d-2-c"][2] == "ReplicaSet d-2"
    assert rows["s"][4] == "1 of 3 endpoints ready"
    assert rows["s-x"][2] == "Service s"
    assert rows["d-2"][2] == "Deployment d"


def test_the_pods_of_an_object(objects: Objects) -> None:
    def names(kind: str, name: str) -> list[str]:
        return [p["metadata"]["name"] for p in pods_of(kind, name, objects)]

    assert names("Pod", "other") == ["other"]
    assert names("ReplicaSet", "d-2") == ["d-2-a", "d-2-c"]
    assert names("Deployment", "d") == names("Service", "s") == ["d-1-b", "d-2-a", "d-2-c"]
    assert names("Node", "node-2") == ["d-2-c", "other"]
    assert names("Service", "nobody") == []


def test_pods_of_a_replica_set_are_told_apart_by_the_end_of_their_names(objects: Objects) -> None:
    world = world_view([], objects)
    assert [p["short"] for p in world["loose"]] == ["…1-b", "…2-a", "…2-c", "other"]


def test_nothing_there_is_an_empty_map() -> None:
    assert apps_view({}, {}) == {"services": [], "rollouts": []}
    alone = {"ReplicaSet": (obj("ReplicaSet", "r", spec={"replicas": 1}),)}
    assert [one["kind"] for one in apps_view(alone, {})["rollouts"]] == ["ReplicaSet"]
