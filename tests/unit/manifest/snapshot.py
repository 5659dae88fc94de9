"""Text snapshots: a file beside the tests holds what was rendered; LABS_UPDATE_SNAPSHOTS=1 writes it anew."""

from __future__ import annotations

import os
from pathlib import Path

FOLDER = Path(__file__).parent / "snapshots"


def assert_snapshot(name: str, text: str) -> None:
    """Compare with `snapshots/<name>.txt`."""
    file = FOLDER / f"{name}.txt"
    if os.environ.get("LABS_UPDATE_SNAPSHOTS"):
        file.write_text(text)
    assert text == file.read_text()
