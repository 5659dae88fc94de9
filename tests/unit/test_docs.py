"""What is public is documented: commands, names, diagnostics, the two commands of the README."""

from __future__ import annotations

import ast
import re
from pathlib import Path

import pytest

from labs.cli.program import COMMANDS
from labs.manifest.rules import render_page

ROOT = Path(__file__).resolve().parents[2]
README = (ROOT / "README.md").read_text(encoding="utf-8")


@pytest.mark.parametrize("command", COMMANDS, ids=lambda command: command.name)
def test_every_command_is_in_the_readme(command: object) -> None:
    name = command.name  # type: ignore[attr-defined]
    assert re.search(rf"`labs {name}\b", README), f"README.md does not say what `labs {name}` does"


@pytest.mark.parametrize("name", sorted(path.name for path in (ROOT / "scripts").iterdir() if path.name[0] not in "_."))
def test_every_script_is_documented(name: str) -> None:
    if name == "__pycache__":
        return
    contributing = (ROOT / "CONTRIBUTING.md").read_text(encoding="utf-8")
    assert f"scripts/{name}" in README + contributing


def test_every_public_name_has_a_docstring() -> None:
    wrong = []
    for path in sorted((ROOT / "labs").rglob("*.py")):
        if "node_modules" in path.parts:
            continue
        tree = ast.parse(path.read_text(encoding="utf-8"))
        where = path.relative_to(ROOT)
        if not ast.get_docstring(tree):
            wrong.append(f"{where}: the module")
        exported = _exported(tree)
        for node in tree.body:
            if not isinstance(node, (ast.FunctionDef, ast.ClassDef)) or node.name not in exported:
                continue
            if not ast.get_docstring(node):
                wrong.append(f"{where}:{node.lineno} {node.name}")
    assert not wrong, "\n".join(wrong)


def _exported(tree: ast.Module) -> set[str]:
    for node in tree.body:
        if isinstance(node, ast.Assign) and ast.unparse(node.targets[0]) == "__all__":
            value = ast.literal_eval(node.value) if isinstance(node.value, (ast.List, ast.Tuple)) else ()
            return set(value)
    return set()


def test_the_page_of_diagnostics_equals_a_rebuild() -> None:
    assert (ROOT / "docs" / "diagnostics.md").read_text(encoding="utf-8") == render_page()


def test_links_of_the_documents_lead_somewhere() -> None:
    wrong = []
    for path in [*ROOT.glob("*.md"), *(ROOT / "docs").glob("*.md")]:
        for target in re.findall(r"\]\(([^)#\s]+)", path.read_text(encoding="utf-8")):
            if "://" not in target and target != "docs/workbench.png" and not (path.parent / target).exists():
                wrong.append(f"{path.name}: {target}")
    assert not wrong, wrong
