"""`labs start` with its real cluster: interrupted at any moment, and begun again."""

from __future__ import annotations

import json
import signal
import subprocess
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from labs.cluster.processes import descendants, find
from tests.pocket import Pocket, all_ended


@contextmanager
def started(pocket: Pocket, *words: str) -> Iterator[tuple[subprocess.Popen[str], Iterator[dict[str, Any]]]]:
    """A running `labs start` and its events."""
    command = ("start", "--no-browser", "--json", *words)
    with pocket.spawn(*command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL) as process:
        try:
            assert process.stdout
            yield process, (json.loads(line) for line in process.stdout)
        finally:
            process.send_signal(signal.SIGINT)
            process.communicate(timeout=60)


def until(events: Iterator[dict[str, Any]], *wanted: str) -> dict[str, dict[str, Any]]:
    """Read events until each of these kinds, or steps of these names, has come; returns them."""
    found: dict[str, dict[str, Any]] = {}
    for event in events:
        assert event["event"] != "error", event
        found[event["name"] if event["event"] == "step" else event["event"]] = event
        if all(name in found for name in wanted):
            return found
    raise AssertionError(f"labs start ended before {wanted}: {found}")


def test_interrupted_at_any_moment_and_begun_again(own_place: Pocket) -> None:
    for moment in ("lessons", "machine", "etcd", "node-1", "open", "cluster"):
        with started(own_place, "--nodes", "1") as (process, events):
            until(events, moment)
            own = find(process.pid)
            assert own
            below = descendants(own)
            process.send_signal(signal.SIGINT)
            process.communicate(timeout=60)
        assert process.returncode == 130, moment
        assert all_ended(below, within=20), moment
        assert "is running" not in own_place.labs("status", code=1)
    with started(own_place, "--nodes", "1") as (_, events):
        found = until(events, "open", "cluster")
        with urllib.request.urlopen(found["open"]["url"], timeout=60) as page:
            assert page.status == 200
        assert "Ready" in own_place.kubectl("get", "nodes")
