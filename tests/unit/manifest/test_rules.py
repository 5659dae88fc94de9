"""The rules themselves: codes, docstrings, documentation page, exports."""

from __future__ import annotations

import subprocess
import sys

import pytest

import labs.manifest
from labs.manifest.rules import Rule, all_rules, render_page
from labs.manifest.rules.page import read_rule

RULES = all_rules()


def test_codes_are_unique() -> None:
    codes = [rule.code for rule in RULES]
    assert len(codes) == len(set(codes)) > 30


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.code)
def test_docstring_has_its_sections(rule: type[Rule]) -> None:
    text = read_rule(rule)
    assert all(text.values()), text
    assert not text["title"].endswith(".")
    assert text["What"].endswith(".")
    assert text["Why"].endswith(".")
    assert text["Wrong"] != text["Right"]
    assert rule.why.endswith(".")


def test_page_names_every_rule() -> None:
    page = render_page()
    assert all(f"## {rule.code} " in page for rule in RULES)
    assert (
        subprocess.run([sys.executable, "-m", "labs.manifest.rules"], capture_output=True, text=True, check=True).stdout
        == page
    )


def test_exports() -> None:
    assert sorted(labs.manifest.__all__) == sorted(
        name for name in labs.manifest.__all__ if hasattr(labs.manifest, name)
    )
