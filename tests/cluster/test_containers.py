"""What the kubelet asks of the pocket runtime, seen from outside: volumes, containers of every kind, ends, refusals."""

from __future__ import annotations

import itertools
import os
from collections.abc import Iterator

import pytest

from labs.kube import Client
from labs.kube.streams import watch_events
from tests.cluster.pods import Json, container, ended, pod, running, said, seen, state
from tests.pocket import Pocket


def test_volumes_environment_and_working_directory(cluster: Pocket, client: Client, namespace: str) -> None:
    client.apply(
        {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "c"}, "data": {"a.txt": "alpha"}}, namespace
    )
    secret = {"apiVersion": "v1", "kind": "Secret", "metadata": {"name": "s"}, "stringData": {"pw": "hidden"}}
    client.apply(secret, namespace)
    script = (
        "cat /conf/a.txt; echo; cat /sec/pw; echo; cat /one.txt; echo; pwd; echo $A $PW $NAME; touch /conf/x || echo fixed;"
        "cat /var/run/secrets/kubernetes.io/serviceaccount/namespace; echo; echo kept > /host/file; cat /host/file"
    )
    one = pod(
        "volumes",
        container(
            "sh", "-c", script, workingDir="/data/deep",
            env=[
                {"name": "A", "value": "1"},
                {"name": "PW", "valueFrom": {"secretKeyRef": {"name": "s", "key": "pw"}}},
                {"name": "NAME", "valueFrom": {"fieldRef": {"fieldPath": "metadata.name"}}},
            ],
            volumeMounts=[
                {"name": "c", "mountPath": "/conf"},
                {"name": "s", "mountPath": "/sec"},
                {"name": "c", "mountPath": "/one.txt", "subPath": "a.txt"},
                {"name": "d", "mountPath": "/data"},
                {"name": "h", "mountPath": "/host"},
            ],
        ),
        volumes=[
            {"name": "c", "configMap": {"name": "c"}},
            {"name": "s", "secret": {"secretName": "s"}},
            {"name": "d", "emptyDir": {}},
            {"name": "h", "hostPath": {"path": f"/var/tests/{namespace}", "type": "DirectoryOrCreate"}},
        ],
    )  # fmt: skip
    ended(client, namespace, one)
    lines = [line for line in said(cluster, namespace, "volumes").splitlines() if "touch:" not in line]
    assert lines == ["alpha", "hidden", "alpha", "/data/deep", "1 hidden volumes", "fixed", namespace, "kept"]
    assert not os.path.exists(f"/var/tests/{namespace}"), "hostPath is the machine's own disk"


def test_init_then_sidecar_then_main(cluster: Pocket, client: Client, namespace: str) -> None:
    mounts = [{"name": "d", "mountPath": "/d"}]
    one = pod(
        "order",
        container("sh", "-c", "echo main >> /d/order; cat /d/order", volumeMounts=mounts),
        initContainers=[
            container("sh", "-c", "echo init >> /d/order", name="first", volumeMounts=mounts),
            container(
                "sh", "-c", "echo sidecar >> /d/order; sleep 600", name="side", restartPolicy="Always", volumeMounts=mounts,
                startupProbe={"exec": {"command": ["grep", "sidecar", "/d/order"]}, "periodSeconds": 1},
            ),
        ],
        volumes=[{"name": "d", "emptyDir": {}}],
    )  # fmt: skip
    last = ended(client, namespace, one)
    assert said(cluster, namespace, "order", "-c", "main").split() == ["init", "sidecar", "main"]
    assert [each["restartCount"] for each in last["status"]["initContainerStatuses"]] == [0, 0]


@pytest.mark.parametrize(
    ("script", "code", "reason"),
    [("exit 0", 0, "Completed"), ("exit 7", 7, "Error"), ("kill -9 $$; sleep 5", 0, "Completed")],
)
def test_exit_codes(client: Client, namespace: str, script: str, code: int, reason: str) -> None:
    """The last one: process 1 of a container cannot be killed from within, as in any container."""
    last = state(ended(client, namespace, pod("ends", container("sh", "-c", script))))
    assert (last["exitCode"], last["reason"]) == (code, reason)


def test_a_program_that_is_not_there(client: Client, namespace: str) -> None:
    last = state(ended(client, namespace, pod("wrong", container("pyhton", "-V"))))
    assert (last["exitCode"], last["reason"]) == (128, "StartError")
    assert 'exec: "pyhton": executable file not found in $PATH' in last["message"]


def test_sigterm_is_heard_and_the_grace_period_ends(cluster: Pocket, client: Client, namespace: str) -> None:
    heard = (
        "import signal,sys,time; signal.signal(15, lambda *a: sys.exit(3)); print('up', flush=True); time.sleep(600)"
    )
    deaf = "import signal,time; signal.signal(15, signal.SIG_IGN); print('up', flush=True); time.sleep(600)"
    for name, script, code in (("heard", heard, 3), ("deaf", deaf, 137)):
        one = pod(name, container("python", "-c", script))
        one["metadata"]["finalizers"] = ["labs.test/hold"]
        running(client, namespace, one)
        client.delete({**one, "metadata": {**one["metadata"], "namespace": namespace}})
        last = seen(
            client, namespace, name, lambda now: "terminated" in now["status"]["containerStatuses"][0]["state"], "end"
        )
        assert state(last)["exitCode"] == code
        cluster.kubectl(
            "patch", "pod", name, "-n", namespace, "--type=json", '-p=[{"op":"remove","path":"/metadata/finalizers"}]'
        )


