"""Fields of a Pod that the lessons may use, each on a Pod of its own; all Pods are applied at once."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import time
from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import Any

import pytest

from labs.kube import Client
from tests.cluster.pods import Json, container, pod, running, said, seen, state
from tests.pocket import Pocket

NAMESPACE = "pod-features"
HOLD = "labs.test/hold"

# Answers the health check of gRPC (grpc.health.v1.Health/Check) with SERVING, in the fewest HTTP/2 frames (RFC 9113).
GRPC = r"""
import socket, struct
def frame(kind, flags, stream, body=b""):
    return struct.pack(">I", len(body))[1:] + bytes([kind, flags]) + struct.pack(">I", stream) + body
def read(connection, size):
    data = b""
    while len(data) < size:
        data += connection.recv(size - len(data)) or exit()
    return data
def serve(connection):
    read(connection, 24)
    connection.sendall(frame(4, 0, 0))
    while True:
        head = read(connection, 9)
        body = read(connection, int.from_bytes(head[:3], "big"))
        kind, flags, stream = head[3], head[4], int.from_bytes(head[5:], "big")
        if kind == 4 and not flags & 1:
            connection.sendall(frame(4, 1, 0))
        elif kind == 6 and not flags & 1:
            connection.sendall(frame(6, 1, 0, body))
        elif kind == 0 and flags & 1:
            connection.sendall(frame(1, 4, stream, b"\x88\x0f\x10\x10application/grpc")
                + frame(0, 0, stream, b"\x00\x00\x00\x00\x02\x08\x01") + frame(1, 5, stream, b"\x00\x0bgrpc-status\x010"))
server = socket.create_server(("", 5000))
import threading
while True:
    threading.Thread(target=serve, args=server.accept()[:1], daemon=True).start()
