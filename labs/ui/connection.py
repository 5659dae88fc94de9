"""One connection per kernel: finds the cluster, says how far it is, notices when it is lost, and comes back."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable
from typing import Any

from labs import cluster
from labs.errors import LabsError, NotRunning
from labs.ui.store import ClusterView

log = logging.getLogger(__name__)

Tell = Callable[[ClusterView, Any], None]
RETRY_SECONDS = 0.7
PROBE_SECONDS = 3.0


class Connection:
    """Tells its subscribers `(view, client)`; the client is None unless the cluster is ready."""

    def __init__(self, connect: Callable[[], Any] = cluster.connect) -> None:
        self._connect = connect
        self._lock = threading.Lock()
        self._subscribers: list[Tell] = []
        self._now: tuple[ClusterView, Any] = (ClusterView(), None)
        self._stop = threading.Event()
        self._thread: threading.Thread | None = None

    def subscribe(self, tell: Tell) -> Callable[[], None]:
        """Start telling `tell`, beginning with what is known now; the answer ends it."""
        with self._lock:
            self._subscribers.append(tell)
            now = self._now
            if self._thread is None:
                self._thread = threading.Thread(target=self._run, name="labs-ui-connection", daemon=True)
                self._thread.start()
        tell(*now)
        return lambda: self._leave(tell)

    def close(self) -> None:
        """End the thread."""
        self._stop.set()

    def _leave(self, tell: Tell) -> None:
        with self._lock:
            if tell in self._subscribers:
                self._subscribers.remove(tell)

    def _publish(self, view: ClusterView, client: Any) -> None:
        with self._lock:
            if (view, client) == self._now:
                return
            self._now = (view, client)
            subscribers = list(self._subscribers)
        for tell in subscribers:
            try:
                tell(view, client)
            except Exception:
                log.exception("telling a workbench about the cluster")

    def _run(self) -> None:
        known = False
        while not self._stop.is_set():
            try:
                client = self._connect()
                self._publish(ready_view(client), client)
                known = True
                self._watch(client)
            except LabsError as error:
                self._publish(waiting_view(error, known=known), None)
            except Exception as error:
                log.exception("looking for the cluster")
                self._publish(waiting_view(error, known=known), None)
            self._stop.wait(RETRY_SECONDS)

    def _watch(self, client: Any) -> None:
        while not self._stop.wait(PROBE_SECONDS):
            client.identity()


def ready_view(client: Any) -> ClusterView:
    """A chip such as ``pocket · 3 nodes · v1.37``."""
    nodes = len(list(client.list("Node")))
    version = ".".join(str(client.server_version).split("+")[0].split(".")[:2])
    name = cluster.current() or "cluster"
    return ClusterView("ready", f"{name} · {nodes} node{'s' if nodes != 1 else ''} · {version}", "")


def waiting_view(error: Exception, *, known: bool) -> ClusterView:
    """What to say while there is no cluster: its progress, that it is lost, or what to do."""
    progress = _progress()
    if progress is not None and progress.state == "running":
        step = progress.step
        words = "The cluster is starting."
        if step is None:
            return ClusterView("waiting", "cluster starting", words)
        detail = f" ({step.detail})" if step.detail else ""
        eta = step.seconds if step.state == "running" else None
        return ClusterView(
            "waiting", "cluster starting", f"{words} Now: {step.name}{detail}.", fraction=step.fraction, eta=eta
        )
    if known:
        words = "The cluster does not answer any more; your text is safe."
        return ClusterView(
            "lost",
            "cluster lost",
            words,
            "The workbench comes back by itself when the cluster does: `labs up` starts it.",
        )
    if progress is not None and progress.error is not None:
        return _failure(progress.error)
    if isinstance(error, NotRunning):
        return ClusterView(
            "waiting", "no cluster yet", error.what + ".", "You can write already; `labs up` in a terminal starts it."
        )
    if isinstance(error, LabsError):
        return _failure(error)
    return ClusterView(
        "error", "no cluster", f"The cluster cannot be reached: {error}.", "Run `labs status` in a terminal."
    )


def _failure(error: LabsError) -> ClusterView:
    return ClusterView("error", "no cluster", f"{error.what}. {error.why}".strip(), error.next_step)


def _progress() -> Any:
    try:
        return cluster.up_progress()
    except LabsError:
        return None


_lock = threading.Lock()
_shared: list[Connection] = []


def shared() -> Connection:
    """The connection of this kernel."""
    with _lock:
        if not _shared:
            _shared.append(Connection())
        return _shared[0]
