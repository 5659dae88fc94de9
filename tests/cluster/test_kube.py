"""The client on a real cluster: apply beside kubectl, refusals, logs, commands, schemas."""

from __future__ import annotations

import json
import threading
from pathlib import Path
from typing import Any

import pytest

from labs.errors import WrongCluster
from labs.kube import ApiError, Client
from tests.pocket import Pocket

Json = dict[str, Any]
SECONDS = 60.0


def config(**data: str) -> Json:
    return {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "settings"}, "data": data}


def deployment(*names: str, replicas: int = 0) -> Json:
    env = [{"name": name, "value": "1"} for name in names]
    inner = {"containers": [{"name": "main", "image": "python:3.10", "env": env}]}
    spec = {
        "replicas": replicas,
        "selector": {"matchLabels": {"app": "x"}},
        "template": {"metadata": {"labels": {"app": "x"}}, "spec": inner},
    }
    return {"apiVersion": "apps/v1", "kind": "Deployment", "metadata": {"name": "x"}, "spec": spec}


def pod(name: str, *command: str, policy: str = "Never") -> Json:
    inner = {"name": "main", "image": "python:3.10", "command": list(command)}
    spec = {"containers": [inner], "restartPolicy": policy, "terminationGracePeriodSeconds": 0}
    return {"apiVersion": "v1", "kind": "Pod", "metadata": {"name": name}, "spec": spec}


def by_kubectl(cluster: Pocket, folder: Path, obj: Json, namespace: str, verb: str = "apply") -> str:
    file = folder / "manifest.json"
    file.write_text(json.dumps(obj))
    return cluster.kubectl(verb, "-n", namespace, "-f", str(file))


def data(client: Client, namespace: str) -> Json:
    found = client.get("ConfigMap", "settings", namespace)
    assert found is not None
    return dict(found["data"])


def variables(client: Client, namespace: str) -> set[str]:
    found = client.get("apps/v1/Deployment", "x", namespace)
    assert found is not None
    return {each["name"] for each in found["spec"]["template"]["spec"]["containers"][0].get("env", [])}


def refused(client: Client, obj: Json, namespace: str, *, force: bool = False) -> ApiError:
    with pytest.raises(ApiError) as caught:
        client.apply(obj, namespace, force=force)
    return caught.value


def running(client: Client, obj: Json, namespace: str) -> None:
    client.apply(obj, namespace)
    name = obj["metadata"]["name"]

    def holds() -> bool:
        living = client.get("Pod", name, namespace)
        return living is not None and living["status"].get("phase") == "Running"

    ready, tick = threading.Event(), threading.Event()
    for _ in range(int(SECONDS / 0.1)):
        if holds():
            ready.set()
            break
        tick.wait(0.1)
    assert ready.is_set()


def test_what_the_server_filled_in_stays_as_with_kubectl(
    cluster: Pocket, client: Client, namespace: str, tmp_path: Path
) -> None:
    one = deployment()
    main = one["spec"]["template"]["spec"]["containers"][0]
    for way in ("workbench", "kubectl"):
        one["metadata"]["name"] = way
        for image in ("python:latest", "python:3.10"):
            main["image"] = image
            if way == "kubectl":
                by_kubectl(cluster, tmp_path, one, namespace)
            else:
                client.apply(one, namespace)
        found = client.get("apps/v1/Deployment", way, namespace)
        assert found is not None
        assert found["spec"]["template"]["spec"]["containers"][0]["imagePullPolicy"] == "Always"


@pytest.mark.parametrize("make", [config, lambda a: deployment(a), lambda a: pod("p", "sleep", "100")])
def test_created_then_unchanged(client: Client, namespace: str, make: Any) -> None:
    assert [client.apply(make(a="1") if make is config else make("A"), namespace).result for _ in range(3)] == [
        "created",
        "unchanged",
        "unchanged",
    ]


def test_configured(client: Client, namespace: str) -> None:
    client.apply(config(a="1", b="1"), namespace)
    assert client.apply(config(a="2"), namespace).result == "configured"
    assert data(client, namespace) == {"a": "2"}
    assert client.apply(config(a="2"), namespace).result == "unchanged"


