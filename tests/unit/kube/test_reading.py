"""What the client makes of the server's answers: errors, lines, kinds and fields."""

from __future__ import annotations

import json
import pickle
from pathlib import Path
from typing import Any

import pytest
import urllib3

from labs.errors import ClusterError, UsageError
from labs.kube import ApiError, OpenApi, Resource
from labs.kube.discovery import _pick, _resources
from labs.kube.streams import lines
from labs.kube.transport import Answer

STATUS = {"kind": "Status", "code": 422, "reason": "Invalid", "message": "no", "details": {"causes": [{"field": "a"}]}}


@pytest.mark.parametrize(
    ("body", "code", "message"),
    [
        (json.dumps(STATUS), 422, "no"),
        (json.dumps(STATUS).encode(), 422, "no"),
        ("upstream is gone\n", 502, "upstream is gone"),
        (b"\xff\xfe", 502, "��"),
        ("", 502, "HTTP 502"),
        (None, 502, "HTTP 502"),
        ('["list"]', 502, '["list"]'),
        ('{"kind": "Pod"}', 502, '{"kind": "Pod"}'),
        ('{"kind": "Status", "message": "no"}', 502, "no"),
    ],
)
def test_errors(body: str | bytes | None, code: int, message: str) -> None:
    error = ApiError.from_body(502, body)
    assert (error.code, error.what) == (code, message)
    assert pickle.loads(pickle.dumps(error)).status == error.status


class Pieces:
    """An answer that comes in these pieces, then ends or breaks."""

    def __init__(self, *pieces: bytes, error: Exception | None = None) -> None:
        self._pieces, self._error = list(pieces), error

    def read1(self, most: int) -> bytes:
        if not self._pieces and self._error:
            raise self._error
        return self._pieces.pop(0) if self._pieces else b""


@pytest.mark.parametrize(
    ("pieces", "expected"),
    [
        ([], []),
        ([b"a\nb\n"], ["a", "b"]),
        ([b"a\nb"], ["a", "b"]),
        ([b"a", b"b\n", b"\n"], ["ab", ""]),
        ([b"\xe2", b"\x82", b"\xac\n"], ["€"]),
        ([b"a\r\n"], ["a\r"]),
        ([b"\xff\n"], ["�"]),
        ([b"a\x0bb\xc2\x85c\n"], ["a\x0bb\x85c"]),
    ],
)
def test_lines(pieces: list[bytes], expected: list[str]) -> None:
    assert list(lines(Pieces(*pieces))) == expected


@pytest.mark.parametrize("error", [OSError(), ValueError(), urllib3.exceptions.ProtocolError()])
def test_lines_of_a_broken_connection(error: Exception) -> None:
    seen = []
    with pytest.raises(ClusterError):
        for line in lines(Pieces(b"a\nhalf", error=error)):
            seen.append(line)
    assert seen == ["a"]


def offered(group: str, version: str, *kinds: tuple[str, str, str]) -> dict[str, Any]:
    resources = [{"responseKind": {"kind": kind}, "resource": name, "scope": scope} for kind, name, scope in kinds]
    return {"metadata": {"name": group}, "versions": [{"version": version, "resources": resources}]}


def test_discovery() -> None:
    core = offered("", "v1", ("Event", "events", "Namespaced"), ("Node", "nodes", "Cluster"), ("", "odd", "Cluster"))
    found = _resources({"items": [offered("events.k8s.io", "v1", ("Event", "events", "Namespaced")), core]})
    assert [each.api_version for each in found] == ["events.k8s.io/v1", "v1", "v1"]
    event = _pick(found, "Event", "")
    assert event is not None
    assert event.path("lab", "e") == "/api/v1/namespaces/lab/events/e"
    newer = _pick(found, "Event", "events.k8s.io/v1")
    assert newer is not None
    assert newer.path("lab") == "/apis/events.k8s.io/v1/namespaces/lab/events"
    node = _pick(found, "Node", "v1")
    assert node is not None
    assert node.path("lab", "n") == "/api/v1/nodes/n"
    assert _pick(found, "event", "") is None
    assert _pick(found, "Event", "v2") is None


