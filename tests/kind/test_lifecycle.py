"""A kind cluster comes, survives what a machine does to it, is never mistaken, and goes without a trace."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import time
from pathlib import Path

import pytest

from labs.cluster.kind.config import amount
from labs.cluster.kind.containers import ContainerEngine
from labs.cluster.kind.create import at_work
from labs.cluster.kind.recipe import CLUSTER_LABEL, node_image
from labs.kube import Client
from tests.kind.place import KindPlace, containers, name_of


def test_three_schedulable_nodes_of_one_shape(kind_client: Client) -> None:
    nodes = sorted(kind_client.list("Node"), key=lambda node: node["metadata"]["labels"]["labs/node"])
    assert [node["metadata"]["labels"]["labs/node"] for node in nodes] == ["1", "2", "3"]
    assert not any(node["spec"].get("taints") for node in nodes)
    allocatable = {(node["status"]["allocatable"]["cpu"], node["status"]["allocatable"]["memory"]) for node in nodes}
    assert len(allocatable) == 1
    cpu, memory = allocatable.pop()
    assert 0 < amount(cpu) <= 2 and 2**30 <= amount(memory) <= 4 * 2**30


def test_gangs_are_served_and_autoscalers_look_often(kind: KindPlace, container_engine: ContainerEngine) -> None:
    assert "podgroups" in kind.kubectl("api-resources", "--api-group=scheduling.k8s.io", "-o", "name")
    manifest = "/etc/kubernetes/manifests/kube-controller-manager.yaml"
    flags = container_engine.run("exec", f"{name_of(kind)}-control-plane", "cat", manifest)
    assert "--horizontal-pod-autoscaler-sync-period=5s" in flags and "--enable-hostpath-provisioner=true" in flags


def test_up_again_is_quick_and_the_learners_kubeconfig_is_untouched(kind: KindPlace, tmp_path: Path) -> None:
    own = tmp_path / "config"
    own.write_text("apiVersion: v1\nkind: Config\ncurrent-context: mine\n")
    before = (own.read_bytes(), own.stat().st_mtime_ns)
    kind_environment = {**kind.account.environment, "KUBECONFIG": str(own), "HOME": str(tmp_path / "home")}
    place = KindPlace(kind.folder, type(kind.account)(environment=kind_environment))
    assert "3 nodes" in place.up()
    assert "Running" in place.kubectl("get", "pods", "-n", "kube-system")
    assert (own.read_bytes(), own.stat().st_mtime_ns) == before
    assert not (tmp_path / "home" / ".kube").exists() and (kind.kubeconfig.stat().st_mode & 0o777) == 0o600


def test_another_shape_is_refused_while_it_runs(kind: KindPlace) -> None:
    assert "cannot be changed" in kind.labs("up", "--nodes", "1", code=1)


def test_paused_node_is_named_and_let_go_on(kind: KindPlace, container_engine: ContainerEngine) -> None:
    control_plane = f"{name_of(kind)}-control-plane"
    container_engine.run("pause", control_plane)
    try:
        assert f"{control_plane} is paused" in kind.labs("status", code=1)
    finally:
        kind.up()
    kind.labs("status")


def test_nodes_that_were_stopped_come_back(kind: KindPlace, container_engine: ContainerEngine) -> None:
    nodes = [node.id for node in containers(container_engine, kind)]
    container_engine.run("kill", *nodes)
    assert "not running" in kind.labs("status", code=1)
    identity = json.loads((kind.state / "cluster.json").read_text())["identity"]
    kind.up()
    assert kind.kubectl("get", "namespace", "kube-system", "-o", "jsonpath={.metadata.uid}") == identity


@pytest.mark.parametrize(
    ("number", "step"), [(signal.SIGINT, "Preparing nodes"), (signal.SIGTERM, "Starting control-plane")]
)
def test_interrupted_start_leaves_nothing(
    own_kind: KindPlace, container_engine: ContainerEngine, number: signal.Signals, step: str
) -> None:
    code = start_and_end(own_kind, number, step)
    assert code in (130, 143, -signal.SIGTERM)
    assert containers(container_engine, own_kind) == () and not at_work(name_of(own_kind))
    assert "not there yet" in own_kind.labs("status", code=1)


def test_killed_start_is_cleaned_up_by_the_next_command(own_kind: KindPlace, container_engine: ContainerEngine) -> None:
    assert start_and_end(own_kind, signal.SIGKILL, "Preparing nodes") == -signal.SIGKILL
    own_kind.labs("down")
    assert containers(container_engine, own_kind) == () and not at_work(name_of(own_kind))


def test_cluster_of_somebody_else_with_our_name_is_left_alone(
    own_kind: KindPlace, container_engine: ContainerEngine
) -> None:
    name = name_of(own_kind)
    label = f"{CLUSTER_LABEL}={name}"
    words = (
        "--label",
        label,
        "--label",
        "io.x-k8s.kind.role=control-plane",
        "--entrypoint",
        "sleep",
        node_image(),
        "600",
    )
    container = container_engine.run("run", "-d", "--name", f"{name}-control-plane", *words).strip()
    try:
        said = own_kind.labs("up", code=1)
        assert "was not made by this course" in said and "kind delete cluster" in said
        own_kind.labs("down")
        assert [node.id for node in container_engine.nodes(name)] == [container]
    finally:
        container_engine.run("rm", "-f", "-v", container)


def test_engine_that_stops_answering_is_named(own_kind: KindPlace, container_engine: ContainerEngine) -> None:
    programs = own_kind.folder / "programs"  # Docker alone, even where Podman could be taken instead
    programs.mkdir()
    (programs / "docker").symlink_to(container_engine.program)
    silent = {"DOCKER_HOST": f"unix://{own_kind.folder}/none.sock", "PATH": str(programs)}
    environment = {**own_kind.account.environment, **silent}
    place = KindPlace(own_kind.folder, type(own_kind.account)(environment=environment))
    said = place.labs("up", code=1)
    assert "does not run" in said and "--cluster pocket" in said


def test_image_that_cannot_be_had_is_named(own_kind: KindPlace) -> None:
    environment = {**own_kind.account.environment, "LABS_KIND_NODE_IMAGE": "127.0.0.1:1/kindest/node:v1.37.9"}
    place = KindPlace(own_kind.folder, type(own_kind.account)(environment=environment))
    said = place.labs("up", code=1)
    assert "kindest/node:v1.37.9" in said and "LABS_KIND_NODE_IMAGE" in said


def start_and_end(place: KindPlace, number: signal.Signals, step: str) -> int:
    """Signal `labs up` as soon as it says that it is at a step; its exit code."""
    process = place.spawn("up", "--json", stdout=subprocess.PIPE, stderr=subprocess.DEVNULL)
    assert process.stdout
    for line in process.stdout:
        event = json.loads(line)
        assert event.get("event") != "error", event
        if event.get("detail") == step:
            break
    time.sleep(0.7)  # into the middle of the step
    os.kill(process.pid, number)
    process.stdout.read()
    process.stdout.close()
    return process.wait(150)
