"""Measures how Services carry traffic: the load of one client Pod, and the time from an endpoint to an answer."""

from __future__ import annotations

import json
import time
from collections.abc import Mapping
from typing import Any

from labs.kube import Client

__all__ = ["ECHO_SERVER", "endpoint_delays", "throughput_ratios"]

ECHO_SERVER = """
import socket, threading
listener = socket.create_server(("", 5000), backlog=256)
def serve(connection):
    with connection:
        while data := connection.recv(65536):
            connection.sendall(data)
while True:
    threading.Thread(target=serve, args=(listener.accept()[0],), daemon=True).start()
"""
_LOAD = """
import itertools, json, socket, sys, threading, time
seconds, targets = float(sys.argv[1]), [(each, int(sys.argv[2])) for each in sys.argv[3:]]
calls, errors, end = [0] * 12, [0] * 12, time.monotonic() + seconds
def run(number, target):
    with socket.create_connection(target, 10) as one:
        while time.monotonic() < end:
            one.sendall(b"x" * 64)
            if not one.recv(64):
                errors[number] += 1
                return
            calls[number] += 1
threads = [threading.Thread(target=run, args=each) for each in zip(range(12), itertools.cycle(targets))]
[each.start() for each in threads]
[each.join() for each in threads]
print(json.dumps([sum(calls) / seconds, sum(errors)]))
"""
_WATCH = """
import socket, sys, time
reached = False
while True:
    try:
        socket.create_connection((sys.argv[1], 80), 5).close()
        now = True
    except OSError:
        now = False
    if now and not reached:
        print(repr(time.time()), flush=True)
    reached = now
    time.sleep(0.001)
"""


def throughput_ratios(client: Client, namespace: str, times: int = 5) -> list[float]:
    """Echoes a second over kept connections through a ClusterIP, per those straight to its three Pods."""
    for number in range(3):
        client.apply(_pod(f"echo-{number}", ECHO_SERVER, {"app": "echo"}), namespace)
    client.apply(_pod("load", "import time; time.sleep(3600)"), namespace)
    service = client.apply(_service("echo", {"app": "echo"}, 5000), namespace).obj["spec"]["clusterIP"]
    addresses = [_address(client, namespace, f"echo-{number}") for number in range(3)]
    _address(client, namespace, "load")
    _until_endpoints(client, namespace, 3)
    ratios = []
    for _ in range(times):
        direct, through = (_load(client, namespace, *to) for to in (("5000", *addresses), ("80", service)))
        ratios.append(through / direct)
    return ratios


def endpoint_delays(client: Client, namespace: str, times: int = 20) -> list[float]:
    """Milliseconds from the request that makes an EndpointSlice, its way to the API server included, to the first connection."""
    client.apply(_pod("server", ECHO_SERVER), namespace)
    target = _address(client, namespace, "server")
    address = client.apply(_service("late", None, 5000), namespace).obj["spec"]["clusterIP"]
    client.apply(_pod("watches", _WATCH, words=[address]), namespace)
    _address(client, namespace, "watches")
    time.sleep(2)
    made = []
    for number in range(times):
        part = _slice("late", f"late-{number}", target)
        made.append(time.time())
        client.apply(part, namespace)
        time.sleep(0.5)
        client.delete({**part, "metadata": {**part["metadata"], "namespace": namespace}})
        time.sleep(0.3)
    lines: list[str] = []
    answer = client.transport.open("GET", f"/api/v1/namespaces/{namespace}/pods/watches/log", accept="*/*")
    with answer as response:
        lines = response.read().decode().split()
    seen = [float(line) for line in lines]
    return [1000 * (min(at for at in seen if at > began) - began) for began in made]


def _load(client: Client, namespace: str, port: str, *targets: str) -> float:
    command = ["python", "-c", _LOAD, "4", port, *targets]
    answer = client.exec("load", "main", command, namespace=namespace, timeout=60)
    rate, errors = json.loads(answer.stdout)
    if errors:
        raise RuntimeError(f"{errors} connections were lost")
    return float(rate)


def _pod(
    name: str, code: str, labels: Mapping[str, str] | None = None, words: list[str] | None = None
) -> dict[str, Any]:
    container = {"name": "main", "image": "python:3.10", "command": ["python", "-c", code, *(words or [])]}
    spec = {"automountServiceAccountToken": False, "terminationGracePeriodSeconds": 0, "containers": [container]}
    return {"apiVersion": "v1", "kind": "Pod", "metadata": {"name": name, "labels": dict(labels or {})}, "spec": spec}


def _service(name: str, selector: Mapping[str, str] | None, target: int) -> dict[str, Any]:
    spec: dict[str, Any] = {"ports": [{"port": 80, "targetPort": target}]}
    if selector:
        spec["selector"] = dict(selector)
    return {"apiVersion": "v1", "kind": "Service", "metadata": {"name": name}, "spec": spec}


def _slice(service: str, name: str, address: str) -> dict[str, Any]:
    return {
        "apiVersion": "discovery.k8s.io/v1",
        "kind": "EndpointSlice",
        "metadata": {"name": name, "labels": {"kubernetes.io/service-name": service}},
        "addressType": "IPv4",
        "endpoints": [{"addresses": [address], "conditions": {"ready": True}}],
        "ports": [{"name": "", "port": 5000, "protocol": "TCP"}],
    }


def _address(client: Client, namespace: str, name: str) -> str:
    """The Pod's address once it runs."""
    for _ in range(600):
        status = (client.get("Pod", name, namespace) or {}).get("status", {})
        if status.get("phase") == "Running" and status.get("podIP"):
            return str(status["podIP"])
        time.sleep(0.1)
    raise TimeoutError(f"{name} does not run")


def _until_endpoints(client: Client, namespace: str, count: int) -> None:
    for _ in range(600):
        found = client.list("discovery.k8s.io/v1/EndpointSlice", namespace, "kubernetes.io/service-name=echo")
        if sum(len(each.get("endpoints") or ()) for each in found) == count:
            time.sleep(0.5)
            return
        time.sleep(0.1)
    raise TimeoutError("the Service has too few endpoints")