@pytest.mark.parametrize("order", ["ours kubectl", "kubectl ours", "ours ours kubectl ours", "kubectl ours kubectl"])
def test_removed_fields_go_away_whoever_applied_before(
    cluster: Pocket, client: Client, namespace: str, tmp_path: Path, order: str
) -> None:
    for number, who in enumerate(order.split()):
        values, names = {f"k{number}": "1", "same": "1"}, (f"E{number}", "SAME")
        for obj in (config(**values), deployment(*names)):
            if who == "ours":
                client.apply(obj, namespace)
            else:
                by_kubectl(cluster, tmp_path, obj, namespace)
        assert data(client, namespace) == values
        assert variables(client, namespace) == set(names)


def test_kubectl_sees_no_change_in_what_we_applied(
    cluster: Pocket, client: Client, namespace: str, tmp_path: Path
) -> None:
    client.apply(config(a="<ä & 1>"), namespace)
    client.apply(config(a="<ä & 2>"), namespace)
    assert "unchanged" in by_kubectl(cluster, tmp_path, config(a="<ä & 2>"), namespace)
    assert client.apply(config(a="<ä & 2>"), namespace).result == "unchanged"


def test_a_change_of_somebody_else_is_a_conflict(cluster: Pocket, client: Client, namespace: str) -> None:
    client.apply(deployment("A"), namespace)
    cluster.kubectl("scale", "-n", namespace, "deployment/x", "--replicas=1")
    error = refused(client, deployment("A"), namespace)
    assert error.code == 409
    assert [each["field"] for each in error.status["details"]["causes"]] == [".spec.replicas"]
    forced = client.apply(deployment("A"), namespace, force=True)
    assert (forced.result, forced.obj["spec"]["replicas"]) == ("configured", 0)


def test_an_edit_is_a_conflict(cluster: Pocket, client: Client, namespace: str) -> None:
    client.apply(config(a="1"), namespace)
    cluster.kubectl("patch", "-n", namespace, "configmap/settings", "-p", '{"data":{"a":"9","b":"9"}}')
    assert refused(client, config(a="1"), namespace).code == 409
    client.apply(config(a="1"), namespace, force=True)
    assert data(client, namespace) == {"a": "1", "b": "9"}


def test_an_immutable_field(client: Client, namespace: str) -> None:
    client.apply(deployment("A"), namespace)
    other = deployment("A")
    other["spec"]["selector"]["matchLabels"] = other["spec"]["template"]["metadata"]["labels"] = {"app": "y"}
    error = refused(client, other, namespace)
    assert error.code == 422
    assert error.status["details"]["causes"][0]["field"] == "spec.selector"


def test_an_unknown_field(client: Client, namespace: str) -> None:
    wrong = deployment("A")
    wrong["spec"]["replica"] = 1
    first = refused(client, wrong, namespace)
    client.apply(deployment("A"), namespace)
    second = refused(client, wrong, namespace)
    tried = client.dry_run_create(wrong, namespace)
    assert tried.status is not None
    preview = client.preview(wrong, namespace)
    assert preview.status is not None
    for status in (first.status, second.status, tried.status, preview.status):
        assert status["code"] == 400
        assert 'unknown field "spec.replica"' in status["message"]


@pytest.mark.parametrize(
    "name", ["x", "Wrong_Name", "-x", "x-", "a" * 50 + "_" + "a" * 9, "a" * 300, 'a"b\\c\nd', "ä/b", ""]
)
def test_no_scratch_name_is_seen(client: Client, namespace: str, name: str) -> None:
    obj = pod(name, "true")
    tried = client.dry_run_create(obj, namespace)
    if name == "x":
        assert tried.obj is not None
        assert tried.obj["metadata"]["name"] == "x"
    else:
        assert tried.status is not None
        real = refused(client, obj, namespace).status
        assert tried.status["message"] == real["message"]
        assert tried.status.get("details") == real.get("details")
    assert client.list("Pod", namespace) == []


