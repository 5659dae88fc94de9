"""What the cluster shows of a node's cards: labels, taint, allocatable resources, ResourceSlices. Pure.

Labels as NVIDIA's gpu-feature-discovery writes them (k8s-device-plugin, internal/lm: resource.go, mig-strategy.go, nvml.go),
names of resources as its device plugin serves them, devices as its DRA driver publishes them (k8s-dra-driver-gpu,
cmd/gpu-kubelet-plugin/deviceinfo.go and partitions.go).
"""

from __future__ import annotations

import re
import uuid
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from labs.cluster.gpus.fleet import NodeGPUs
from labs.cluster.gpus.profiles import MigProfile, place

__all__ = ["Card", "Part", "allocatable", "cards", "described", "labels", "resources", "taints"]

DRIVER_VERSION, CUDA_VERSION = "580.95.05", "13.0"
"""Of the driver that the simulated cards pretend to have."""

_SPACE = uuid.UUID("5b0f6f1c-7d0e-4f8e-9a53-6e7c3a3f1b52")
_GPU = "nvidia.com/gpu"
_TAINT = {"key": _GPU, "value": "present", "effect": "NoSchedule"}


@dataclass(frozen=True)
class Part:
    """A MIG device: its `uuid` (``MIG-…``), its profile, and the memory slice where it begins."""

    uuid: str
    profile: MigProfile
    start: int

    def name(self, index: int) -> str:
        """What the DRA driver calls it on the card of this index."""
        return f"gpu-{index}-mig-{self.profile.number}-{self.start}-{self.profile.size}"


@dataclass(frozen=True)
class Card:
    """One card: its index on the node, its `uuid` (``GPU-…``), and its parts.

    Where the scheduler chooses how to divide the card, they are all those that it could have.
    """

    index: int
    uuid: str
    healthy: bool
    parts: tuple[Part, ...] = ()


def cards(node: str, gpus: NodeGPUs) -> tuple[Card, ...]:
    """The cards of the node of this name; the same node and index have the same UUIDs every time."""
    return tuple(_card(node, index, gpus) for index in range(gpus.count))


def _card(node: str, index: int, gpus: NodeGPUs) -> Card:
    names = gpus.mig.profiles if gpus.mig else ()
    starts = place(gpus.card, names) or ()
    parts = (gpus.card.part(name) for name in names)
    name = f"{node}/{gpus.profile}/{index}"
    divided = tuple(_part(name, part, start) for part, start in zip(parts, starts, strict=True) if part)
    possible = () if names or not gpus.mig else gpus.card.mig
    return Card(
        index=index,
        uuid=f"GPU-{uuid.uuid5(_SPACE, name)}",
        healthy=index not in gpus.sick,
        parts=divided or tuple(_part(name, part, start) for part in possible for start in part.starts),
    )


def _part(card: str, part: MigProfile, start: int) -> Part:
    return Part(f"MIG-{uuid.uuid5(_SPACE, f'{card}/{part.number}/{start}')}", part, start)


def resources(node: str, gpus: NodeGPUs) -> dict[str, dict[str, tuple[str, bool]]]:
    """What the device plugin serves, by the name of the resource: id → UUID and whether it is healthy.

    A shared card has an id for each replica (``GPU-…::0``), as NVIDIA's plugin has them.
    """
    served: dict[str, dict[str, tuple[str, bool]]] = {}
    for card in cards(node, gpus) if gpus.via == "plugin" else ():
        if gpus.mig is None:
            name = f"{_GPU}.shared" if gpus.renamed else _GPU
            ids = [f"{card.uuid}::{copy}" for copy in range(gpus.replicas)] if gpus.replicas > 1 else [card.uuid]
            served.setdefault(name, {}).update((each, (card.uuid, card.healthy)) for each in ids)
        for part in card.parts:
            name = _GPU if gpus.mig and gpus.mig.strategy == "single" else _resource(part.profile)
            served.setdefault(name, {})[part.uuid] = (part.uuid, card.healthy)
    return served


def allocatable(node: str, gpus: NodeGPUs) -> dict[str, int]:
    """Extended resources that Pods may ask this node for: those of healthy cards that the device plugin serves."""
    return {name: sum(well for _, well in ids.values()) for name, ids in resources(node, gpus).items()}


def taints(gpus: NodeGPUs) -> list[dict[str, str]]:
    """Taints of the node: the course's own, where the fleet asks for it."""
    return [dict(_TAINT)] if gpus.taint else []


