"""Finding, losing and finding the cluster again."""

from __future__ import annotations

import threading
from typing import Any

import pytest

from labs.errors import ClusterError, NotRunning
from labs.ui import connection
from labs.ui.connection import Connection, waiting_view


class Cluster:
    """A client whose answers the test decides."""

    server_version = "v1.37.2"

    def __init__(self) -> None:
        self.up = True

    def list(self, kind: str) -> list[dict[str, Any]]:
        return [{}, {}, {}]

    def identity(self) -> str:
        if not self.up:
            raise ClusterError(what="The cluster does not answer")
        return "uid"

    def connect(self) -> Cluster:
        if not self.up:
            raise NotRunning(what="The cluster is stopped")
        return self


def test_it_comes_back_by_itself(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(connection, "RETRY_SECONDS", 0.01)
    monkeypatch.setattr(connection, "PROBE_SECONDS", 0.01)
    one, told, news = Cluster(), [], threading.Condition()

    def tell(view: Any, client: Any) -> None:
        with news:
            told.append((view.phase, client is not None))
            news.notify_all()

    def wait(phase: str, ready: bool) -> None:
        with news:
            assert news.wait_for(lambda: told[-1] == (phase, ready), 3), told

    link = Connection(one.connect)
    leave = link.subscribe(tell)
    wait("ready", True)
    one.up = False
    wait("lost", False)
    one.up = True
    wait("ready", True)
    leave()
    link.close()


def test_words_for_a_stopped_cluster_name_the_next_step(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(connection, "_progress", lambda: None)
    view = waiting_view(NotRunning(what="The cluster is stopped"), known=False)
    assert view.phase == "waiting" and "labs up" in view.next_step
    assert waiting_view(RuntimeError("x"), known=False).phase == "error"
