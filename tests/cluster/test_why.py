"""The scheduler itself agrees with what `labs why` says of generated fleets and Pods (LABS_WHY_FLEETS: how many)."""

from __future__ import annotations

import os
import sys
import time
from pathlib import Path
from typing import Any

from labs.cluster.gpus import parse_fleet
from labs.cluster.why import Why, explain, with_fleet
from labs.kube import Client
from labs.kube.streams import until
from tests.cluster.agreement import Agreement
from tests.cluster.control_plane import control_plane
from tests.cluster.random_fleets import generate
from tests.pocket import Pocket

FLEETS = int(os.environ.get("LABS_WHY_FLEETS", "16"))
PODS = 10
NODES = {
    "Node": [
        {
            "metadata": {"name": f"box-{number}", "labels": {"labs/node": str(number)}},
            "status": {"allocatable": {"cpu": "2", "memory": "4Gi", "pods": "110"}},
        }
        for number in (1, 2, 3)
    ]
}
_EVERY = 4


def test_rows_are_what_the_scheduler_says(engine: Path) -> None:
    began = time.monotonic()
    with control_plane(engine) as client:
        agreement = Agreement(client)
        for seed in range(FLEETS):
            agreement.compare(generate(seed, PODS), every_node=seed % _EVERY == 0)
    tally = agreement.tally
    sys.stderr.write(f"{time.monotonic() - began:.0f} s: {tally}\n")
    assert not tally.differences, "\n".join(tally.differences)
    assert tally.pods == FLEETS * PODS
    assert tally.refused and tally.placed and tally.nodes and tally.further


def test_cards_are_found_on_a_fleet_that_is_not(engine: Path) -> None:
    fleet = with_fleet(
        NODES, parse_fleet({1: {"a100-40gb": 1}, 2: {"a100-80gb": 2, "taint": True}, 3: {"h100": 1}, 4: {"l40s": 1}})
    )
    card = {"nvidia.com/gpu.product": "NVIDIA-A100-SXM4-80GB"}
    wish = _pod({"limits": {"nvidia.com/gpu": "3"}}, nodeSelector=card)
    rows = {row.node: row for row in explain(wish, fleet).rows}
    assert rows["box-1"].first == "selector" and set(rows["box-1"].reasons) == {"selector", "nvidia.com/gpu"}
    assert (
        rows["box-2"].first == "taint"
        and rows["box-2"].reasons["taint"][0].detail == "nvidia.com/gpu=present:NoSchedule"
    )
    assert rows["box-2"].reasons["nvidia.com/gpu"][0].detail == "asks for 3, 0 of 2 are in use"
    good = _pod({"limits": {"nvidia.com/gpu": "2"}}, nodeSelector=card, tolerations=[{"operator": "Exists"}])
    assert explain(good, fleet).feasible == ("box-2",)


def test_each_selector_is_asked_of_each_device(engine: Path) -> None:
    fleet = with_fleet(NODES, parse_fleet({1: {"t4": 1, "via": "dra"}, 2: {"a100-80gb": 1, "via": "dra"}}))
    memory = "device.capacity['gpu.nvidia.com'].memory.compareTo(quantity('40Gi')) >= 0"
    exact = {
        "deviceClassName": "gpu.nvidia.com",
        "selectors": [{"cel": {"expression": memory}}, {"cel": {"expression": "device.nonsense"}}],
    }
    template = {
        "metadata": {"name": "large", "namespace": "n"},
        "spec": {"spec": {"devices": {"requests": [{"name": "gpu", "exactly": exact}]}}},
    }
    claims = [{"name": "card", "resourceClaimTemplateName": "large"}]
    wish = _pod({}, resourceClaims=claims)
    broken = explain(wish, {**fleet, "ResourceClaimTemplate": [template]})
    small, large = ([one.matches for one in device.requests[0].selectors] for device in broken.devices)
    assert small == [True, False, False] and large == [True, True, False]
    assert "nonsense" in broken.devices[0].requests[0].selectors[-1].error and not broken.feasible
    exact["selectors"].pop()  # type: ignore[attr-defined]
    assert explain(wish, {**fleet, "ResourceClaimTemplate": [template]}).feasible == ("box-2",)


def test_command_shows_the_table_beside_the_event(cluster: Pocket, client: Client, namespace: str) -> None:
    wish = _pod({"requests": {"cpu": "64"}}, nodeSelector={"labs/node": "2"})
    client.apply({"apiVersion": "v1", "kind": "Pod", **wish, "metadata": {"name": "big"}}, namespace)
    said = Why(client)
    path = client.resource("Pod").path(namespace)
    until(client.transport, path, "big", lambda found: bool(found and found["status"].get("conditions")), "a verdict")
    explained = said.explain("big", namespace)
    assert [row.first for row in explained.rows].count("cpu") == 1 and not explained.feasible
    shown = cluster.labs("why", "big", "-n", namespace)
    assert "✕ CPU: Insufficient cpu" in shown and "0/3 nodes are available: 1 Insufficient cpu" in shown
    assert "There is no Pod nobody" in cluster.labs("why", "nobody", "-n", namespace, code=2)


def _pod(resources: dict[str, Any], **spec: Any) -> dict[str, Any]:
    container = {"name": "c", "image": "busybox", "resources": resources}
    return {"metadata": {"name": "p", "namespace": "n"}, "spec": {"containers": [container], **spec}}
