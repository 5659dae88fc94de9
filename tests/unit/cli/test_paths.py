"""Folders follow the environment; errors speak in sentences."""

from __future__ import annotations

import pickle
import stat
from pathlib import Path

import pytest

from labs import errors, paths
from labs.errors import LabsError


def test_folders_of_the_environment(folders: Path) -> None:
    assert paths.state_dir() == folders / "state"
    assert stat.S_IMODE(paths.state_dir().stat().st_mode) == 0o700
    assert paths.cluster_dir("pocket") == folders / "state" / "clusters" / "pocket"
    assert (paths.cache_dir(), paths.work_dir()) == (folders / "cache", folders / "work")


def test_folders_of_a_home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("LABS_STATE_DIR", "LABS_CACHE_DIR", "LABS_WORK_DIR", "XDG_STATE_HOME"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("XDG_CACHE_HOME", "relative/is/ignored")
    assert paths.state_dir() == tmp_path / ".local/state/k8s-ml-labs"
    assert paths.cache_dir() == tmp_path / ".cache/k8s-ml-labs"
    monkeypatch.setattr(paths, "clone_dir", lambda: None)
    assert paths.work_dir() == tmp_path / "k8s-ml-labs"
    monkeypatch.setattr(paths, "clone_dir", lambda: tmp_path / "clone")
    assert paths.work_dir() == tmp_path / "clone" / "work"


def test_this_is_a_clone() -> None:
    clone = paths.clone_dir()
    assert clone and (clone / "labs" / "paths.py").is_file()


def test_error_speaks_in_sentences_and_travels() -> None:
    error = errors.NotRunning(what="It is down", why="It was never up.", next_step="Run `labs up`")
    assert str(error) == "It is down. It was never up. Run `labs up`."
    copy = pickle.loads(pickle.dumps(error))
    assert type(copy) is errors.NotRunning and (copy.what, copy.next_step) == (error.what, error.next_step)


def test_every_error_is_exported_and_drawn() -> None:
    kinds = {name for name, value in vars(errors).items() if isinstance(value, type) and issubclass(value, LabsError)}
    assert kinds == set(errors.__all__)
    assert all(name in (errors.__doc__ or "") for name in kinds)
