"""Python packages for `docker build` where pip needs this machine's settings: fetched before, built in without an index.

A container of the base image fetches them, because its Python is the one that they are for. Unlike a step of a build it
may see files of this machine, and nothing of what it was told is kept.
"""

from __future__ import annotations

import hashlib
import os
import re
import secrets
import shutil
import tarfile
import tempfile
from collections import deque
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import IO

from labs.cluster.follow import follow
from labs.cluster.kind.containers import ContainerEngine
from labs.cluster.locks import exclusive
from labs.cluster.model import Progress, Step
from labs.cluster.pip_settings import pip_settings
from labs.errors import ImageError
from labs.paths import cache_dir

__all__ = ["ARGUMENTS", "with_wheels"]

ARGUMENTS = {"PIP_NO_INDEX": "1", "PIP_FIND_LINKS": "requirements"}
"""What a Dockerfile that is built with wheels is given; one that declares both takes them from there."""

_FOLDER, _PLACE = "requirements.wheels", "/run/labs"
_FETCH = (
    f"pip wheel --no-cache-dir --disable-pip-version-check -r {_PLACE}/requirements.txt -w /tmp/wheels >&2 "
    "&& exec tar -C /tmp/wheels -c ."
)


@contextmanager
def with_wheels(engine: ContainerEngine, context: Path, progress: Progress) -> Iterator[tuple[Path, dict[str, str]]]:
    """The folder to build from, and arguments; the folder itself where pip needs no settings or the file takes none."""
    base, settings = _base(context), pip_settings()
    if not base or not settings:
        yield context, {}
        return
    wheels = _fetched(engine, base, context / "requirements.txt", settings, progress)
    with tempfile.TemporaryDirectory(prefix="labs-build-") as place:
        copy = Path(place) / "context"
        shutil.copytree(context, copy, symlinks=True)
        shutil.copytree(wheels, copy / _FOLDER)
        yield copy, dict(ARGUMENTS)


def _base(context: Path) -> str:
    """The image that the packages are for; empty unless the Dockerfile takes wheels as `ARGUMENTS` say."""
    file = context / "Dockerfile"
    text = file.read_text(encoding="utf-8") if file.is_file() else ""
    taken = all(re.search(rf"(?m)^ARG {name}\s*$", text) for name in ARGUMENTS)
    froms = re.findall(r"(?m)^FROM (\S+)", text)
    usable = taken and len(froms) == 1 and "$" not in froms[0] and (context / "requirements.txt").is_file()
    return str(froms[0]) if usable else ""


def _fetched(
    engine: ContainerEngine, base: str, requirements: Path, settings: Mapping[str, str], progress: Progress
) -> Path:
    """Folder with the wheels, in our cache: they are fetched once for each list and base image."""
    identity = f"{base} {engine.image(base)}".encode()
    key = hashlib.sha256(identity + requirements.read_bytes()).hexdigest()[:16]
    folder = cache_dir() / "wheels" / key
    with exclusive(folder.with_suffix(".lock"), waiting=lambda: progress(Step("packages", "waiting", "being fetched"))):
        if not folder.is_dir():
            _fetch(engine, base, requirements, settings, folder, progress)
    return folder


def _fetch(
    engine: ContainerEngine,
    base: str,
    requirements: Path,
    settings: Mapping[str, str],
    folder: Path,
    progress: Progress,
) -> None:
    """Let pip run in a container of the base image, in this machine's network and with its settings."""
    name, said = f"labs-wheels-{secrets.token_hex(4)}", deque[str](maxlen=20)
    mounts, variables = _seen_from_inside(settings)
    mounts[f"{_PLACE}/requirements.txt"] = str(requirements.resolve())
    words = ["run", "--rm", "--name", name, "--network=host", "--security-opt=label=disable", "--entrypoint=sh"]
    words += [f"--volume={source}:{target}:ro" for target, source in mounts.items()]
    words += [f"--env={variable}" for variable in variables]  # the values are in the environment: no secret in argv

    def on_line(line: str) -> None:
        said.append(line.strip())
        if line.startswith("Collecting"):
            progress(Step("packages", "running", line.partition(" (from")[0]))

    with tempfile.TemporaryFile() as output:
        try:
            code = follow(
                [engine.program, *words, base, "-c", _FETCH],
                on_line,
                environment={**os.environ, **variables},
                output=output,
            )
        except BaseException:
            engine.attempt("rm", "-f", "-v", name)
            raise
        if code:
            raise _failed(base, said)
        output.seek(0)
        _unpack(output, folder)


def _seen_from_inside(settings: Mapping[str, str]) -> tuple[dict[str, str], dict[str, str]]:
    """Mounts (target to source) for what the settings name on this machine, and the settings with those names."""
    mounts: dict[str, str] = {}

    def inside(word: str) -> str:
        path = Path(word.removeprefix("file://"))
        if not path.is_absolute() or not path.exists():
            return word
        target = f"{_PLACE}/{len(mounts)}-{path.name}"
        mounts[target] = str(path.resolve())
        return target

    return mounts, {name: " ".join(map(inside, value.split())) for name, value in settings.items()}


def _unpack(archive: IO[bytes], folder: Path) -> None:
    folder.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=folder.parent, prefix=".new-") as place, tarfile.open(fileobj=archive) as file:
        whole = Path(place) / "wheels"
        file.extractall(whole, filter="data")
        whole.rename(folder)


def _failed(base: str, said: deque[str]) -> ImageError:
    lines = [line for line in said if line]
    return ImageError(
        what=f"The Python packages of the image could not be fetched in a container of {base}",
        why=next((line for line in reversed(lines) if "ERROR" in line), lines[-1] if lines else "pip gave no reason"),
        next_step="See whether pip finds them on this machine (`pip download -r requirements.txt`) and which settings it "
        "has (`pip config list`); then run the same command again",
    )
