"""Images for the nodes: built by the container engine, loaded from an archive."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Mapping
from pathlib import Path
from tempfile import TemporaryDirectory

from labs.cluster.kind.create import Kind
from labs.cluster.model import Image, Progress, Step
from labs.errors import ImageError

__all__ = ["build", "on_nodes"]

_BUILD_SECONDS = 1800.0
_LOAD_SECONDS = 300.0


def build(kind: Kind, context: Path, tag: str, progress: Progress, arguments: Mapping[str, str]) -> None:
    """Build with the engine, and put the image into every node; raises ImageError."""
    engine, words = kind.engine, [f"--build-arg={name}={value}" for name, value in arguments.items()]
    progress(Step("image", "running", f"{engine.name} build {tag}"))
    answer = engine.attempt("build", "-t", tag, *words, str(context), seconds=_BUILD_SECONDS)
    if answer.returncode:
        _refuse(f"{engine.name} could not build {tag}", answer)
    progress(Step("image", "running", f"loading {tag} into the nodes"))
    with TemporaryDirectory(prefix="labs-image-") as folder:
        archive = str(Path(folder) / "image.tar")
        engine.run("save", "-o", archive, tag, seconds=_LOAD_SECONDS)
        answer = subprocess.run(
            [kind.program, "load", "image-archive", archive, "--name", kind.cluster],
            env=engine.environment(),
            capture_output=True,
            text=True,
            stdin=subprocess.DEVNULL,
            timeout=_LOAD_SECONDS,
            check=False,
        )
    if answer.returncode:
        _refuse(f"{tag} could not be loaded into the nodes", answer)
    progress(Step("image", "ready", f"{tag} is on every node"))


def on_nodes(kind: Kind, node: str) -> tuple[Image, ...]:
    """Images of one node that are not Kubernetes' own."""
    answer = kind.engine.run("exec", node, "crictl", "images", "-o", "json")
    return tuple(_images(answer))


def _images(text: str) -> list[Image]:
    found = []
    for one in json.loads(text).get("images") or ():
        for name in one.get("repoTags") or ():
            short = str(name).removeprefix("docker.io/library/").removeprefix("docker.io/")
            if not short.startswith(("registry.k8s.io/", "kindest/")):
                found.append(Image(short, str(one["id"]), int(one.get("size") or 0), "loaded"))
    return sorted(found, key=lambda image: image.name)


def _refuse(what: str, answer: subprocess.CompletedProcess[str]) -> None:
    lines = [line for line in (answer.stderr + answer.stdout).splitlines() if line.strip()]
    raise ImageError(what=what, why="\n".join(lines[-12:]), next_step="Mend what it names and build again")
