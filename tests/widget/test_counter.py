"""The request counter from the rows of the probes."""

from __future__ import annotations

from typing import Any

from labs.ui.views.counter import counter_view


def row(at: float, version: str, pod: str, ok: int = 0, failed: int = 0, error: str = "") -> dict[str, Any]:
    """One row ``calls``."""
    return {
        "probe": "calls",
        "service": "s",
        "at": at,
        "version": version,
        "pod": pod,
        "ok": ok,
        "failed": failed,
        "error": error,
    }


ROWS = (
    row(10.0, "v1", "a", ok=30),
    row(10.0, "v1", "b", ok=20),
    row(11.0, "v2", "c", ok=48),
    row(11.0, "", "", failed=2, error="refused"),
)


def test_answers_by_second_version_and_pod() -> None:
    view = counter_view(ROWS)
    assert view["seconds"] == [
        {"at": 10, "parts": [{"look": "v0", "count": 50}], "failed": 0},
        {"at": 11, "parts": [{"look": "v1", "count": 48}], "failed": 2},
    ]
    assert [(v["version"], v["ok"]) for v in view["versions"]] == [("v1", 50), ("v2", 48)]
    assert [(p["pod"], p["ok"]) for p in view["pods"]] == [("a", 30), ("b", 20), ("c", 48)]
    assert (view["failed"], view["errors"]) == (2, [{"words": "refused", "count": 2}])


def test_old_seconds_go_but_versions_keep_their_colours() -> None:
    view = counter_view((*ROWS, row(90.0, "v2", "c", ok=50)))
    assert [s["at"] for s in view["seconds"]] == [90]
    assert [(v["version"], v["look"], v["ok"]) for v in view["versions"]] == [("v1", "v0", 0), ("v2", "v1", 50)]


def test_a_rollout_and_tries_are_told() -> None:
    rollout = {"probe": "rollout", "deployment": "d", "whole": True, "failed": 0, "versions": {"v1": 50, "v2": 48}}
    tried = {
        "probe": "service",
        "service": "s",
        "origin": "notebook",
        "calls": 3,
        "ok": 2,
        "pods": {"a": 2},
        "errors": {"refused": 1},
    }
    view = counter_view((*ROWS, rollout, tried))
    assert view["rollout"]["state"] == "counted to its end"
    assert view["tries"][0]["title"] == "s, from this notebook: 2 of 3 calls answered" and not view["tries"][0]["ok"]
    assert counter_view((tried,))["tries"] and counter_view(()) == {}
