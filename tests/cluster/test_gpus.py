"""Simulated GPUs on the real kubelet: given, handed out, seen inside, broken, taken away; what survives a kill."""

from __future__ import annotations

import json
import os
import re
import signal
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from labs.cluster.gpus import allocatable, cards, fleet_of, held, labels, wait_for_fleet
from labs.cluster.processes import Process, descendants, find
from labs.kube import Client
from labs.kube.streams import until
from tests.cluster.gpus import asking, give, holding, stress
from tests.cluster.pods import SECONDS, container, ended, pod, running, said, seen
from tests.pocket import Pocket

Json = dict[str, Any]
NODE = "node-2"
ATTEMPTS = 50


@pytest.fixture(autouse=True)
def no_cards_left(client: Client) -> Iterator[None]:
    """Whatever a test does to the fleet, the next one begins without."""
    yield
    give(client, {})


def node_seen(client: Client, holds: Callable[[Json], bool], what: str, name: str = NODE) -> None:
    """Wait until the node is so."""
    until(client.transport, "/api/v1/nodes", name, lambda node: node is not None and holds(node), what, SECONDS)


def process_of(cluster: Pocket, name: str, word: str) -> Process:
    """The process of a node whose command line has this word."""
    pid = next(one["pid"] for one in cluster.status()["processes"] if one["name"] == name)
    node = find(pid)
    assert node
    return next(
        one for one in descendants(node) if word in Path(f"/proc/{one.pid}/cmdline").read_text().split("\0")[:2]
    )


def test_a_fleet_is_given_and_taken(client: Client) -> None:
    fleet = give(client, {1: {"t4": 1}, 2: {"a100-80gb": 2, "taint": True}})
    node = client.get("Node", NODE)
    assert node and fleet_of(client) == fleet
    assert labels(fleet[2]).items() <= node["metadata"]["labels"].items()
    assert node["status"]["capacity"]["nvidia.com/gpu"] == node["status"]["allocatable"]["nvidia.com/gpu"] == "2"
    give(client, {})
    node = client.get("Node", NODE)
    assert node and not [key for key in node["metadata"]["labels"] if key.startswith("nvidia.com/")]
    assert not node["spec"].get("taints") and node["status"]["allocatable"].get("nvidia.com/gpu", "0") == "0"


def test_a_pod_sees_what_it_was_given(client: Client, cluster: Pocket, namespace: str) -> None:
    fleet = give(client, {2: {"a100-80gb": 2}})
    script = "echo visible $NVIDIA_VISIBLE_DEVICES; nvidia-smi -L; nvidia-smi; sleep 600"
    one = running(client, namespace, asking("one", "sh", "-c", script))
    uuids = {card.uuid for card in cards(NODE, fleet[2])}
    log = said(cluster, namespace, "one")
    visible = re.search(r"visible (\S+)", log)
    assert visible and visible[1] in uuids
    assert f"GPU 0: NVIDIA A100-SXM4-80GB (UUID: {visible[1]}) (simulated)" in log and "81920 MiB" in log
    assert one["spec"]["nodeName"] == NODE
    node_seen(
        client, lambda node: visible[1] in node["metadata"]["annotations"].get("labs.gpus/held", ""), "the holder"
    )
    assert held(client, NODE) == {visible[1]: f"{namespace}/one/main"}
    client.delete(one, grace=0, wait=True)
    node_seen(client, lambda node: node["metadata"]["annotations"].get("labs.gpus/held") == "{}", "no holder")


def test_others_have_no_nvidia_smi(client: Client, cluster: Pocket, namespace: str) -> None:
    ended(client, namespace, pod("none", container("sh", "-c", "command -v nvidia-smi || echo not there")))
    assert said(cluster, namespace, "none").strip() == "not there"


def test_a_sick_card_leaves_and_comes_back(client: Client, namespace: str) -> None:
    give(client, {2: {"t4": 2}})
    running(client, namespace, asking("both", "sleep", "600", number=2))
    fleet = give(client, {2: {"t4": 2, "sick": [1]}})
    assert allocatable(NODE, fleet[2]) == {"nvidia.com/gpu": 1}

    def sick(one: Json) -> bool:
        found = one["status"]["containerStatuses"][0].get("allocatedResourcesStatus") or []
        health = sorted(each["health"] for status in found for each in status["resources"])
        return health == ["Healthy", "Unhealthy"]

    living = seen(client, namespace, "both", sick, "the sick card in its status")
    assert living["status"]["phase"] == "Running"
    give(client, {2: {"t4": 2}})


