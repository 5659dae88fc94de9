"""The committed bundle is what its sources give, and the sources keep their rules."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
from pathlib import Path

import pytest

from labs.ui.assets import loader_text

UI = Path(__file__).resolve().parents[2] / "labs" / "ui"
SOURCES = sorted((UI / "js" / "src").rglob("*.js"))
MAX_LOADER_BYTES = 10_000


def test_committed_bundle_equals_a_rebuild(tmp_path: Path) -> None:
    npm, node = shutil.which("npm"), shutil.which("node")
    if not npm or not node:
        pytest.skip("node or npm is missing")
    if not (UI / "js" / "node_modules" / "esbuild").is_dir():
        done = subprocess.run(
            [npm, "ci", "--no-audit", "--no-fund"], cwd=UI / "js", capture_output=True, text=True, check=False
        )
        if done.returncode:
            pytest.skip(f"npm ci failed: {done.stderr[-300:]}")
    subprocess.run([node, "build.mjs", str(tmp_path)], cwd=UI / "js", check=True, env={**os.environ})
    for name in ("assets.js", "loader.js"):
        assert (tmp_path / name).read_bytes() == (UI / "static" / name).read_bytes(), (
            f"run `npm run build` in labs/ui/js: {name}"
        )


def test_no_markup_from_strings() -> None:
    forbidden = re.compile(
        r"innerHTML|outerHTML|insertAdjacentHTML|document\.write|createContextualFragment|DOMParser|\beval\("
    )
    found = [
        f"{p.name}:{i}"
        for p in SOURCES
        for i, line in enumerate(p.read_text().splitlines(), 1)
        if forbidden.search(line)
    ]
    assert found == []


def test_colours_come_from_jupyterlab() -> None:
    texts = [(UI / "js" / "src" / "style.css").read_text(), (UI / "js" / "src" / "theme.js").read_text()]
    for text in texts:
        assert not re.search(r"#[0-9a-fA-F]{3,8}\b|\brgba?\(|\bhsla?\(", text)


def test_each_widget_carries_little() -> None:
    for kind in ("workbench", "predict", "recall", "explain", "practice"):
        assert len(loader_text(kind).encode()) <= MAX_LOADER_BYTES


def test_lock_has_no_registry_addresses() -> None:
    assert "resolved" not in (UI / "js" / "package-lock.json").read_text()
