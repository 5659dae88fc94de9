"""The rules: one class for each kind of finding, documented by its docstring."""

from __future__ import annotations

from labs.manifest.rules.base import Rule, all_rules

__all__ = ["Rule", "all_rules"]
