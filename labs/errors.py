"""Errors that a learner may read: what happened, why, and what to do next.

    LabsError
    ├── UsageError       the request itself is wrong: unknown id, unreadable file, foreign namespace
    ├── ManifestError    the manifest cannot be used as it stands
    ├── ImageError       an image cannot be built
    ├── NotJudged        our own fault or the cluster's: nothing can be said about the learner's work
    ├── Busy             another process of ours holds the lock
    └── ClusterError     no cluster, a sick one, or not the one we know
        ├── NotRunning       there is no running cluster
        ├── EngineError      the pocket engine is missing and cannot be built
        └── WrongCluster     the identity recorded for this cluster does not match

Catch `LabsError` at a border (command line, cell, widget) and show its three fields; never a traceback.
"""

from __future__ import annotations

__all__ = [
    "Busy",
    "ClusterError",
    "EngineError",
    "ImageError",
    "LabsError",
    "ManifestError",
    "NotJudged",
    "NotRunning",
    "UsageError",
    "WrongCluster",
]


class LabsError(Exception):
    """Base of all: `what` happened, `why`, and the `next_step`; each one sentence, the last two may be empty."""

    def __init__(self, *, what: str, why: str = "", next_step: str = "") -> None:
        super().__init__(what, why, next_step)
        self.what = what
        self.why = why
        self.next_step = next_step

    def __str__(self) -> str:
        return " ".join(_sentence(part) for part in (self.what, self.why, self.next_step) if part)

    def _render_traceback_(self) -> list[str]:
        """What IPython shows in place of a traceback."""
        return [str(self)]

    def __reduce__(self) -> tuple[object, ...]:
        return _rebuild, (type(self), self.what, self.why, self.next_step)


class UsageError(LabsError):
    """The request itself is wrong: an unknown id, an unreadable file, another namespace."""


class ManifestError(LabsError):
    """The manifest cannot be used as it stands."""


class ImageError(LabsError):
    """An image cannot be built."""


class NotJudged(LabsError):
    """Our own fault or the cluster's; the learner's work was not judged."""


class Busy(LabsError):
    """Another process of ours is doing this right now."""


class ClusterError(LabsError):
    """No cluster, a sick one, or not the one we know."""


class NotRunning(ClusterError):
    """There is no running cluster."""


class EngineError(ClusterError):
    """The pocket engine is missing and cannot be built."""


class WrongCluster(ClusterError):
    """The cluster that answers is not the one whose identity was recorded."""


def _sentence(text: str) -> str:
    text = text.strip()
    return text if text.endswith((".", "!", "?", ":")) else f"{text}."


def _rebuild(kind: type[LabsError], what: str, why: str, next_step: str) -> LabsError:
    return kind(what=what, why=why, next_step=next_step)
