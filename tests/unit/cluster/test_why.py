"""Snapshots of clusters that are not, the words of an explanation, and what happens when the program is not there or ends."""

from __future__ import annotations

from typing import Any

import pytest

from labs.cluster.gpus import parse_fleet
from labs.cluster.why import (
    Cause,
    Column,
    Explanation,
    Row,
    explain,
    in_short,
    program,
    resident,
    summary,
    table,
    with_fleet,
)
from labs.cluster.why.snapshot import kinds_for, placed_anew
from labs.errors import ClusterError, EngineError

Json = dict[str, Any]


def node(number: int, **labels: str) -> Json:
    name = f"box-{number}"
    meta = {"name": name, "labels": {"labs/node": str(number), "kubernetes.io/hostname": name, **labels}}
    return {"metadata": meta, "status": {"allocatable": {"cpu": "2", "nvidia.com/gpu": "8"}, "capacity": {"cpu": "4"}}}


def pod(**spec: Any) -> Json:
    return {"metadata": {"name": "p", "namespace": "n", "uid": "u"}, "spec": {"containers": [{"name": "c"}], **spec}}


def test_fleet_replaces_what_the_nodes_have() -> None:
    claim = {"metadata": {"name": "c", "namespace": "n"}, "spec": {}, "status": {"allocation": {}}}
    before = {
        "Node": [node(1, **{"nvidia.com/gpu.product": "Tesla-T4"}), node(2)],
        "Pod": [pod()],
        "ResourceClaim": [claim],
    }
    after = with_fleet(before, parse_fleet({2: {"a100-80gb": 2}, 4: {"t4": 1, "via": "dra"}}))
    first, second, fourth = after["Node"]
    assert [each["metadata"]["name"] for each in after["Node"]] == ["box-1", "box-2", "box-4"]
    assert (
        "nvidia.com/gpu.product" not in first["metadata"]["labels"]
        and "nvidia.com/gpu" not in first["status"]["allocatable"]
    )
    assert second["metadata"]["labels"]["nvidia.com/gpu.product"] == "NVIDIA-A100-SXM4-80GB"
    assert second["status"]["allocatable"] == {"cpu": "2", "nvidia.com/gpu": "2"}
    assert fourth["metadata"]["labels"]["labs/node"] == "4"
    assert [each["spec"]["nodeName"] for each in after["ResourceSlice"]] == ["box-4"]
    assert not after["Pod"] and "status" not in after["ResourceClaim"][0]
    assert {each["metadata"]["name"] for each in after["DeviceClass"]} >= {"gpu.nvidia.com"}
    assert before["Node"][0]["status"]["allocatable"]["nvidia.com/gpu"] == "8"


def test_template_becomes_a_claim_of_the_pod() -> None:
    template = {"metadata": {"name": "t", "namespace": "n"}, "spec": {"spec": {"devices": {}}}}
    waiting = pod(resourceClaims=[{"name": "card", "resourceClaimTemplateName": "t"}])
    fresh, objects = placed_anew(waiting, {"ResourceClaimTemplate": [template]})
    [claim] = objects["ResourceClaim"]
    assert fresh["status"]["resourceClaimStatuses"] == [
        {"name": "card", "resourceClaimName": claim["metadata"]["name"]}
    ]
    assert claim["metadata"]["ownerReferences"][0]["uid"] == "u" and claim["spec"] == {"devices": {}}
    assert "status" not in waiting


def test_placed_pod_is_taken_from_its_node_and_its_claim_freed() -> None:
    claim = {"metadata": {"name": "c", "namespace": "n"}, "spec": {}, "status": {"reservedFor": [{"uid": "u"}]}}
    shared = {"metadata": {"name": "d"}, "status": {"reservedFor": [{"uid": "u"}, {"uid": "v"}]}}
    fresh, objects = placed_anew(pod(nodeName="box-1"), {"ResourceClaim": [claim, shared]})
    assert "nodeName" not in fresh["spec"]
    assert "status" not in objects["ResourceClaim"][0] and objects["ResourceClaim"][1] == shared


def test_only_kinds_that_matter_are_read() -> None:
    assert kinds_for(pod()) == ("v1/Node", "v1/Pod")
    gpu = [{"name": "c", "resources": {"limits": {"nvidia.com/gpu": "1"}}}]
    assert "resource.k8s.io/v1/DeviceClass" in kinds_for(pod(containers=gpu))
    assert "v1/PersistentVolume" in kinds_for(pod(volumes=[{"name": "v", "persistentVolumeClaim": {"claimName": "x"}}]))


def test_words() -> None:
    columns = (Column("taint", "TaintToleration", "taint"), Column("cpu", "NodeResourcesFit", "CPU"))
    tainted = Row(
        "box-1",
        "taint",
        {"taint": (Cause("had untolerated taint(s)", "a=b:NoSchedule"),), "cpu": (Cause("Insufficient cpu"),)},
    )
    full = Row("box-2", "cpu", {"cpu": (Cause("Insufficient cpu"),)})
    explained = Explanation("p", "n", "0/2 nodes are available", columns, (tainted, full), (), ())
    assert list(table(explained)) == ["node   taint  CPU", "box-1  ✕      ✕", "box-2  ✓      ✕"]
    assert list(summary(explained)) == [
        "✕ taint: had untolerated taint(s): box-1 (a=b:NoSchedule)",
        "✕ CPU: Insufficient cpu: box-1, box-2",
    ]
    assert in_short(explained) == "Of 2 nodes: 1 with a taint that the Pod does not tolerate, 1 without enough CPU"
    assert explained.feasible == () and tainted.reason("cpu") == "Insufficient cpu" and full.reason("taint") is None


def test_missing_program_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(program, "find_engine", lambda: None)
    monkeypatch.setattr(program, "find_single", lambda name: None)
    with pytest.raises(EngineError, match="labs why POD"):
        explain(pod(), {})


def test_program_that_ends_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(resident, "find_program", lambda: ("/bin/sh", "-c", "read line; echo broken pipe dream >&2"))
    with pytest.raises(ClusterError, match="broken pipe dream"):
        explain(pod(), {})
    monkeypatch.setattr(
        resident, "find_program", lambda: ("/bin/sh", "-c", 'read line; echo \'{"id":1,"error":"no such thing"}\'')
    )
    with pytest.raises(ClusterError, match="no such thing"):
        explain(pod(), {})
