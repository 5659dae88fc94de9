"""The course itself is broken: an author's mistake, every one of them named with its file and the fix."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from labs.errors import NotJudged

__all__ = ["CourseError", "Problem", "Problems"]


@dataclass(frozen=True)
class Problem:
    """One mistake in one file, and what would mend it."""

    file: str
    what: str
    fix: str

    def __str__(self) -> str:
        return f"{self.file}: {self.what}. {self.fix}."


class CourseError(NotJudged):
    """The lessons on disk cannot be used; `problems` has every mistake that was found."""

    def __init__(self, problems: Sequence[Problem]) -> None:
        self.problems = tuple(problems)
        super().__init__(
            what="The course's own files have mistakes",
            why="\n".join(str(problem) for problem in self.problems),
            next_step="Mend these files, or get the course again if you have not changed it",
        )

    def __reduce__(self) -> tuple[object, ...]:
        return CourseError, (self.problems,)


class Problems:
    """Collects mistakes, so that an author sees all of them at once."""

    def __init__(self, root: Path) -> None:
        self._root = root
        self._found: list[Problem] = []

    def add(self, file: Path, what: str, fix: str) -> None:
        """Note a mistake in a file below the course's root."""
        name = file.relative_to(self._root).as_posix() if file.is_relative_to(self._root) else file.as_posix()
        self._found.append(Problem(name, what, fix))

    def raise_any(self) -> None:
        """Raise a `CourseError` if there was any mistake."""
        if self._found:
            raise CourseError(self._found)
