"""Gives the learner her own copies of the lessons, and never overwrites what she has edited."""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass
from pathlib import Path

import labs
from labs.cluster.files import read_json, write_json, write_text
from labs.errors import LabsError
from labs.paths import clone_dir

__all__ = ["Copied", "copy_lessons", "lessons_source"]

_RECORD = ".k8s-ml-labs.json"


@dataclass(frozen=True)
class Copied:
    """What was done: names of new lessons, of updated ones, and of new versions laid beside an edited copy."""

    new: tuple[str, ...] = ()
    updated: tuple[str, ...] = ()
    beside: tuple[str, ...] = ()


def lessons_source() -> Path:
    """The lessons as they are shipped: `notebooks/` of a clone, or inside the installed package."""
    clone = clone_dir()
    folder = clone / "notebooks" if clone else Path(labs.__file__).parent / "notebooks"
    if not folder.is_dir():
        raise LabsError(
            what="The lessons' notebooks are missing",
            why=f"There is no folder {folder}",
            next_step="Get the course again: the copy you have is incomplete",
        )
    return folder


def copy_lessons(source: Path, target: Path) -> Copied:
    """Bring `target` up to date with `source`; safe to repeat and to interrupt at any moment."""
    target.mkdir(parents=True, exist_ok=True)
    known = {
        str(name): str(digest) for name, digest in ((read_json(target / _RECORD) or {}).get("copies") or {}).items()
    }
    done: dict[str, list[str]] = {"new": [], "updated": [], "beside": []}
    for shipped in sorted(path for path in source.rglob("*") if path.is_file() and not _hidden(path, source)):
        name = shipped.relative_to(source).as_posix()
        kind, written = _bring(shipped, target, name, known)
        if kind:
            done[kind].append(written)
        known[name] = _digest(shipped)
        write_json(target / _RECORD, {"schema": 1, "copies": known}, mode=0o644)
    return Copied(tuple(done["new"]), tuple(done["updated"]), tuple(done["beside"]))


def _bring(shipped: Path, target: Path, name: str, known: dict[str, str]) -> tuple[str, str]:
    """Write one file where that is allowed; returns what was done (a key of `Copied`, or nothing) and the name."""
    own, fresh = target / name, _digest(shipped)
    if not own.exists():
        _copy(shipped, own)
        return "new", name
    mine = _digest(own)
    if mine == fresh:
        return "", name
    if mine == known.get(name):
        _copy(shipped, own)
        return "updated", name
    if known.get(name) == fresh:
        return "", name
    beside = _free_name(target, name, fresh)
    if not (target / beside).exists():
        _copy(shipped, target / beside)
    return "beside", beside


def _free_name(target: Path, name: str, fresh: str) -> str:
    """`01-pod (new version).ipynb`, or with a number when that one is taken by other content."""
    path = Path(name)
    for number in range(1, 1000):
        label = "new version" if number == 1 else f"new version {number}"
        candidate = path.with_name(f"{path.stem} ({label}){path.suffix}")
        if not (target / candidate).exists() or _digest(target / candidate) == fresh:
            return candidate.as_posix()
    raise LabsError(what=f"There are too many versions of {name}", next_step=f"Tidy up the folder {target}")


def _copy(shipped: Path, own: Path) -> None:
    own.parent.mkdir(parents=True, exist_ok=True)
    write_text(own, shipped.read_text(encoding="utf-8"), mode=0o644)


def _hidden(path: Path, source: Path) -> bool:
    return any(part.startswith((".", "__pycache__")) for part in path.relative_to(source).parts)


def _digest(path: Path) -> str:
    """Hash of what a person writes: for a notebook its cells without outputs, else the bytes."""
    data = path.read_bytes()
    if path.suffix == ".ipynb":
        try:
            cells = [(cell["cell_type"], "".join(cell["source"])) for cell in json.loads(data)["cells"]]
            data = json.dumps(cells).encode()
        except (ValueError, KeyError, TypeError):
            pass
    return hashlib.sha256(data).hexdigest()
