"""The Events tab and the words of ``kubectl describe``."""

from __future__ import annotations

import datetime
from collections.abc import Iterable, Sequence
from typing import Any

from labs.ui.store import Json


def event_time(event: Json) -> str:
    """Latest time of an event as the API wrote it, sortable."""
    series = event.get("series") or {}
    found = (
        series.get("lastObservedTime")
        or event.get("lastTimestamp")
        or event.get("eventTime")
        or event.get("firstTimestamp")
        or event["metadata"].get("creationTimestamp")
    )
    return str(found or "")


def clock(stamp: str) -> str:
    """Local clock time HH:MM:SS of an RFC 3339 stamp; empty for anything else."""
    try:
        moment = datetime.datetime.fromisoformat(stamp)
    except ValueError:
        return ""
    return moment.astimezone().strftime("%H:%M:%S")


def events_view(events: Iterable[Json]) -> list[dict[str, Any]]:
    """Events in the order of their latest time."""
    return [
        {
            "time": clock(event_time(e)),
            "type": e.get("type", ""),
            "reason": e.get("reason", ""),
            "object": _about(e),
            "message": e.get("message") or e.get("note") or "",
            "count": int((e.get("series") or {}).get("count") or e.get("count") or e.get("deprecatedCount") or 1),
        }
        for e in sorted(events, key=event_time)
    ]


def _about(event: Json) -> str:
    ref = event.get("involvedObject") or event.get("regarding") or {}
    return f"{ref.get('kind', '')}/{ref.get('name', '')}"


def describe_view(obj: Json | None, events: Sequence[Json]) -> str:
    """What ``kubectl describe`` says of the object, shortened to what a lesson talks about."""
    if obj is None:
        return ""
    meta, spec, status = obj["metadata"], obj.get("spec") or {}, obj.get("status") or {}
    lines = [
        _row("Name", meta["name"]),
        _row("Namespace", meta.get("namespace", "")),
        _row("Kind", f"{obj.get('kind', '')} ({obj.get('apiVersion', '')})"),
        _row("Labels", _pairs(meta.get("labels"))),
        _row("Created", clock(str(meta.get("creationTimestamp", "")))),
    ]
    if obj.get("kind") == "Pod":
        lines += [
            _row("Node", spec.get("nodeName") or "<none>"),
            _row("Status", status.get("phase", "")),
            _row("IP", status.get("podIP") or "<none>"),
        ]
        lines += [_row("Restart policy", spec.get("restartPolicy", "")), "Containers:"]
        lines += [line for container in spec.get("containers") or [] for line in _container(container, status)]
    else:
        lines += [_row(k, str(v)) for k, v in status.items() if isinstance(v, int | str)]
    lines += [
        "Conditions:",
        *(f"  {c.get('type', ''):<28}{c.get('status', '')}{_because(c)}" for c in status.get("conditions") or []),
    ]
    lines += [
        "Events:",
        *(f"  {e['time']}  {e['type']:<8} {e['reason']:<18} {e['message']}" for e in events_view(_of(obj, events))),
    ]
    return "\n".join(lines) + "\n"


def _of(obj: Json, events: Sequence[Json]) -> list[Json]:
    uid = obj["metadata"].get("uid")
    return [e for e in events if (e.get("involvedObject") or e.get("regarding") or {}).get("uid") == uid]


def _row(name: str, value: Any) -> str:
    return f"{name + ':':<16}{value}"


def _pairs(labels: Json | None) -> str:
    return ", ".join(f"{k}={v}" for k, v in (labels or {}).items()) or "<none>"


def _because(condition: Json) -> str:
    reason = condition.get("reason")
    return f"  ({reason}{': ' + condition['message'] if condition.get('message') else ''})" if reason else ""


def _container(container: Json, status: Json) -> list[str]:
    found: Json = next((s for s in status.get("containerStatuses") or [] if s.get("name") == container["name"]), {})
    rows = [f"  {container['name']}:", f"    Image:         {container.get('image', '')}"]
    if container.get("command"):
        rows.append(f"    Command:       {' '.join(container['command'])}")
    if container.get("args"):
        rows.append(f"    Args:          {' '.join(container['args'])}")
    rows += [f"    State:         {_how(found.get('state'))}", f"    Last state:    {_how(found.get('lastState'))}"]
    return [*rows, f"    Restart count: {found.get('restartCount', 0)}"]


def _how(state: Json | None) -> str:
    for name, detail in (state or {}).items():
        parts = [str(detail[k]) for k in ("reason", "message") if detail.get(k)]
        code = f"exit code {detail['exitCode']}" if "exitCode" in detail else ""
        words = ", ".join(p for p in [*parts, code] if p)
        return f"{name.capitalize()}{' (' + words + ')' if words else ''}"
    return "<none>"
