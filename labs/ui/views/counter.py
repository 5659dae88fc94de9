"""The request counter: answers and errors second by second, by version and by Pod; and the calls that a check tried."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from labs.ui.store import Json

SECONDS = 60
LOOKS = 4
ORIGINS = {"cluster": "from a Pod in the cluster", "notebook": "from this notebook"}


def counter_view(probes: Sequence[Json]) -> dict[str, Any]:
    """What was called and what answered; empty when nothing was."""
    calls = [row for row in probes if row.get("probe") == "calls"]
    tries = [_try(row) for row in probes if row.get("probe") == "service"]
    if not calls:
        return {"tries": tries} if tries else {}
    last = max(float(row["at"]) for row in calls)
    shown = [row for row in calls if row["at"] > last - SECONDS]
    looks = {version: f"v{i % LOOKS}" for i, version in enumerate(_versions(calls))}
    return {
        "service": calls[-1]["service"],
        "seconds": [_second(int(at), rows, looks) for at, rows in sorted(_by_second(shown).items())],
        "versions": [{"version": v, "look": look, "ok": _ok(shown, "version", v)} for v, look in looks.items()],
        "pods": _pods(shown, looks),
        "failed": sum(int(row["failed"]) for row in shown),
        "errors": _words(Counter({str(e): _failed(shown, e) for e in {row["error"] for row in shown if row["error"]}})),
        "rollout": next((_rollout(row) for row in probes if row.get("probe") == "rollout"), {}),
        "tries": tries,
    }


def _versions(calls: Iterable[Json]) -> list[str]:
    """Versions in the order in which they first answered, so that each keeps its colour."""
    return list(dict.fromkeys(str(row["version"]) for row in sorted(calls, key=lambda r: float(r["at"])) if row["ok"]))


def _by_second(calls: Iterable[Json]) -> dict[float, list[Json]]:
    found: dict[float, list[Json]] = {}
    for row in calls:
        found.setdefault(float(row["at"]), []).append(row)
    return found


def _second(at: int, rows: Sequence[Json], looks: Mapping[str, str]) -> dict[str, Any]:
    parts = [{"look": look, "count": count} for v, look in looks.items() if (count := _ok(rows, "version", v))]
    return {"at": at, "parts": parts, "failed": sum(int(row["failed"]) for row in rows)}


def _ok(rows: Iterable[Json], key: str, value: str) -> int:
    return sum(int(row["ok"]) for row in rows if row[key] == value)


def _failed(rows: Iterable[Json], error: Any) -> int:
    return sum(int(row["failed"]) for row in rows if row["error"] == error)


def _pods(rows: Sequence[Json], looks: Mapping[str, str]) -> list[dict[str, Any]]:
    names = sorted({(str(row["pod"]), str(row["version"])) for row in rows if row["ok"]})
    return [
        {
            "pod": pod,
            "version": version,
            "look": looks[version],
            "ok": _ok((r for r in rows if r["version"] == version), "pod", pod),
        }
        for pod, version in names
    ]


def _words(counts: Mapping[str, int]) -> list[dict[str, Any]]:
    return [{"words": words, "count": count} for words, count in sorted(counts.items(), key=lambda each: -each[1])]


def _rollout(row: Json) -> dict[str, Any]:
    """The sum of one change, from five seconds before it until five after the last old Pod."""
    state = "counted to its end" if row["whole"] else "going on"
    return {
        "deployment": row["deployment"],
        "failed": int(row["failed"]),
        "state": state,
        "versions": dict(row["versions"]),
    }


def _try(row: Json) -> dict[str, Any]:
    origin = ORIGINS.get(str(row["origin"]), "")
    return {
        "title": f"{row['service']}, {origin}: {row['ok']} of {row['calls']} calls answered",
        "ok": row["ok"] == row["calls"],
        "pods": [{"pod": str(pod), "ok": int(count)} for pod, count in sorted(row["pods"].items())],
        "errors": _words(row["errors"]),
    }
