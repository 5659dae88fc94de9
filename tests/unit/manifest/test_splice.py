"""Edits by splices: the value changes, nothing else does."""

from __future__ import annotations

import copy
import re
from typing import Any

import pytest
import yaml
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st

from labs.errors import ManifestError
from labs.manifest import format_path, insert, parse, parse_path, remove, set_value
from labs.manifest.splice import editable

POD = """\
# my first Pod
apiVersion: v1
kind: Pod
metadata:
  name: test-ml-pod   # the name

spec:
  # one container is enough here
  containers:
    - name: ml-script
      image: 'python:3.10'  # the image
      command: ["python", "-c", "print('Hello')"]
      env:
        # first
        - name: A
          value: "1"
        # second
        - name: B
          value: two
  restartPolicy:  # empty so far
"""

CASES = [
    ("metadata.name", "other", "name: test-ml-pod ", "name: other "),
    ("spec.containers[0].image", "busybox", "'python:3.10'", "'busybox'"),
    ("spec.restartPolicy", "Never", "restartPolicy:  #", "restartPolicy: Never  #"),
    ("spec.containers[0].command[2]", 'print("x")', "\"print('Hello')\"", '"print(\\"x\\")"'),
    ("spec.containers[0].command", ["python", "-u"], '"-c", "print(\'Hello\')"', '"-u"'),
    ("spec.containers[0].env[0].value", "2", '"1"', '"2"'),
    ("spec.containers[0].env[1].value", "yes", "value: two", 'value: "yes"'),
    ("metadata.labels.app", "web", "# the name\n", "# the name\n  labels:\n    app: web\n"),
    ("spec.hostname", "a", "so far\n", "so far\n  hostname: a\n"),
]


@pytest.mark.parametrize(("path", "value", "old", "new"), CASES)
@pytest.mark.parametrize("newline", ["\n", "\r\n"])
def test_one_place_changes(path: str, value: Any, old: str, new: str, newline: str) -> None:
    text = POD.replace("\n", newline)
    assert set_value(text, path, value) == POD.replace(old, new).replace("\n", newline)


def test_list_keeps_comments_of_other_items() -> None:
    env = [{"name": "A", "value": "1"}, {"name": "N", "value": "new"}, {"name": "B", "value": "two"}]
    added = set_value(POD, "spec.containers[0].env", env)
    assert "        # second\n        - name: B\n" in added
    assert set_value(added, "spec.containers[0].env", [env[0], env[2]]) == POD


def test_remove_prunes_empty_parents() -> None:
    text = set_value(POD, "spec.containers[0].resources.limits.memory", "400Mi")
    assert "      resources:\n        limits:\n          memory: 400Mi\n" in text
    assert remove(text, "spec.containers[0].resources.limits.memory") == POD


def test_remove_beside_the_dash() -> None:
    assert "    - image: 'python:3.10'  # the image\n" in remove(POD, "spec.containers[0].name")


def test_remove_what_is_not_there() -> None:
    assert remove(POD, "spec.volumes") == POD


def test_insert_into_lists() -> None:
    assert insert("a:\n- x\n- y\n", "a", "z", 0) == "a:\n- z\n- x\n- y\n"
    assert insert("a:\n- x\n- y\n", "a", "z", 1) == "a:\n- x\n- z\n- y\n"
    assert insert("a: [x,y]\n", "a", "z") == "a: [x,y,z]\n"
    assert insert("a: ['x', 'y']\n", "a", "z", 0) == "a: ['z', 'x', 'y']\n"
    assert insert("b: 1\n", "a", "z") == 'b: 1\na: ["z"]\n'


def test_style_of_the_file_is_followed() -> None:
    text = "spec:\n    containers:\n    - name: a\n"
    assert set_value(text, "spec.volumes", [{"name": "v", "emptyDir": {}}]) == (
        "spec:\n    containers:\n    - name: a\n    volumes:\n    - name: v\n      emptyDir: {}\n"
    )


def test_block_text_stays_a_block() -> None:
    text = "a:\n  script: |\n      x\n      y\n  b: 1\n"
    assert set_value(text, "a.script", "one\ntwo\n") == "a:\n  script: |\n      one\n      two\n  b: 1\n"
    assert set_value(text, "a.script", "one\ntwo") == "a:\n  script: |-\n      one\n      two\n  b: 1\n"
    assert set_value("a: x # c\n", "a", "one\ntwo\n") == "a: | # c\n  one\n  two\n"


