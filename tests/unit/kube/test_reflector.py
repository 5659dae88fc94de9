"""List, watch, and coming back after every way in which a watch can end."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from labs.errors import WrongCluster
from labs.kube import Reflector
from tests.unit.kube.server import SECONDS, ApiServer, Changes, client_of, pod, serving


@pytest.fixture
def server() -> Iterator[ApiServer]:
    with serving() as found:
        found.pods = [pod("a", 1)]
        yield found


class Watching:
    """A Reflector of the server's Pods."""

    def __init__(self, server: ApiServer, folder: Path) -> None:
        self.changes = Changes()
        self.reflector = Reflector(client_of(server.port, folder), ["v1/Pod"], "lab", self.changes)

    def names(self) -> set[str]:
        return {each["metadata"]["name"] for each in self.reflector.objects()["Pod"]}

    def shows(self, *names: str) -> None:
        self.changes.until(lambda: self.names() == set(names))


@pytest.fixture
def watching(server: ApiServer, tmp_path: Path) -> Iterator[Watching]:
    found = Watching(server, tmp_path)
    found.reflector.start()
    yield found
    found.reflector.stop()


def test_lists_then_watches(server: ApiServer, watching: Watching) -> None:
    assert server.watched() == "1"
    watching.changes.until(lambda: watching.reflector.synced)
    server.send("ADDED", pod("b", 2))
    watching.shows("a", "b")
    server.send("DELETED", pod("a", 3))
    watching.shows("b")
    assert watching.reflector.connected


def test_says_nothing_before_the_first_list(server: ApiServer, tmp_path: Path) -> None:
    found = Watching(server, tmp_path)
    assert not found.reflector.synced
    assert found.names() == set()


def test_goes_on_where_a_watch_ended(server: ApiServer, watching: Watching) -> None:
    server.watched()
    server.send("ADDED", pod("b", 7))
    server.send("BOOKMARK", pod("", 9))
    server.raw(None)
    assert server.watched() == "9"
    server.send("ADDED", pod("c", 10))
    watching.shows("a", "b", "c")
    assert server.lists == 1


def test_an_event_that_was_cut_off_is_asked_again(server: ApiServer, watching: Watching) -> None:
    server.watched()
    server.raw(b'{"type": "ADDED", "object": {"meta')
    server.raw(None)
    server.pods = [pod("a", 1), pod("b", 5)]
    server.watched()
    server.send("ADDED", pod("b", 5))
    watching.shows("a", "b")


def test_lists_anew_when_the_version_is_forgotten(server: ApiServer, watching: Watching) -> None:
    server.watched()
    server.pods, server.version = [pod("z", 50)], 50
    server.send("ERROR", {"kind": "Status", "code": 410, "reason": "Expired", "message": "too old"})
    server.raw(None)
    assert server.watched() == "50"
    watching.shows("z")
    assert server.lists == 2


def test_keeps_what_it_has_while_there_is_no_answer(server: ApiServer, watching: Watching) -> None:
    server.watched()
    watching.shows("a")
    server.raw(b"{")
    server.raw(None)
    server.watched()
    watching.shows("a")


def test_waits_for_a_slow_event(server: ApiServer, watching: Watching) -> None:
    server.watched()
    whole = b'{"type": "ADDED", "object": {"metadata": {"name": "\xc3\xa4", "uid": "u", "resourceVersion": "3"}}}\n'
    middle = whole.index(b"\xa4")
    server.raw(whole[:middle])
    assert watching.names() == {"a"}
    server.raw(whole[middle:])
    watching.shows("a", "ä")


def test_stop_ends_a_watch_that_says_nothing(server: ApiServer, tmp_path: Path) -> None:
    found = Watching(server, tmp_path)
    found.reflector.start()
    server.watched()
    found.changes.until(lambda: found.reflector.connected)
    found.reflector.stop()
    for thread in threading.enumerate():
        if thread.name == "labs-watch-Pod":
            thread.join(SECONDS)
            assert not thread.is_alive()


def test_a_server_that_ends_every_watch_is_not_hammered(server: ApiServer, watching: Watching) -> None:
    began = time.monotonic()
    for _ in range(4):
        server.watched()
        server.raw(None)
    assert time.monotonic() - began > 1.0


def test_another_cluster(server: ApiServer, tmp_path: Path) -> None:
    assert client_of(server.port, tmp_path, identity="this-cluster").identity() == "this-cluster"
    with pytest.raises(WrongCluster):
        client_of(server.port, tmp_path, identity="other")
