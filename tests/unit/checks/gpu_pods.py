"""Hand-made Pods with GPUs, nodes with cards, claims and devices."""

from __future__ import annotations

from typing import Any

from labs.checks import Snapshot
from tests.unit.checks.snapshots import pod

Json = dict[str, Any]
GPU = "nvidia.com/gpu"
A80, H100 = "NVIDIA-A100-SXM4-80GB", "NVIDIA-H100-80GB-HBM3"


def asking(
    name: str, limit: object = None, *, request: object = None, resource: str = GPU, always: bool = False
) -> Json:
    """A container; `always`: a sidecar."""
    resources: Json = {}
    if limit is not None:
        resources["limits"] = {resource: str(limit)}
    if request is not None:
        resources["requests"] = {resource: str(request)}
    return {"name": name, "resources": resources} | ({"restartPolicy": "Always"} if always else {})


def holding(name: str, *ids: str, resource: str = GPU, **state: Any) -> Json:
    """A container's status with the devices that the kubelet gave it."""
    told = [{"name": resource, "resources": [{"resourceID": each, "health": "Healthy"} for each in ids]}] if ids else []
    return {"name": name, "state": state or {"running": {}}, "restartCount": 0, "allocatedResourcesStatus": told}


def unschedulable(message: str = "0/3 nodes are available: 3 Insufficient nvidia.com/gpu.") -> Json:
    """The condition of a Pod that no node fits."""
    return {"type": "PodScheduled", "status": "False", "reason": "Unschedulable", "message": message}


def node(name: str = "n1", product: str = "Tesla-T4", memory: int = 15360, **more: Any) -> Json:
    """A node as feature discovery labels it; `more` goes into its metadata."""
    labels = {"nvidia.com/gpu.product": product, "nvidia.com/gpu.memory": str(memory), "labs/node": name[-1]}
    return {
        "kind": "Node",
        "metadata": {"name": name, "labels": labels if product else {"labs/node": name[-1]}, **more},
    }


def world(
    *pods: Json, nodes: tuple[Json, ...] = (), probes: tuple[Json, ...] = (), **kinds: tuple[Json, ...]
) -> Snapshot:
    """A snapshot of Pods, nodes and whatever else."""
    return Snapshot({"Pod": pods, "Node": nodes, **kinds}, probes=probes)


def claimant(name: str = "llm", uses: str = "gpu", claim: str = "large", request: str = "", **more: Any) -> Json:
    """A running Pod with the claim `claim`, known as gpu in the Pod; `uses`: what its container names."""
    named = {"name": uses} | ({"request": request} if request else {})
    containers = [{"name": "main", "resources": {"claims": [named] if uses else []}}]
    claims = [{"name": "gpu", "resourceClaimName": claim}]
    return pod(name, containers=containers, resourceClaims=claims, uid=f"uid-{name}", **more)


def claim(*devices: str, name: str = "large", request: str = "gpu") -> Json:
    """A ResourceClaim to which these devices (pool/device) were allocated."""
    results = [
        {"request": request, "driver": "gpu.nvidia.com", "pool": pool, "device": device}
        for pool, device in (each.split("/") for each in devices)
    ]
    status = {"allocation": {"devices": {"results": results}}} if results else {}
    return {"kind": "ResourceClaim", "metadata": {"name": name, "uid": name}, "status": status}


def part(pool: str, **memory: str) -> Json:
    """A ResourceSlice with devices and their memory."""
    devices = [
        {"name": name, "attributes": {"productName": {"string": "a card"}}, "capacity": {"memory": {"value": amount}}}
        for name, amount in memory.items()
    ]
    spec = {"driver": "gpu.nvidia.com", "pool": {"name": pool}, "devices": devices}
    return {"kind": "ResourceSlice", "metadata": {"name": pool}, "spec": spec}
