"""Names inside Pods: Services, headless ones, Pods with a hostname, and what is outside."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from labs.kube import Client
from tests.cluster.echo import Net, echoing, eventually
from tests.pocket import Pocket

LOOK_UP = """
import socket, sys, time
began = time.monotonic()
try:
    print(*sorted({row[4][0] for row in socket.getaddrinfo(sys.argv[1], 80, socket.AF_INET)}))
except socket.gaierror as error:
    print("none" if error.errno == socket.EAI_NONAME else error)
assert time.monotonic() - began < 4, "a name server did not answer"
"""


@pytest.fixture(scope="module")
def net(cluster: Pocket, client: Client) -> Iterator[Net]:
    """One namespace for all tests here."""
    with echoing(client, "t-dns") as found:
        yield found


def test_a_service_has_its_names(net: Net) -> None:
    address = (net.client.get("Service", "echo", net.namespace) or {})["spec"]["clusterIP"]
    for name in (
        "echo",
        "echo.t-dns",
        "echo.t-dns.svc",
        "echo.t-dns.svc.cluster.local",
        "echo.t-dns.svc.cluster.local.",
    ):
        assert net.python(LOOK_UP, name) == address, name
    assert net.python("import socket, sys; print(socket.gethostbyaddr(sys.argv[1])[0])", address) == (
        "echo.t-dns.svc.cluster.local"
    )


def test_a_headless_service_names_its_pods(net: Net) -> None:
    net.service("headless", clusterIP="None")
    eventually(lambda: net.endpoints("headless"), lambda ready: ready == 3, "endpoints")
    addresses = sorted(pod["status"]["podIP"] for pod in net.pods())
    found = eventually(lambda: net.python(LOOK_UP, "headless").split(), lambda found: len(found) == 3, "addresses")
    assert sorted(found) == addresses


def test_a_pod_with_hostname_and_subdomain_has_a_name(net: Net) -> None:
    net.service("family", selector={"app": "named"}, clusterIP="None")
    container = {"name": "main", "image": "python:3.10", "command": ["sleep", "600"]}
    spec = {"hostname": "first", "subdomain": "family", "terminationGracePeriodSeconds": 0, "containers": [container]}
    made = {"apiVersion": "v1", "kind": "Pod", "metadata": {"name": "named", "labels": {"app": "named"}}, "spec": spec}
    net.client.apply(made, net.namespace)
    eventually(lambda: net.endpoints("family"), lambda ready: ready == 1, "endpoints")
    address = (net.client.get("Pod", "named", net.namespace) or {})["status"]["podIP"]
    eventually(lambda: net.python(LOOK_UP, "first.family"), lambda found: found == address, "address of first.family")


def test_other_names_do_not_exist_and_that_is_said_at_once(net: Net) -> None:
    for name in ("nobody", "echo.elsewhere", "example.org", "example.com."):
        assert net.python(LOOK_UP, name) == "none", name
