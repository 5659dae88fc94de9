"""Measures how long an explanation takes: 100 nodes of five kinds, 300 Pods on them, a Pod that fits none."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

from labs.cluster.gpus import Fleet, parse_fleet
from labs.cluster.why import explain, with_fleet

__all__ = ["MEASUREMENTS"]

Json = dict[str, Any]
_NODES, _PODS = 100, 300
_CARDS: tuple[Json, ...] = ({"t4": 1}, {"a100-80gb": 4}, {"a100-40gb": 2, "taint": True}, {"t4": 2, "via": "dra"})


def why_100_nodes() -> list[float]:
    """From the question to the table, the program running already."""
    snapshot = {**with_fleet({"Node": [_node(number) for number in range(_NODES)]}, _fleet()), "Pod": _pods()}
    container = _container({"cpu": "1"}, {"nvidia.com/gpu": "8"})
    constraint = {"topologyKey": "zone", "maxSkew": 1, "whenUnsatisfiable": "DoNotSchedule"}
    spread = [{**constraint, "labelSelector": {"matchLabels": {"app": "a"}}}]
    selector = {"nvidia.com/gpu.product": "NVIDIA-A100-SXM4-80GB"}
    spec = {"containers": [container], "topologySpreadConstraints": spread, "nodeSelector": selector}
    pod = {"metadata": {"name": "waits", "namespace": "bench"}, "spec": spec}
    taken = []
    for _ in range(51):
        began = time.perf_counter()
        explained = explain(pod, snapshot)
        taken.append(1000 * (time.perf_counter() - began))
        assert len(explained.rows) == _NODES and not explained.feasible
    return taken[1:]


def _fleet() -> Fleet:
    return parse_fleet({number: _CARDS[number % 5] for number in range(1, _NODES) if number % 5 < len(_CARDS)})


def _node(number: int) -> Json:
    labels = {"labs/node": str(number), "kubernetes.io/hostname": f"node-{number}", "zone": f"zone-{number % 3}"}
    amounts = {"cpu": "8", "memory": "32Gi", "pods": "110"}
    return {
        "metadata": {"name": f"node-{number}", "labels": labels},
        "status": {"allocatable": amounts, "capacity": amounts},
    }


def _pods() -> list[Json]:
    return [
        {
            "metadata": {"name": f"runs-{number}", "namespace": "bench", "labels": {"app": "ab"[number % 2]}},
            "spec": {"containers": [_container({"cpu": "500m"}, {})], "nodeName": f"node-{number % _NODES}"},
        }
        for number in range(_PODS)
    ]


def _container(requests: Json, limits: Json) -> Json:
    return {"name": "main", "image": "none", "resources": {"requests": requests, "limits": limits}}


MEASUREMENTS: dict[str, tuple[str, Callable[[], list[float]]]] = {"why_100_nodes": ("ms", why_100_nodes)}
