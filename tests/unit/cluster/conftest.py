"""A pocket cluster whose engine is a small script of ours."""

from __future__ import annotations

import shutil
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from labs.cluster import api, ignore_progress
from labs.cluster.pocket.provider import PocketCluster


@pytest.fixture
def folders(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """State, cache and work folders of this test alone."""
    for name in ("state", "cache", "work"):
        monkeypatch.setenv(f"LABS_{name.upper()}_DIR", str(tmp_path / name))
    return tmp_path


@pytest.fixture
def pocket(folders: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[PocketCluster]:
    """A pocket cluster with the fake engine; nothing of it is left after the test."""
    engine = folders / "engine"
    engine.mkdir()
    script = Path(__file__).with_name("fake_pocket.py").read_text(encoding="utf-8")
    (engine / "pocket").write_text(f"#!{sys.executable}\n{script}", encoding="utf-8")
    for name in ("kube", "kubectl", "gpus"):
        shutil.copy("/bin/true", engine / name)
    (engine / "pocket").chmod(0o755)
    monkeypatch.setenv("LABS_ENGINE_DIR", str(engine))
    monkeypatch.setattr(api, "identity_of", lambda kubeconfig: "uid-1")
    cluster = PocketCluster()
    yield cluster
    cluster.down(ignore_progress)
