"""The course: lessons and exercises, their notebooks, grading and progress."""

from __future__ import annotations

from labs.course.catalogue import catalogue, explain, find, practice, predict, question, recall, solution
from labs.course.errors import CourseError, Problem
from labs.course.giving import give
from labs.course.grader import Grader
from labs.course.images import prepare
from labs.course.loader import load
from labs.course.model import Accept, Catalogue, Exercise, Lesson, Option, Practice, Question, Reject
from labs.course.notebook import build
from labs.course.progress import Progress
from labs.course.proof import Proof, prove
from labs.course.tries import TryReport, try_files

__all__ = [
    "Accept",
    "Catalogue",
    "CourseError",
    "Exercise",
    "Grader",
    "Lesson",
    "Option",
    "Practice",
    "Problem",
    "Progress",
    "Proof",
    "Question",
    "Reject",
    "TryReport",
    "build",
    "catalogue",
    "explain",
    "find",
    "give",
    "load",
    "practice",
    "predict",
    "prepare",
    "prove",
    "question",
    "recall",
    "solution",
    "try_files",
]