"""
SERVE = ["python", "-m", "http.server", "5000"]
UNTIL_ASKED = [
    "python", "-uc", "import signal, sys, time; signal.signal(15, lambda *a: sys.exit(6)); print('up'); time.sleep(600)"
]  # fmt: skip
ENV = {"NODE": "spec.nodeName", "ADDRESS": "status.podIP", "MACHINE": "status.hostIP", "WHERE": "metadata.namespace"}


def env() -> list[Json]:
    fields = [{"name": name, "valueFrom": {"fieldRef": {"fieldPath": path}}} for name, path in ENV.items()]
    amounts = {"CPUS": ("limits.cpu", "1m"), "MEMORY": ("requests.memory", "1Mi")}
    return fields + [
        {"name": name, "valueFrom": {"resourceFieldRef": {"resource": resource, "divisor": divisor}}}
        for name, (resource, divisor) in amounts.items()
    ]


def volume(name: str = "d", **source: Any) -> Json:
    return {"name": name, **(source or {"emptyDir": {}})}


def mount(path: str, name: str = "d", **more: Any) -> Json:
    return {"name": name, "mountPath": path, **more}


def probe(seconds: int = 1, failures: int = 30, **how: Any) -> Json:
    return {**how, "periodSeconds": seconds, "failureThreshold": failures}


READ_ONLY = pod(
    "read-only",
    container(
        "sh", "-c", "touch /x 2>/dev/null || echo fixed; touch /tmp/x && echo writable; pwd",
        securityContext={"readOnlyRootFilesystem": True}, workingDir="/work/deep", volumeMounts=[mount("/tmp")],
    ),
    volumes=[volume()],
)  # fmt: skip
NO_CAPABILITIES = pod(
    "no-capabilities",
    container(
        "sh", "-c", "grep -E 'CapEff|CapBnd|NoNewPrivs' /proc/self/status | tr -d '\\t'",
        securityContext={
            "capabilities": {"drop": ["ALL"]},
            "allowPrivilegeEscalation": False,
            "seccompProfile": {"type": "RuntimeDefault"},
        },
    ),
)  # fmt: skip
SOMEBODY = pod(
    "somebody",
    container(
        "sh", "-c", "id -u; id -g; id -G; stat -c %g /d; touch /d/x && stat -c %u:%g /d/x; echo $HOME; grep CapEff /proc/self/status",
        volumeMounts=[mount("/d")],
    ),
    securityContext={"runAsNonRoot": True, "runAsUser": 1000, "runAsGroup": 3000, "fsGroup": 2000, "supplementalGroups": [4000]},
    volumes=[volume()],
)  # fmt: skip
HOSTS = pod(
    "hosts",
    container("sh", "-c", "hostname; grep -E 'db|^10' /etc/hosts | tr '\\t' ' '"),
    hostAliases=[{"ip": "10.1.2.3", "hostnames": ["db.example", "db"]}],
    hostname="trainer",
)
PARTS = pod(
    "parts",
    container(
        "sh", "-c", "cat /model/weights; cat /mine/log; ls /mine",
        volumeMounts=[mount("/model", subPath="v2"), mount("/mine", subPathExpr="logs/$(WHO)")],
        env=[{"name": "WHO", "valueFrom": {"fieldRef": {"fieldPath": "metadata.name"}}}],
    ),
    initContainers=[
        container(
            "sh", "-c", "mkdir -p /all/v1 /all/v2 /all/logs/parts; echo two > /all/v2/weights; echo said > /all/logs/parts/log",
            name="fill", volumeMounts=[mount("/all")],
        )
    ],
    volumes=[volume()],
)  # fmt: skip
TOLD = pod(
    "told",
    container(
        "sh", "-c", "echo $WHERE $CPUS $MEMORY; hostname -i | grep -qx $ADDRESS && echo mine; echo $NODE $MACHINE; cat /info/labels; echo; cat /info/cpu",
        env=env(), resources={"requests": {"memory": "64Mi"}, "limits": {"cpu": "500m"}}, volumeMounts=[mount("/info")],
    ),
    volumes=[
        volume(downwardAPI={"items": [
            {"path": "labels", "fieldRef": {"fieldPath": "metadata.labels"}},
            {"path": "cpu", "resourceFieldRef": {"containerName": "main", "resource": "limits.cpu", "divisor": "1m"}},
        ]}),
    ],
)  # fmt: skip
TOLD["metadata"]["labels"] = {"app": "told", "team": "ml"}
MESSAGE = pod("message", container("sh", "-c", "echo because > /dev/termination-log; exit 3"))
MESSAGE_ELSEWHERE = pod(
    "message-elsewhere", container("sh", "-c", "echo there > /tmp/why; exit 4", terminationMessagePath="/tmp/why")
)
MESSAGE_OF_LOG = pod(
    "message-of-log",
    container("sh", "-c", "echo last words >&2; exit 5", terminationMessagePolicy="FallbackToLogsOnError"),
)
DEADLINE = pod("deadline", container("sleep", "600"), activeDeadlineSeconds=2)
AS_ROOT = pod("as-root", container("true", securityContext={"runAsNonRoot": True}))
POST_START = pod(
    "post-start",
    container(
        "sh", "-c", "until [ -e /tmp/started ]; do sleep 0.05; done; cat /tmp/started",
        lifecycle={"postStart": {"exec": {"command": ["sh", "-c", "echo hooked > /tmp/started"]}}},
    ),
)  # fmt: skip
POST_START_FAILS = pod(
    "post-start-fails",
    container("sleep", "600", lifecycle={"postStart": {"exec": {"command": ["sh", "-c", "echo no; exit 9"]}}}),
)
PRE_STOP = pod(
    "pre-stop",
    container(*UNTIL_ASKED, lifecycle={"preStop": {"exec": {"command": ["sh", "-c", "echo goodbye > /dev/termination-log"]}}}),
    terminationGracePeriodSeconds=20,
)  # fmt: skip
PRE_STOP_SLEEP = pod(
    "pre-stop-sleep",
    container(
        *UNTIL_ASKED,
        lifecycle={"preStop": {"sleep": {"seconds": 3}}},
    ),
    terminationGracePeriodSeconds=20,
)  # fmt: skip
PROBED = pod(
    "probed",
    container(
        *SERVE,
        startupProbe=probe(tcpSocket={"port": 5000}),
        livenessProbe=probe(tcpSocket={"port": 5000}),
        readinessProbe=probe(exec={"command": ["test", "-d", "/proc"]}),
    ),
)
PROBED_BY_GRPC = pod(
    "probed-by-grpc", container("python", "-c", GRPC, readinessProbe=probe(grpc={"port": 5000}), ports=[{"containerPort": 5000}])
)  # fmt: skip
NEVER_STARTS = pod(
    "never-starts",
    container("sleep", "600", startupProbe=probe(failures=1, tcpSocket={"port": 5000})),
    restartPolicy="Always",
)
ATTACHED = pod(
    "attached",
    container("python", "-u", "-c", "print('name?'); print('hello', input())", stdin=True, stdinOnce=True),
)
HELD = (PRE_STOP, PRE_STOP_SLEEP)
ONE_ID = bool(os.geteuid()) and not shutil.which("newuidmap")
PODS = (
    READ_ONLY, NO_CAPABILITIES, HOSTS, PARTS, TOLD, MESSAGE, MESSAGE_ELSEWHERE, MESSAGE_OF_LOG, DEADLINE, AS_ROOT,
    POST_START, POST_START_FAILS, PROBED, PROBED_BY_GRPC, NEVER_STARTS, ATTACHED, *HELD, *(() if ONE_ID else (SOMEBODY,)),
)  # fmt: skip


@pytest.fixture(scope="module")
def world(client: Client) -> Iterator[Client]:
    """All Pods, applied; the namespace goes afterwards, and with it what is still there."""
    client.ensure_namespace(NAMESPACE)
    for one in HELD:
        one["metadata"]["finalizers"] = [HOLD]
    for one in PODS:
        client.apply(one, NAMESPACE)
    yield client
    for one in HELD:
        with_none = {**one, "metadata": {**one["metadata"], "finalizers": []}}
        client.apply(with_none, NAMESPACE)
    client.delete_namespace(NAMESPACE, wait=False)


def end_of(client: Client, name: str) -> Json:
    return seen(client, NAMESPACE, name, lambda one: one["status"]["phase"] in ("Succeeded", "Failed"), "its end")


def event(client: Client, name: str, words: str) -> bool:
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline:
        mine = [one for one in client.list("Event", NAMESPACE) if one["involvedObject"]["name"] == name]
        if any(re.search(words, one.get("message") or "") for one in mine):
            return True
        time.sleep(0.2)
    return False


@pytest.mark.parametrize(
    ("name", "lines"),
    [
        ("read-only", ["fixed", "writable", "/work/deep"]),
        ("no-capabilities", ["CapEff:0000000000000000", "CapBnd:0000000000000000", "NoNewPrivs:1"]),
        ("parts", ["two", "said", "log"]),
        ("post-start", ["hooked"]),
    ],
)
def test_what_it_says(cluster: Pocket, world: Client, name: str, lines: Sequence[str]) -> None:
    last = end_of(world, name)
    assert said(cluster, NAMESPACE, name, "-c", "main").splitlines() == [*lines]
    assert last["status"]["phase"] == "Succeeded"


@pytest.mark.skipif(ONE_ID, reason="this user has one id only")
def test_somebody_else(cluster: Pocket, world: Client) -> None:
    end_of(world, "somebody")
    lines = said(cluster, NAMESPACE, "somebody").splitlines()
    user, group, groups, folder, file, home, capabilities = lines
    assert (user, group, folder, file, home) == ("1000", "3000", "2000", "1000:2000", "/")
    assert set(groups.split()) == {"3000", "2000", "4000"}
    assert capabilities.split() == ["CapEff:", "0000000000000000"]


def test_host_aliases_and_name(cluster: Pocket, world: Client) -> None:
    address = end_of(world, "hosts")["status"]["podIP"]
    lines = said(cluster, NAMESPACE, "hosts").splitlines()
    assert lines[0] == "trainer"
    assert {" ".join(line.split()) for line in lines[1:]} == {f"{address} trainer", "10.1.2.3 db.example db"}


def test_downward_api(cluster: Pocket, world: Client) -> None:
    status = end_of(world, "told")
    node, machine = status["spec"]["nodeName"], status["status"]["hostIP"]
    lines = said(cluster, NAMESPACE, "told").splitlines()
    assert lines == [f"{NAMESPACE} 500 64", "mine", f"{node} {machine}", 'app="told"', 'team="ml"', "500"]


@pytest.mark.parametrize(
    ("name", "code", "message"),
    [("message", 3, "because\n"), ("message-elsewhere", 4, "there\n"), ("message-of-log", 5, "last words\n")],
)
def test_termination_message(world: Client, name: str, code: int, message: str) -> None:
    last = state(end_of(world, name))
    assert (last["exitCode"], last["message"]) == (code, message)


def test_active_deadline(world: Client) -> None:
    assert end_of(world, "deadline")["status"]["reason"] == "DeadlineExceeded"


def test_run_as_non_root_is_the_kubelets_rule(world: Client) -> None:
    def refused(one: Json) -> bool:
        each = one["status"].get("containerStatuses") or [{}]
        return bool(each[0].get("state", {}).get("waiting", {}).get("reason") == "CreateContainerConfigError")

    one = seen(world, NAMESPACE, "as-root", refused, "the refusal")
    assert "image will run as root" in one["status"]["containerStatuses"][0]["state"]["waiting"]["message"]


def test_a_failing_hook_ends_the_container(world: Client) -> None:
    end_of(world, "post-start-fails")
    assert event(world, "post-start-fails", "PostStartHook failed")


@pytest.mark.parametrize("name", ["probed", "probed-by-grpc"])
def test_probes(world: Client, name: str) -> None:
    each = running(world, NAMESPACE, next(one for one in PODS if one["metadata"]["name"] == name))
    assert each["status"]["containerStatuses"][0]["restartCount"] == 0


def test_a_failing_startup_probe_restarts(world: Client) -> None:
    seen(
        world, NAMESPACE, "never-starts", lambda one: one["status"]["containerStatuses"][0]["restartCount"], "a restart"
    )
    assert event(world, "never-starts", "Startup probe failed: dial tcp .* connection refused")


def test_pre_stop_hooks(world: Client) -> None:
    asked = {}
    for one in HELD:
        running(world, NAMESPACE, one)
        asked[one["metadata"]["name"]] = time.time()
        world.delete({**one, "metadata": {**one["metadata"], "namespace": NAMESPACE}})
    last = {}
    for one in HELD:
        name = one["metadata"]["name"]
        last[name] = seen(
            world, NAMESPACE, name, lambda now: "terminated" in now["status"]["containerStatuses"][0]["state"], "its end"
        )  # fmt: skip
    assert state(last["pre-stop"])["message"] == "goodbye\n", "the log of a deleted Pod may be gone already"
    assert [state(one)["exitCode"] for one in last.values()] == [6, 6], "SIGTERM comes after the hook"
    finished = datetime.fromisoformat(state(last["pre-stop-sleep"])["finishedAt"])
    assert finished.timestamp() + 1 - asked["pre-stop-sleep"] >= 3, "it slept; finishedAt is in whole seconds"


def test_attach(cluster: Pocket, world: Client) -> None:
    running(world, NAMESPACE, ATTACHED)
    with cluster.spawn(
        "kubectl", "attach", "-n", NAMESPACE, "-i", "attached", stdin=subprocess.PIPE, stdout=subprocess.PIPE
    ) as process:
        out, _ = process.communicate("world\n", timeout=60)
    assert process.returncode == 0 and "hello world" in out
    end_of(world, "attached")
    assert said(cluster, NAMESPACE, "attached").splitlines()[-1] == "hello world"
