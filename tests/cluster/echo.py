"""A small namespace of echo servers and a client Pod, for tests of Services, names and host ports."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, TypeVar

from labs.kube import Client

Json = dict[str, Any]
T = TypeVar("T")
SECONDS = 120.0
SERVER = """
import os, socket, threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
name = os.environ["HOSTNAME"]
class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    def do_GET(self):
        body = f"{name} {self.client_address[0]} {self.server.server_port}".encode()
        self.send_response(200)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)
    def log_message(self, *words):
        pass
udp = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
udp.bind(("", 5353))
def packets():
    while True:
        udp.sendto(name.encode(), udp.recvfrom(64)[1])
ThreadingHTTPServer.request_queue_size = 128
threading.Thread(target=packets, daemon=True).start()
other = ThreadingHTTPServer(("", 5001), Handler)
threading.Thread(target=other.serve_forever, daemon=True).start()
ThreadingHTTPServer(("", 5000), Handler).serve_forever()
"""
CALLS = """
import collections, http.client, json, sys
def call(host, port, path="/"):
    connection = http.client.HTTPConnection(host, port, timeout=10)
    try:
        connection.request("GET", path)
        return connection.getresponse().read().decode()
    except OSError as error:
        return type(error).__name__
    finally:
        connection.close()
host, port, times = sys.argv[1], int(sys.argv[2]), int(sys.argv[3])
print(json.dumps(collections.Counter(call(host, port) for _ in range(times))))
"""


@dataclass(frozen=True)
class Net:
    """A namespace with the Deployment `echo` (three ready replicas) and the Pod `client`."""

    client: Client
    namespace: str

    def service(self, name: str, ports: list[Json] | None = None, **spec: Any) -> Json:
        """Apply a Service (default: port 80 to 5000 of `app=echo`)."""
        body = {"selector": {"app": "echo"}, "ports": ports or [{"port": 80, "targetPort": 5000}], **spec}
        made = {"apiVersion": "v1", "kind": "Service", "metadata": {"name": name}, "spec": body}
        return dict(self.client.apply(made, self.namespace).obj)

    def python(self, code: str, *words: str, pod: str = "client") -> str:
        """Run Python in a Pod; its standard output."""
        command = ["python", "-c", code, *words]
        answer = self.client.exec(pod, "main", command, namespace=self.namespace, timeout=SECONDS)
        assert answer.exit_code == 0, answer
        return answer.stdout.strip()

    def calls(self, host: str, port: int = 80, times: int = 1, pod: str = "client") -> dict[str, int]:
        """How often each answer, or name of an error, came to calls on new connections."""
        return dict(json.loads(self.python(CALLS, host, str(port), str(times), pod=pod)))

    def pods(self) -> list[Json]:
        """The Pods of `echo`."""
        return self.client.list("Pod", self.namespace, "app=echo")

    def endpoints(self, service: str) -> int:
        """How many ready endpoints a Service has."""
        found = self.client.list(
            "discovery.k8s.io/v1/EndpointSlice", self.namespace, f"kubernetes.io/service-name={service}"
        )
        each = [one for part in found for one in part.get("endpoints") or ()]
        return sum(bool(one["conditions"].get("ready")) for one in each)


def eventually(look: Callable[[], T], holds: Callable[[T], bool], what: str) -> T:
    """The first value of `look` that `holds`."""
    deadline = time.monotonic() + SECONDS
    while not holds(value := look()):
        assert time.monotonic() < deadline, f"{what}: still {value!r} after {SECONDS:.0f} s"
        time.sleep(0.1)
    return value


@contextmanager
def echoing(client: Client, namespace: str) -> Iterator[Net]:
    """The namespace while the block lasts."""
    client.ensure_namespace(namespace)
    net = Net(client, namespace)
    try:
        client.apply(_deployment(), namespace)
        client.apply(_client(), namespace)
        net.service("echo")
        eventually(lambda: net.endpoints("echo"), lambda ready: ready == 3, "ready endpoints of echo")
        eventually(
            lambda: (client.get("Pod", "client", namespace) or {}).get("status", {}).get("phase"),
            lambda phase: phase == "Running",
            "phase of client",
        )
        yield net
    finally:
        client.delete_namespace(namespace, wait=False)


def _deployment() -> Json:
    probe = {"httpGet": {"path": "/", "port": "web"}, "periodSeconds": 1}
    ports = [{"name": "web", "containerPort": 5000}, {"name": "more", "containerPort": 5001}]
    container = {"name": "main", "image": "python:3.10", "command": ["python", "-c", SERVER]}
    spec = {
        "automountServiceAccountToken": False,
        "terminationGracePeriodSeconds": 1,
        "containers": [{**container, "ports": ports, "readinessProbe": probe}],
    }
    return {
        "apiVersion": "apps/v1",
        "kind": "Deployment",
        "metadata": {"name": "echo"},
        "spec": {
            "replicas": 3,
            "selector": {"matchLabels": {"app": "echo"}},
            "template": {"metadata": {"labels": {"app": "echo"}}, "spec": spec},
        },
    }


def _client() -> Json:
    command = ["python", "-c", "import signal; signal.sigwait([signal.SIGTERM])"]
    container = {"name": "main", "image": "python:3.10", "command": command}
    return {
        "apiVersion": "v1",
        "kind": "Pod",
        "metadata": {"name": "client"},
        "spec": {"terminationGracePeriodSeconds": 1, "containers": [container]},
    }
