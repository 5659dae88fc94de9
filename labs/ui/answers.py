"""The learner's answers and milestones in her progress file: restored after a kernel restart, merged by the course."""

from __future__ import annotations

from typing import Any

from labs.course.progress import Progress

ANSWER, MILESTONE = "answer", "milestone"


def answer_of(question_id: str) -> dict[str, Any]:
    """The recorded answer, or an empty dict. Raises LabsError for a progress file of a newer version."""
    return Progress().load().get(ANSWER, {}).get(question_id, {})


def record(question_id: str, answer: dict[str, Any]) -> None:
    """Keep an answer; raises LabsError or OSError when the file cannot be written."""
    Progress().record(ANSWER, question_id, answer)


def reached(exercise_id: str) -> None:
    """Keep that an exercise was all green once; the first time counts."""
    progress = Progress()
    if exercise_id not in progress.load().get(MILESTONE, {}):
        progress.record(MILESTONE, exercise_id, {})
