"""Words for what others did to an object, and for what cannot be done to a living one."""

from __future__ import annotations

from typing import Any

from labs.ui.store import Action, Json, Notice
from labs.ui.views.status import NOTHING, at, foreign_changes, leaves, who_changed

MUTABLE_POD = ("image", "tolerations", "terminationGracePeriodSeconds", "activeDeadlineSeconds")
IMMUTABLE_WORDS = ("immutable", "may not change fields", "may not be changed", "updates to")


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


def is_immutable_refusal(status: Json) -> bool:
    """Whether the API server refused a change of a field that cannot change on a living object."""
    texts = [
        str(status.get("message", "")),
        *(str(c.get("message", "")) for c in (status.get("details") or {}).get("causes") or []),
    ]
    return any(word in text for text in texts for word in IMMUTABLE_WORDS)


def differing(data: Json, live: Json) -> list[str]:
    """Paths of `data` whose value in the living object is another one, most telling first."""
    found = [
        path
        for path, keys in leaves(data)
        if (now := at(live, keys)) is not NOTHING and str(now) != str(at(data, keys))
    ]
    found += [path for path, keys in leaves(data) if at(live, keys) is NOTHING]
    return [p for p in found if p.split(".")[-1] not in MUTABLE_POD and not p.startswith("metadata.")]
