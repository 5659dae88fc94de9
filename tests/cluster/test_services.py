"""Services on the pocket cluster, called from a Pod."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from labs.kube import ApiError, Client
from tests.cluster.echo import Net, echoing, eventually
from tests.pocket import Pocket

UDP = """
import socket, sys
with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as one:
    one.settimeout(10)
    one.sendto(b"?", (sys.argv[1], int(sys.argv[2])))
    print(one.recv(64).decode())
"""


@pytest.fixture(scope="module")
def net(cluster: Pocket, client: Client) -> Iterator[Net]:
    """One namespace for all tests here."""
    with echoing(client, "t-services") as found:
        yield found


def names(answers: dict[str, int]) -> set[str]:
    return {answer.split()[0] for answer in answers}


def test_each_ready_pod_answers_and_sees_who_calls(net: Net) -> None:
    answers = net.calls("echo", times=60)
    assert names(answers) == {pod["metadata"]["name"] for pod in net.pods()}
    caller = (net.client.get("Pod", "client", net.namespace) or {})["status"]["podIP"]
    assert {answer.split()[1] for answer in answers} == {caller}


def test_several_ports_by_number_by_name_and_udp(net: Net) -> None:
    ports = [
        {"name": "a", "port": 80, "targetPort": "web"},
        {"name": "b", "port": 81, "targetPort": "more"},
        {"name": "c", "port": 80, "targetPort": 5353, "protocol": "UDP"},
    ]
    net.service("many", ports)
    eventually(lambda: net.endpoints("many"), lambda ready: ready == 3, "endpoints")
    assert {answer.split()[2] for answer in net.calls("many", 80)} == {"5000"}
    assert {answer.split()[2] for answer in net.calls("many", 81)} == {"5001"}
    assert net.python(UDP, "many", "80") in {pod["metadata"]["name"] for pod in net.pods()}


def test_what_has_no_endpoint_is_refused_as_by_kube_proxy(net: Net) -> None:
    net.service("nobody", selector={"app": "none"})
    net.service("no-such-port", [{"port": 80, "targetPort": "other"}])
    for host, port in (("nobody", 80), ("no-such-port", 80), ("echo", 81)):
        assert net.calls(host, port) == {"ConnectionRefusedError": 1}, host
    assert net.endpoints("nobody") == 0


def test_a_selector_that_matches_foreign_pods_sends_calls_to_them(net: Net) -> None:
    stranger = net.client.get("Pod", "client", net.namespace) or {}
    labelled = {"apiVersion": "v1", "kind": "Pod", "metadata": {"name": "client", "labels": {"who": "stranger"}}}
    net.client.apply({**labelled, "spec": stranger["spec"]}, net.namespace, force=True)
    net.service("stranger", selector={"who": "stranger"})
    eventually(lambda: net.endpoints("stranger"), lambda ready: ready == 1, "endpoints")
    assert net.calls("stranger") == {"ConnectionRefusedError": 1}


def test_a_pod_reaches_itself_through_its_service(net: Net) -> None:
    pod = net.pods()[0]["metadata"]["name"]
    net.client.transport.ask(
        "PATCH",
        f"/api/v1/namespaces/{net.namespace}/pods/{pod}",
        body={"metadata": {"labels": {"only": "me"}}},
        content_type="application/merge-patch+json",
    )
    net.service("myself", selector={"only": "me"})
    eventually(lambda: net.endpoints("myself"), lambda ready: ready == 1, "endpoints")
    assert names(net.calls("myself", times=3, pod=pod)) == {pod}


def test_a_client_with_affinity_stays(net: Net) -> None:
    net.service("sticky", sessionAffinity="ClientIP")
    eventually(lambda: net.endpoints("sticky"), lambda ready: ready == 3, "endpoints")
    assert len(names(net.calls("sticky", times=20))) == 1


def test_a_node_port_is_open_on_every_node_and_belongs_to_one_service(net: Net) -> None:
    made = net.service("on-nodes", type="NodePort")
    number = made["spec"]["ports"][0]["nodePort"]
    eventually(lambda: net.endpoints("on-nodes"), lambda ready: ready == 3, "endpoints")
    for node in net.client.list("Node"):
        address = node["status"]["addresses"][0]["address"]
        assert len(names(net.calls(address, number, times=30))) == 3
    with pytest.raises(ApiError, match="provided port is already allocated"):
        net.service("second", [{"port": 80, "nodePort": number}], type="NodePort")


def test_a_pod_that_is_replaced_is_followed(net: Net) -> None:
    before = net.pods()
    net.client.delete(before[0], grace=0, wait=True)
    gone = before[0]["metadata"]["name"]
    eventually(
        lambda: names(net.calls("echo", times=40)),
        lambda found: found == {pod["metadata"]["name"] for pod in net.pods()},
        "who answers",
    )
    assert gone not in names(net.calls("echo", times=20))


def test_the_api_server_is_called_by_its_service(net: Net) -> None:
    code = """
import json, ssl, urllib.request
folder = "/var/run/secrets/kubernetes.io/serviceaccount/"
token = open(folder + "token").read()
context = ssl.create_default_context(cafile=folder + "ca.crt")
request = urllib.request.Request("https://kubernetes.default/version", headers={"Authorization": "Bearer " + token})
print(json.load(urllib.request.urlopen(request, context=context, timeout=10))["gitVersion"])
"""
    assert net.python(code) == net.client.server_version


def test_fields_that_do_nothing_here_are_kept_with_a_warning(net: Net, cluster: Pocket) -> None:
    manifest = cluster.folder / "fields.yaml"
    fields = "{type: NodePort, externalTrafficPolicy: Local, internalTrafficPolicy: Local, externalIPs: [192.0.2.1], ports: [{port: 80}]}"
    manifest.write_text(
        f"apiVersion: v1\nkind: Service\nmetadata: {{name: fields}}\nspec: {fields}\n", encoding="utf-8"
    )
    said = cluster.kubectl("apply", "-n", net.namespace, "-f", str(manifest))
    for words in ("externalTrafficPolicy: Local but sends", "internalTrafficPolicy: Local but", "externalIPs but"):
        assert f"the pocket cluster keeps {words}" in said, said
    assert "Warning:" not in cluster.kubectl("label", "service", "echo", "x=y", "-n", net.namespace)


def test_a_network_policy_is_kept_with_a_warning(net: Net, cluster: Pocket) -> None:
    policy = cluster.folder / "policy.yaml"
    policy.write_text(
        "apiVersion: networking.k8s.io/v1\nkind: NetworkPolicy\nmetadata: {name: deny}\nspec: {podSelector: {}}\n",
        encoding="utf-8",
    )
    said = cluster.kubectl("apply", "-n", net.namespace, "-f", str(policy))
    assert "Warning:" in said and "does not enforce it" in said
    assert set(net.calls("echo")) - {"ConnectionRefusedError", "TimeoutError"}
