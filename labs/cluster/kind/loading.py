"""Images from the container engine into the nodes, by archive: `docker save`, then `kind load image-archive`."""

from __future__ import annotations

import json
import subprocess
import tarfile
import time
from collections.abc import Sequence
from pathlib import Path
from tempfile import TemporaryDirectory

from labs.cluster.kind.create import Kind
from labs.cluster.model import Progress, Step
from labs.errors import ImageError

__all__ = ["BASE_IMAGES", "check_archive", "load", "load_archive"]

BASE_IMAGES = ("python:3.10",)
"""What the lessons' Pods run: put into the nodes when the engine has it, because a class may have no network."""

_SECONDS = 300.0


def load(kind: Kind, references: Sequence[str], folder: Path, progress: Progress) -> None:
    """Put images of the engine into every node; raises ImageError."""
    began, listed = time.monotonic(), ", ".join(references)
    progress(Step("images", "running", f"loading {listed} into the nodes"))
    with TemporaryDirectory(dir=folder, prefix=".load-") as place:
        archive = Path(place) / "images.tar"
        names = map(kind.engine.full_name, references)
        kind.engine.run("save", "-o", str(archive), *names, seconds=_SECONDS)
        load_archive(kind, archive)
    progress(Step("images", "ready", f"loaded {listed}", None, time.monotonic() - began))


def load_archive(kind: Kind, archive: Path) -> None:
    """Put the images of an archive (`docker save`) into every node; raises ImageError when it is not whole."""
    check_archive(archive)
    words = [str(kind.program), "load", "image-archive", str(archive), "--name", kind.cluster]
    answer = subprocess.run(
        words,
        env=kind.engine.environment(),
        capture_output=True,
        text=True,
        errors="replace",
        stdin=subprocess.DEVNULL,
        timeout=_SECONDS,
        check=False,
    )
    if answer.returncode:
        lines = [line for line in answer.stderr.splitlines() if line.strip()]
        raise ImageError(
            what=f"The images of {archive.name} could not be put into the nodes",
            why=next(
                (line for line in reversed(lines) if "rror" in line), lines[-1] if lines else "No reason was given"
            ),
            next_step="Run `labs status --cluster kind`; when the nodes are Ready, run the same command again",
        )


def check_archive(archive: Path) -> tuple[str, ...]:
    """Names of the images in an archive; raises ImageError unless every layer that it lists is there, whole."""
    try:
        with tarfile.open(archive) as file:
            sizes = {each.name: each.size for each in file}
            listed = file.extractfile("manifest.json")
            entries = json.load(listed) if listed else []
        missing = [layer for entry in entries for layer in (entry["Config"], *entry["Layers"]) if layer not in sizes]
        if not entries or missing:
            raise ValueError(f"{missing[0]} is missing" if missing else "it lists no image")
        return tuple(name for entry in entries for name in entry.get("RepoTags") or ())
    except (OSError, tarfile.TarError, ValueError, KeyError, TypeError) as error:
        raise ImageError(
            what=f"{archive.name} is not a whole image archive",
            why=f"It may have been cut off while it was written or copied: {error}",
            next_step="Write it again (docker save -o FILE IMAGE), and look at the free space of the disk first",
        ) from error
