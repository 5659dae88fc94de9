"""A tiny course on disk that each test may break in its own way."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

TINY = Path(__file__).parent / "tiny"


@pytest.fixture
def tiny(tmp_path: Path) -> Path:
    """The root of a copy of the tiny course."""
    return Path(shutil.copytree(TINY, tmp_path / "lessons"))
