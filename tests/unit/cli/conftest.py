"""Folders of one test alone."""

from __future__ import annotations

from pathlib import Path

import pytest


@pytest.fixture(autouse=True)
def folders(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """State, cache and work folders below `tmp_path`."""
    for name in ("state", "cache", "work"):
        monkeypatch.setenv(f"LABS_{name.upper()}_DIR", str(tmp_path / name))
    return tmp_path