def reference(name: str) -> dict[str, Any]:
    return {"allOf": [{"$ref": f"#/components/schemas/{name}"}], "default": {}}


SCHEMAS: dict[str, Any] = {
    "Pod": {
        "x-kubernetes-group-version-kind": [{"group": "", "version": "v1", "kind": "Pod"}],
        "properties": {"kind": {"type": "string"}, "spec": {**reference("Spec"), "description": "What is wanted."}},
    },
    "Spec": {
        "description": "A Pod's specification.",
        "required": ["containers", "policy"],
        "properties": {
            "containers": {"type": "array", "items": reference("Container")},
            "policy": {"type": "string", "enum": ["Always", "Never"], "default": "Always"},
            "labels": {"type": "object", "additionalProperties": {"type": "string", "default": ""}},
        },
    },
    "Container": {
        "type": "object",
        "properties": {"memory": reference("api.resource.Quantity"), "port": reference("util.IntOrString")},
    },
    "api.resource.Quantity": {"oneOf": [{"type": "string"}, {"type": "number"}]},
    "util.IntOrString": {"format": "int-or-string"},
}


class Served:
    """Answers what an API server says about its fields, and counts."""

    def __init__(self) -> None:
        self.discovery = self
        self.asked: list[str] = []

    def all(self) -> tuple[Resource, ...]:
        return (Resource("v1", "Pod", "pods", True),)

    def ask(self, method: str, path: str, query: object = None) -> Answer:
        self.asked.append(path)
        if path == "/openapi/v3":
            return Answer({"paths": {"api/v1": {"serverRelativeURL": "/openapi/v3/api/v1?hash=AB"}}}, ())
        return Answer({"components": {"schemas": SCHEMAS}}, ())


@pytest.fixture
def schema(tmp_path: Path) -> OpenApi:
    served: Any = Served()
    return OpenApi(served, tmp_path)


def test_fields(schema: OpenApi) -> None:
    top = schema.fields(("v1", "Pod"), "")
    assert top is not None
    assert top["spec"].description == "What is wanted."
    spec = schema.fields(("v1", "Pod"), "spec")
    assert spec is not None
    assert (spec["containers"].type, spec["containers"].required) == ("array", True)
    assert (spec["policy"].enum, spec["policy"].default, spec["policy"].required) == (
        ("Always", "Never"),
        "Always",
        False,
    )
    inner = schema.fields(("v1", "Pod"), "spec.containers")
    assert inner is not None
    assert {name: each.type for name, each in inner.items()} == {"memory": "quantity", "port": "int-or-string"}


@pytest.mark.parametrize(
    ("kind", "path"),
    [
        (("v1", "Pods"), ""),
        (("apps/v1", "Pod"), ""),
        (("v1", "Pod"), "spec.no"),
        (("v1", "Pod"), "spec.labels"),
        (("v1", "Pod"), "spec.labels.x"),
        (("v1", "Pod"), "kind.x"),
    ],
)
def test_unknown_or_free(schema: OpenApi, kind: tuple[str, str], path: str) -> None:
    assert schema.fields(kind, path) is None


def test_explain(schema: OpenApi) -> None:
    assert schema.explain("pods.spec.policy").startswith("KIND: Pod\nFIELD: policy <string>")
    for unknown in ("pod.spec.no", "pod", "nothing.spec"):
        with pytest.raises(UsageError):
            schema.explain(unknown)


def test_documents_are_kept_by_their_hash(tmp_path: Path) -> None:
    first: Any = Served()
    OpenApi(first, tmp_path).fields(("v1", "Pod"), "")
    again: Any = Served()
    assert OpenApi(again, tmp_path).fields(("v1", "Pod"), "spec")
    assert (first.asked, again.asked) == (["/openapi/v3", "/openapi/v3/api/v1"], ["/openapi/v3"])
