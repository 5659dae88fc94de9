"""Course images on kind: built by the container engine itself, loaded into the nodes by archive, listed as a node has them."""

from __future__ import annotations

import os
import re
import time
from collections import deque
from collections.abc import Mapping
from pathlib import Path

from labs.cluster.follow import follow
from labs.cluster.kind.containers import ContainerEngine
from labs.cluster.kind.wheels import with_wheels
from labs.cluster.model import Image, Progress, Step
from labs.errors import ImageError

__all__ = ["build_image", "images_of"]

_STEP = re.compile(r"^(?:(?:Step|STEP) (?P<old>\d+/\d+) ?: |#\d+ \[(?:\S+ )?(?P<new>\d+/\d+)\] )(?P<what>.*)")
_SYSTEM = ("registry.k8s.io/", "docker.io/kindest/", "sha256:", "import-")
_UNITS = {"B": 1, "KiB": 2**10, "MiB": 2**20, "GiB": 2**30, "kB": 10**3, "MB": 10**6, "GB": 10**9}


def build_image(
    engine: ContainerEngine, context: Path, tag: str, progress: Progress, arguments: Mapping[str, str]
) -> None:
    """`docker build -t tag context`, step by step; raises ImageError with its last words. An interrupt ends it."""
    began, said = time.monotonic(), deque[str](maxlen=20)

    def on_line(line: str) -> None:
        said.append(line.strip())
        found = _STEP.match(line)
        if found:
            progress(Step("image", "running", f"{tag}: {found['old'] or found['new']} {found['what']}"))

    kit = {"DOCKER_BUILDKIT": "1" if _has_buildkit(engine) else "0", "BUILDKIT_PROGRESS": "plain"}
    with with_wheels(engine, context, progress) as (folder, more):
        words = [f"--build-arg={name}={value}" for name, value in {**more, **arguments}.items()]
        command = [engine.program, "build", "--force-rm", "-t", engine.full_name(tag), *words, str(folder)]
        code = follow(command, on_line, environment={**os.environ, **kit})
    if code:
        raise _failed(tag, context, said)
    progress(Step("image", "ready", f"{tag} built", None, time.monotonic() - began))


def images_of(engine: ContainerEngine, node: str, origins: Mapping[str, str]) -> tuple[Image, ...]:
    """The images of a node, those of Kubernetes itself left out; `origins`: what we know of names (default: pulled)."""
    listed = engine.run("exec", node, "ctr", "-n", "k8s.io", "images", "ls", seconds=30)
    found = {}
    for line in listed.splitlines()[1:]:
        words = line.split()
        if len(words) > 4 and not words[0].startswith(_SYSTEM) and "@" not in words[0]:
            name = words[0].removeprefix("docker.io/").removeprefix("library/")
            found[name] = Image(name, words[2], round(float(words[3]) * _UNITS[words[4]]), origins.get(name, "pulled"))
    return tuple(found[name] for name in sorted(found))


def _has_buildkit(engine: ContainerEngine) -> bool:
    """Whether the newer builder is there; without its plugin `docker build` refuses to use it."""
    return engine.name == "docker" and engine.attempt("buildx", "version", seconds=10).returncode == 0


def _failed(tag: str, context: Path, said: deque[str]) -> ImageError:
    lines = [line for line in said if line and "DEPRECATED" not in line]
    return ImageError(
        what=f"The image {tag} could not be built",
        why=next((line for line in reversed(lines) if "rror" in line or "failed" in line), lines[-1] if lines else ""),
        next_step=f"Look at {context / 'Dockerfile'}; the step before the message is the one that failed",
    )
