"""How fast simulated GPUs come, and come back; and a thousand Pods that never find a device of theirs in use."""

from __future__ import annotations

import os
import signal
import threading
import time
from collections.abc import Callable, Sequence
from pathlib import Path

from labs.cluster.gpus import parse_fleet, set_fleet, wait_for_fleet
from labs.cluster.processes import Process
from labs.kube import Client
from tests.cluster.gpus import asking, give, stress
from tests.cluster.pods import seen

SIZES = (
    {"t4": 2},
    {"a100-80gb": 4},
    {"t4": 1, "replicas": 4},
    {"h100": 1, "mig": "mixed", "profiles": ["1g.10gb"] * 7},
)


def fleet_seconds(client: Client, times: int = 5) -> list[float]:
    """From the request for another fleet until labels and allocatable show it, by a watch that is opened for each."""
    values = []
    for turn in range(times):
        for cards in SIZES:
            fleet = parse_fleet({1 + turn % 3: cards})
            began = time.monotonic()
            set_fleet(client, fleet)
            wait_for_fleet(client, fleet, threading.Event())
            values.append(time.monotonic() - began)
    return values


def back_seconds(client: Client, namespace: str, processes: Callable[[], Sequence[Process]], word: str) -> list[float]:
    """From the kill of every process of this name until each node runs a new Pod with a card."""
    give(client, {1: {"t4": 8}})
    values = []
    for turn in range(5):
        began = time.monotonic()
        for victim in processes():
            if word in Path(f"/proc/{victim.pid}/cmdline").read_text(encoding="utf-8").split("\0")[:2]:
                os.kill(victim.pid, signal.SIGKILL)
        _admitted(client, namespace, f"{word.rpartition('/')[2]}-{turn}")
        values.append(time.monotonic() - began)
    return values


def _admitted(client: Client, namespace: str, name: str) -> None:
    """A Pod that is refused while nobody serves the cards stays refused: the next one is tried."""
    for attempt in range(100):
        client.apply(asking(f"{name}-{attempt}", "sleep", "600"), namespace)
        settled = seen(client, namespace, f"{name}-{attempt}", lambda one: one["status"]["phase"] != "Pending", "start")
        if settled["status"]["phase"] == "Running":
            client.delete(settled, grace=0)
            return
    raise TimeoutError("no Pod with a card was admitted")


def stress_seconds(client: Client, namespace: str, pods: int = 1000) -> list[float]:
    """How long so many Pods take that hold 1 to 3 of 16 devices, each for up to half a second."""
    give(client, {1: {"t4": 4}, 2: {"t4": 8}, 3: {"t4": 4}})
    began = time.monotonic()
    failed = [
        one["metadata"]["name"] for one in stress(client, namespace, pods, 1) if one["status"]["phase"] == "Failed"
    ]
    if failed:
        raise AssertionError(f"a device was held twice: {failed}")
    return [time.monotonic() - began]
