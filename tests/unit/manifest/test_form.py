"""The form: reading fields, writing what the learner typed."""

from __future__ import annotations

import pytest

from labs.errors import ManifestError
from labs.manifest import FieldSpec, check, form_fields, parse, set_field

from .tables import table_schema

POD = """\
apiVersion: v1
kind: Pod
metadata:
  name: web
spec:
  containers:
    - name: web
      image: python:3.10
      command: ["python", "-c", "print(1)"]
      env:
        - name: A
          value: "1"
        - name: B
          value: x=y
"""
NAME = FieldSpec("metadata.name", "Name")
COMMAND = FieldSpec("spec.containers[0].command", "Command", "list")
ENV = FieldSpec("spec.containers[0].env", "Environment", "env")
POLICY = FieldSpec("spec.restartPolicy", "Restart policy", "select", "Always", ("Always", "OnFailure", "Never"))
REPLICAS = FieldSpec("spec.replicas", "Replicas", "number")
ALL = (NAME, COMMAND, ENV, POLICY, REPLICAS)


def test_reading() -> None:
    form = form_fields(parse(POD), 0, ALL)
    assert [(f.text, f.present, f.editable, f.line) for f in form.fields] == [
        ("web", True, True, 4),
        ('["python", "-c", "print(1)"]', True, True, 9),
        ("A=1\nB=x=y", True, True, 11),
        ("", False, True, None),
        ("", False, True, None),
    ]
    assert form.field("metadata.name").value == "web"
    with pytest.raises(KeyError):
        form.field("nope")


def test_text_with_a_problem_cannot_be_edited() -> None:
    for field in form_fields(parse("a: [\n"), 0, ALL).fields:
        assert (field.editable, field.reason) == (False, "see line 2") or field.reason == "see line 1"


def test_empty_text_can_be_filled_in() -> None:
    assert form_fields(parse(""), 0, (NAME,)).fields[0].editable
    assert set_field("", NAME, "web") == "metadata:\n  name: web\n"


def test_empty_field_points_to_its_misspelling() -> None:
    parsed = parse(POD.replace("command", "comand"))
    form = form_fields(parsed, 0, ALL, check(parsed, schema=table_schema()))
    assert form.field(COMMAND.path).reason == "see line 9"


@pytest.mark.parametrize(
    ("old", "new", "spec", "words"),
    [
        ('["python", "-c", "print(1)"]', "{a: b}", COMMAND, "only the text can show"),
        ('value: "1"', "valueFrom: {fieldRef: {fieldPath: status.podIP}}", ENV, "only the text can show"),
        ("name: web\nspec", "name: [web]\nspec", NAME, "only the text can show"),
        ("name: web\nspec", "name: &n web\nspec", NAME, "other places copy it"),
        ("metadata:\n  name: web", "metadata: web", NAME, "is not a mapping"),
    ],
)
def test_not_editable_with_a_reason(old: str, new: str, spec: FieldSpec, words: str) -> None:
    field = form_fields(parse(POD.replace(old, new)), 0, ALL).field(spec.path)
    assert not field.editable
    assert words in field.reason


@pytest.mark.parametrize(
    ("spec", "typed", "old", "new"),
    [
        (NAME, "other", "name: web\nspec", "name: other\nspec"),
        (NAME, "on", "name: web\nspec", 'name: "on"\nspec'),
        (COMMAND, '["python", "-u"]', '"-c", "print(1)"]', '"-u"]'),
        (COMMAND, 'python "a b"', '["python", "-c", "print(1)"]', '["python", "a b"]'),
        (COMMAND, " ", '      command: ["python", "-c", "print(1)"]\n', ""),
        (ENV, "A=2\nB=x=y", '"1"', '"2"'),
        (ENV, "A=1\n\nB=x=y\nC=", "value: x=y\n", 'value: x=y\n        - name: C\n          value: ""\n'),
        (POLICY, "Never", "x=y\n", "x=y\n  restartPolicy: Never\n"),
        (REPLICAS, "3", "x=y\n", "x=y\n  replicas: 3\n"),
    ],
)
def test_writing(spec: FieldSpec, typed: str, old: str, new: str) -> None:
    assert set_field(POD, spec, typed) == POD.replace(old, new)


@pytest.mark.parametrize(
    ("spec", "typed", "words"),
    [
        (REPLICAS, "three", "whole number"),
        (COMMAND, "[1, 2]", "list of words"),
        (COMMAND, "'", "list of words"),
        (ENV, "A", "NAME=value"),
    ],
)
def test_what_does_not_fit_is_refused(spec: FieldSpec, typed: str, words: str) -> None:
    with pytest.raises(ManifestError, match=words):
        set_field(POD, spec, typed)


def test_specs_from_a_lesson() -> None:
    spec = FieldSpec.from_mapping({"path": "a", "label": "A", "kind": "select", "options": ["x", 1]})
    assert spec == FieldSpec("a", "A", "select", options=("x", "1"))


@pytest.mark.parametrize(
    "raw", [{"path": "a"}, {"path": "a", "label": "A", "kind": "odd"}, {"path": "a", "label": "A", "odd": 1}]
)
def test_bad_specs_are_refused(raw: dict[str, object]) -> None:
    with pytest.raises(ManifestError, match="form field"):
        FieldSpec.from_mapping(raw)


def test_labels_are_lines_and_keep_their_neighbours() -> None:
    labels = FieldSpec("metadata.labels", "Labels", "map")
    text = "metadata:\n  labels:\n    app: a  # mine\n    tier: web\n"
    assert form_fields(parse(text), 0, [labels]).field("metadata.labels").text == "app=a\ntier=web"
    assert set_field(text, labels, "app=a\ntier=db") == text.replace("web", "db")
    with pytest.raises(ManifestError, match="no label"):
        set_field(text, labels, "app")


def test_a_port_is_a_number_or_a_name() -> None:
    port = FieldSpec("port", "Port", "port")
    assert set_field("port: 80\n", port, "5000") == "port: 5000\n"
    assert set_field("port: 80\n", port, "http") == "port: http\n"
