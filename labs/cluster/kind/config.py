"""The cluster's configuration for kind (`kind.x-k8s.io/v1alpha4`): three schedulable nodes of one shape."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from labs.checks.sizes import quantity
from labs.cluster.kind.recipe import MARK, image_version

__all__ = ["Shape", "amount", "render"]

_GANGS_SINCE = (1, 37)
_SYNC = "horizontal-pod-autoscaler-sync-period"
_EVERY = "5s"


@dataclass(frozen=True)
class Shape:
    """What the cluster is asked to be, and the machine it is on (`host_memory` in bytes)."""

    nodes: int
    cpu: str
    memory: str
    host_cpus: int
    host_memory: int
    cgroup_v1: bool
    port: int
    image: str


def render(name: str, shape: Shape, mark: Path) -> str:
    """The configuration as YAML text."""
    return yaml.safe_dump(_cluster(name, shape, mark), sort_keys=False)


def _cluster(name: str, shape: Shape, mark: Path) -> dict[str, Any]:
    roles = ["control-plane", *["worker"] * (shape.nodes - 1)]
    version = image_version(shape.image)
    gangs = version is not None and version >= _GANGS_SINCE
    return {
        "kind": "Cluster",
        "apiVersion": "kind.x-k8s.io/v1alpha4",
        "name": name,
        "networking": {"apiServerAddress": "127.0.0.1", "apiServerPort": shape.port},
        "featureGates": {"GenericWorkload": True} if gangs else {},
        "runtimeConfig": {"scheduling.k8s.io/v1beta1": "true"} if gangs else {},
        "kubeadmConfigPatches": [_text(patch) for patch in _patches(shape)],
        "kubeadmConfigPatchesJSON6902": _appended(),
        "nodes": [
            {
                "role": role,
                "labels": {"labs/node": str(number)},
                "extraMounts": [{"hostPath": str(mark), "containerPath": MARK, "readOnly": True}],
            }
            for number, role in enumerate(roles, 1)
        ],
    }


def _patches(shape: Shape) -> list[dict[str, Any]]:
    kubelet: dict[str, Any] = {"kind": "KubeletConfiguration", "systemReserved": _reserved(shape)}
    if shape.cgroup_v1:
        kubelet["failCgroupV1"] = False
    patches = [kubelet]
    if shape.nodes > 1:  # with a single node kind itself removes the taint, and fails when there is none
        patches.append({"kind": "InitConfiguration", "nodeRegistration": {"taints": []}})
    return patches


def _reserved(shape: Shape) -> Mapping[str, str]:
    """What the kubelet keeps back of the whole host, so that a node offers what was asked for, or the host if that is less."""
    cpu = max(0, round(shape.host_cpus * 1000 - amount(shape.cpu) * 1000))
    memory = max(0, shape.host_memory - round(amount(shape.memory)))
    return {"cpu": f"{cpu}m", "memory": str(memory)}


def _appended() -> list[dict[str, str]]:
    """One more argument of the controller manager: kubeadm has them as a list since v1beta4, as a mapping before."""
    forms = {
        "v1beta4": ("/controllerManager/extraArgs/-", {"name": _SYNC, "value": _EVERY}),
        "v1beta3": (f"/controllerManager/extraArgs/{_SYNC}", _EVERY),
    }
    return [
        {
            "group": "kubeadm.k8s.io",
            "version": version,
            "kind": "ClusterConfiguration",
            "patch": yaml.safe_dump([{"op": "add", "path": path, "value": value}]),
        }
        for version, (path, value) in forms.items()
    ]


def amount(text: str) -> float:
    """A Kubernetes quantity (``500m``, ``4Gi``) as a number."""
    return float(quantity(text))


def _text(patch: Mapping[str, Any]) -> str:
    return yaml.safe_dump(dict(patch), sort_keys=False)
