"""What is said of GPU Pods, with the traps in which a learner would be judged wrongly."""

from __future__ import annotations

from typing import Any

import pytest

from labs.checks import CheckError, Snapshot, parse_check
from labs.checks.gpus import effective_request, held_by
from tests.unit.checks.gpu_pods import A80, GPU, H100, asking, holding, node, unschedulable, world
from tests.unit.checks.snapshots import judged, pod

ONE = ({"name": "main", "resources": {"limits": {GPU: "1"}}},)
PENDING = pod("gpu-pod", phase="Pending", containers=ONE, conditions=[unschedulable()])
REFUSED = pod("gpu-pod", phase="Failed", containers=ONE)
REFUSED["status"] |= {"reason": "UnexpectedAdmissionError", "message": "Allocate failed"}


@pytest.mark.parametrize(
    ("count", "main", "init"),
    [
        (1, [asking("a", 1)], []),
        (1, [asking("a", 1, request=1)], []),
        (2, [asking("a", 1), asking("b", 1)], []),
        (0, [asking("a"), asking("b", 3, resource="nvidia.com/gpus")], []),
        (1, [asking("a", 1)], [asking("i", 1)]),
        (4, [asking("a", 1)], [asking("i", 4)]),
        (2, [asking("a", 1)], [asking("s", 1, always=True)]),
        (3, [asking("a", 1)], [asking("s", 1, always=True), asking("i", 2)]),
        (2, [asking("a", 1)], [asking("i", 2), asking("s", 1, always=True)]),
        (0, [asking("a", "x")], []),
    ],
)
def test_effective_request(count: int, main: list[Any], init: list[Any]) -> None:
    assert effective_request(pod(containers=main, initContainers=init)) == count


def test_a_request_of_the_pod_as_a_whole_is_none() -> None:
    assert effective_request(pod(resources={"limits": {GPU: "1"}})) == 0


HELD = {"pod": "gpu-pod", "count": 1}
RUNS = pod("gpu-pod", holding("main", "GPU-a"), containers=ONE)
TWO = pod(
    "gpu-pod", holding("main", "GPU-a", "GPU-b"), containers=({"name": "main", "resources": {"limits": {GPU: "2"}}},)
)
ENV = pod(
    "gpu-pod",
    holding("main"),
    containers=({"name": "main", "env": [{"name": "NVIDIA_VISIBLE_DEVICES", "value": "all"}]},),
)
ENDED = pod("gpu-pod", holding("main", "GPU-a", terminated={"exitCode": 0}), phase="Succeeded", containers=ONE)
CRASHED = pod("gpu-pod", holding("main", "GPU-a", terminated={"exitCode": 1}), phase="Failed", containers=ONE)
SILENT = pod("gpu-pod", holding("main"), containers=ONE)
FIRST_ONLY = pod(
    "gpu-pod",
    holding("main"),
    containers=({"name": "main"},),
    initContainers=[asking("fetch", 1)],
    init=[{"name": "fetch", "state": {"terminated": {"exitCode": 0}}, "restartCount": 0}],
)
HANDED_ON = pod(
    "gpu-pod",
    holding("main", "GPU-a"),
    containers=ONE,
    initContainers=[asking("fetch", 1)],
    init=[{"name": "fetch", "state": {"terminated": {"exitCode": 0}}, "restartCount": 0}],
)
SIDECAR = pod(
    "gpu-pod",
    holding("main", "GPU-a"),
    containers=ONE,
    initContainers=[asking("side", 1, always=True)],
    init=[{"name": "side", "state": {"running": {}}, "restartCount": 0}],
)


