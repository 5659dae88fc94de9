"""Any text is read without raising, quickly, and with a message where it is refused."""

from __future__ import annotations

import time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from labs.manifest import FieldSpec, check, form_fields, parse, render, to_json

from .tables import table_schema

POD = """\
apiVersion: v1
kind: Pod
metadata:
  name: a
  namespace: ns
spec:
  containers:
    - name: c
      image: i
"""
BOMB = "a: &a [x,x,x,x,x,x,x,x,x]\n" + "".join(
    f"{chr(98 + i)}: &{chr(98 + i)} [{','.join(['*' + chr(97 + i)] * 9)}]\n" for i in range(9)
)


def test_document() -> None:
    document = parse(POD).documents[0]
    assert (document.api_version, document.kind, document.name, document.namespace) == ("v1", "Pod", "a", "ns")
    assert document.value("spec.containers[0].image") == "i"
    assert document.value('spec.containers[name="c"].image') == "i"
    assert document.value("spec.containers[1].image") is None
    assert document.nearest("spec.containers[0].env[0].name")[0] == "spec.containers[0]"


def test_names_with_dots_are_found_without_brackets() -> None:
    document = parse("metadata:\n  labels:\n    app.kubernetes.io/name: x\n").documents[0]
    assert document.value("metadata.labels[app.kubernetes.io/name]") == "x"
    assert document.value("metadata.labels.app.kubernetes.io/name") == "x"


def test_empty_documents_are_left_out() -> None:
    assert to_json("---\n# nothing\n---\na: 1\n---\n~\n---\nb: 2\n") == [{"a": 1}, {"b": 2}]


def test_documents_before_an_error_are_there() -> None:
    parsed = parse("a: 1\n---\nb: [\n")
    assert [d.data for d in parsed.documents] == [{"a": 1}]
    assert not parsed.ok


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("x" * 1_000_000, "L111"),
        ("a: 1\n" * 200_000, "L111"),
        (BOMB, "L113"),
        ("[" * 100_000, "L113"),
        ("- " * 5_000, "L113"),
        ("{a: " * 60_000, "L113"),
        ("a: &a [*a]\n", "L112"),
        ("a: *b\n", "L112"),
        ("a: b\x00c\n", "L110"),
        ("a: \ud800\n", "L110"),
        ("a: 1\na: 2\n", "L109"),
        ("\ta: 1\n", "L101"),
        ("%YAML 9.9\n---\na: 1\n", "L119"),
    ],
    ids=[
        "one-line",
        "1mb",
        "bomb",
        "deep",
        "deep-list",
        "deep-map",
        "self",
        "unknown",
        "nul",
        "surrogate",
        "twice",
        "tab",
        "version",
    ],
)
def test_hostile_text_is_answered_quickly(text: str, code: str) -> None:
    start = time.process_time()
    parsed = parse(text)
    found = check(parsed, schema=table_schema(), namespace="n", single=True)
    assert time.process_time() - start < 0.3
    assert code in {d.code for d in found}


def test_largest_text_is_read() -> None:
    text = "a:\n" + "  - b: c\n" * 25_000
    assert len(parse(text).documents[0].root["a"]) == 25_000


@pytest.mark.parametrize("text", ["", " ", "\n", "# x", "---", "~", "\ufeff", "null"])
def test_empty_texts(text: str) -> None:
    parsed = parse(text)
    assert parsed.documents == ()
    assert [d.code for d in check(parsed)] == ["L209"]


TOKENS = st.sampled_from(
    [
        "a",
        "kind",
        ": ",
        ":",
        "- ",
        "-",
        "\n",
        "\n  ",
        "\n    ",
        "\t",
        "[",
        "]",
        "{",
        "}",
        ", ",
        "'",
        '"',
        "#",
        " #",
        "|",
        ">",
        "&x ",
        "*x",
        "!!int ",
        "!x ",
        "<<: ",
        "? ",
        "---\n",
        "...",
        "%",
        "@",
        "`",
        "\r\n",
        "\r",
        "é",
        "😀",
        "\x00",
        "\ufeff",
        "\u2028",
        "\x85",
        "12",
        "0x",
        "~",
        "metadata:\n  name: x\n",
        "spec:\n  containers:\n",
        "env:\n",
        "name: ",
        "value: ",
    ]
)
FIELDS = [
    FieldSpec("metadata.name", "Name"),
    FieldSpec("spec.containers[0].env", "Environment", "env"),
    FieldSpec("a", "A", "list"),
]


@settings(max_examples=150, deadline=None)
@given(st.one_of(st.lists(TOKENS, max_size=25).map("".join), st.text()))
def test_never_raises(text: str) -> None:
    parsed = parse(text)
    for diagnostic in check(parsed, schema=table_schema(), namespace="n", single=True):
        assert diagnostic.message
        assert render(text, diagnostic)
        assert 0 <= diagnostic.span.start.offset <= diagnostic.span.end.offset <= len(text)
    form_fields(parsed, 0, FIELDS)


def test_hundred_lines_within_a_keystroke() -> None:
    text = POD + "      env:\n" + "".join(f"        - name: V{i}\n          valu: x\n" for i in range(45))
    times = []
    for _ in range(20):
        start = time.process_time()
        check(parse(text), schema=table_schema(), namespace="n", single=True)
        times.append(time.process_time() - start)
    assert sorted(times)[10] < 0.02
