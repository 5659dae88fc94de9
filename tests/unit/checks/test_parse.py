"""Checks as lessons write them, and what is said about wrong ones."""

from __future__ import annotations

from typing import Any

import pytest

from labs.checks import CheckError, parse_check

GOOD: dict[str, Any] = {"id": "x", "title": "X", "within": 10}
EXISTS = {"exists": {"kind": "Pod", "name": "a"}}


def test_fields() -> None:
    check = parse_check({**GOOD, "hold": 2, "exists": {"kind": "Deployment", "name": "a", "api": "apps/v1"}})
    assert (check.id, check.title, check.within, check.hold) == ("x", "X", 10.0, 2.0)
    assert check.kinds == {"apps/v1/Deployment"}
    assert parse_check({**GOOD, **EXISTS}).kinds == {"v1/Pod"}


def test_python_names_its_kinds() -> None:
    spec = {**GOOD, "python": "tests.unit.checks.test_words:loud", "pod": "a", "kinds": ["apps/v1/Deployment"]}
    assert parse_check(spec).kinds == {"apps/v1/Deployment"}


@pytest.mark.parametrize(
    ("said", "spec"),
    [
        ("`within` is missing", {"id": "x", "title": "X", **EXISTS}),
        ("`id` is missing", {"title": "X", "within": 1, **EXISTS}),
        ("it has none", GOOD),
        ("it has exist", {**GOOD, "exist": {}}),
        ("it has absent, exists", {**GOOD, **EXISTS, "absent": {}}),
        ("exists knows api, kind, name", {**GOOD, "exists": {"kind": "Pod", "nam": "a"}}),
        ("exists knows", {**GOOD, "exists": "Pod"}),
        ("name is missing", {**GOOD, "exists": {"kind": "Pod"}}),
        ("text is missing", {**GOOD, "logs_contain": {"pod": "a", "text": ""}}),
        ("phase is one of", {**GOOD, "phase": {"pod": "a", "phase": "Completed"}}),
        ("restarts is a number", {**GOOD, "phase": {"pod": "a", "phase": "Running", "restarts": "0"}}),
        ("restarts is a number", {**GOOD, "phase": {"pod": "a", "phase": "Running", "restarts": False}}),
        ("soon", {**GOOD, **EXISTS, "within": "soon"}),
        ("more than 0", {**GOOD, **EXISTS, "within": 0}),
        ("more than 0", {**GOOD, **EXISTS, "within": "nan"}),
        ("0 or more", {**GOOD, **EXISTS, "hold": -1}),
        ("no_such", {**GOOD, "python": "labs.no_such:check"}),
        ("no_such", {**GOOD, "python": "tests.unit.checks.test_words:no_such"}),
        ("pod", {**GOOD, "python": "tests.unit.checks.test_words:loud"}),
        ("kinds is a list", {**GOOD, "python": "tests.unit.checks.test_words:loud", "pod": "a", "kinds": "v1/Pod"}),
    ],
)
def test_wrong(said: str, spec: dict[str, Any]) -> None:
    with pytest.raises(CheckError) as caught:
        parse_check(spec)
    assert said in str(caught.value)