def test_a_living_object_is_not_in_the_way_of_a_dry_run(client: Client, namespace: str) -> None:
    client.apply(config(a="1"), namespace)
    tried = client.dry_run_create(config(a="2"), namespace)
    assert tried.obj is not None
    assert (tried.obj["metadata"]["name"], data(client, namespace)) == ("settings", {"a": "1"})


def test_a_name_without_a_value_touches_nothing(client: Client, namespace: str) -> None:
    client.apply(config(a="1"), namespace)
    nameless: Json = {**config(a="2"), "metadata": {"name": None}}
    assert refused(client, nameless, namespace).code in (400, 422)
    with pytest.raises(ApiError):
        client.delete({**nameless, "metadata": {"name": None, "namespace": namespace}})
    assert data(client, namespace) == {"a": "1"}


def test_preview(client: Client, namespace: str) -> None:
    first = client.preview(config(a="1"), namespace)
    assert first.live is None
    assert first.merged is not None
    client.apply(config(a="1"), namespace)
    second = client.preview(config(b="2"), namespace)
    assert second.live is not None
    assert second.live["data"] == {"a": "1"}
    assert second.merged is not None
    assert second.merged["data"]["b"] == "2"
    assert data(client, namespace) == {"a": "1"}


def test_delete_waits(client: Client, namespace: str) -> None:
    running(client, pod("sleeper", "sleep", "100"), namespace)
    ref = {"apiVersion": "v1", "kind": "Pod", "metadata": {"name": "sleeper", "namespace": namespace}}
    client.delete(ref, wait=True)
    assert client.get("Pod", "sleeper", namespace) is None
    client.delete(ref, wait=True)


def test_a_namespace_is_ready_for_pods(client: Client, namespace: str) -> None:
    name = f"{namespace[:40]}-own"
    try:
        client.ensure_namespace(name, {"labs/x": "y"})
        client.ensure_namespace(name)
        assert client.apply(pod("first", "true"), name).result == "created"
        client.delete_namespace(name, wait=False)
        client.ensure_namespace(name)
        assert client.list("Pod", name) == []
    finally:
        client.delete_namespace(name, wait=False)


def test_following_a_log_stops(client: Client, namespace: str) -> None:
    script = "import time\nprint('ä', flush=True)\ntime.sleep(100)"
    running(client, pod("talker", "python", "-c", script), namespace)
    seen, stop, came = list[str](), threading.Event(), threading.Event()

    def add(line: str) -> None:
        seen.append(line)
        came.set()

    def read() -> None:
        client.logs("talker", "main", namespace=namespace, follow=True, on_line=add, stop=stop)

    reader = threading.Thread(target=read)
    reader.start()
    assert came.wait(SECONDS)
    stop.set()
    reader.join(SECONDS)
    assert not reader.is_alive()
    assert seen == ["ä"]


def test_exec(client: Client, namespace: str) -> None:
    running(client, pod("box", "sleep", "100"), namespace)
    script = "echo out; echo err >&2; exit 3"
    found = client.exec("box", "main", ["sh", "-c", script], namespace=namespace)
    assert (found.stdout, found.stderr, found.exit_code) == ("out\n", "err\n", 3)
    assert client.exec("box", "main", ["true"], namespace=namespace).exit_code == 0
    with pytest.raises(ApiError):
        client.exec("nobody", "main", ["true"], namespace=namespace)


def test_another_cluster_is_refused(cluster: Pocket, client: Client, tmp_path: Path) -> None:
    own = client.identity()
    assert Client.from_kubeconfig(cluster.kubeconfig, identity=own, cache_dir=tmp_path).server_version.startswith("v1.")
    with pytest.raises(WrongCluster):
        Client.from_kubeconfig(cluster.kubeconfig, identity="another", cache_dir=tmp_path)


def test_schema(client: Client) -> None:
    fields = client.schema().fields(("v1", "Pod"), "spec.containers.resources")
    assert fields is not None
    assert fields["requests"].type == "object"
    top = client.schema().fields(("apps/v1", "Deployment"), "spec")
    assert top is not None
    assert top["selector"].required
    assert not top["replicas"].required
    assert "Always" in client.explain("pod.spec.restartPolicy")
    assert ("apps/v1", "Deployment") in client.schema().kinds()
