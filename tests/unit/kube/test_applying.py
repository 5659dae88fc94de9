"""Ownership of fields, the note of what was applied, scratch names."""

from __future__ import annotations

import json
from typing import Any

import pytest

from labs.kube import applying

Json = dict[str, Any]


def entry(manager: str, operation: str, fields: Json, subresource: str = "") -> Json:
    more = {"subresource": subresource} if subresource else {}
    return {"manager": manager, "operation": operation, "apiVersion": "v1", "fieldsV1": fields, **more}


OLD = entry(applying.CLIENT_SIDE, "Update", {"f:data": {"f:a": {}, "f:b": {}}})
OURS = entry("kubectl", "Apply", {"f:data": {"f:c": {}}})
OTHER = entry("kubectl-edit", "Update", {"f:data": {"f:d": {}}})


def merged(entries: list[Json], **annotations: str) -> list[Json] | None:
    return applying._merged_managers({"metadata": {"managedFields": entries, "annotations": annotations}})


@pytest.mark.parametrize("entries", [[], [OURS], [OTHER], [{**OLD, "subresource": "status"}]])
def test_nothing_to_take_over(entries: list[Json]) -> None:
    assert merged(entries) is None


def test_client_side_fields_become_ours() -> None:
    assert merged([OTHER, OLD]) == [OTHER, {**OLD, "manager": "kubectl", "operation": "Apply"}]


def test_client_side_fields_join_ours() -> None:
    assert merged([OLD, OTHER, OURS]) == [OTHER, {**OURS, "fieldsV1": {"f:data": {"f:a": {}, "f:b": {}, "f:c": {}}}}]
    assert OURS["fieldsV1"] == {"f:data": {"f:c": {}}}


def test_what_the_server_filled_in_becomes_nobodys() -> None:
    container: Json = {"f:image": {}, "f:imagePullPolicy": {}, "f:command": {}}
    ports: Json = {'k:{"containerPort":5000,"protocol":"TCP"}': {".": {}, "f:containerPort": {}, "f:protocol": {}}}
    fields: Json = {"f:containers": {'k:{"name":"main"}': {**container, "f:ports": ports}, 'k:{"name":"x"}': {}}}
    text = {"containers": [{"name": "main", "image": "i", "command": ["a"], "ports": [{"containerPort": 5000}]}]}
    note = {applying.LAST_APPLIED: json.dumps(text)}
    found = (merged([entry(applying.CLIENT_SIDE, "Update", fields)], **note) or [{}])[0]
    kept: Json = {'k:{"containerPort":5000,"protocol":"TCP"}': {".": {}, "f:containerPort": {}}}
    left = {"f:image": {}, "f:command": {}, "f:ports": kept}
    assert found["fieldsV1"] == {"f:containers": {'k:{"name":"main"}': left}}


@pytest.mark.parametrize("note", ["", "{", "null"])
def test_without_a_note_everything_becomes_ours(note: str) -> None:
    found = (merged([OLD], **{applying.LAST_APPLIED: note}) or [{}])[0]
    assert found["fieldsV1"] == OLD["fieldsV1"]


def test_united_keeps_both_sides() -> None:
    assert applying._united({"a": {".": {}}, "b": {}}, {"a": {"c": {}}, "b": {"d": {}}}) == {
        "a": {".": {}, "c": {}},
        "b": {"d": {}},
    }


def test_noted_as_kubectl_notes() -> None:
    obj = {"kind": "X", "metadata": {"name": "ä", "annotations": {"n": "1", applying.LAST_APPLIED: "old"}}}
    notes = applying._noted(obj)["metadata"]["annotations"]
    assert notes["n"] == "1"
    assert notes[applying.LAST_APPLIED] == '{"kind":"X","metadata":{"annotations":{"n":"1"},"name":"ä"}}\n'
    assert obj["metadata"]["annotations"][applying.LAST_APPLIED] == "old"  # type: ignore[index]


@pytest.mark.parametrize("wrong", ["text", ["list"]])
def test_annotations_of_a_wrong_type_are_left_to_the_server(wrong: object) -> None:
    assert not applying._notable({"metadata": {"annotations": wrong}})


def test_the_mark_goes_out_of_every_text() -> None:
    data = {"message": 'Pod "tMARKest" is invalid', "causes": [{"x": "tMARKest", "n": 1}], "none": None}
    clean = {"message": 'Pod "test" is invalid', "causes": [{"x": "test", "n": 1}], "none": None}
    assert applying._renamed(data, "MARK", "") == clean


def living(**meta: object) -> Json:
    return {"kind": "X", "metadata": {"name": "x", **meta}, "data": {"a": "1"}}


@pytest.mark.parametrize(
    ("same", "one", "other"),
    [
        (True, living(resourceVersion="1", managedFields=[OLD]), living(resourceVersion="2", managedFields=[OURS])),
        (True, living(), {**living(), "status": {"phase": "Running"}}),
        (False, living(), living(labels={"a": "b"})),
        (False, living(), {**living(), "data": {}}),
        (
            True,
            living(annotations={applying.LAST_APPLIED: json.dumps({"a": "<"})}),
            living(annotations={applying.LAST_APPLIED: '{"a":"\\u003c"}\n'}),
        ),
        (True, living(), living(annotations={"deployment.kubernetes.io/revision": "1"})),
        (False, living(annotations={"mine": "1"}), living(annotations={"mine": "2"})),
        (False, living(annotations={applying.LAST_APPLIED: "{"}), living(annotations={applying.LAST_APPLIED: "["})),
    ],
)
def test_what_counts_as_unchanged(same: bool, one: Json, other: Json) -> None:
    wanted = living(annotations={"mine": "1"})
    assert (applying._content(one, wanted) == applying._content(other, wanted)) is same


@pytest.mark.parametrize("name", ["", "a/b", "a?b", "a#b", "..", ".", "a%2fb", "a b", None, 5])
def test_a_name_that_no_object_can_have_is_not_asked_for(name: object) -> None:
    nobody: Any = None
    assert applying._live(nobody, nobody, {"metadata": {"name": name}}, "lab") is None
