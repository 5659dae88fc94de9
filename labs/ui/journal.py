"""Where our own mistakes are written: a file of bounded size, never the learner's cell."""

from __future__ import annotations

import contextlib
import logging
from functools import cache
from logging.handlers import RotatingFileHandler

from labs import paths

MAX_BYTES = 1_000_000
log = logging.getLogger("labs.ui")
log.addHandler(logging.NullHandler())
log.propagate = False


@cache
def keep() -> None:
    """Write the journal to ``logs/workbench.log`` in the state folder, from now on."""
    with contextlib.suppress(OSError):
        folder = paths.state_dir() / "logs"
        folder.mkdir(mode=0o700, exist_ok=True)
        handler = RotatingFileHandler(folder / "workbench.log", maxBytes=MAX_BYTES, backupCount=1, delay=True)
        handler.setFormatter(logging.Formatter("%(asctime)s %(threadName)s %(message)s"))
        log.addHandler(handler)
