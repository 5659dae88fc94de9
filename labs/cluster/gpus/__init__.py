"""Simulated GPUs: which node has which cards, and how the cluster shows them."""

from __future__ import annotations

from labs.cluster.gpus.fleet import MIG, NODE_LABEL, VENDOR, Fleet, FleetError, NodeGPUs, as_mapping, parse_fleet
from labs.cluster.gpus.node import allocatable, cards, labels, taints
from labs.cluster.gpus.profiles import PROFILES, MigProfile, Profile
from labs.cluster.gpus.setting import clear_fleet, fleet_of, held, node_names, set_fleet, wait_for_fleet
from labs.cluster.gpus.slices import device_classes, resource_slices

__all__ = [
    "MIG",
    "NODE_LABEL",
    "PROFILES",
    "VENDOR",
    "Fleet",
    "FleetError",
    "MigProfile",
    "NodeGPUs",
    "Profile",
    "allocatable",
    "as_mapping",
    "cards",
    "clear_fleet",
    "device_classes",
    "fleet_of",
    "held",
    "labels",
    "node_names",
    "parse_fleet",
    "resource_slices",
    "set_fleet",
    "taints",
    "wait_for_fleet",
]
