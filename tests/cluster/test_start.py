"""`labs start` with its real cluster: interrupted at any moment, begun again; and nothing in the learner's home."""

from __future__ import annotations

import json
import signal
import subprocess
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

from labs.cluster.processes import descendants, find
from tests.pocket import Account, Pocket, all_ended

ARTICLE = Path(__file__).resolve().parents[2] / "labs" / "lessons" / "pod" / "hello" / "accept" / "article.yaml"


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


def test_the_home_stays_as_it_was(own_place: Pocket, engine: Path) -> None:
    home = own_place.folder / "home"
    home.mkdir()
    settings = {"HOME": str(home), "LABS_ENGINE_DIR": str(engine)}
    nothing = dict.fromkeys(("LABS_CACHE_DIR", "XDG_CACHE_HOME", "XDG_CONFIG_HOME", "XDG_DATA_HOME"), "")
    pocket = replace(own_place, account=Account(environment={**settings, **nothing}))
    with started(pocket, "--nodes", "1") as (_, events):
        found = until(events, "open", "cluster")
        start_kernel(found["open"]["url"])
        profile = pocket.folder / "state" / "jupyter" / "ipython" / "profile_default"
        deadline = time.monotonic() + 120
        while not profile.is_dir():
            assert time.monotonic() < deadline, "the kernel left no trace where it should"
            time.sleep(0.1)
        pocket.labs("try", "pod/hello", str(ARTICLE))
        assert " Ready " in pocket.kubectl("get", "nodes")
    ours = Path(".cache/k8s-ml-labs")
    left = {path.relative_to(home) for path in home.rglob("*")}
    assert ours / "kubectl" in left, "kubectl's cache is in ours"
    assert {path for path in left if not path.is_relative_to(ours)} == {ours.parent}


def start_kernel(url: str) -> None:
    """What opening a notebook does."""
    base, _, token = url.partition("lab/tree/")[0], "", url.partition("token=")[2]
    request = urllib.request.Request(
        f"{base}api/kernels",
        data=b"{}",
        headers={"Authorization": f"token {token}", "Content-Type": "application/json"},
    )
    with urllib.request.urlopen(request, timeout=60) as answer:
        assert answer.status == 201
