"""The learner's answers to the small questions: one readable file, restored after a kernel restart."""

from __future__ import annotations

import contextlib
import json
import threading
from pathlib import Path
from typing import Any

from labs import paths
from labs.ui.memory import write_atomic

SCHEMA = 1
_lock = threading.Lock()


def _file() -> Path:
    return paths.state_dir() / "workbench" / "answers.json"


def _load() -> dict[str, Any]:
    with contextlib.suppress(OSError, ValueError):
        data = json.loads(_file().read_text(encoding="utf-8"))
        if isinstance(data, dict) and data.get("schema") == SCHEMA and isinstance(data.get("answers"), dict):
            return dict(data["answers"])
    return {}


def answer_of(question_id: str) -> dict[str, Any]:
    """The recorded answer, or an empty dict."""
    with _lock:
        found = _load().get(question_id)
        return found if isinstance(found, dict) else {}


def record(question_id: str, answer: dict[str, Any]) -> None:
    """Keep an answer; raises OSError when the file cannot be written."""
    with _lock:
        answers = _load() | {question_id: answer}
        write_atomic(_file(), json.dumps({"schema": SCHEMA, "answers": answers}, indent=1))
