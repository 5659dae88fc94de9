"""Ports of this machine that lead to Services."""

from __future__ import annotations

import socket
import urllib.request
from collections.abc import Iterator

import pytest

from labs.cluster.forwards import Forward, forwards
from labs.kube import Client
from tests.cluster.echo import Json, Net, echoing, eventually
from tests.pocket import Pocket


@pytest.fixture(scope="module")
def net(cluster: Pocket, client: Client) -> Iterator[Net]:
    """One namespace for all tests here."""
    with echoing(client, "t-forwards") as found:
        yield found


def answering(url: str) -> str:
    def ask() -> str:
        try:
            with urllib.request.urlopen(url, timeout=10) as answer:
                return str(answer.read().decode())
        except OSError as error:
            return f"error: {error}"

    return eventually(ask, lambda text: not text.startswith("error"), f"an answer at {url}")


def opened(cluster: Pocket, service: str) -> list[Forward]:
    return [one for one in forwards(cluster.state) if one.service == service]


def ingress(net: Net, name: str) -> list[Json]:
    service = net.client.get("Service", name, net.namespace) or {}
    return list(service["status"]["loadBalancer"].get("ingress") or ())


def test_a_load_balancer_opens_here_and_every_pod_answers(net: Net, cluster: Pocket) -> None:
    net.service("front", type="LoadBalancer")
    url = cluster.labs("url", "front", "-n", net.namespace).strip()
    assert url.startswith("http://127.0.0.1:")
    answering(url)
    assert len({answering(url).split()[0] for _ in range(60)}) == 3
    eventually(lambda: ingress(net, "front"), lambda found: found == [{"ip": "127.0.0.1", "ipMode": "Proxy"}], "status")


def test_a_service_that_changes_its_type_closes(net: Net, cluster: Pocket) -> None:
    net.service("fickle", type="LoadBalancer")
    cluster.labs("url", "fickle", "-n", net.namespace)
    eventually(lambda: ingress(net, "fickle"), lambda found: bool(found), "status")
    port = opened(cluster, "fickle")[0].host_port
    net.service("fickle", type="ClusterIP")
    eventually(lambda: opened(cluster, "fickle"), lambda found: not found, "forwards")
    eventually(lambda: ingress(net, "fickle"), lambda found: not found, "status")
    with socket.socket() as one:
        assert one.connect_ex(("127.0.0.1", port)) != 0
    said = cluster.labs("url", "fickle", "-n", net.namespace, code=2)
    assert "reachable only from inside" in said and "port-forward" in said
    assert "There is no Service" in cluster.labs("url", "none", "-n", net.namespace, code=2)


def test_what_has_no_connections_is_said_not_to_open(net: Net, cluster: Pocket) -> None:
    names = {"name": "dns", "port": 53, "targetPort": 5353, "protocol": "UDP"}
    net.service("packets", [names], type="LoadBalancer")
    assert "only 53/UDP, and only TCP ports open" in cluster.labs("url", "packets", "-n", net.namespace, code=2)
    net.service("both", [names, {"name": "web", "port": 80, "targetPort": 5000}], type="LoadBalancer")
    said = cluster.labs("url", "both", "-n", net.namespace).splitlines()
    assert said[0].startswith("http://127.0.0.1:") and said[1] == "Not open here: 53/UDP (only TCP is)"


def test_a_node_port_that_is_taken_here_opens_elsewhere_and_says_so(net: Net, cluster: Pocket) -> None:
    with socket.socket() as taken:
        # Kubernetes gives these numbers to nobody who does not ask for them.
        number = next(number for number in range(30000, 30086) if _bound(taken, number))
        taken.listen()
        net.service("busy", [{"port": 80, "targetPort": 5000, "nodePort": number}], type="NodePort")
        url = cluster.labs("url", "busy", "-n", net.namespace).strip()
        assert url != f"http://127.0.0.1:{number}"
        answering(url)
        events = eventually(
            lambda: [
                one["message"] for one in net.client.list("Event", net.namespace) if one["reason"] == "HostPortTaken"
            ],
            bool,
            "the event",
        )
        assert f"Port {number} of this machine is in use" in events[0] and url in events[0]


def _bound(one: socket.socket, number: int) -> bool:
    try:
        one.bind(("127.0.0.1", number))
    except OSError:
        return False
    return True


def test_a_node_port_has_the_same_number_here(net: Net, cluster: Pocket) -> None:
    made = net.service("plain", type="NodePort")
    number = made["spec"]["ports"][0]["nodePort"]
    assert cluster.labs("url", "plain", "-n", net.namespace).strip() == f"http://127.0.0.1:{number}"
    answering(f"http://127.0.0.1:{number}")
