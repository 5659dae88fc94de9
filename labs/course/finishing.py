"""Tidying up that an interruption must not leave half done."""

from __future__ import annotations

import threading
from collections.abc import Callable
from contextlib import suppress

from labs.errors import LabsError

__all__ = ["in_any_case"]


def in_any_case(work: Callable[[], None]) -> None:
    """Run to the end in a thread of its own, so that Ctrl-C does not leave half of it undone; a LabsError is not raised."""

    def attempt() -> None:
        with suppress(LabsError):
            work()

    thread = threading.Thread(target=attempt, name="labs-tidy-up")
    thread.start()
    thread.join()
