"""The rules: one class for each kind of finding, documented by its docstring."""

from __future__ import annotations

from labs.manifest.rules import course, server, structure, syntax
from labs.manifest.rules.base import Rule, all_rules
from labs.manifest.rules.page import render_page

__all__ = ["Rule", "all_rules", "course", "render_page", "server", "structure", "syntax"]
