"""Trying out Deployments and Services on a real cluster."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from labs.checks import Probe, Snapshot
from labs.course.caller import NAME, NAMESPACE, Caller
from labs.course.probing import Prober
from labs.kube import Client, Reflector

Json = dict[str, Any]
KINDS = ("v1/Pod", "apps/v1/Deployment", "apps/v1/ReplicaSet", "v1/Service")
SECONDS = 90.0
SERVER = """
import http.server, json, socket
class Handler(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        self.send_response(200)
        self.end_headers()
        self.wfile.write(json.dumps({"version": "v1", "pod": socket.gethostname()}).encode())
http.server.HTTPServer(("0.0.0.0", 5000), Handler).serve_forever()
"""
PROBE = {"httpGet": {"path": "/", "port": 5000}, "periodSeconds": 1}
CONTAINER = {"name": "main", "image": "python:3.10", "command": ["python", "-c", SERVER], "readinessProbe": PROBE}
SERVICE = {
    "apiVersion": "v1",
    "kind": "Service",
    "metadata": {"name": "model"},
    "spec": {"selector": {"app": "x"}, "ports": [{"port": 80, "targetPort": 5000}]},
}


def deployment(replicas: int = 2) -> Json:
    template = {
        "metadata": {"labels": {"app": "x"}},
        "spec": {"containers": [CONTAINER], "terminationGracePeriodSeconds": 1},
    }
    spec = {"replicas": replicas, "selector": {"matchLabels": {"app": "x"}}, "template": template}
    return {"apiVersion": "apps/v1", "kind": "Deployment", "metadata": {"name": "serve"}, "spec": spec}


@contextmanager
def probing(client: Client, namespace: str, *probes: Probe) -> Iterator[Callable[[Callable[[Json], bool]], Json]]:
    """Gives a function that waits for the first row of which something holds."""
    news = threading.Event()
    reflector = Reflector(client, KINDS, namespace, lambda: prober.wake())
    prober = Prober(
        client, namespace, probes, lambda: Snapshot(dict(reflector.objects()), now=time.monotonic()), news.set
    )

    def until(holds: Callable[[Json], bool]) -> Json:
        deadline = time.monotonic() + SECONDS
        while time.monotonic() < deadline:
            found = next((dict(row) for row in prober.rows() if holds(dict(row))), None)
            if found is not None:
                return found
            news.wait(1)
            news.clear()
        raise AssertionError(f"{prober.fault}, {prober.rows()}")

    reflector.start()
    prober.start()
    try:
        yield until
    finally:
        prober.stop()
        reflector.stop()


def test_each_pod_and_the_service_answer_and_a_killed_pod_is_replaced(client: Client, namespace: str) -> None:
    client.apply(deployment(), namespace)
    client.apply(SERVICE, namespace)
    probes = Probe("pods", "serve", 5000), Probe("service", "model", calls=40), Probe("kill", "app=x", calls=2)
    with probing(client, namespace, *probes) as until:
        row = until(lambda row: row["probe"] == "pod" and row["ok"])
        assert (row["version"], row["answered_by"]) == ("v1", row["pod"])
        killed = until(lambda row: row["probe"] == "kill")
        answered = until(
            lambda row: row["probe"] == "service" and len(row["pods"]) == 2 and killed["pod"] not in row["pods"]
        )
        assert answered["ok"] == answered["calls"] == 40


def test_the_pod_that_calls_is_made_once_and_anew_when_it_is_gone(client: Client) -> None:
    caller = Caller(client)
    assert caller.call("10.96.0.1", 443, "/", 1)["errors"] == {"HTTP 400": 1}
    before = client.get("Pod", NAME, NAMESPACE)
    assert Caller(client).call("10.96.0.1", 443, "/", 1)["calls"] == 1
    assert before is not None and client.get("Pod", NAME, NAMESPACE)["metadata"]["uid"] == before["metadata"]["uid"]  # type: ignore[index]
    client.delete(before, grace=0, wait=True)
    assert Caller(client).call("10.96.0.1", 443, "/", 1)["calls"] == 1