def labels(gpus: NodeGPUs) -> dict[str, str]:
    """What feature discovery says about the node."""
    major, minor, revision = DRIVER_VERSION.split(".")
    cuda_major, cuda_minor = CUDA_VERSION.split(".")
    found: dict[str, object] = {
        "nvidia.com/cuda.driver-version.full": DRIVER_VERSION,
        "nvidia.com/cuda.driver-version.major": major,
        "nvidia.com/cuda.driver-version.minor": minor,
        "nvidia.com/cuda.driver-version.revision": revision,
        "nvidia.com/cuda.driver.major": major,
        "nvidia.com/cuda.driver.minor": minor,
        "nvidia.com/cuda.driver.rev": revision,
        "nvidia.com/cuda.runtime-version.full": CUDA_VERSION,
        "nvidia.com/cuda.runtime-version.major": cuda_major,
        "nvidia.com/cuda.runtime-version.minor": cuda_minor,
        "nvidia.com/cuda.runtime.major": cuda_major,
        "nvidia.com/cuda.runtime.minor": cuda_minor,
        "nvidia.com/gpu.machine": "simulated",
        "nvidia.com/gpu.mode": "compute",
        "nvidia.com/mig.capable": str(bool(gpus.card.mig)).lower(),
        "nvidia.com/mps.capable": "false",
        **_whole(gpus),
        **_divided(gpus),
    }
    return {key: str(value) for key, value in found.items()}


def _whole(gpus: NodeGPUs) -> dict[str, object]:
    card = gpus.card
    replicas = 0 if gpus.mig else gpus.replicas
    shared = "-SHARED" if replicas > 1 and not gpus.renamed else ""
    return {
        f"{_GPU}.product": _label(card.product) + shared,
        f"{_GPU}.count": gpus.count,
        f"{_GPU}.replicas": replicas,
        f"{_GPU}.sharing-strategy": "time-slicing" if replicas > 1 else "none",
        f"{_GPU}.memory": card.memory,
        f"{_GPU}.family": card.family,
        f"{_GPU}.compute.major": card.compute[0],
        f"{_GPU}.compute.minor": card.compute[1],
    }


def _divided(gpus: NodeGPUs) -> dict[str, object]:
    if gpus.mig is None:
        return {}
    found: dict[str, object] = {"nvidia.com/mig.strategy": gpus.mig.strategy}
    for name, times in Counter(gpus.mig.profiles).items():
        part = gpus.card.part(name)
        if part:
            prefix = _GPU if gpus.mig.strategy == "single" else _resource(part)
            found.update(
                (f"{prefix}.{key}", value) for key, value in _part_labels(gpus, part, times * gpus.count).items()
            )
    return found


def _part_labels(gpus: NodeGPUs, part: MigProfile, count: int) -> Mapping[str, object]:
    engines = ("copy", "decoder", "encoder", "jpeg", "ofa")
    return {
        "product": f"{_label(gpus.card.product)}-MIG-{_label(part.name)}",
        "count": count,
        "replicas": 1,
        "sharing-strategy": "none",
        "memory": part.memory,
        "multiprocessors": part.multiprocessors,
        "slices.gi": part.slices,
        "slices.ci": part.slices,
        **{f"engines.{name}": number for name, number in zip(engines, part.engines, strict=True)},
    }


def _resource(part: MigProfile) -> str:
    return "nvidia.com/mig-" + part.name.replace("+", ".")


def _label(words: str) -> str:
    return "-".join(re.sub(r"[^A-Za-z0-9-_. ]", "", words).split())


def described(node: str, gpus: NodeGPUs) -> list[dict[str, Any]]:
    """The cards and their parts, by UUID and by the DRA driver's name, as the stand-in of `nvidia-smi` shows them."""
    general = {"product": gpus.card.product, "driver": DRIVER_VERSION, "cuda": CUDA_VERSION, "replicas": gpus.replicas}
    found: list[dict[str, Any]] = []
    for card in cards(node, gpus):
        whole = {**general, "index": card.index, "card": card.uuid, "cardMemory": gpus.card.memory}
        found.append({**whole, "name": f"gpu-{card.index}", "uuid": card.uuid, "memory": gpus.card.memory})
        found += (
            {**whole, "name": part.name(card.index), "uuid": part.uuid, "memory": part.profile.memory}
            | {"profile": part.profile.name}
            for part in card.parts
        )
    return found
