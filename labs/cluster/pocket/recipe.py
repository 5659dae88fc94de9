"""What the engine is made of: its Go source, flags and platform, and the content hash that names a build of them."""

from __future__ import annotations

import hashlib
import os
import platform
import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path

from labs.errors import EngineError

__all__ = [
    "BUILD_FLAGS",
    "KUBERNETES",
    "PROGRAMS",
    "content_hash",
    "engine_platform",
    "required_go",
    "source_dir",
]

KUBERNETES = "v1.37.2"
PROGRAMS = ("kube", "kubectl", "pocket", "gpus")

_VERSION_PACKAGE = "k8s.io/component-base/version"
_VERSION_FIELDS = {
    "gitVersion": KUBERNETES,
    "gitMajor": KUBERNETES[1:].split(".")[0],
    "gitMinor": KUBERNETES.split(".")[1],
    "gitTreeState": "clean",
    "gitCommit": "0" * 40,
    "buildDate": "2026-01-01T00:00:00Z",
}
BUILD_FLAGS = (
    "-trimpath",
    "-gcflags=all=-dwarf=false",
    "-ldflags=-s -w " + " ".join(f"-X {_VERSION_PACKAGE}.{key}={value}" for key, value in _VERSION_FIELDS.items()),
)
_ARCHITECTURES = {"x86_64": "amd64", "amd64": "amd64", "aarch64": "arm64", "arm64": "arm64"}


def source_dir() -> Path | None:
    """The engine's Go module, or None in a wheel that ships only the programs."""
    folder = Path(__file__).parent / "engine"
    return folder if (folder / "go.mod").is_file() else None


def engine_platform() -> str:
    """`linux/amd64` or `linux/arm64`; raises EngineError elsewhere."""
    architecture = _ARCHITECTURES.get(platform.machine().lower())
    if platform.system() != "Linux" or architecture is None:
        raise EngineError(
            what="The pocket cluster runs on Linux only (x86-64 or arm64)",
            why=f"This machine is {platform.system()} on {platform.machine()}",
            next_step="Run the course on a Linux machine, in a Linux VM or in WSL 2",
        )
    return f"linux/{architecture}"


def required_go() -> tuple[int, ...]:
    """Lowest Go version that builds the engine, from its go.mod."""
    source = source_dir()
    text = (source / "go.mod").read_text(encoding="utf-8") if source else ""
    match = re.search(r"^go ([\d.]+)$", text, re.MULTILINE)
    return tuple(int(part) for part in match[1].split(".")) if match else (1, 26)


def content_hash() -> str | None:
    """16 hex digits that change with the source, the flags or the platform; None without source."""
    source = source_dir()
    return _hash_of(source, _fingerprint(source)) if source else None


@cache
def _hash_of(source: Path, fingerprint: tuple[tuple[str, int, int], ...]) -> str:
    digest = hashlib.sha256("\0".join((*BUILD_FLAGS, engine_platform())).encode())
    for name, size, _ in fingerprint:
        digest.update(f"\0{name}\0{size}\0".encode())
        digest.update((source / name).read_bytes())
    return digest.hexdigest()[:16]


def _fingerprint(source: Path) -> tuple[tuple[str, int, int], ...]:
    return tuple((name, (source / name).stat().st_size, (source / name).stat().st_mtime_ns) for name in _files(source))


def _files(source: Path) -> Iterator[str]:
    """Files that can reach the programs, in a fixed order; tests and their data cannot."""
    for folder, folders, names in os.walk(source):
        folders[:] = sorted(name for name in folders if name != "testdata" and not name.startswith("."))
        for name in sorted(names):
            if not name.endswith("_test.go") and not name.startswith("."):
                yield (Path(folder) / name).relative_to(source).as_posix()