def test_crash_loop(client: Client, namespace: str) -> None:
    client.apply(pod("loop", container("sh", "-c", "exit 0"), restartPolicy="Always"), namespace)

    def waits(one: Json) -> bool:
        each = one["status"].get("containerStatuses") or [{}]
        return bool(each[0].get("state", {}).get("waiting", {}).get("reason") == "CrashLoopBackOff")

    assert seen(client, namespace, "loop", waits, "the back-off")["status"]["phase"] == "Running"


def test_probes(client: Client, namespace: str) -> None:
    server = container(
        "python", "-m", "http.server", "5000",
        readinessProbe={"httpGet": {"path": "/", "port": 5000}, "periodSeconds": 1},
        livenessProbe={"exec": {"command": ["sh", "-c", "test ! -e /tmp/sick"]}, "periodSeconds": 1, "failureThreshold": 1},
    )  # fmt: skip
    running(client, namespace, pod("server", server, restartPolicy="Always"))
    assert client.proxy_get("server", 5000, "/", namespace).startswith("<!DOCTYPE HTML")
    client.exec("server", "main", ["touch", "/tmp/sick"], namespace=namespace)
    seen(
        client, namespace, "server", lambda one: one["status"]["containerStatuses"][0]["restartCount"] == 1, "a restart"
    )


def test_commands_in_a_container(cluster: Pocket, client: Client, namespace: str) -> None:
    running(client, namespace, pod("box", container("sleep", "600")))
    answer = client.exec("box", "main", ["sh", "-c", "echo out; echo err >&2; exit 4"], namespace=namespace)
    assert (answer.stdout, answer.stderr, answer.exit_code) == ("out\n", "err\n", 4)
    assert cluster.kubectl("exec", "-n", namespace, "box", "--", "ls", "/root", "/home").split() == ["/home:", "/root:"]


def test_an_ephemeral_container_sees_the_target(cluster: Pocket, client: Client, namespace: str) -> None:
    running(client, namespace, pod("patient", container("sleep", "601")))
    look = "for p in /proc/[0-9]*/cmdline; do tr '\\000' ' ' < $p; echo; done"
    cluster.kubectl(
        "debug", "-n", namespace, "patient", "-c", "doctor", "--image=busybox", "--target=main", "--", "sh", "-c", look
    )

    def done(one: Json) -> bool:
        each = one["status"].get("ephemeralContainerStatuses") or [{}]
        return "terminated" in each[0].get("state", {})

    seen(client, namespace, "patient", done, "the end of the ephemeral container")
    assert "sleep 601" in said(cluster, namespace, "patient", "-c", "doctor")


def test_long_lines_and_much_output_come_out_whole(cluster: Pocket, client: Client, namespace: str) -> None:
    script = "print('x' * 100_000); [print(i) for i in range(200_000)]"
    ended(client, namespace, pod("talks", container("python", "-c", script)))
    lines = said(cluster, namespace, "talks").splitlines()
    assert len(lines[0]) == 100_000
    assert lines[1:] == [str(i) for i in range(200_000)]


def test_an_unknown_image_is_named(client: Client, namespace: str) -> None:
    client.apply(pod("model", container("true", image="mymodel:latest")), namespace)

    def failed(one: Json) -> bool:
        each = one["status"].get("containerStatuses") or [{}]
        return "Image" in each[0].get("state", {}).get("waiting", {}).get("reason", "")

    seen(client, namespace, "model", failed, "the failed pull")
    events = " ".join(event.get("message", "") for event in client.list("Event", namespace))
    assert '"mymodel:latest" is neither built on this machine' in events or "pull access denied" in events, events


@pytest.mark.parametrize(
    ("spec", "more", "word"),
    [
        ({"hostPID": True}, {}, "hostPID"),
        ({"hostIPC": True}, {}, "hostIPC"),
        ({}, {"securityContext": {"privileged": True}}, "securityContext.privileged"),
        ({}, {"securityContext": {"capabilities": {"add": ["SYS_ADMIN"]}}}, "SYS_ADMIN"),
    ],
)
def test_what_would_show_the_machine_is_refused_by_name(
    cluster: Pocket, client: Client, namespace: str, spec: Json, more: Json, word: str
) -> None:
    client.apply(pod("nosy", container("sleep", "600", **more), **spec), namespace)
    cluster.kubectl("wait", "-n", namespace, "--for=condition=PodScheduled", "pod/nosy", "--timeout=30s")
    assert _refusal(client, namespace, word), f"no event says that {word} is refused"


def _refusal(client: Client, namespace: str, word: str) -> bool:
    path, stop = f"/api/v1/namespaces/{namespace}/events", 30
    listed = client.transport.ask("GET", path).data
    messages = (each.get("message", "") for each in listed["items"])
    later = (event.get("message", "") for _, event in _events(client, path, listed, stop))
    return any(word in one and "refused on the pocket cluster" in one for one in itertools.chain(messages, later))


def _events(client: Client, path: str, listed: Json, seconds: int) -> Iterator[tuple[str, Json]]:
    return watch_events(client.transport, path, listed["metadata"]["resourceVersion"], seconds=seconds)
