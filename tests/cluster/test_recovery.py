"""What the cluster survives: any of its programs killed, its end or its supervisor's, and a new start."""

from __future__ import annotations

import json
import os
import signal
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest

from labs.cluster.processes import descendants, find
from labs.kube import Client
from tests.cluster.echo import echoing, eventually
from tests.pocket import Pocket, all_ended

SECONDS = 60.0
LOADED = "import os; print(os.path.exists('/tmp/loaded'))"
LOAD = """
import collections, http.client, json, os, time
def call():
    connection = http.client.HTTPConnection("echo", 80, timeout=2)
    try:
        connection.request("GET", "/")
        return connection.getresponse().read().decode().split()[0]
    except OSError as error:
        return type(error).__name__
    finally:
        connection.close()
answers = collections.Counter()
while not os.path.exists("/tmp/stop"):
    answers[call()] += 1
    if len(answers) == 3:
        open("/tmp/loaded", "w").close()
    time.sleep(0.01)
print(json.dumps(answers))
"""
POD = """
apiVersion: v1
kind: Pod
metadata: {name: kept}
spec:
  restartPolicy: Never
  containers:
    - {name: main, image: "python:3.10", command: [python, -c, "print('said before the end')"]}
"""


def named(pocket: Pocket, name: str) -> dict[str, Any]:
    """What the supervisor says of one of its processes."""
    found = [one for one in pocket.status()["processes"] if one["name"] == name]
    return dict(found[0]) if found else {}


def healed(pocket: Pocket, name: str, before: int) -> bool:
    """Whether the process is another one by now and every node reports again."""
    now = named(pocket, name)
    if not now.get("pid") or now["pid"] == before:
        return False
    answer = pocket.run("kubectl", "get", "nodes", "--no-headers", "--request-timeout=2s")
    return answer.returncode == 0 and answer.stdout.count(" Ready ") == 3


def test_any_process_may_be_killed(own_place: Pocket) -> None:
    own_place.labs("up")
    for name in ("kube-scheduler", "kube-controller-manager", "node-2", "kube-apiserver", "etcd"):
        pid = named(own_place, name)["pid"]
        os.kill(pid, signal.SIGKILL)
        deadline = time.monotonic() + SECONDS
        while not healed(own_place, name, pid):
            assert time.monotonic() < deadline, f"{name} is not back after {SECONDS:.0f} s"
            time.sleep(0.1)


def test_a_kubelet_may_be_killed(own_place: Pocket) -> None:
    own_place.labs("up", "--nodes", "1")
    node = find(named(own_place, "node-1")["pid"])
    assert node
    kubelet = next(one for one in descendants(node) if "kubelet" in Path(f"/proc/{one.pid}/cmdline").read_text())
    kubelet.signal(signal.SIGKILL)
    assert kubelet.wait(SECONDS)
    manifest = own_place.folder / "pod.yaml"
    manifest.write_text(POD)
    own_place.kubectl("apply", "-f", str(manifest))
    own_place.kubectl("wait", "--for=jsonpath={.status.phase}=Succeeded", "pod/kept", "--timeout=60s")


def test_a_node_that_is_killed_under_load_costs_calls_to_its_pods_alone(own_place: Pocket) -> None:
    own_place.labs("up")
    client = Client.from_kubeconfig(own_place.kubeconfig, cache_dir=own_place.folder)
    with echoing(client, "t-killed") as net, ThreadPoolExecutor() as pool:
        caller = (client.get("Pod", "client", net.namespace) or {})["spec"]["nodeName"]
        place = {pod["metadata"]["name"]: pod["spec"]["nodeName"] for pod in net.pods()}
        node = next(each for each in place.values() if each != caller)
        command = ["python", "-c", LOAD]
        load = pool.submit(client.exec, "client", "main", command, namespace=net.namespace, timeout=4 * SECONDS)
        eventually(lambda: net.python(LOADED), lambda there: there == "True", "the first answers")
        os.kill(named(own_place, node)["pid"], signal.SIGKILL)
        lost = {name for name, where in place.items() if where == node}
        eventually(lambda: restarted(net.pods(), lost), lambda all_are: all_are, "the Pods of the node, begun anew")
        eventually(lambda: net.endpoints("echo"), lambda ready: ready == len(place), "endpoints")
        net.python("open('/tmp/stop', 'w').close()")
        answers: dict[str, int] = json.loads(load.result().stdout)
        failed = {name: count for name, count in answers.items() if name.endswith("Error")}
        assert failed.keys() <= {"ConnectionRefusedError", "ConnectionResetError", "TimeoutError", "OSError"}, answers
        assert sum(answers.values()) > sum(failed.values())
        assert net.calls("echo", times=60).keys().isdisjoint(failed)


def restarted(pods: list[dict[str, Any]], names: set[str]) -> bool:
    """Whether the same Pods are there, each with a container that was started anew."""
    counts = {
        pod["metadata"]["name"]: sum(each["restartCount"] for each in pod["status"].get("containerStatuses") or ())
        for pod in pods
    }
    return all(counts.get(name, 0) > 0 for name in names)


@pytest.mark.parametrize("ending", ["down", "kill", "kill-inner"])
def test_the_state_is_there_at_the_next_start(own_place: Pocket, ending: str) -> None:
    own_place.labs("up")
    manifest = own_place.folder / "pod.yaml"
    manifest.write_text(POD)
    own_place.kubectl("apply", "-f", str(manifest))
    own_place.kubectl("wait", "--for=jsonpath={.status.phase}=Succeeded", "pod/kept", "--timeout=30s")
    if ending == "down":
        own_place.labs("down")
    else:
        outer, *below = processes = own_place.processes()
        (below[0] if ending == "kill-inner" else outer).signal(signal.SIGKILL)
        assert all_ended(processes, within=30)
    own_place.labs("up")
    assert own_place.kubectl("logs", "kept") == "said before the end\n"
