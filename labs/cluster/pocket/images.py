"""Images of the pocket cluster: built by the program `pocket`, kept in the cluster's state folder."""

from __future__ import annotations

import hashlib
import json
import subprocess
import sys
from collections.abc import Iterable, Mapping
from functools import cache
from pathlib import Path
from typing import Any

from labs.cluster.files import read_json
from labs.cluster.model import Image, Progress, Step
from labs.cluster.pocket.engine import Engine
from labs.cluster.pocket.supervisor import python_options
from labs.errors import ImageError

__all__ = ["LIBRARY", "build", "stand_in_id", "stored"]

LIBRARY = "docker.io/library/"
_ORDERLY_SECONDS = 5.0


def build(
    engine: Engine, folder: Path, context: Path, tag: str, progress: Progress, arguments: Mapping[str, str]
) -> None:
    """Run the builder; raises ImageError that names the line of the Dockerfile."""
    (folder / "images").mkdir(mode=0o700, parents=True, exist_ok=True)
    command = [str(engine.pocket), "build", "--images", str(folder / "images"), "--context", str(context.resolve())]
    command += ["--tag", tag, "--pip-python", sys.executable, *python_options()]
    command += [word for name, value in arguments.items() for word in ("--build-arg", f"{name}={value}")]
    with subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, text=True) as process:
        try:
            assert process.stdout is not None
            _follow(process.stdout, tag, progress)
        finally:
            if process.poll() is None:
                process.terminate()
                _wait(process)


def stored(folder: Path) -> tuple[Image, ...]:
    """What was built and pulled, and the stand-ins that Pods have asked for."""
    index = read_json(folder / "images" / "index.json") or {}
    images, references = index.get("images") or {}, index.get("references") or {}
    found = {
        name: Image(_short(name), digest, int(images[digest]["size"]), str(images[digest]["origin"]))
        for name, digest in references.items()
        if digest in images
    }
    for file in sorted(folder.glob("nodes/*/var/lib/pocket/images.json")):
        for name in _names(file):
            found.setdefault(name, Image(_short(name), stand_in_id(name), 0, "stand-in"))
    return tuple(found[name] for name in sorted(found))


@cache
def stand_in_id(image: str) -> str:
    """The image id that the pocket engine gives the stand-in for an image such as ``python:3.10``."""
    name = image.removeprefix(LIBRARY)
    reference = LIBRARY + (name if ":" in name else f"{name}:latest")
    return f"sha256:{hashlib.sha256(f'stand-in of {reference}'.encode()).hexdigest()}"


def _follow(lines: Iterable[str], tag: str, progress: Progress) -> None:
    for line in lines:
        event = _event(line)
        if event.get("event") == "step":
            seconds = event.get("seconds")
            progress(Step(f"step {event['name']}", str(event["state"]), str(event["detail"]), None, seconds))
        elif event.get("event") == "error":
            raise ImageError(what=str(event["what"]), why=str(event["why"]), next_step=str(event["next"]))
        elif event.get("event") == "built":
            return
    raise ImageError(
        what=f"The builder ended before {tag} was there", why="It left no message", next_step="Run `labs doctor`"
    )


def _event(line: str) -> dict[str, Any]:
    try:
        value = json.loads(line)
    except ValueError:
        return {}
    return value if isinstance(value, dict) else {}


def _wait(process: subprocess.Popen[str]) -> None:
    try:
        process.wait(_ORDERLY_SECONDS)
    except subprocess.TimeoutExpired:
        process.kill()


def _names(file: Path) -> list[str]:
    try:
        value = json.loads(file.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return []
    return [str(name) for name in value or ()]


def _short(name: str) -> str:
    return name.removeprefix(LIBRARY).removeprefix("docker.io/")
