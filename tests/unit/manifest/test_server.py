"""The API server's real answers (recorded from Kubernetes v1.37.2) at the lines they are about."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from labs.manifest import check, from_status, merged, parse, render

from .snapshot import assert_snapshot
from .tables import table_schema

RECORDED = {
    case["name"]: case
    for line in (Path(__file__).parent / "server" / "recorded.jsonl").read_text().split("\n")
    if line
    for case in [json.loads(line)]
}

PLACES = [
    ("unknown field", "L402", 9, "spec.containers[0].comand"),
    ("wrong type text", "L403", 6, "spec.replicas"),
    ("wrong type env", "L403", 12, "spec.containers[0].env[0].value"),
    ("object for list", "L403", 6, "spec.containers"),
    ("bad name", "L401", 4, "metadata.name"),
    ("bad label", "L401", 6, "metadata.labels[app.kubernetes.io/name]"),
    ("no image", "L401", 7, "spec.containers[0].image"),
    ("bad enum", "L401", 6, "spec.restartPolicy"),
    ("node port taken", "L401", 12, "spec.ports[0].nodePort"),
    ("bad quantity", "L403", 12, "spec.containers[0].resources.limits.memory"),
    ("missing volume", "L401", 11, "spec.containers[0].volumeMounts[0].name"),
    ("resources on the pod", "L401", 12, "spec.resources.limits[nvidia.com/gpu]"),
    ("other namespace", "L410", 5, "metadata.namespace"),
    ("apply unknown field deep", "L402", 17, "spec.template.spec.containers[0].imag"),
    ("apply wrong type env", "L403", 12, "spec.containers[0].env[0].value"),
    ("apply duplicate env", "L401", 10, "spec.containers[0].env"),
    ("immutable restartPolicy", "L405", 6, "spec.restartPolicy"),
    ("immutable command", "L405", 9, "spec.containers[0].command"),
    ("immutable selector", "L405", 7, "spec.selector"),
    ("immutable job template", "L405", 6, "spec.template"),
    ("immutable claim", "L405", 6, "spec.accessModes"),
    ("conflict", "L406", 6, "spec.replicas"),
    ("already exists", "L409", 4, "metadata.name"),
    ("cel syntax", "L401", 14, "spec.spec.devices.requests[0].exactly.selectors[0].cel.expression"),
    ("cel overload", "L401", 14, "spec.spec.devices.requests[0].exactly.selectors[0].cel.expression"),
    ("quota", "L407", 1, ""),
    ("warn unknown", "L408", 9, "spec.containers[0].comand"),
    ("duplicate env", "L408", 13, "spec.containers[0].env[1]"),
    ("deprecated", "L408", 1, ""),
]


@pytest.mark.parametrize(("name", "code", "line", "path"), PLACES)
def test_place(name: str, code: str, line: int, path: str) -> None:
    case = RECORDED[name]
    first = from_status(parse(case["yaml"]), case["status"] or {}, case["warnings"])[0]
    assert (first.code, first.line, first.path) == (code, line, path)


@pytest.mark.parametrize(("name", "marked"), [("cel overload", ">= 40"), ("cel syntax", " ")])
def test_an_expression_is_marked_from_where_it_is_wrong(name: str, marked: str) -> None:
    case = RECORDED[name]
    (found,) = from_status(parse(case["yaml"]), case["status"])
    line = case["yaml"].splitlines()[found.span.start.line - 1]
    assert line[found.span.start.column - 1 :].startswith(marked)
    folded = case["yaml"].replace("expression: '", "expression: >-\n                  ").replace("'\n", "\n")
    (whole,) = from_status(parse(folded), case["status"])
    assert whole.path == found.path


@pytest.mark.parametrize("name", RECORDED)
def test_words(name: str) -> None:
    case = RECORDED[name]
    found = from_status(parse(case["yaml"]), case["status"] or {}, case["warnings"])
    assert found
    text = "".join(render(case["yaml"], diagnostic) for diagnostic in found)
    assert_snapshot(f"server-{name.replace(' ', '-')}", text)


@pytest.mark.parametrize("name", ["quota", "forbidden", "pod security"])
def test_prose_is_verbatim(name: str) -> None:
    case = RECORDED[name]
    (found,) = from_status(parse(case["yaml"]), case["status"])
    assert found.message == case["status"]["message"]


@pytest.mark.parametrize(
    "status",
    [
        {"status": "Failure", "message": "no reason that we know", "code": 500},
        {"status": "Failure"},
        {"code": 422, "details": {"causes": [{}]}},
        {"code": 422, "details": {"causes": ["odd"]}, "message": 5},
        {"code": 400, "message": 'strict decoding error: unknown field "a[0].b[1", duplicate field ""'},
        {"code": 500, "message": "failed to create typed patch object (/a; v1, Kind=Pod): .a[x=: b"},
        {"details": []},
    ],
)
@pytest.mark.parametrize("text", ["", "a: 1\n", "a: [\n", "- b\n"])
def test_odd_answers_give_a_diagnostic(status: dict[str, Any], text: str) -> None:
    assert from_status(parse(text), status)


def test_success_says_nothing() -> None:
    assert from_status(parse("a: 1\n"), {}) == ()
    assert from_status(parse("a: 1\n"), {"kind": "Status", "status": "Success"}) == ()


def test_warning_with_and_without_its_header() -> None:
    parsed = parse("spec:\n  x: 1\n")
    raw = from_status(parsed, {}, ['299 - "unknown field \\"spec.x\\""'])
    assert raw == from_status(parsed, {}, ['unknown field "spec.x"'])
    assert raw[0].line == 2


def test_the_right_document_of_several() -> None:
    text = "kind: A\nmetadata: {name: a}\n---\nkind: B\nmetadata: {name: b}\nspec: {x: 1}\n"
    cause = {"field": "spec.x", "message": "Invalid value: 1: too small", "reason": "FieldValueInvalid"}
    status = {"status": "Failure", "code": 422, "details": {"kind": "B", "name": "b", "causes": [cause]}}
    (found,) = from_status(parse(text), status)
    assert found.line == 6
    assert found.message == "**x** cannot be `1`: too small."


def test_what_is_known_is_not_said_twice() -> None:
    case = RECORDED["unknown field"]
    parsed = parse(case["yaml"])
    local = check(parsed, schema=table_schema())
    remote = from_status(parsed, case["status"])
    assert merged(local, remote) == local
    assert merged((), remote) == remote
