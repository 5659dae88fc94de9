"""Where this course keeps its files; every function reads the environment anew and imports nothing of ours."""

from __future__ import annotations

import os
from pathlib import Path

__all__ = ["APP", "cache_dir", "clone_dir", "cluster_dir", "state_dir", "work_dir"]

APP = "k8s-ml-labs"


def state_dir() -> Path:
    """Clusters, keys, progress and logs: $LABS_STATE_DIR, else the XDG state folder. Created with mode 0700."""
    path = _own_folder("LABS_STATE_DIR", "XDG_STATE_HOME", ".local/state")
    path.mkdir(mode=0o700, parents=True, exist_ok=True)
    return path


def cache_dir() -> Path:
    """What can be made again (engine, Go's caches, API schemas): $LABS_CACHE_DIR, else the XDG cache folder."""
    return _own_folder("LABS_CACHE_DIR", "XDG_CACHE_HOME", ".cache")


def work_dir() -> Path:
    """The learner's own notebooks and manifests: $LABS_WORK_DIR, else `work/` in a clone, else `~/k8s-ml-labs`."""
    chosen = os.environ.get("LABS_WORK_DIR")
    if chosen:
        return Path(chosen).expanduser().absolute()
    clone = clone_dir()
    return clone / "work" if clone else Path.home() / APP


def clone_dir() -> Path | None:
    """The repository this package is used from, or None when it was installed from a wheel."""
    root = Path(__file__).resolve().parent.parent
    project = root / "pyproject.toml"
    if not project.is_file():
        return None
    return root if f'name = "{APP}"' in project.read_text(encoding="utf-8") else None


def cluster_dir(name: str) -> Path:
    """State folder of one cluster; not created here."""
    return state_dir() / "clusters" / name


def _own_folder(variable: str, xdg_variable: str, below_home: str) -> Path:
    chosen = os.environ.get(variable)
    if chosen:
        return Path(chosen).expanduser().absolute()
    xdg = os.environ.get(xdg_variable, "")
    base = Path(xdg) if os.path.isabs(xdg) else Path.home() / below_home
    return base / APP