@pytest.mark.parametrize(
    ("state", "found", "snapshot"),
    [
        ("pass", "1 device", world(RUNS)),
        ("pass", "1 device", world(ENDED)),
        ("pass", "1 device", world(HANDED_ON)),
        ("pass", "1 device", world(FIRST_ONLY)),
        ("fail", "got 2 devices", world(SIDECAR)),
        ("fail", "asks for 2", world(TWO)),
        ("fail", "asks for 0 nvidia.com/gpu and got no device", world(ENV)),
        ("fail", "failed", world(CRASHED)),
        ("fail", "Insufficient nvidia.com/gpu", world(PENDING)),
        ("fail", "UnexpectedAdmissionError: Allocate failed", world(REFUSED)),
        ("wait", "no Pod named gpu-pod", world()),
        ("wait", "has not started yet", world(SILENT)),
        ("wait", "has not started yet", world(pod("gpu-pod", phase="Pending", containers=ONE))),
    ],
)
def test_devices_that_the_kubelet_gave(state: str, found: str, snapshot: Snapshot) -> None:
    finding = judged({"gpus_held": HELD}, snapshot)
    assert (finding.state, found in finding.found) == (state, True), finding


def test_an_older_kubelet_does_not_tell_and_the_nodes_plugin_does() -> None:
    silent = pod("gpu-pod", holding("main"), containers=ONE, nodeName="n1")
    silent["metadata"]["namespace"] = "mine"
    told = {"labs.gpus/held": '{"GPU-a": "mine/gpu-pod/main", "GPU-b": "other/gpu-pod/main"}'}
    there = world(silent, nodes=(node(annotations=told),))
    assert held_by(there, silent).devices == {"main": frozenset({"GPU-a"})}
    assert held_by(there, silent, "nvidia.com/mig-3g.20gb").count == 0


def test_several_pods_by_label_and_one_device_each() -> None:
    def worker(name: str, *ids: str) -> Any:
        made = pod(name, holding("main", *ids), uid=name, containers=ONE)
        made["metadata"]["labels"] = {"app": "trainer"}
        return made

    both = world(worker("a", "GPU-a"), worker("b", "GPU-b"))
    assert judged({"gpus_held": {"label": "app=trainer", "count": 2, "each": 1}}, both).state == "pass"
    assert judged({"gpus_held": {"label": "app=trainer", "count": 3}}, both).state == "fail"
    assert judged({"gpus_held": {"label": "app=other", "count": 2}}, both).state == "wait"


def test_two_devices_in_one_container_are_not_one_in_each() -> None:
    containers = [asking("trainer", 2), asking("evaluator")]
    pair = pod("pair", holding("trainer", "GPU-a", "GPU-b"), holding("evaluator"), containers=containers)
    finding = judged({"gpus_held": {"pod": "pair", "count": 2, "each": 1}}, world(pair))
    assert (finding.state, "container trainer got 2 devices" in finding.found) == ("fail", True)


@pytest.mark.parametrize(
    ("state", "found", "there"),
    [
        ("pass", "it is on n1", node("n1", A80, 81920)),
        ("fail", f"{A80}-SHARED (81920 MiB)", node("n1", f"{A80}-SHARED", 81920)),
        ("fail", f"{A80}-MIG-3g.40gb", node("n1", f"{A80}-MIG-3g.40gb", 40448)),
        ("fail", f"{H100} (81559 MiB)", node("n1", H100, 81559)),
        ("fail", "no card", node("n1", "")),
    ],
)
def test_a_card_is_the_whole_product(state: str, found: str, there: Any) -> None:
    big = pod("big-model", holding("main", "GPU-a"), containers=ONE, nodeName="n1")
    finding = judged({"runs_on_card": {"pod": "big-model", "product": A80}}, world(big, nodes=(there,)))
    assert (finding.state, found in finding.found) == (state, True), finding


def test_where_a_pod_was_placed() -> None:
    placed = pod(nodeName="n2")
    nodes = (node("n1"), node("n2"))
    assert judged({"scheduled_on": {"pod": "trainer", "node": 2}}, world(placed, nodes=nodes)).state == "pass"
    assert judged({"scheduled_on": {"pod": "trainer", "node": 1}}, world(placed, nodes=nodes)).state == "fail"
    assert judged({"scheduled_on": {"pod": "gpu-pod", "node": 1}}, world(PENDING, nodes=nodes)).state == "fail"


@pytest.mark.parametrize(
    "settings", [{"count": 1}, {"pod": "a", "label": "b=c", "count": 1}, {"pod": "a", "count": "1"}]
)
def test_settings_that_say_nothing(settings: Any) -> None:
    with pytest.raises(CheckError):
        parse_check({"id": "x", "title": "X", "within": 1, "gpus_held": settings})
