"""What the DRA driver publishes of a node's cards, and the classes that claims ask for. Pure.

Names of attributes and capacities are those of NVIDIA's driver (k8s-dra-driver-gpu: deviceinfo.go, partitions.go, and the
DeviceClasses of its chart).
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from labs.cluster.gpus.fleet import NodeGPUs
from labs.cluster.gpus.node import CUDA_VERSION, DRIVER_VERSION, Card, Part, cards
from labs.cluster.gpus.profiles import MigProfile

__all__ = ["DRIVER", "device_classes", "published", "resource_slices"]

Json = dict[str, Any]
DRIVER = "gpu.nvidia.com"
_SICK = {"key": f"{DRIVER}/unhealthy", "effect": "NoSchedule"}
_ENGINES = ("copyEngines", "decoders", "encoders", "jpegEngines", "ofaEngines")
_MEMORY_SLICES, _MOST_SETS = 8, 8


def resource_slices(node: str, gpus: NodeGPUs) -> list[Json]:
    """The ResourceSlices of a node, as the API shows them once its driver has published."""
    parts = published(node, gpus)
    pool = {"name": node, "generation": 1, "resourceSliceCount": len(parts)}
    return [
        {
            "apiVersion": "resource.k8s.io/v1",
            "kind": "ResourceSlice",
            "metadata": {"name": f"{node}-{DRIVER}-{index}"},
            "spec": {"driver": DRIVER, "nodeName": node, "pool": pool, **part},
        }
        for index, part in enumerate(parts)
    ]


def published(node: str, gpus: NodeGPUs) -> list[Json]:
    """The devices that the driver publishes, slice by slice; counters have slices of their own."""
    if gpus.via != "dra":
        return []
    found = cards(node, gpus)
    if gpus.mig is None:
        return [{"devices": [_whole(gpus, card) for card in found]}]
    if gpus.mig.profiles:
        return [{"devices": [_static(gpus, card, part) for card in found for part in card.parts]}]
    counters = [_counters(gpus, card) for card in found]
    return [
        *({"sharedCounters": counters[start : start + _MOST_SETS]} for start in range(0, len(counters), _MOST_SETS)),
        *({"devices": [_undivided(gpus, card), *_divisions(gpus, card)]} for card in found),
    ]


def _whole(gpus: NodeGPUs, card: Card) -> Json:
    texts = {"type": "gpu", "uuid": card.uuid, **_common(gpus, card)}
    return _device(f"gpu-{card.index}", texts, {"memory": f"{gpus.card.memory}Mi"}, card)


def _static(gpus: NodeGPUs, card: Card, part: Part) -> Json:
    """A part that is there already."""
    texts = {"type": "mig", "uuid": part.uuid, "parentUUID": card.uuid, **_common(gpus, card)}
    places = {f"memorySlice{index}": "1" for index in _places(part)}
    texts["profile"] = part.profile.name
    return _device(part.name(card.index), texts, _figures(part.profile) | places, card)


def _undivided(gpus: NodeGPUs, card: Card) -> Json:
    """A card that takes all that it could give to its parts."""
    return _whole(gpus, card) | {"consumesCounters": [_counters(gpus, card, "counterSet")]}


def _divisions(gpus: NodeGPUs, card: Card) -> Iterator[Json]:
    """Every part that the card could have; counters say which of them exclude one another."""
    for part in card.parts:
        texts = {"type": "mig", "parentUUID": card.uuid, "profile": part.profile.name, **_common(gpus, card)}
        taken = _counted(part.profile, _places(part))
        device = _device(part.name(card.index), texts, _figures(part.profile), card)
        yield device | {"consumesCounters": [{"counterSet": _set_name(card), "counters": taken}]}


def _device(name: str, texts: dict[str, str], capacity: dict[str, str], card: Card) -> Json:
    versions = {
        key: {"version": texts.pop(key)} for key in ("cudaComputeCapability", "driverVersion", "cudaDriverVersion")
    }
    device: Json = {
        "name": name,
        "attributes": {key: {"string": value} for key, value in texts.items()} | versions,
        "capacity": {key: {"value": value} for key, value in capacity.items()},
    }
    return device if card.healthy else device | {"taints": [dict(_SICK)]}


def _common(gpus: NodeGPUs, card: Card) -> dict[str, str]:
    major, minor = gpus.card.compute
    driver = ".".join(str(int(number)) for number in DRIVER_VERSION.split("."))
    return {
        "productName": gpus.card.product,
        "brand": gpus.card.brand,
        "architecture": gpus.card.architecture,
        "cudaComputeCapability": f"{major}.{minor}.0",
        "driverVersion": driver,
        "cudaDriverVersion": f"{CUDA_VERSION}.0",
        "pcieBusID": f"0000:{16 + card.index:02x}:00.0",
    }


def _figures(profile: MigProfile) -> dict[str, str]:
    engines = {name: str(number) for name, number in zip(_ENGINES, profile.engines, strict=True)}
    return {"memory": f"{profile.memory}Mi", "multiprocessors": str(profile.multiprocessors), **engines}


def _set_name(card: Card) -> str:
    return f"gpu-{card.index}-counter-set"


def _places(part: Part) -> range:
    return range(part.start, part.start + part.profile.size)


def _counters(gpus: NodeGPUs, card: Card, key: str = "name") -> Json:
    """All that a card has to give away."""
    most = max(gpus.card.mig, key=lambda profile: profile.size)
    whole = _counted(most, range(_MEMORY_SLICES)) | {"memory": {"value": f"{gpus.card.memory}Mi"}}
    return {key: _set_name(card), "counters": whole}


def _counted(profile: MigProfile, places: range) -> Json:
    """Counters by the names that NVIDIA's driver makes of capacities: ``copy-engines``, ``memory-slice-0``."""
    figures = {re.sub("([A-Z])", r"-\1", name).lower(): value for name, value in _figures(profile).items()}
    figures |= {f"memory-slice-{index}": "1" for index in places}
    return {name: {"value": value} for name, value in figures.items()}


def device_classes() -> list[Json]:
    """The classes of NVIDIA's chart; a whole card can also be asked for as `nvidia.com/gpu`."""
    return [
        _device_class("gpu.nvidia.com", "gpu", {"extendedResourceName": "nvidia.com/gpu"}),
        _device_class("mig.nvidia.com", "mig", {}),
    ]


def _device_class(name: str, kind: str, more: Json) -> Json:
    expression = f"device.driver == '{DRIVER}' && device.attributes['{DRIVER}'].type == '{kind}'"
    return {
        "apiVersion": "resource.k8s.io/v1",
        "kind": "DeviceClass",
        "metadata": {"name": name, "labels": {"labs/gpus": "simulated"}},
        "spec": {"selectors": [{"cel": {"expression": expression}}], **more},
    }
