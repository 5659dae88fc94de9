"""The engine as one file, so that a class can be handed the programs instead of building them."""

from __future__ import annotations

import json
import os
import shutil
import tarfile
import tempfile
from contextlib import suppress
from pathlib import Path
from typing import Any

from labs.cluster.locks import exclusive
from labs.cluster.model import Progress, Step
from labs.cluster.pocket.engine import (
    Engine,
    checksum,
    engine_folder,
    ensure_engine,
    store,
)
from labs.cluster.pocket.recipe import PROGRAMS, content_hash, engine_platform
from labs.errors import EngineError

__all__ = ["export_bundle", "import_bundle"]

_MEMBERS = ("engine.json", *PROGRAMS)
_LARGEST = 10**9


def export_bundle(path: Path, progress: Progress) -> Path:
    """Write the engine (built first when needed) to `path` as a tar file; whole or not at all."""
    engine = ensure_engine(progress)
    path = path.expanduser().absolute()
    if not path.parent.is_dir():
        raise EngineError(what=f"There is no folder {path.parent}", next_step="Name a file in a folder that exists")
    descriptor, temporary = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
    try:
        progress(Step("bundle", "running", f"writing {path.name}"))
        with os.fdopen(descriptor, "wb") as file, tarfile.open(fileobj=file, mode="w:gz", compresslevel=5) as archive:
            for name in _MEMBERS:
                archive.add(engine.folder / name, arcname=name, filter=_anonymous)
        os.chmod(temporary, 0o644)
        os.replace(temporary, path)
    finally:
        with suppress(FileNotFoundError):
            os.unlink(temporary)
    progress(Step("bundle", "ready", f"{path} ({path.stat().st_size / 1e6:.0f} MB)"))
    return path


def import_bundle(path: Path, progress: Progress) -> Engine:
    """Verify a bundle (platform, content, checksums) and put it where a build would have put its programs."""
    path = path.expanduser()
    try:
        with tarfile.open(path, mode="r:*") as archive:
            manifest = _read_manifest(archive)
            _refuse_foreign(manifest)
            folder = engine_folder(manifest["hash"])
            with exclusive(folder.with_suffix(".lock"), what="the engine"), store(manifest["hash"]) as target:
                for name in PROGRAMS:
                    progress(Step("bundle", "running", f"unpacking {name}"))
                    _unpack(archive, name, target, manifest["files"][name])
                (target / "engine.json").write_text(json.dumps(manifest, indent=2) + "\n", encoding="utf-8")
    except (OSError, tarfile.TarError, KeyError, TypeError, ValueError, EOFError) as error:
        raise _not_a_bundle(path, error) from error
    progress(Step("bundle", "ready", "engine imported", 1.0))
    return Engine(folder, manifest)


def _anonymous(member: tarfile.TarInfo) -> tarfile.TarInfo:
    member.uid = member.gid = member.mtime = 0
    member.uname = member.gname = ""
    return member


def _read_manifest(archive: tarfile.TarFile) -> dict[str, Any]:
    file = archive.extractfile("engine.json")
    value = json.loads(file.read(100_000)) if file else None
    if not isinstance(value, dict) or not isinstance(value["hash"], str) or set(value["files"]) != set(PROGRAMS):
        raise ValueError("its manifest is not one of ours")
    return value


def _refuse_foreign(manifest: dict[str, Any]) -> None:
    if manifest["platform"] != engine_platform():
        raise EngineError(
            what=f"The bundle was built for {manifest['platform']}, this machine is {engine_platform()}",
            why="Programs of one platform do not run on another",
            next_step="Ask for a bundle that was made on a machine like this one",
        )
    wanted = content_hash()
    if wanted is not None and manifest["hash"] != wanted:
        raise EngineError(
            what="The bundle belongs to another version of the course",
            why=f"It holds engine {manifest['hash']} (Kubernetes {manifest.get('kubernetes', '?')}), "
            f"this course needs engine {wanted}",
            next_step="Use the same version of the course on both machines (`labs engine` shows it), then bundle again",
        )


def _unpack(archive: tarfile.TarFile, name: str, target: Path, expected: str) -> None:
    member = archive.getmember(name)
    source = archive.extractfile(member) if member.isreg() and member.size <= _LARGEST else None
    if source is None:
        raise ValueError(f"{name} is not a program")
    with source, (target / name).open("wb") as file:
        shutil.copyfileobj(source, file)
    if checksum(target / name) != expected:
        raise ValueError(f"the checksum of {name} does not match")
    (target / name).chmod(0o755)


def _not_a_bundle(path: Path, error: Exception) -> EngineError:
    if isinstance(error, FileNotFoundError):
        return EngineError(what=f"There is no file {path}", next_step="Check the name")
    return EngineError(
        what=f"{path.name} cannot be used as an engine bundle",
        why=str(error.strerror if isinstance(error, OSError) and error.strerror else error) or "It is damaged",
        next_step="Copy it again, or make a new one with `labs engine bundle FILE`",
    )
