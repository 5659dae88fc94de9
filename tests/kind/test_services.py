"""Services of a kind cluster are open on this machine, as kube-proxy would serve them."""

from __future__ import annotations

import json
import signal
import socket
import urllib.request
from collections.abc import Iterator
from functools import partial
from typing import Any

import pytest

from labs.cluster.processes import find
from labs.kube import Client
from tests.kind.place import KindPlace, eventually

SPACE = "t-services"
SERVE = "mkdir /w && cd /w && hostname > index.html && exec python -m http.server 5000"


@pytest.fixture(scope="module")
def web(kind_client: Client) -> Iterator[str]:
    """Three Pods that answer with their names, behind a LoadBalancer and a NodePort Service."""
    kind_client.ensure_namespace(SPACE)
    probe = {"tcpSocket": {"port": 5000}, "periodSeconds": 1}
    container = {"name": "web", "image": "python:3.10", "command": ["sh", "-c", SERVE], "readinessProbe": probe}
    template = {
        "metadata": {"labels": {"app": "web"}},
        "spec": {"terminationGracePeriodSeconds": 0, "containers": [container]},
    }
    spec = {"replicas": 3, "selector": {"matchLabels": {"app": "web"}}, "template": template}
    kind_client.apply(_object("apps/v1", "Deployment", "web", spec), SPACE)
    for name, kind in (("balanced", "LoadBalancer"), ("by-port", "NodePort"), ("inside", "ClusterIP")):
        ports = [{"port": 80, "targetPort": 5000}]
        kind_client.apply(
            _object("v1", "Service", name, {"type": kind, "selector": {"app": "web"}, "ports": ports}), SPACE
        )
    assert eventually(lambda: _ready(kind_client) == 3, 120)
    yield SPACE
    kind_client.delete_namespace(SPACE, wait=False)


def test_load_balancer_and_node_port_answer_here(kind: KindPlace, kind_client: Client, web: str) -> None:
    assert eventually(lambda: _forwards(kind).keys() == {"balanced", "by-port"})
    for name in ("balanced", "by-port"):
        port = _forwards(kind)[name]  # kube-proxy takes a moment for each new endpoint
        assert eventually(partial(_spread, port))
    status = (kind_client.get("Service", "balanced", SPACE) or {})["status"]["loadBalancer"]
    assert [(each["ip"], each["ipMode"]) for each in status["ingress"]] == [("127.0.0.1", "Proxy")]
    assert not (kind_client.get("Service", "by-port", SPACE) or {})["status"]["loadBalancer"]


def test_port_is_the_same_after_the_agent_was_killed(kind: KindPlace, web: str) -> None:
    before = _forwards(kind)
    process = find(json.loads(kind.labs("status", "--json"))["pid"])
    assert process
    process.signal(signal.SIGKILL)
    assert process.wait(10)
    kind.up()
    assert eventually(lambda: _forwards(kind) == before and _answers(before["balanced"]))


def test_no_endpoint_means_a_refused_connection(kind: KindPlace, kind_client: Client, web: str) -> None:
    port = _forwards(kind)["balanced"]
    kind.kubectl("scale", "-n", SPACE, "deployment/web", "--replicas=0")
    assert eventually(lambda: _refused(port))
    kind.kubectl("scale", "-n", SPACE, "deployment/web", "--replicas=3")
    assert eventually(lambda: _answers(port))


def test_deleted_service_is_closed(kind: KindPlace, kind_client: Client, web: str) -> None:
    port = _forwards(kind)["by-port"]
    kind_client.delete(_object("v1", "Service", "by-port", {}))
    assert eventually(lambda: "by-port" not in _forwards(kind))
    with pytest.raises(OSError), socket.create_connection(("127.0.0.1", port), timeout=5):
        pass


def _object(version: str, kind: str, name: str, spec: dict[str, Any]) -> dict[str, Any]:
    return {"apiVersion": version, "kind": kind, "metadata": {"name": name, "namespace": SPACE}, "spec": spec}


def _ready(client: Client) -> int:
    return int(((client.get("apps/v1/Deployment", "web", SPACE) or {}).get("status") or {}).get("readyReplicas") or 0)


def _forwards(kind: KindPlace) -> dict[str, int]:
    try:
        value = json.loads((kind.state / "forwards.json").read_text(encoding="utf-8"))
    except OSError:
        return {}
    return {each["service"]: each["host_port"] for each in value["forwards"] if each["namespace"] == SPACE}


def _ask(port: int) -> str:
    with urllib.request.urlopen(f"http://127.0.0.1:{port}/", timeout=10) as answer:
        return str(answer.read().decode())


def _spread(port: int) -> bool:
    try:
        return len({_ask(port) for _ in range(40)}) == 3
    except OSError:  # a node's kube-proxy does not know an endpoint yet, or no longer
        return False


def _answers(port: int) -> bool:
    try:
        return bool(_ask(port))
    except OSError:
        return False


def _refused(port: int) -> bool:
    try:
        _ask(port)
    except ConnectionResetError:
        return True
    except OSError as error:
        return isinstance(getattr(error, "reason", None), ConnectionResetError)
    return False
