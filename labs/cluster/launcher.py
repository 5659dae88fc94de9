"""The `kubectl` that terminals and kernels find first on PATH: the right version, on our cluster."""

from __future__ import annotations

import shlex
from collections.abc import Sequence
from pathlib import Path

from labs.cluster.files import write_text
from labs.paths import state_dir

__all__ = ["launcher", "write_launcher"]


def launcher() -> Path:
    """Where it is; its folder goes first on PATH."""
    return state_dir() / "bin" / "kubectl"


def write_launcher(command: Sequence[str], kubeconfig: Path) -> None:
    """Make it run `command` with our kubeconfig, whatever KUBECONFIG says; `--kubeconfig` still names another."""
    words = shlex.join(command)
    write_text(launcher(), f'#!/bin/sh\nKUBECONFIG={shlex.quote(str(kubeconfig))} exec {words} "$@"\n', mode=0o755)
