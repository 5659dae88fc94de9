"""The course's images that exercises need, built for the cluster before anything is applied."""

from __future__ import annotations

from collections.abc import Iterable

from labs.cluster import Progress, course_images, get, ignore_progress
from labs.course.model import Exercise
from labs.errors import LabsError, NotJudged

__all__ = ["prepare"]


def prepare(exercises: Iterable[Exercise], cluster: str | None = None, progress: Progress = ignore_progress) -> None:
    """Build what is missing on the cluster (default: the current one). Raises NotJudged when that fails."""
    images = tuple(dict.fromkeys(image for exercise in exercises for image in exercise.images))
    if not images:
        return
    try:
        course_images.ensure(get(cluster), images, progress)
    except LabsError as error:
        raise NotJudged(what=error.what, why=error.why, next_step=error.next_step) from error
