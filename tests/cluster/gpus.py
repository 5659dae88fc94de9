"""What tests of GPUs share: a fleet that shows, Pods that ask, and many Pods that watch one another for a device held twice."""

from __future__ import annotations

import random
import threading
from collections.abc import Sequence
from typing import Any

from labs.cluster.gpus import Fleet, parse_fleet, set_fleet, wait_for_fleet
from labs.kube import Client, Reflector
from tests.cluster.pods import container, pod

Json = dict[str, Any]
# A folder for each device of the node: made at the start, which fails when another container has it, and removed at the end.
HOLD = """
for card in $(echo "$NVIDIA_VISIBLE_DEVICES" | tr , ' '); do
  mkdir "/held/$card" || { echo "$card is held twice"; exit 1; }
done
sleep "$1"
for card in $(echo "$NVIDIA_VISIBLE_DEVICES" | tr , ' '); do rmdir "/held/$card"; done
"""
AT_ONCE = 40


def give(client: Client, declared: dict[int, Any]) -> Fleet:
    """The fleet, once the cluster shows it."""
    fleet = parse_fleet(declared)
    set_fleet(client, fleet)
    wait_for_fleet(client, fleet, threading.Event())
    return fleet


def asking(name: str, *command: str, number: int = 1, resource: str = "nvidia.com/gpu", **spec: Any) -> Json:
    """A Pod whose container asks for GPUs."""
    return pod(name, container(*command, resources={"limits": {resource: number}}), **spec)


def holding(name: str, number: int, seconds: float, folder: str) -> Json:
    """A Pod that holds some devices for a while, and fails when another one with this folder has one of them."""
    held = {"name": "held", "hostPath": {"path": f"/var/lib/labs-held/{folder}", "type": "DirectoryOrCreate"}}
    made = asking(name, "sh", "-c", HOLD, "hold", str(seconds), number=number, volumes=[held])
    made["spec"]["containers"][0]["volumeMounts"] = [{"name": "held", "mountPath": "/held"}]
    return made


def stress(client: Client, namespace: str, pods: int, seed: int) -> Sequence[Json]:
    """Run so many Pods with 1 to 3 devices each, some at once; all of them, ended."""
    chance = random.Random(seed)
    changed = threading.Event()
    reflector = Reflector(client, ["v1/Pod"], namespace, changed.set)
    reflector.start()
    applied = 0
    try:
        while True:
            ended = [one for one in reflector.objects()["Pod"] if one["status"]["phase"] in ("Succeeded", "Failed")]
            while applied < min(pods, len(ended) + AT_ONCE):
                number, seconds = chance.randint(1, 3), round(chance.uniform(0, 0.5), 2)
                client.apply(holding(f"p{applied}", number, seconds, namespace), namespace)
                applied += 1
            if len(ended) == pods:
                return ended
            changed.wait(1)
            changed.clear()
    finally:
        reflector.stop()