def second_runs(client: Client, namespace: str) -> None:
    """A second Pod runs, though the kubelet may refuse some for good while nobody serves the cards."""
    for attempt in range(ATTEMPTS):
        client.apply(asking(f"second-{attempt}", "sleep", "600"), namespace)
        settled = seen(
            client, namespace, f"second-{attempt}", lambda one: one["status"]["phase"] != "Pending", "its start"
        )
        if settled["status"]["phase"] == "Running":
            return
        assert settled["status"]["reason"] == "UnexpectedAdmissionError"
    pytest.fail("no second Pod was admitted")


@pytest.mark.parametrize("word", ["kubelet", "/opt/pocket/gpus"])
def test_cards_survive_a_kill(client: Client, cluster: Pocket, namespace: str, word: str) -> None:
    fleet = give(client, {2: {"t4": 2}})
    before = running(client, namespace, asking("kept", "sleep", "600"))
    victim = process_of(cluster, NODE, word)
    os.kill(victim.pid, signal.SIGKILL)
    assert victim.wait(SECONDS)
    second_runs(client, namespace)
    wait_for_fleet(client, fleet, threading.Event())
    after = client.get("Pod", "kept", namespace)
    assert after and after["status"]["phase"] == "Running"
    assert after["metadata"]["uid"] == before["metadata"]["uid"]
    node_seen(
        client, lambda node: len(json.loads(node["metadata"]["annotations"]["labs.gpus/held"])) == 2, "two holders"
    )


def test_a_fleet_shrinks_under_a_running_pod(client: Client, namespace: str) -> None:
    give(client, {2: {"t4": 2}})
    running(client, namespace, asking("both", "sleep", "600", number=2))
    give(client, {2: {"t4": 1}})
    living = client.get("Pod", "both", namespace)
    assert living and living["status"]["phase"] == "Running"


def test_shared_cards(client: Client, namespace: str) -> None:
    give(client, {2: {"t4": 1, "replicas": 3, "renamed": True}})
    name = "nvidia.com/gpu.shared"
    client.apply(asking("greedy", "sleep", "600", number=2, resource=name), namespace)

    def refused(one: Json) -> bool:
        return bool(one["status"].get("reason") == "UnexpectedAdmissionError")

    greedy = seen(client, namespace, "greedy", refused, "its refusal")
    assert "maximum request size for shared resources is 1; found 2" in greedy["status"]["message"]
    pods = [running(client, namespace, asking(f"p{index}", "sleep", "600", resource=name)) for index in range(3)]
    assert {one["spec"]["nodeName"] for one in pods} == {NODE}


def test_divided_cards(client: Client, cluster: Pocket, namespace: str) -> None:
    parts = ["1g.5gb", "1g.5gb", "3g.20gb"]
    give(client, {2: {"a100-40gb": 1, "mig": "mixed", "profiles": parts}})
    resource = "nvidia.com/mig-3g.20gb"
    ended(client, namespace, asking("part", "nvidia-smi", "-L", resource=resource))
    log = said(cluster, namespace, "part")
    assert "GPU 0: NVIDIA A100-SXM4-40GB" in log and re.search(r"MIG 3g.20gb +Device +0: \(UUID: MIG-", log)


def test_a_device_that_is_held_twice_would_be_seen(client: Client, cluster: Pocket, namespace: str) -> None:
    give(client, {2: {"t4": 1, "replicas": 2}})
    running(client, namespace, holding("first", 1, 600, namespace))
    second = ended(client, namespace, holding("second", 1, 0, namespace))
    assert second["status"]["phase"] == "Failed" and "held twice" in said(cluster, namespace, "second")


def test_no_device_is_held_twice(client: Client, namespace: str) -> None:
    give(client, {1: {"t4": 4}, 2: {"t4": 8}, 3: {"t4": 4}})
    ended_pods = stress(client, namespace, pods=60, seed=7)
    assert {one["status"]["phase"] for one in ended_pods} == {"Succeeded"}
