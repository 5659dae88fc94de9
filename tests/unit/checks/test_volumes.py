"""A UUID that went through a volume, and the ways in which two logs can have one without it."""

from __future__ import annotations

import uuid
from typing import Any

import pytest

from labs.checks import Snapshot, parse_check
from tests.unit.checks.snapshots import Json, judged, log, pod, snap

ID, OTHER = "0c0ffee0-0123-4567-89ab-0123456789ab", "11111111-2222-4333-8444-555555555555"
BOTH = [log(f"id {ID}", container="writer"), log(f"read {ID.upper()}", container="reader")]


def mounting(name: str, *volumes: str, **more: Any) -> Json:
    return {"name": name, "volumeMounts": [{"name": each, "mountPath": f"/{each}", **more} for each in volumes]}


def pair(one: str = "box", other: str = "box", source: str = "emptyDir", **more: Any) -> Json:
    volumes = [{"name": name, source: {}} for name in sorted({one, other})]
    return pod(containers=[mounting("writer", one), mounting("reader", other)], volumes=volumes, **more)


@pytest.mark.parametrize("name", ["run", "anything"])
def test_in_both_logs(name: str) -> None:
    finding = judged({"shared_volume_uuid": {}}, snap(pair(), pod(name, uid="u2"), logs=BOTH))
    assert finding.state == "pass"
    assert ID in finding.found


def test_init_and_sidecar_containers_count() -> None:
    one = pod(
        containers=[mounting("reader", "box")], initContainers=[mounting("writer", "box")], volumes=[{"name": "box"}]
    )
    assert judged({"shared_volume_uuid": {}}, snap(one, logs=BOTH)).state == "pass"


def test_an_earlier_attempt_counts() -> None:
    logs = [BOTH[0], log(f"id {OTHER}", container="writer", attempt=1), BOTH[1]]
    assert judged({"shared_volume_uuid": {}}, snap(pair(), logs=logs)).state == "pass"


def test_without_hyphens() -> None:
    plain = uuid.UUID(ID).hex
    logs = [BOTH[0], log(f"read {plain}", container="reader")]
    assert judged({"shared_volume_uuid": {}}, snap(pair(), logs=logs)).state == "pass"


@pytest.mark.parametrize("digits", ["d41d8cd98f00b204e9800998ecf8427e", "ab" * 32, uuid.UUID(ID).hex * 2])
def test_a_checksum_is_no_uuid(digits: str) -> None:
    logs = [log(digits, container="writer"), log(digits, container="reader")]
    assert judged({"shared_volume_uuid": {}}, snap(pair(), logs=logs)).state == "wait"


@pytest.mark.parametrize(
    ("state", "found", "one", "logs"),
    [
        ("fail", "no two containers mount", pair("a", "b"), BOTH),
        ("fail", "one container", pod(), BOTH),
        ("fail", "no two containers mount", pair(source="configMap"), BOTH),
        ("fail", "no two containers mount", pair(source="projected"), BOTH),
        ("fail", "no two containers mount", pair(source="secret"), BOTH),
        (
            "fail",
            "no two containers mount",
            pod(
                containers=[mounting("writer", "box", readOnly=True), mounting("reader", "box", readOnly=True)],
                volumes=[{"name": "box", "emptyDir": {}}],
            ),
            BOTH,
        ),
        # Known to both without the volume: written in the manifest, or the Pod's own by the downward API.
        ("wait", "no fresh UUID", pair(hostname=ID), BOTH),
        ("wait", "no fresh UUID", pair(uid=ID), [log(ID, uid=ID, container=each) for each in ("writer", "reader")]),
        ("wait", "not in the log of reader", pair(), [BOTH[0], log(OTHER.replace("1", "a"), container="else")]),
        ("wait", "not in the log of writer", pair(), [BOTH[1]]),
        ("wait", "no fresh UUID", pair(), []),
        ("wait", "no fresh UUID", pair(uid="u2"), BOTH),
        ("wait", "", pair(), [BOTH[0], log(OTHER, container="reader")]),
        ("wait", "being deleted", pair(deleting=True), BOTH),
    ],
)
def test_not_through_a_volume(state: str, found: str, one: Json, logs: list[Any]) -> None:
    finding = judged({"shared_volume_uuid": {}}, snap(one, logs=logs))
    assert finding.state == state
    assert found in finding.found


def test_no_pod() -> None:
    assert judged({"shared_volume_uuid": {}}, snap()).found == "no Pod"


def test_the_boot_id_of_a_node_is_known_to_both_anyway() -> None:
    node = {"metadata": {"name": "node-1"}, "status": {"nodeInfo": {"bootID": ID}}}
    seen = snap(pair(), logs=BOTH)
    assert judged({"shared_volume_uuid": {}}, seen).state == "pass"
    with_node = Snapshot({**seen.objects, "Node": (node,)}, seen.events, seen.logs)
    assert judged({"shared_volume_uuid": {}}, with_node).state == "wait"


def test_nodes_are_watched_for_it() -> None:
    check = parse_check({"id": "x", "title": "X", "within": 1, "shared_volume_uuid": {}})
    assert check.kinds == {"v1/Pod", "v1/Node"}
