"""Clusters to learn on: bring one up, ask how it is, connect, end it."""

from __future__ import annotations

from labs.cluster.lifecycle import connect, down, up, up_progress
from labs.cluster.model import (
    Cluster,
    ClusterStatus,
    Finding,
    Image,
    NodeStatus,
    ProcessStatus,
    Progress,
    Step,
    UpOptions,
    ignore_progress,
)
from labs.cluster.progress import UpProgress
from labs.cluster.registry import choose, current, get, known

__all__ = [
    "Cluster",
    "ClusterStatus",
    "Finding",
    "Image",
    "NodeStatus",
    "ProcessStatus",
    "Progress",
    "Step",
    "UpOptions",
    "UpProgress",
    "choose",
    "connect",
    "current",
    "down",
    "get",
    "ignore_progress",
    "known",
    "up",
    "up_progress",
]
