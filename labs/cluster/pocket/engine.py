"""Where the engine's programs are: shipped in the wheel, cached by content, or built now."""

from __future__ import annotations

import hashlib
import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from labs.cluster.files import read_json, write_json
from labs.cluster.locks import exclusive
from labs.cluster.model import Progress, Step
from labs.cluster.pocket.build import compile_programs
from labs.cluster.pocket.recipe import (
    KUBERNETES,
    PROGRAMS,
    content_hash,
    engine_platform,
    source_dir,
)
from labs.errors import EngineError
from labs.paths import cache_dir

__all__ = ["Engine", "checksum", "engine_folder", "ensure_engine", "find_engine", "running_programs", "store"]

_KEPT = 3


@dataclass(frozen=True)
class Engine:
    """A folder with the programs and what its manifest says."""

    folder: Path
    manifest: dict[str, Any]

    @property
    def kubectl(self) -> Path:
        return self.folder / "kubectl"

    @property
    def pocket(self) -> Path:
        return self.folder / "pocket"

    @property
    def hash(self) -> str:
        return str(self.manifest.get("hash", ""))


def find_engine() -> Engine | None:
    """The engine that belongs to this version of the course, when it is there; never builds."""
    chosen = os.environ.get("LABS_ENGINE_DIR")
    if chosen:
        return _engine_in(Path(chosen), strict=False)
    shipped = _engine_in(Path(__file__).parent / "bin")
    if shipped and shipped.hash == (content_hash() or shipped.hash):
        return shipped
    wanted = content_hash()
    return _engine_in(engine_folder(wanted)) if wanted else None


def ensure_engine(progress: Progress) -> Engine:
    """The engine, built first when it is missing; a second caller waits and shows the first one's progress."""
    found = find_engine()
    if found:
        return found
    wanted, source = _recipe()
    folder = engine_folder(wanted)
    shared = folder.with_suffix(".progress")
    with exclusive(folder.with_suffix(".lock"), waiting=lambda: _relay(shared, progress)):
        found = find_engine()
        if found:
            return found
        try:
            _build(wanted, source, _also_to(shared, progress))
        finally:
            shared.unlink(missing_ok=True)
    progress(Step("engine", "ready", "engine built", 1.0))
    _prune(folder)
    return Engine(folder, read_json(folder / "engine.json") or {})


@contextmanager
def store(wanted: str) -> Iterator[Path]:
    """A fresh folder that becomes the cached engine when the block ends well, and vanishes when it does not."""
    folder = engine_folder(wanted)
    folder.parent.mkdir(parents=True, exist_ok=True)
    for stale in folder.parent.glob(f".new-{wanted}-*"):
        shutil.rmtree(stale, ignore_errors=True)
    fresh = Path(tempfile.mkdtemp(prefix=f".new-{wanted}-", dir=folder.parent))
    try:
        yield fresh
        fresh.chmod(0o755)
        shutil.rmtree(folder, ignore_errors=True)
        fresh.rename(folder)
    finally:
        shutil.rmtree(fresh, ignore_errors=True)


def engine_folder(wanted: str) -> Path:
    """Folder of one engine in the cache."""
    return cache_dir() / "engine" / wanted


def checksum(path: Path) -> str:
    """SHA-256 of a file, in hex."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _recipe() -> tuple[str, Path]:
    """Hash and source of the engine to build; raises EngineError where nothing can be built."""
    chosen, wanted, source = os.environ.get("LABS_ENGINE_DIR"), content_hash(), source_dir()
    if chosen:
        raise EngineError(
            what="LABS_ENGINE_DIR names a folder without the engine",
            why=f"There are no programs {' and '.join(PROGRAMS)} in {chosen}",
            next_step="Unset LABS_ENGINE_DIR, or name a folder that has them",
        )
    if wanted is None or source is None:
        raise EngineError(
            what="This installation has neither the engine nor its source",
            why="The package was built without both",
            next_step="Reinstall the course, or run `labs engine import FILE` with a bundle",
        )
    return wanted, source


def _build(wanted: str, source: Path, progress: Progress) -> None:
    with store(wanted) as target:
        _seed(target)
        go = compile_programs(source, target, progress)
        write_json(target / "engine.json", _manifest(target, wanted, go), mode=0o644)


def _engine_in(folder: Path, *, strict: bool = True) -> Engine | None:
    if not all(os.access(folder / name, os.X_OK) for name in PROGRAMS):
        return None
    manifest = read_json(folder / "engine.json")
    return Engine(folder, manifest or {}) if manifest or not strict else None


def _manifest(folder: Path, wanted: str, go: str) -> dict[str, Any]:
    return {
        "schema": 1,
        "hash": wanted,
        "platform": engine_platform(),
        "kubernetes": KUBERNETES,
        "go": go,
        "files": {name: checksum(folder / name) for name in PROGRAMS},
    }


def _seed(target: Path) -> None:
    """Start from the newest earlier programs: go links again only what has changed."""
    with suppress(OSError):
        newest = max(target.parent.glob("[0-9a-f]*/engine.json"), key=lambda path: path.stat().st_mtime, default=None)
        for name in PROGRAMS if newest else ():
            shutil.copy2(newest.parent / name, target / name)  # type: ignore[union-attr]


def _also_to(shared: Path, progress: Progress) -> Progress:
    def both(step: Step) -> None:
        progress(step)
        write_json(shared, {"detail": step.detail, "fraction": step.fraction, "seconds": step.seconds})

    return both


def _relay(shared: Path, progress: Progress) -> None:
    value = read_json(shared) or {}
    detail = f"another labs process builds the engine: {value.get('detail', 'it is about to begin')}"
    progress(Step("engine", "waiting", detail, value.get("fraction"), value.get("seconds")))


def _prune(current: Path) -> None:
    """Keep the newest few engines, and any that a process is running from."""
    engines = sorted(current.parent.glob("[0-9a-f]*/engine.json"), key=lambda path: path.stat().st_mtime, reverse=True)
    old = [path.parent for path in engines if path.parent != current][_KEPT - 1 :]
    used = running_programs() if old else set()
    for folder in old:
        if not any(folder / name in used for name in PROGRAMS):
            shutil.rmtree(folder, ignore_errors=True)


def running_programs() -> set[Path]:
    """Program files of the processes that run now, as far as we may see them."""
    programs = set()
    for link in Path("/proc").glob("[0-9]*/exe"):
        with suppress(OSError):
            programs.add(link.readlink())
    return programs
