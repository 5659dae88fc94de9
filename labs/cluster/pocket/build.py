"""Builds the engine with `go build`: progress, one builder at a time, resumable, and whole or not at all."""

from __future__ import annotations

import os
import shutil
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from labs.cluster.model import Progress, Step
from labs.cluster.pocket.gotool import run_go
from labs.cluster.pocket.recipe import BUILD_FLAGS, PROGRAMS, required_go
from labs.cluster.pocket.toolchain import find_go, go_environment, go_version
from labs.errors import EngineError

__all__ = ["compile_programs"]

_COLD_BYTES = 5 * 10**9
_LINK_WEIGHT = 0.06
_PLENTY_KIB = 8 * 1024 * 1024


def compile_programs(source: Path, target: Path, progress: Progress, programs: Sequence[str] = PROGRAMS) -> str:
    """Compile programs from `source` into the folder `target`; returns the Go version used."""
    go = find_go(required_go(), progress)
    environment = go_environment({"GOFLAGS": _go_flags(), "GOGC": _collector()})
    packages = [f"./cmd/{name}" for name in programs]
    stale = _download(go, source, environment, packages, progress)
    _check_disk(len(stale), target)
    watch = _Compilation(stale, progress)
    command = [str(go), "build", "-v", *BUILD_FLAGS, "-o", f"{target}/", *packages]
    run_go(command, folder=source, environment=environment, on_line=watch.on_line)
    return "go" + ".".join(map(str, go_version(go)))


def _go_flags() -> str:
    """Ours, and of the learner's own only how modules are found."""
    kept = [flag for flag in os.environ.get("GOFLAGS", "").split() if flag.startswith(("-mod=", "-modfile="))]
    return " ".join([*kept, "-modcacherw", "-buildvcs=false"])


def _collector() -> str:
    """Compiling without garbage collection saves a fifth of the time where memory is plenty."""
    lines = Path("/proc/meminfo").read_text(encoding="ascii").splitlines()
    available = next((int(line.split()[1]) for line in lines if line.startswith("MemAvailable:")), 0)
    return "off" if available >= _PLENTY_KIB else "200" if available >= _PLENTY_KIB // 2 else "100"


def _download(
    go: Path, source: Path, environment: Mapping[str, str], packages: Sequence[str], progress: Progress
) -> dict[str, int]:
    """Fetch the modules that are missing; returns the packages to compile, each with its number of files."""
    missing = _missing_modules(source, Path(environment["GOMODCACHE"]))
    seen = 0

    def on_line(line: str) -> bool:
        nonlocal seen
        if not line.startswith("go: downloading"):
            return False
        seen += 1
        progress(_fetching(min(seen, len(missing)), len(missing)))
        return True

    if missing:
        progress(_fetching(0, len(missing)))
    words = "{{.ImportPath}}\t{{.Stale}}\t{{len .GoFiles}}"
    command = [str(go), "list", "-deps", *BUILD_FLAGS, "-f", words, *packages]
    listed = run_go(command, folder=source, environment=environment, on_line=on_line)
    rows = (line.split("\t") for line in listed.splitlines())
    return {name: int(files) for name, stale, files in rows if stale == "true"}


def _fetching(done: int, total: int) -> Step:
    return Step("engine source", "running", f"{done}/{total} modules fetched", done / max(total, 1))


def _missing_modules(source: Path, cache: Path) -> set[str]:
    missing = set()
    for line in (source / "go.sum").read_text(encoding="utf-8").splitlines():
        name, version, _ = line.split()
        if not version.endswith("/go.mod"):
            escaped = "".join(f"!{letter.lower()}" if letter.isupper() else letter for letter in name)
            if not (cache / "cache" / "download" / escaped / "@v" / f"{version}.zip").exists():
                missing.add(f"{name}@{version}")
    return missing


def _check_disk(stale: int, target: Path) -> None:
    free = shutil.disk_usage(target).free
    needed = _COLD_BYTES * stale // 3000 + 6 * 10**8
    if free < needed:
        raise EngineError(
            what=f"Not enough disk space to build the engine: {free / 1e9:.1f} GB free, {needed / 1e9:.1f} GB needed",
            why=f"The cache folder is on that disk: {target}",
            next_step="Free some space, or set LABS_CACHE_DIR to a folder on a larger disk",
        )


@dataclass
class _Compilation:
    """Turns the names that `go build -v` prints into progress; a package weighs as many files as it has."""

    stale: Mapping[str, int]
    progress: Progress
    began: float = field(default_factory=time.monotonic)
    done: int = 0
    weight: int = 0

    def on_line(self, line: str) -> bool:
        if line not in self.stale:
            return False
        self.done += 1
        self.weight += self.stale[line]
        compiled = self.weight / max(sum(self.stale.values()), 1)
        fraction = compiled * (1 - _LINK_WEIGHT)
        elapsed = time.monotonic() - self.began
        left = elapsed * (1 - fraction) / fraction if fraction > 0.01 and elapsed > 3 else None
        detail = f"{self.done}/{len(self.stale)} packages compiled"
        self.progress(Step("engine", "running", detail, fraction, left))
        return True
