"""The Log tab: which container and attempt, and its lines; or all Pods together, each line with its Pod."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

MOST_LINES = 2000
TOGETHER = "*"


def key_of(attempt: Any) -> str:
    """Identity of one attempt of one container."""
    return f"{attempt.pod_uid}/{attempt.container}/{attempt.attempt}"


def _label(attempt: Any) -> str:
    again = f" (after {attempt.attempt} restart{'s' if attempt.attempt > 1 else ''})" if attempt.attempt else ""
    return f"{attempt.pod} · {attempt.container} · run {attempt.attempt + 1}{again}"


def log_view(logs: Sequence[Any], chosen: str) -> dict[str, Any]:
    """Sources newest attempt first, and the text of the chosen one (of the newest with lines when none is chosen)."""
    ordered = sorted(logs, key=lambda a: (a.pod, a.container, -a.attempt))
    sources = [{"key": key_of(a), "label": _label(a)} for a in ordered]
    pods = len({a.pod_uid for a in ordered})
    if pods > 1:
        sources.append({"key": TOGETHER, "label": f"all {pods} Pods, one after the other"})
        if chosen == TOGETHER:
            return {"sources": sources, "selected": TOGETHER} | _text(list(_together(ordered)))
    shown = next((a for a in ordered if key_of(a) == chosen), None)
    shown = shown or next((a for a in ordered if a.lines), ordered[0] if ordered else None)
    if shown is None:
        return {"sources": [], "selected": "", "text": "", "note": ""}
    return {"sources": sources, "selected": key_of(shown)} | _text([str(line) for line in shown.lines])


def _together(ordered: Sequence[Any]) -> Iterator[str]:
    """The newest attempt of each container, as ``kubectl logs --prefix`` writes it."""
    seen = set()
    for attempt in ordered:
        if (attempt.pod_uid, attempt.container) not in seen:
            seen.add((attempt.pod_uid, attempt.container))
            yield from (f"[pod/{attempt.pod}/{attempt.container}] {line}" for line in attempt.lines)


def _text(lines: list[str]) -> dict[str, str]:
    note = f"the last {MOST_LINES} of {len(lines)} lines" if len(lines) > MOST_LINES else ""
    return {"text": "".join(f"{line.rstrip(chr(10))}\n" for line in lines[-MOST_LINES:]), "note": note}
