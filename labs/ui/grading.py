"""`labs.course`'s grader behind the protocol that the workbench uses."""

from __future__ import annotations

from typing import Any

from labs import course
from labs.ui.ports import GraderLike


class RealCourse:
    """Grades with `labs.course` against a real cluster."""

    def grader(self, client: Any, exercise: Any, namespace: str) -> GraderLike:
        """A grader that has not started yet."""
        return course.Grader(client, exercise, namespace)

    def give(self, client: Any, exercise: Any, namespace: str) -> None:
        """Put into a fresh namespace what the exercise gives."""
        course.give(client, exercise, namespace)
