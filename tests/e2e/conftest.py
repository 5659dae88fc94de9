"""The course as a learner has it: `labs start` with its own cluster, JupyterLab in Chromium."""

from __future__ import annotations

import json
import re
import signal
import subprocess
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from queue import Empty, Queue
from typing import IO, TYPE_CHECKING, Any

import pytest

from labs.cluster.processes import descendants, find
from tests.conftest import FAILED
from tests.pocket import Pocket, place

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page

RESULTS = Path(__file__).resolve().parents[2] / "test-results"


@dataclass(frozen=True)
class Course:
    """A running course and the address of its first page."""

    pocket: Pocket
    url: str

    def page(self, notebook: str) -> str:
        """Address of one of its notebooks."""
        return self.url.replace("00-welcome.ipynb", notebook)


def _read(stream: IO[str], events: Queue[dict[str, Any]]) -> None:
    for line in stream:
        events.put(json.loads(line))


def _wait(events: Queue[dict[str, Any]], kinds: set[str], seconds: float) -> dict[str, dict[str, Any]]:
    """The first event of each kind, in whatever order they come; an error of the course is an error here."""
    found: dict[str, dict[str, Any]] = {}
    while kinds - found.keys():
        try:
            event = events.get(timeout=seconds)
        except Empty:
            raise AssertionError(f"no {kinds - found.keys()} within {seconds} s") from None
        assert event.get("event") != "error", event
        found.setdefault(str(event.get("event")), event)
    return found


def _interrupt(process: subprocess.Popen[str]) -> None:
    """End the course as a learner does; where it does not end, nothing of it is left behind."""
    started = find(process.pid)
    below = descendants(started) if started else ()
    process.send_signal(signal.SIGINT)
    try:
        process.wait(60)
    except subprocess.TimeoutExpired:
        for one in (*([started] if started else ()), *below):
            one.signal(signal.SIGKILL)
        raise


@contextmanager
def opened(pocket: Pocket, *words: str) -> Iterator[Course]:
    """`labs start --no-browser`, ended like a learner does, by an interrupt; its cluster is up."""
    process = pocket.spawn("start", "--no-browser", "--json", *words, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL)
    assert process.stdout
    events: Queue[dict[str, Any]] = Queue()
    reader = threading.Thread(target=_read, args=(process.stdout, events), daemon=True)
    reader.start()
    try:
        yield Course(pocket, _wait(events, {"open", "cluster"}, 240)["open"]["url"])
    finally:
        _interrupt(process)
        reader.join(5)
        process.stdout.close()
    assert process.returncode in (0, 130)


@pytest.fixture(scope="session")
def course(engine: Path) -> Iterator[Course]:
    """A running course on a pocket cluster of its own."""
    with place() as pocket, opened(pocket) as found:
        yield found


@pytest.fixture
def page(chromium: Browser, request: pytest.FixtureRequest) -> Iterator[Page]:
    """A page; what it showed is in `test-results/` when the test has failed."""
    context = chromium.new_context(viewport={"width": 1500, "height": 1100})
    found = context.new_page()
    yield found
    if request.node.stash.get(FAILED, False):
        RESULTS.mkdir(exist_ok=True)
        found.screenshot(path=RESULTS / f"{re.sub(r'[^a-z0-9]+', '-', request.node.name)}.png")
    context.close()
