"""Gives a cluster its fleet and waits until it shows: the ConfigMap `gpu-fleet`, which the program `gpus` of each node follows."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Iterable, Mapping
from contextlib import suppress
from typing import Any

from labs.cluster.gpus.fleet import NODE_LABEL, VENDOR, Fleet, NodeGPUs, as_mapping, parse_fleet
from labs.cluster.gpus.node import allocatable, described, labels, resources, taints
from labs.cluster.gpus.slices import DRIVER, device_classes, published
from labs.errors import ClusterError, UsageError
from labs.kube import ApiError, Client, Reflector

__all__ = ["CONFIG_MAP", "NAMESPACE", "clear_fleet", "fleet_of", "held", "node_names", "set_fleet", "wait_for_fleet"]

Json = dict[str, Any]
NAMESPACE, CONFIG_MAP = "labs-system", "gpu-fleet"
HELD_ANNOTATION = "labs.gpus/held"
_SECONDS = 60.0
_MERGE = "application/merge-patch+json"
_PATH = f"/api/v1/namespaces/{NAMESPACE}/configmaps/{CONFIG_MAP}"


def set_fleet(client: Client, fleet: Fleet) -> None:
    """Give the cluster these cards and no others; `wait_for_fleet` tells when they are there.

    Raises UsageError for a node that the cluster does not have, ClusterError on a cluster that cannot have any.
    """
    names = _served(client) if fleet else node_names(client)
    unknown = sorted(fleet.keys() - names.keys())
    if unknown:
        raise UsageError(
            what=f"The cluster has no node {unknown[0]}",
            why=f"Its nodes are {', '.join(map(str, sorted(names)))}, by their label {NODE_LABEL}",
            next_step="Name one of these, or run `labs down` and `labs up --nodes N`",
        )
    _set_classes(client, any(gpus.via == "dra" for gpus in fleet.values()))
    _write(client, {names[number]: _told(names[number], gpus) for number, gpus in fleet.items()})


def clear_fleet(client: Client) -> None:
    """Take every card away."""
    set_fleet(client, {})


def fleet_of(client: Client) -> Fleet:
    """The fleet that the cluster was given last."""
    data = (client.get("ConfigMap", CONFIG_MAP, NAMESPACE) or {}).get("data") or {}
    numbers = {name: number for number, name in node_names(client).items()}
    return parse_fleet({numbers[name]: json.loads(text)["declared"] for name, text in data.items() if name in numbers})


def _served(client: Client) -> dict[int, str]:
    """Names of the nodes, all of which can serve simulated cards."""
    nodes = client.list("Node")
    if not all(node["status"]["nodeInfo"]["containerRuntimeVersion"].startswith("pocket://") for node in nodes):
        raise ClusterError(
            what="This cluster cannot have simulated GPUs",
            why="So far only nodes of the pocket cluster serve them",
            next_step="Run `labs down` and `labs up --cluster pocket`; real GPUs of a cluster are used as they are",
        )
    return _by_number(nodes)


def node_names(client: Client) -> dict[int, str]:
    """Names of the nodes by the number in their label `labs/node`."""
    return _by_number(client.list("Node", selector=NODE_LABEL))


def _by_number(nodes: Iterable[Json]) -> dict[int, str]:
    numbered = [node for node in nodes if NODE_LABEL in (node["metadata"].get("labels") or {})]
    return {int(node["metadata"]["labels"][NODE_LABEL]): node["metadata"]["name"] for node in numbered}


def wait_for_fleet(client: Client, fleet: Fleet, stop: threading.Event, *, seconds: float = _SECONDS) -> None:
    """Return when every node shows its cards, or none; at once when `stop` is set. Raises ClusterError when it takes too long."""
    names = node_names(client)
    changed = threading.Event()
    kinds = ["v1/Node", "resource.k8s.io/v1/ResourceSlice"]
    reflector = Reflector(client, kinds, "", changed.set)
    reflector.start()
    deadline = time.monotonic() + seconds
    try:
        missing = ["the nodes"]
        while missing and not stop.is_set():
            changed.wait(0.5)
            changed.clear()
            if reflector.synced:
                found = reflector.objects()
                missing = _missing(names, fleet, found["Node"], found["ResourceSlice"])
            if missing and time.monotonic() > deadline:
                raise _late(missing[0], seconds)
    finally:
        reflector.stop()


def _late(what: str, seconds: float) -> ClusterError:
    return ClusterError(
        what="The GPU fleet does not show",
        why=f"After {seconds:.0f} s the cluster has not got {what}",
        next_step="Look at `labs status` and the log of that node, then set the fleet again",
    )


def _missing(names: Mapping[int, str], fleet: Fleet, nodes: tuple[Json, ...], slices: tuple[Json, ...]) -> list[str]:
    """What the cluster does not show yet, in words."""
    living = {node["metadata"]["name"]: node for node in nodes}
    found: list[str] = []
    for number, name in names.items():
        node, gpus = living.get(name), fleet.get(number)
        if node is None:
            found.append(f"the node {name}")
            continue
        if _shown_labels(node) != (labels(gpus) if gpus else {}):
            found.append(f"the labels of {name}")
        if _shown_resources(node) != (_positive(allocatable(name, gpus)) if gpus else {}):
            found.append(f"the resources of {name}")
        if _shown_taints(node) != (taints(gpus) if gpus else []):
            found.append(f"the taint of {name}")
        if _shown_devices(name, slices) != (_devices(name, gpus) if gpus else []):
            found.append(f"the devices of {name}")
    return found


def _shown_labels(node: Json) -> dict[str, str]:
    return {key: value for key, value in (node["metadata"].get("labels") or {}).items() if key.startswith(VENDOR)}


def _shown_resources(node: Json) -> dict[str, int]:
    known = node["status"].get("allocatable") or {}
    return _positive({key: int(value) for key, value in known.items() if key.startswith(VENDOR)})


def _positive(amounts: Mapping[str, int]) -> dict[str, int]:
    """Kubernetes keeps the name of a resource that is gone, with 0 of it."""
    return {key: value for key, value in amounts.items() if value}


def _shown_taints(node: Json) -> list[Json]:
    return [taint for taint in node["spec"].get("taints") or () if taint["key"].startswith(VENDOR)]


def _shown_devices(name: str, slices: tuple[Json, ...]) -> list[tuple[str, str, bool]]:
    ours = [each["spec"] for each in slices if (each["spec"]["driver"], each["spec"].get("nodeName")) == (DRIVER, name)]
    return _named(device for spec in ours for device in spec.get("devices") or ())


def _devices(name: str, gpus: NodeGPUs) -> list[tuple[str, str, bool]]:
    return _named(device for part in published(name, gpus) for device in part.get("devices", ()))


def _named(devices: Iterable[Json]) -> list[tuple[str, str, bool]]:
    """What tells a device from others: its name, its product, and whether it is healthy."""
    return sorted(
        (device["name"], device["attributes"]["productName"]["string"], not device.get("taints")) for device in devices
    )


def _told(name: str, gpus: NodeGPUs) -> str:
    """All that the program `gpus` of a node needs to know; it knows no product itself."""
    served = resources(name, gpus)
    return json.dumps(
        {
            "schema": 1,
            "declared": as_mapping(gpus),
            "labels": labels(gpus),
            "taints": taints(gpus),
            "shared": gpus.replicas > 1,
            "resources": [
                {
                    "name": resource,
                    "devices": [{"id": key, "uuid": uuid, "healthy": well} for key, (uuid, well) in ids.items()],
                }
                for resource, ids in served.items()
            ],
            "devices": described(name, gpus),
            "slices": published(name, gpus),
        },
        ensure_ascii=False,
    )


def _write(client: Client, data: Mapping[str, str]) -> None:
    client.ensure_namespace(NAMESPACE)
    body = {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": CONFIG_MAP}, "data": dict(data)}
    try:
        client.transport.ask("PUT", _PATH, body=body)
    except ApiError as error:
        if error.code != 404:
            raise
        client.transport.ask("POST", _PATH.rpartition("/")[0], body=body)


def _set_classes(client: Client, wanted: bool) -> None:
    """The classes are there while a node serves its cards by DRA; on a cluster without that API there are none."""
    for each in device_classes():
        if wanted:
            client.apply(each, "")
            continue
        with suppress(ApiError):
            client.delete(each)


def held(client: Client, node: str) -> dict[str, str]:
    """Who has which device of a node: id → ``namespace/pod/container``, as its kubelet says."""
    found = client.get("Node", node) or {"metadata": {}}
    text = (found["metadata"].get("annotations") or {}).get(HELD_ANNOTATION)
    return dict(json.loads(text)) if text else {}
