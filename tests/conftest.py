"""What tests share: one real cluster a session, a fresh namespace a test, an ordinary user, a browser.

What is not there is a skip with its reason; with LABS_TEST_REQUIRE=all it is a failure (`all-but-kind`: but
not for want of a container engine).
"""

from __future__ import annotations

import os
import re
import signal
from collections import defaultdict
from collections.abc import Iterator
from itertools import count
from pathlib import Path
from typing import TYPE_CHECKING, NoReturn

import pytest

from labs.cluster.pocket.engine import find_engine
from tests.pocket import Account, Pocket, place

if TYPE_CHECKING:
    from playwright.sync_api import Browser

    from labs.kube import Client

# What is not about kind itself is tested on pocket, whatever container engine this machine has.
os.environ["LABS_CLUSTER"] = "pocket"

_HERE = Path(__file__).resolve().parent
_MARKED_BY_FIXTURE = {
    "engine": "engine",
    "cluster": "engine",
    "own_place": "engine",
    "ordinary_user": "engine",
    "chromium": "browser",
    "container_engine": "kind",
}
_ORDER = ("unit", "widget", "cluster", "notebooks", "e2e", "kind")
_namespaces = count(1)
FAILED = pytest.StashKey[bool]()
_seconds: dict[str, float] = defaultdict(float)


def required(part: str = "") -> bool:
    """Whether tests of a part (a folder of tests) must run: LABS_TEST_REQUIRE is `all`, or `all-but-kind` elsewhere."""
    value = os.environ.get("LABS_TEST_REQUIRE", "")
    return value == "all" or (value == "all-but-kind" and part != "kind")


def lacking(reason: str, *, part: str = "") -> NoReturn:
    """Skip because of `reason`, or fail where nothing may be skipped."""
    if required(part):
        pytest.fail(reason, pytrace=False)
    pytest.skip(reason)


def pytest_configure() -> None:
    """Hear Ctrl-C: a shell that runs the tests in the background makes them ignore it, and their children, too."""
    signal.signal(signal.SIGINT, signal.default_int_handler)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Quick ones first; marks by what a test asks for."""
    for item in items:
        asked = set(getattr(item, "fixturenames", ()))
        for mark in sorted({mark for name, mark in _MARKED_BY_FIXTURE.items() if name in asked}):
            item.add_marker(mark)
    items.sort(key=lambda item: _ORDER.index(_area(item)) if _area(item) in _ORDER else 0)


def _area(item: pytest.Item) -> str:
    return item.path.relative_to(_HERE).parts[0] if item.path.is_relative_to(_HERE) else ""


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item, call: pytest.CallInfo[None]) -> Iterator[None]:
    """Where nothing may be skipped, a skip is a failure with the same words."""
    report: pytest.TestReport = yield  # type: ignore[assignment]
    if report.skipped and not hasattr(report, "wasxfail") and required(_area(item)):
        report.outcome = "failed"
        report.longrepr = f"skipped where nothing may be: {report.longrepr}"
    if report.failed:
        item.stash[FAILED] = True
    return report  # type: ignore[return-value]


def pytest_runtest_logreport(report: pytest.TestReport) -> None:
    """Add up the time of each folder, set-up and end of its fixtures included."""
    area, _, _ = report.nodeid.removeprefix("tests/").partition("/")
    _seconds[area] += report.duration


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Say where the time went, before pytest's closing line."""
    spent = ", ".join(f"{area} {seconds:.0f} s" for area, seconds in _seconds.items())
    terminalreporter.write_line(f"Time: {spent or 'none'}")


@pytest.fixture(scope="session")
def engine() -> Path:
    """The engine's folder."""
    found = find_engine()
    if found is None:
        lacking("the engine of the pocket cluster is not built: run `./scripts/labs engine build`")
    return found.folder


@pytest.fixture
def own_place(engine: Path) -> Iterator[Pocket]:
    """A place for a cluster of this test alone; nothing runs in it yet."""
    with place() as pocket:
        yield pocket


@pytest.fixture(scope="session")
def cluster(engine: Path) -> Iterator[Pocket]:
    """The session's running cluster with three nodes, shared by tests that do not break it."""
    with place() as pocket:
        answer = pocket.run("up")
        if answer.returncode:
            lacking(f"no cluster here: {answer.stderr.strip()}")
        yield pocket


@pytest.fixture
def here(cluster: Pocket, monkeypatch: pytest.MonkeyPatch) -> Pocket:
    """The session's cluster as the one that `labs` functions in this process find."""
    for name, value in cluster.environment.items():
        if name.startswith("LABS_"):
            monkeypatch.setenv(name, value)
    return cluster


@pytest.fixture(scope="session")
def client(cluster: Pocket, tmp_path_factory: pytest.TempPathFactory) -> Client:
    """A client of the session's cluster."""
    from labs.kube import Client

    return Client.from_kubeconfig(cluster.kubeconfig, cache_dir=tmp_path_factory.mktemp("client"))


@pytest.fixture
def namespace(client: Client, request: pytest.FixtureRequest) -> Iterator[str]:
    """A namespace of this test alone, ready for Pods; removed afterwards, without waiting for its end."""
    words = re.sub(r"[^a-z0-9]+", "-", request.node.name.lower()).strip("-")[:40].strip("-")
    name = f"t{next(_namespaces)}-{words}"
    client.ensure_namespace(name)
    yield name
    client.delete_namespace(name, wait=False)


@pytest.fixture(scope="session")
def ordinary_user(engine: Path) -> Iterator[Account]:
    """An unprivileged account with the course and the engine."""
    from tests.accounts import NoAccountError
    from tests.accounts import ordinary_user as account

    try:
        with account() as user:
            yield user
    except NoAccountError as error:
        lacking(str(error))


@pytest.fixture(scope="session")
def chromium() -> Iterator[Browser]:
    """A headless Chromium that calls nobody."""
    sync_api = pytest.importorskip("playwright.sync_api")
    from tests.widget.page import chromium as launch

    try:
        with launch() as browser:
            yield browser
    except sync_api.Error as error:
        lacking(f"no Chromium: {error}")
