"""The course's own images: `labs/images/<name>/` has the Dockerfile of `<name>:<tag>`, the tag is its VERSION."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from labs.cluster.model import Cluster, Progress, ignore_progress
from labs.errors import ImageError

__all__ = ["context_of", "ensure", "known"]

_FOLDER = Path(__file__).resolve().parent.parent / "images"


def known() -> tuple[str, ...]:
    """Names of the course's images, without tags."""
    return tuple(sorted(path.parent.name for path in _FOLDER.glob("*/Dockerfile")))


def context_of(image: str) -> Path:
    """Folder that `image` (name:tag) is built from; raises ImageError for one that is not the course's."""
    name, _, tag = image.partition(":")
    if name not in known() or not tag:
        raise ImageError(
            what=f"`{image}` is not an image of this course",
            why=f"The course has {', '.join(known())}, each with a tag such as v1",
            next_step="Name one of these",
        )
    return _FOLDER / name


def ensure(cluster: Cluster, names: Sequence[str], progress: Progress = ignore_progress) -> None:
    """Build images such as `mymodel:v1` for the cluster; what has not changed since is not built again."""
    for image in names:
        cluster.build(context_of(image), image, progress, {"VERSION": image.partition(":")[2]})
