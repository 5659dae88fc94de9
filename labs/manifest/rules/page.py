"""The documentation page of all rules, made from their docstrings."""

from __future__ import annotations

import inspect
import re

from labs.manifest.rules.base import Rule, all_rules

__all__ = ["RuleText", "read_rule", "render_page"]

RuleText = dict[str, str]

_HEAD = """# Diagnostics

What the workbench and `labs try` say about a manifest. Each finding has a code; its first digit tells where it is from.

| codes | about |
|---|---|
| L1xx | the text itself: is it YAML, are the words spelt right |
| L2xx | what Kubernetes objects are made of |
| L3xx | what Kubernetes would accept, but hardly anyone means |
| L4xx | the API server's own answer, put at the line it is about |

This page is made from the rules: `python -m labs.manifest.rules > docs/diagnostics.md`.
"""
_SECTION = re.compile(r"^(What|Why|Wrong|Right):[ ]*(.*?)(?=^(?:What|Why|Wrong|Right):|\Z)", re.MULTILINE | re.DOTALL)


def read_rule(rule: type[Rule]) -> RuleText:
    """Title and sections of a rule's docstring: title, What, Why, Wrong, Right; a missing one is ""."""
    doc = inspect.cleandoc(rule.__doc__ or "")
    title, _, body = doc.partition("\n")
    text = {"title": title.strip(), "What": "", "Why": "", "Wrong": "", "Right": ""}
    for name, words in _SECTION.findall(body):
        text[name] = inspect.cleandoc(words) if name in ("Wrong", "Right") else " ".join(words.split())
    return text


def render_page() -> str:
    """The whole page as Markdown."""
    return _HEAD + "".join(_chapter(rule) for rule in all_rules())


def _chapter(rule: type[Rule]) -> str:
    text = read_rule(rule)
    return (
        f"\n## {rule.code} {text['title']}\n\n{rule.severity.capitalize()}. {text['What']}\n\n{text['Why']}\n\n"
        f"Wrong:\n\n```yaml\n{text['Wrong']}\n```\n\nRight:\n\n```yaml\n{text['Right']}\n```\n"
    )
