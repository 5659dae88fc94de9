"""The repository's own rules: who imports whom, how large things are, what must not be in it."""

from __future__ import annotations

import ast
import re
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
LABS = ROOT / "labs"
# Lower layers first; a package may import those of lower number and itself.
LAYERS = {
    "errors": 0,
    "paths": 0,
    "manifest": 1,
    "checks": 1,
    "kube": 2,
    "cluster": 3,
    "course": 4,
    "lessons": 4,
    "ui": 5,
    "classroom": 5,
    "cli": 6,
}
LARGEST_FILE = 500
LARGEST_FUNCTION = 60
REGISTRIES = ("pypi.org", "pythonhosted.org", "npmjs.org", "proxy.golang.org", "sum.golang.org", "crates.io")
MACHINE_PATH = re.compile(r"(?<![\w.$}])/(?:work/main|root/\.|tmp/(?:out|plan|infra)|home/[a-z]+/)")


def tracked(*patterns: str) -> list[Path]:
    """Files that git knows, or all of them where there is no git."""
    answer = subprocess.run(
        ["git", "-C", str(ROOT), "ls-files", "-z", "--", *patterns], capture_output=True, text=True, check=False
    )
    names = [name for name in answer.stdout.split("\0") if name]
    found = [ROOT / name for name in names] if names else [path for each in patterns for path in ROOT.glob(each)]
    return [path for path in found if path.is_file()]


SOURCES = sorted(LABS.rglob("*.py"))
# Course images hold programs of their own.
OURS = [path for path in SOURCES if "node_modules" not in path.parts and not path.is_relative_to(LABS / "images")]


def layer(module: str) -> tuple[str, int] | None:
    """Package and layer of a module name such as `labs.kube.client`."""
    parts = module.split(".")
    if parts[0] != "labs" or len(parts) < 2:
        return None
    return parts[1], LAYERS.get(parts[1], -1)


def imports(path: Path) -> Iterator[tuple[int, str]]:
    """Line and module of every import, those inside functions too; names of `from labs import x` count as modules."""
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            yield from ((node.lineno, name.name) for name in node.names)
        elif isinstance(node, ast.ImportFrom) and node.level == 0 and node.module:
            whole = [f"labs.{name.name}" for name in node.names] if node.module == "labs" else [node.module]
            yield from ((node.lineno, name) for name in whole)


def test_every_package_has_its_layer() -> None:
    there = {path.name.removesuffix(".py") for path in LABS.iterdir() if path.suffix in ("", ".py")}
    unknown = there - LAYERS.keys() - {"__init__", "__pycache__", "notebooks", "images"}
    assert not unknown, f"say in LAYERS who may import {sorted(unknown)}"


def test_imports_go_downwards() -> None:
    wrong = []
    for path in OURS:
        own = layer(".".join(path.relative_to(ROOT).with_suffix("").parts))
        if own is None or own[0] == "__init__":
            continue
        for line, module in imports(path):
            other = layer(module)
            known = other and other[0] in LAYERS
            if (
                other
                and known
                and other[0] != own[0]
                and (other[1] > own[1] or (other[1] == own[1] and other[1] in (1, 5)))
            ):
                wrong.append(f"{path.relative_to(ROOT)}:{line} imports {module}")
    assert not wrong, "\n".join(wrong)


def test_manifest_and_checks_do_no_io() -> None:
    forbidden = {"socket", "subprocess", "urllib", "http", "requests", "kubernetes", "threading", "asyncio", "os"}
    wrong = [
        f"{path.relative_to(ROOT)}:{line} imports {module}"
        for package in ("manifest", "checks")
        for path in sorted((LABS / package).rglob("*.py"))
        for line, module in imports(path)
        if module.split(".")[0] in forbidden
    ]
    assert not wrong, "\n".join(wrong)


def test_files_are_small() -> None:
    patterns = ("labs/*.py", "labs/*.go", "labs/ui/js/src/*.js", "tests/*.py", "scripts/*")
    large = []
    for path in tracked(*patterns):
        lines = len(path.read_text(encoding="utf-8").splitlines())
        if lines > LARGEST_FILE:
            large.append(f"{path.relative_to(ROOT)}: {lines} lines (at most {LARGEST_FILE})")
    assert not large, "\n".join(large)


def test_functions_are_small() -> None:
    large = []
    for path in OURS:
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef)):
                lines = (node.end_lineno or node.lineno) - node.lineno + 1
                if lines > LARGEST_FUNCTION:
                    large.append(f"{path.relative_to(ROOT)}:{node.lineno} {node.name}: {lines} lines")
    assert not large, "\n".join(large)


def test_labs_never_prints() -> None:
    wrong = [
        f"{path.relative_to(ROOT)}:{node.lineno}"
        for path in OURS
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "print"
    ]
    assert not wrong, wrong


def test_pages_are_never_built_from_text() -> None:
    pattern = re.compile(r"\binnerHTML\b|\bouterHTML\b|insertAdjacentHTML|document\.write\b|widgets\.HTML\b|eval\(")
    files = [*OURS, *(LABS / "ui" / "js" / "src").rglob("*.js")]
    wrong = [
        f"{path.relative_to(ROOT)}:{number}: {line.strip()[:100]}"
        for path in files
        for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), 1)
        if pattern.search(line)
    ]
    assert not wrong, "\n".join(wrong)


def test_no_machine_paths_and_no_registry_hosts() -> None:
    skipped = {"LICENSE", "test_architecture.py"}
    wrong = []
    for path in tracked("*"):
        if path.name in skipped or path.suffix in {".png", ".sum"} or "static" in path.parts:
            continue
        text = path.read_text(encoding="utf-8", errors="replace")
        found = {host for host in REGISTRIES if host in text} | set(MACHINE_PATH.findall(text))
        wrong += [f"{path.relative_to(ROOT)}: {name}" for name in sorted(found)]
    assert not wrong, "\n".join(wrong)


@pytest.mark.parametrize("word", ["manager", "helper", "utils"])
def test_names_say_what_things_do(word: str) -> None:
    wrong = [str(path.relative_to(ROOT)) for path in OURS if word in path.stem]
    assert not wrong, wrong


def test_names_that_are_exported_exist() -> None:
    wrong = []
    for path in OURS:
        tree = ast.parse(path.read_text(encoding="utf-8"))
        if path.name == "__init__.py" and any(isinstance(node, ast.ImportFrom) for node in tree.body):
            exported = any(
                isinstance(node, (ast.Assign, ast.AnnAssign)) and "__all__" in ast.unparse(node) for node in tree.body
            )
            if not exported:
                wrong.append(str(path.relative_to(ROOT)))
    assert not wrong, f"no __all__ in {wrong}"
