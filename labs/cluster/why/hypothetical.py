"""Clusters that are not: a snapshot with other GPUs in its nodes, and nodes that it does not have. Pure."""

from __future__ import annotations

from copy import deepcopy
from typing import Any

from labs.cluster.gpus import (
    NODE_LABEL,
    VENDOR,
    Fleet,
    NodeGPUs,
    allocatable,
    device_classes,
    labels,
    resource_slices,
    taints,
)
from labs.cluster.why.snapshot import Snapshot

__all__ = ["with_fleet"]

Json = dict[str, Any]
_TAINT = "nvidia.com/gpu"


def with_fleet(snapshot: Snapshot, fleet: Fleet) -> Snapshot:
    """The snapshot's nodes with exactly these GPUs (a node that `fleet` does not name has none) and no Pod on them.

    A number of `labs/node` that no node has becomes a node like the first one, `labs-node-N` where that has no number at
    its end. No claim has a device.
    """
    nodes = {int(node["metadata"]["labels"][NODE_LABEL]): deepcopy(node) for node in _numbered(snapshot)}
    if nodes:
        for number in sorted(set(fleet) - set(nodes)):
            nodes[number] = _like(nodes[min(nodes)], number)
    for number, node in nodes.items():
        _equip(node, fleet.get(number))
    slices = [
        each for number, gpus in sorted(fleet.items()) if number in nodes for each in _slices(nodes[number], gpus)
    ]
    claims = [
        {key: value for key, value in claim.items() if key != "status"} for claim in snapshot.get("ResourceClaim", ())
    ]
    return {
        **snapshot,
        "Node": [nodes[number] for number in sorted(nodes)],
        "Pod": [],
        "ResourceSlice": slices,
        "DeviceClass": _classes(snapshot),
        "ResourceClaim": claims,
    }


def _numbered(snapshot: Snapshot) -> list[Json]:
    return [
        node for node in snapshot["Node"] if str((node["metadata"].get("labels") or {}).get(NODE_LABEL, "")).isdigit()
    ]


def _like(node: Json, number: int) -> Json:
    """A node of another number, with its own name."""
    other = deepcopy(node)
    stem = node["metadata"]["name"].rstrip("0123456789")
    name = f"{stem}{number}" if stem != node["metadata"]["name"] else f"labs-node-{number}"
    other["metadata"] = {"name": name, "labels": {**node["metadata"]["labels"], NODE_LABEL: str(number)}}
    other["metadata"]["labels"]["kubernetes.io/hostname"] = name
    return other


def _equip(node: Json, gpus: NodeGPUs | None) -> None:
    name, spec = node["metadata"]["name"], node.setdefault("spec", {})
    kept = {key: value for key, value in node["metadata"]["labels"].items() if not key.startswith(VENDOR)}
    node["metadata"]["labels"] = {**kept, **(labels(gpus) if gpus else {})}
    spec["taints"] = [taint for taint in spec.get("taints") or () if taint["key"] != _TAINT]
    spec["taints"] += taints(gpus) if gpus else []
    amounts = {key: str(value) for key, value in allocatable(name, gpus).items()} if gpus else {}
    for part in ("allocatable", "capacity"):
        found = node.setdefault("status", {}).get(part) or {}
        others = {key: value for key, value in found.items() if not key.startswith(VENDOR)}
        node["status"][part] = {**others, **amounts}


def _slices(node: Json, gpus: NodeGPUs) -> list[Json]:
    return list(resource_slices(node["metadata"]["name"], gpus))


def _classes(snapshot: Snapshot) -> list[Json]:
    """The snapshot's own classes, and those of the GPU driver that it lacks."""
    found = list(snapshot.get("DeviceClass", ()))
    names = {each["metadata"]["name"] for each in found}
    return found + [each for each in device_classes() if each["metadata"]["name"] not in names]