def test_empty_text_and_comments_only() -> None:
    assert set_value("", "metadata.name", "a") == "metadata:\n  name: a\n"
    assert set_value("# c", "metadata.name", "a") == "# c\nmetadata:\n  name: a\n"


def test_second_document() -> None:
    text = "a: 1\n---\nb: 2\n---\nc: 3\n"
    assert set_value(text, "x", 1, doc=1) == "a: 1\n---\nb: 2\nx: 1\n---\nc: 3\n"
    assert remove(text, "b", doc=1) == "a: 1\n---\n\n---\nc: 3\n"


@pytest.mark.parametrize(
    ("text", "path", "words"),
    [
        ("a: &x {b: 1}\nc: *x\n", "c.b", "copy of another place"),
        ("a: &x {b: 1}\nc: *x\n", "c", "copy of another place"),
        ("a: &x {b: 1}\nc: *x\n", "a", "other places copy it"),
        ("a: &x {b: 1}\nc:\n  <<: *x\n", "c.b", "copy of another place"),
        ("a: text\n", "a.b", "is not a mapping"),
        ("a: {b: 1}\n", "a[0]", "is not a list"),
        ("a: [\n", "a", "problem on line"),
        ("a: !!str 1\n", "a", "type of its own"),
        ("a: [x]\n", "a[5]", "the list has 1 items"),
        ("a: 1\n", "b[2]", "items before it are missing"),
    ],
)
def test_refused_with_a_reason(text: str, path: str, words: str) -> None:
    with pytest.raises(ManifestError) as refused:
        set_value(text, path, "new")
    assert words in str(refused.value).replace("The list", "the list").replace("The items", "the items").replace(
        "The text has a", "the text has a"
    ).replace("Other", "other")


def test_editable_says_why_not() -> None:
    document = parse("a: &x {b: 1}\nc: *x\nd: text\n").documents[0]
    assert editable(document, "c.b")
    assert editable(document, "d.e")
    assert not editable(document, "d")
    assert not editable(document, "new.field")


def test_half_a_character_is_refused() -> None:
    with pytest.raises(ManifestError, match="half of a character"):
        set_value("a: 1\n", "a", "\ud800")


KEYS = st.sampled_from(["name", "image", "on", "1", "a.b/c", "key with space", "é", "x-y"])
TEXTS = st.one_of(
    st.sampled_from(
        [
            "",
            "x",
            "yes",
            "12",
            "1e3",
            "~",
            "a: b",
            "a #b",
            "- x",
            "it's",
            'say "hi"',
            "two\nlines\n",
            "two\nlines",
            " lead",
            "trail ",
            "tab\there",
            "{x}",
            "[y",
            "*z",
            "&w",
            "!t",
            "%p",
            "@q",
            "`r",
            "é😀",
            "\n",
            "a\n\n",
            "a\n b\n",
            "\\n",
            "=",
            "<<",
            "---",
            "a?",
            "\u2028",
            "\x85",
            "\x00",
        ]
    ),
    st.text(st.characters(codec="utf-8"), max_size=12),
)
SCALARS = st.one_of(TEXTS, st.integers(-5, 5000), st.booleans(), st.none(), st.sampled_from([1.5, -0.25]))
VALUES = st.recursive(SCALARS, lambda v: st.lists(v, max_size=3) | st.dictionaries(KEYS, v, max_size=3), max_leaves=6)
OBJECTS = st.dictionaries(KEYS, VALUES, min_size=1, max_size=4)


def written(data: Any, *, flow: bool | None, indent: int, crlf: bool, dash: bool, block: str, comments: int) -> str:
    """YAML of some data in one of many layouts, with comments on lines of their own and behind values."""
    kind: Any = type("Dumper", (yaml.SafeDumper,), {})
    if dash:
        kind.increase_indent = lambda self, flow=False, **_: yaml.SafeDumper.increase_indent(self, flow, False)
    if block:
        kind.add_representer(
            str,
            lambda self, text: self.represent_scalar("tag:yaml.org,2002:str", text, block if "\n" in text else None),
        )
    text = str(
        yaml.dump(
            data, Dumper=kind, default_flow_style=flow, indent=indent, allow_unicode=True, sort_keys=False, width=1000
        )
    )
    lines = [f"{line} # tail {i}" if comments & 1 and i % 2 else line for i, line in enumerate(text.split("\n")[:-1])]
    if comments & 2:
        lines = [part for i, line in enumerate(lines) for part in (f"# note {i}", line)]
    text = "\n".join(["# top", *lines, "# end", ""])
    return text.replace("\n", "\r\n") if crlf else text


