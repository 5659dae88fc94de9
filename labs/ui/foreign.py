"""Words for what others did to an object."""

from __future__ import annotations

from typing import Any

from labs.errors import LabsError
from labs.ui.store import Action, Json, Notice
from labs.ui.views.status import NOTHING, foreign_changes, who_changed


def _short(value: Any) -> str:
    text = "nothing" if value is NOTHING or value is None else str(value)
    return text if len(text) <= 40 else f"{text[:39]}…"


def overwrite_notice(applied: Json, live: Json, data: Json) -> Notice | None:
    """Asks before an apply would undo someone else's change; None when it would not."""
    changes = [(path, then, now) for path, then, now in foreign_changes(applied, live, data)]
    if not changes:
        return None
    shown = ", ".join(f"`{path}` from {_short(then)} to {_short(now)}" for path, then, now in changes[:3])
    rest = f" and {len(changes) - 3} more" if len(changes) > 3 else ""
    return Notice(
        "warn",
        f"Applying would overwrite someone else's change (by `{who_changed(live) or 'unknown'}`).",
        f"Since your last apply it changed {shown}{rest}.",
        "Look at the difference first, or overwrite it.",
        (Action("preview", "Preview changes"), Action("overwrite", "Overwrite", "primary")),
    )


def conflict_notice(error: LabsError) -> Notice:
    """The API server's own words about a field that someone else owns, and the button that takes it over."""
    what = "Applying would overwrite what someone else has set."
    return Notice(
        "warn",
        what,
        f"{error.what}. {error.why}".strip(),
        "Look at the difference first, or overwrite it.",
        (Action("preview", "Preview changes"), Action("overwrite", "Overwrite", "primary")),
    )
