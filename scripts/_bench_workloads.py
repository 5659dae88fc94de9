"""Measures Deployments: the time to thirty ready Pods, and what a rollout loses of 200 calls a second."""

from __future__ import annotations

import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from labs.course import caller_program
from labs.course.caller import Caller
from labs.kube import Client
from scripts._bench_network import ECHO_SERVER

__all__ = ["failed_calls", "scale_seconds"]

ECHO: dict[str, Any] = {
    "image": "python:3.10",
    "command": ["python", "-c", ECHO_SERVER],
    "readinessProbe": {"tcpSocket": {"port": 5000}, "periodSeconds": 1},
}
MODEL: dict[str, Any] = {
    "image": "mymodel:v1",
    "readinessProbe": {"httpGet": {"path": "/readyz", "port": 5000}, "periodSeconds": 1},
    "lifecycle": {"preStop": {"sleep": {"seconds": 3}}},
}
_CALLS_A_SECOND = 200
_COUNTERS = round(_CALLS_A_SECOND / caller_program.RATE)


def scale_seconds(client: Client, namespace: str, container: dict[str, Any], times: int = 3) -> list[float]:
    """Seconds from the request for 30 replicas instead of 3 until 30 Pods are Ready."""
    values = []
    for number in range(times):
        name = f"scaled-{number}"
        client.apply(_deployment(name, 3, container), namespace)
        _until_ready(client, namespace, name, 3)
        time.sleep(3)
        began = time.monotonic()
        client.apply(_deployment(name, 30, container), namespace)
        _until_ready(client, namespace, name, 30)
        values.append(time.monotonic() - began)
        client.apply(_deployment(name, 0, container), namespace)
        _until(lambda: not client.list("v1/Pod", namespace), "the Pods do not end")
    return values


def failed_calls(client: Client, namespace: str, times: int = 3) -> list[float]:
    """Failed calls of 200 a second, each on a new connection, while v2 replaces v1 (and v1 replaces v2) in three Pods."""
    client.apply(_deployment("rolled", 3, MODEL), namespace)
    client.apply(_service("rolled"), namespace)
    _until_ready(client, namespace, "rolled", 3)
    values = []
    for version in ("v2", "v1", "v2")[:times]:
        counters = [_Counter(client, f"rolled.{namespace}", f"/version?{number}") for number in range(_COUNTERS)]
        _during(counters, 5)
        client.apply(_deployment("rolled", 3, MODEL | {"image": f"mymodel:{version}"}), namespace)
        while not _rolled_out(client, namespace, 3):
            _during(counters, 0.5)
        _during(counters, 5)
        values.append(float(sum(each.failed for each in counters)))
        rate = sum(each.calls for each in counters) / (time.monotonic() - counters[0].began)
        if rate < 0.9 * _CALLS_A_SECOND:
            raise RuntimeError(f"only {rate:.0f} calls a second were made")
    return values


class _Counter:
    """Fifty calls a second to one path of a Service, made by the course's own Pod that calls."""

    def __init__(self, client: Client, host: str, path: str) -> None:
        self._caller, self._host, self._path = Caller(client), host, path
        self._next = int(self._caller.count(host, 80, path, 0)["next"])
        self.began, self.calls, self.failed = time.monotonic(), 0, 0

    def read(self) -> None:
        """Add what has ended since."""
        found = self._caller.count(self._host, 80, self._path, self._next)
        self._next = found["next"]
        self.calls += len(found["calls"])
        self.failed += sum(bool(error) for *_, error in found["calls"])


def _during(counters: list[_Counter], seconds: float) -> None:
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        with ThreadPoolExecutor() as pool:
            list(pool.map(_Counter.read, counters))
        time.sleep(0.2)


def _rolled_out(client: Client, namespace: str, replicas: int) -> bool:
    """Whether all are of the present template, and no other Pod is left."""
    found = client.get("Deployment", "rolled", namespace) or {}
    status = found.get("status", {})
    current = status.get("observedGeneration") == found["metadata"]["generation"]
    ready = status.get("updatedReplicas") == status.get("readyReplicas") == replicas
    return current and ready and len(client.list("v1/Pod", namespace)) == replicas


def _until_ready(client: Client, namespace: str, name: str, replicas: int) -> None:
    def ready() -> bool:
        found = client.get("Deployment", name, namespace) or {}
        return bool(found.get("status", {}).get("readyReplicas") == replicas)

    _until(ready, f"{name} has not {replicas} ready Pods")


def _until(holds: Callable[[], bool], what: str) -> None:
    deadline = time.monotonic() + 180
    while not holds():
        if time.monotonic() > deadline:
            raise TimeoutError(what)
        time.sleep(0.1)


def _deployment(name: str, replicas: int, container: dict[str, Any]) -> dict[str, Any]:
    template = {
        "metadata": {"labels": {"app": name}},
        "spec": {"automountServiceAccountToken": False, "containers": [{"name": "main", **container}]},
    }
    spec: dict[str, Any] = {"replicas": replicas, "selector": {"matchLabels": {"app": name}}, "template": template}
    spec["strategy"] = {"rollingUpdate": {"maxUnavailable": 0}}
    return {"apiVersion": "apps/v1", "kind": "Deployment", "metadata": {"name": name}, "spec": spec}


def _service(name: str) -> dict[str, Any]:
    spec = {"selector": {"app": name}, "ports": [{"port": 80, "targetPort": 5000}]}
    return {"apiVersion": "v1", "kind": "Service", "metadata": {"name": name}, "spec": spec}
