"""The `kubectl` that terminals and kernels find first on PATH: the right version, on our cluster."""

from __future__ import annotations

import shlex
from collections.abc import Sequence
from pathlib import Path

from labs.cluster.files import write_text
from labs.paths import cache_dir, state_dir

__all__ = ["kubectl_environment", "launcher", "write_launcher"]


def launcher() -> Path:
    """Where it is; its folder goes first on PATH."""
    return state_dir() / "bin" / "kubectl"


def kubectl_environment(kubeconfig: Path) -> dict[str, str]:
    """What kubectl must be told: our cluster, our cache, and no settings from the learner's own ~/.kube."""
    return {"KUBECONFIG": str(kubeconfig), "KUBECACHEDIR": str(cache_dir() / "kubectl"), "KUBERC": "off"}


def write_launcher(command: Sequence[str], kubeconfig: Path) -> None:
    """Make it run `command` with our kubeconfig, whatever KUBECONFIG says; `--kubeconfig` still names another."""
    settings = " ".join(f"{name}={shlex.quote(value)}" for name, value in kubectl_environment(kubeconfig).items())
    write_text(launcher(), f'#!/bin/sh\n{settings} exec {shlex.join(command)} "$@"\n', mode=0o755)
