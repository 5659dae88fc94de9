"""Simulated GPUs: which node has which cards, and how the cluster shows them."""

from __future__ import annotations

from labs.cluster.gpus.fleet import MIG, Fleet, FleetError, NodeGPUs, as_mapping, parse_fleet
from labs.cluster.gpus.node import allocatable, cards, labels, taints
from labs.cluster.gpus.profiles import PROFILES, MigProfile, Profile
from labs.cluster.gpus.slices import device_classes, resource_slices

__all__ = [
    "MIG",
    "PROFILES",
    "Fleet",
    "FleetError",
    "MigProfile",
    "NodeGPUs",
    "Profile",
    "allocatable",
    "as_mapping",
    "cards",
    "device_classes",
    "labels",
    "parse_fleet",
    "resource_slices",
    "taints",
]
