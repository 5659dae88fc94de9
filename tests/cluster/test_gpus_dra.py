"""Simulated GPUs by dynamic resource allocation: claims by memory, parts that the scheduler chooses, sick cards, old versions."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from labs.cluster.gpus import cards, device_classes
from labs.kube import ApiError, Client
from tests.cluster.gpus import asking, give
from tests.cluster.pods import container, ended, pod, running, said, seen
from tests.pocket import Pocket

Json = dict[str, Any]
NODE = "node-2"
MEMORY = "device.capacity['gpu.nvidia.com'].memory.compareTo(quantity('40Gi')) >= 0"


@pytest.fixture(autouse=True)
def no_cards_left(client: Client) -> Iterator[None]:
    """Whatever a test does to the fleet, the next one begins without."""
    yield
    give(client, {})


def claim(
    name: str, expression: str, *, kind: str = "ResourceClaim", of: str = "gpu.nvidia.com", count: int = 1
) -> Json:
    """A claim, or a template of one, for devices of which an expression holds."""
    exactly = {"deviceClassName": of, "count": count, "selectors": [{"cel": {"expression": expression}}]}
    spec: Json = {"devices": {"requests": [{"name": "card", "exactly": exactly}]}}
    if kind == "ResourceClaimTemplate":
        spec = {"spec": spec}
    return {"apiVersion": "resource.k8s.io/v1", "kind": kind, "metadata": {"name": name}, "spec": spec}


def using(name: str, claimed: Json, *command: str) -> Json:
    """A Pod whose container names the claim."""
    key = "resourceClaimTemplateName" if claimed["kind"] == "ResourceClaimTemplate" else "resourceClaimName"
    main = container(*command, resources={"claims": [{"name": "card"}]})
    return pod(name, main, resourceClaims=[{"name": "card", key: claimed["metadata"]["name"]}])


def unschedulable(one: Json) -> bool:
    """Whether the scheduler has found no node."""
    return any(each.get("reason") == "Unschedulable" for each in one["status"].get("conditions") or ())


@pytest.mark.parametrize("kind", ["ResourceClaim", "ResourceClaimTemplate"])
def test_a_claim_by_memory(client: Client, cluster: Pocket, namespace: str, kind: str) -> None:
    fleet = give(client, {1: {"t4": 1, "via": "dra"}, 2: {"l40s": 2, "via": "dra"}})
    wanted = claim("big", MEMORY, kind=kind)
    client.apply(wanted, namespace)
    script = "echo $NVIDIA_VISIBLE_DEVICES; nvidia-smi -L"
    one = ended(client, namespace, using("one", wanted, "sh", "-c", script))
    log = said(cluster, namespace, "one").splitlines()
    assert one["spec"]["nodeName"] == NODE and log[0] in {card.uuid for card in cards(NODE, fleet[2])}
    assert log[1] == f"GPU 0: NVIDIA L40S (UUID: {log[0]}) (simulated)"


def test_what_no_card_fulfils_waits(client: Client, namespace: str) -> None:
    give(client, {1: {"t4": 1, "via": "dra"}})
    wanted = claim("big", MEMORY)
    client.apply(wanted, namespace)
    client.apply(using("one", wanted, "sleep", "600"), namespace)
    seen(client, namespace, "one", unschedulable, "that it waits")
    give(client, {1: {"l40s": 1, "via": "dra"}})
    seen(client, namespace, "one", lambda one: one["status"]["phase"] == "Running", "its start")


def test_two_pods_share_a_claim(client: Client, cluster: Pocket, namespace: str) -> None:
    give(client, {2: {"l40s": 2, "via": "dra"}})
    wanted = claim("both", MEMORY)
    client.apply(wanted, namespace)
    for name in ("one", "two"):
        running(client, namespace, using(name, wanted, "sh", "-c", "echo $NVIDIA_VISIBLE_DEVICES; sleep 600"))
    assert said(cluster, namespace, "one") == said(cluster, namespace, "two")


def test_a_card_asked_for_as_an_extended_resource(client: Client, cluster: Pocket, namespace: str) -> None:
    give(client, {2: {"l40s": 1, "via": "dra"}})
    ended(client, namespace, asking("one", "nvidia-smi", "-L"))
    assert "GPU 0: NVIDIA L40S" in said(cluster, namespace, "one")


def test_a_sick_card_is_tainted(client: Client, namespace: str) -> None:
    give(client, {2: {"l40s": 1, "via": "dra", "sick": [0]}})
    wanted = claim("big", MEMORY)
    client.apply(wanted, namespace)
    client.apply(using("one", wanted, "sleep", "600"), namespace)
    seen(client, namespace, "one", unschedulable, "that it waits")
    give(client, {2: {"l40s": 1, "via": "dra"}})
    seen(client, namespace, "one", lambda one: one["status"]["phase"] == "Running", "its start")


def test_the_scheduler_divides_a_card(client: Client, cluster: Pocket, namespace: str) -> None:
    give(client, {2: {"h100": 1, "via": "dra", "mig": "mixed"}})
    part = "device.attributes['gpu.nvidia.com'].profile == '3g.40gb'"
    wanted = claim("half", part, kind="ResourceClaimTemplate", of="mig.nvidia.com")
    client.apply(wanted, namespace)
    script = "nvidia-smi -L; sleep 600"
    for name in ("one", "two"):
        running(client, namespace, using(name, wanted, "sh", "-c", script))
    client.apply(using("three", wanted, "sh", "-c", script), namespace)
    seen(client, namespace, "three", unschedulable, "that it waits")
    assert said(cluster, namespace, "one") != said(cluster, namespace, "two")
    assert "MIG 3g.40gb" in said(cluster, namespace, "one")


def test_nothing_of_it_is_left(client: Client) -> None:
    give(client, {2: {"l40s": 1, "via": "dra"}})
    assert client.list("ResourceSlice") and len(client.list("DeviceClass")) == len(device_classes())
    give(client, {})
    assert not client.list("ResourceSlice") and not client.list("DeviceClass")


def test_old_versions_are_not_served(client: Client, namespace: str) -> None:
    old = {**claim("big", MEMORY), "apiVersion": "resource.k8s.io/v1beta1"}
    with pytest.raises(ApiError) as caught:
        client.apply(old, namespace)
    assert caught.value.code == 404
