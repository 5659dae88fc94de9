"""Models that go wrong: each ends in the true behaviour of Kubernetes, and the others go on answering."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from labs.kube import Client
from tests.cluster.echo import Net, echoing, eventually
from tests.cluster.pods import Json, container, pod, said, seen
from tests.pocket import Pocket

ERRORS = """
from http.server import BaseHTTPRequestHandler, HTTPServer
class Handler(BaseHTTPRequestHandler):
    def do_GET(self):
        self.send_error(500)
    def log_message(self, *words):
        pass
HTTPServer(("", 5000), Handler).serve_forever()
"""
DEAF = """
import signal
signal.signal(signal.SIGTERM, lambda *found: None)
open("/tmp/serving", "w").close()
while True:
    signal.pause()
"""
THERE = {"exec": {"command": ["test", "-e", "/tmp/serving"]}, "periodSeconds": 1}
PROBE = {"httpGet": {"path": "/readyz", "port": 5000}, "periodSeconds": 1}


@pytest.fixture(scope="module")
def net(client: Client) -> Iterator[Net]:
    """One namespace for all tests here."""
    with echoing(client, "t-models") as found:
        yield found


def labelled(one: Json, **labels: str) -> Json:
    """The Pod with these labels."""
    return {**one, "metadata": {**one["metadata"], "labels": labels}}


def status(one: Json) -> dict[str, Any]:
    """What the kubelet says of its first container."""
    return dict((one["status"].get("containerStatuses") or [{}])[0])


def waiting(one: Json) -> str:
    """Why it waits."""
    return str((status(one).get("state") or {}).get("waiting", {}).get("reason", ""))


def test_one_that_answers_500_gets_no_calls_through_a_service(net: Net) -> None:
    wrong = pod("errs", container("python", "-c", ERRORS, readinessProbe=PROBE))
    net.client.apply(labelled(wrong, app="echo"), net.namespace)
    seen(net.client, net.namespace, "errs", lambda one: status(one).get("started") is True, "its start")
    eventually(
        lambda: [one["message"] for one in net.client.list("Event", net.namespace) if one["reason"] == "Unhealthy"],
        lambda found: any("statuscode: 500" in message for message in found),
        "the event of its probe",
    )
    assert net.endpoints("echo") == 3
    assert "errs" not in {answer.split()[0] for answer in net.calls("echo", times=60)}


def test_one_that_crashes_at_start_backs_off_and_leaves_its_last_words(net: Net, cluster: Pocket) -> None:
    code = "import sys; sys.exit('mymodel v3: the weights are missing')"
    crashing = pod("crashes", container("python", "-c", code), restartPolicy="Always")
    net.client.apply(labelled(crashing, app="echo"), net.namespace)
    seen(net.client, net.namespace, "crashes", lambda one: waiting(one) == "CrashLoopBackOff", "CrashLoopBackOff")
    assert "the weights are missing" in said(cluster, net.namespace, "crashes")
    assert {answer.split()[0] for answer in net.calls("echo", times=60)} == {
        one["metadata"]["name"] for one in net.pods() if one["metadata"]["name"].startswith("echo-")
    }


def test_one_that_hangs_at_shutdown_is_killed_after_its_grace_period(net: Net) -> None:
    hanging = pod("hangs", container("python", "-c", DEAF, readinessProbe=THERE), terminationGracePeriodSeconds=2)
    net.client.apply(hanging, net.namespace)
    seen(net.client, net.namespace, "hangs", lambda one: status(one).get("ready") is True, "its start")
    net.client.delete({**hanging, "metadata": {"name": "hangs", "namespace": net.namespace}})
    eventually(lambda: net.client.get("Pod", "hangs", net.namespace), lambda found: found is None, "its end")