LAYOUTS = st.fixed_dictionaries(
    {
        "flow": st.sampled_from([False, None, True]),
        "indent": st.sampled_from([2, 4]),
        "crlf": st.booleans(),
        "dash": st.booleans(),
        "block": st.sampled_from(["", "|", ">"]),
        "comments": st.integers(0, 3),
    }
)


def paths(data: Any, at: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    """All paths of some data."""
    found = [at] if at else []
    items = data.items() if isinstance(data, dict) else enumerate(data) if isinstance(data, list) else ()
    return found + [path for key, value in items for path in paths(value, (*at, key))]


def at(data: Any, path: tuple[Any, ...]) -> Any:
    """The value at a path."""
    for token in path:
        data = data[token]
    return data


def put(data: Any, path: tuple[Any, ...], value: Any) -> Any:
    """The intended data after `set_value`."""
    data = copy.deepcopy(data)
    here = data
    for token in path[:-1]:
        here = here[token]
    here[path[-1]] = value
    return data


def cut(data: Any, path: tuple[Any, ...]) -> Any:
    """The intended data after `remove`, empty parents pruned."""
    data = copy.deepcopy(data)
    while path:
        here = data
        for token in path[:-1]:
            here = here[token]
        del here[path[-1]]
        if here:
            return data
        path = path[:-1]
    return None


def root(text: str) -> Any:
    """The data of the only document, None when there is none."""
    parsed = parse(text)
    assert not parsed.diagnostics, (text, parsed.diagnostics)
    return parsed.documents[0].root if parsed.documents else None


def test_the_end_mark_goes_with_the_last_field() -> None:
    assert remove("# top\nname:\n- |2+\n\n...\n# end\n", "name") == "# top\n# end\n"


QUICK = settings(max_examples=100, deadline=None, suppress_health_check=list(HealthCheck))


@QUICK
@given(data=OBJECTS, layout=LAYOUTS, value=VALUES, pick=st.integers(0, 50))
def test_set_gives_the_intended_data(data: dict[str, Any], layout: dict[str, Any], value: Any, pick: int) -> None:
    text = written(data, **layout)
    assume(not parse(text).diagnostics and root(text) == data)
    path = paths(data)[pick % len(paths(data))]
    try:
        new = set_value(text, format_path(path), value)
    except ManifestError as refused:
        assume("unusual" not in refused.why)
        raise
    assert root(new) == put(data, path, value), (text, path, value, new)
    assert new.startswith("# top")
    if not isinstance(value, list | dict) and not isinstance(at(data, path), list | dict):
        assert re.findall("# (?:note|tail|top|end)", text) == re.findall("# (?:note|tail|top|end)", new)


@QUICK
@given(data=OBJECTS, layout=LAYOUTS, pick=st.integers(0, 50))
def test_remove_gives_the_intended_data(data: dict[str, Any], layout: dict[str, Any], pick: int) -> None:
    text = written(data, **layout)
    assume(not parse(text).diagnostics and root(text) == data)
    path = paths(data)[pick % len(paths(data))]
    new = remove(text, format_path(path))
    assert root(new) == cut(data, path), (text, path, new)
    gone = set(text.splitlines()) - set(new.splitlines())
    assert not {"# top", "# end"} & gone


@QUICK
@given(key=KEYS, value=VALUES, data=OBJECTS, layout=LAYOUTS)
def test_new_field_touches_no_other_line(key: str, value: Any, data: dict[str, Any], layout: dict[str, Any]) -> None:
    text = written(data, **{**layout, "flow": False})
    assume(not parse(text).diagnostics and root(text) == data and f"new-{key}" not in data)
    new = set_value(text, format_path((f"new-{key}",)), value)
    assert root(new) == {**data, f"new-{key}": value}
    start = next((i for i, (a, b) in enumerate(zip(text, new, strict=False)) if a != b), len(text))
    assert text[start:] in new[start:]


@given(tokens=st.lists(st.one_of(KEYS, st.integers(0, 12)), max_size=5))
def test_paths_come_back(tokens: list[Any]) -> None:
    assert parse_path(format_path(tokens)) == tuple(tokens)
