"""Our reading of YAML against the recorded one of kubectl's own library."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
import yaml

from labs.manifest import parse
from labs.manifest.data import to_data
from labs.manifest.nodes import read_trees
from labs.manifest.scalars import ScalarError, key_text, resolve

CORPUS = [
    json.loads(line) for line in (Path(__file__).parent / "kubectl" / "corpus.jsonl").read_text().split("\n") if line
]

STRICTER = {
    "  a: 1\nb: 2\n": "kubectl drops the second line without a word",
    "a: 1\n...\nb: 2\n": "kubectl drops what follows the dots",
    "'a':1\n": "kubectl drops the value",
}


def same(one: Any, other: Any) -> bool:
    """Equality of JSON values, in which true is not 1."""
    if isinstance(one, bool) or isinstance(other, bool):
        return one is other
    if isinstance(one, dict) and isinstance(other, dict):
        return one.keys() == other.keys() and all(same(one[key], other[key]) for key in one)
    if isinstance(one, list) and isinstance(other, list):
        return len(one) == len(other) and all(map(same, one, other))
    return bool(one == other)


@pytest.mark.parametrize("case", CORPUS, ids=lambda case: repr(case["yaml"])[:60])
def test_corpus(case: dict[str, Any]) -> None:
    parsed = parse(case["yaml"])
    errors = [d for d in parsed.diagnostics if d.code != "L109"]
    if "error" in case or case["yaml"] in STRICTER:
        assert errors
    else:
        assert not errors
        assert same(parsed.documents[0].root if parsed.documents else None, case["json"])


def test_corpus_is_not_empty() -> None:
    assert len(CORPUS) > 700
    assert sum("error" in case for case in CORPUS) > 80


def _trees(case: dict[str, Any]) -> list[Any] | None:
    try:
        return list(read_trees(case["yaml"].removeprefix("\ufeff"), loader=yaml.SafeLoader))
    except yaml.YAMLError:
        return None


OBJECTS = [case for case in CORPUS if isinstance(case.get("json"), dict)]
READ = [case for case in OBJECTS if _trees(case) is not None]


def test_python_reader_refuses_few() -> None:
    """PyYAML without libyaml refuses some texts that kubectl reads; they are few."""
    assert len(OBJECTS) - len(READ) <= 5


@pytest.mark.parametrize("case", READ, ids=lambda c: repr(c["yaml"])[:60])
def test_python_reader_agrees(case: dict[str, Any]) -> None:
    """Where PyYAML without libyaml reads the text, it gives the same data."""
    trees = _trees(case)
    assert trees
    assert same(to_data(trees[0].root)[0], case["json"])


@pytest.mark.parametrize(("text", "value"), [("12:30", "12:30"), ("1e3", 1000), ("y", True), ("=", "="), ("0644", 420)])
def test_resolve(text: str, value: object) -> None:
    assert resolve(text) == value
    assert resolve(text, plain=False) == text


@pytest.mark.parametrize(
    ("text", "key"), [("8080", "8080"), ("on", "true"), ("1.50", "1.5"), ("1e6", "1e+06"), ("0.1", "0.1")]
)
def test_key_text(text: str, key: str) -> None:
    assert key_text(text) == key


@pytest.mark.parametrize("text", [".inf", "-.inf", ".nan"])
def test_no_json(text: str) -> None:
    with pytest.raises(ScalarError, match="infinity"):
        resolve(text)


def test_tag_mismatch() -> None:
    with pytest.raises(ScalarError, match="not a value of type int"):
        resolve("abc", tag="tag:yaml.org,2002:int")
