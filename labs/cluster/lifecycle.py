"""The same steps for every kind of cluster: bring up, end, connect."""

from __future__ import annotations

from typing import TYPE_CHECKING

from labs.cluster.model import ClusterStatus, Progress, Step, UpOptions, ignore_progress
from labs.cluster.progress import UpProgress, read_progress
from labs.cluster.registry import choose, get, remember
from labs.errors import NotRunning
from labs.paths import cache_dir, cluster_dir

if TYPE_CHECKING:
    from labs.kube import Client

__all__ = ["connect", "down", "up", "up_progress"]


def up(
    name: str | None = None, options: UpOptions | None = None, progress: Progress = ignore_progress
) -> ClusterStatus:
    """Bring a cluster up (idempotent) and remember it as the current one. Raises LabsError."""
    choice = choose(name)
    if choice.why:
        progress(Step("cluster", "note", choice.why))
    remember(choice.name)
    return get(choice.name).up(options or UpOptions(), progress)


def down(name: str | None = None, progress: Progress = ignore_progress) -> ClusterStatus:
    """End a cluster (idempotent); pocket keeps its state, kind is removed whole. Raises LabsError."""
    return get(name).down(progress)


def connect(name: str | None = None) -> Client:
    """A client of the running cluster, after its identity was compared with the recorded one.

    Raises NotRunning when there is none, WrongCluster when another one answers.
    """
    from labs.kube import Client

    cluster = get(name)
    status = cluster.status()
    if not status.running:
        raise NotRunning(
            what=f"The cluster is {status.state}",
            why="Lessons need a running cluster",
            next_step="Wait a moment" if status.state == "starting" else "Run `labs up`",
        )
    return Client.from_kubeconfig(cluster.kubeconfig(), identity=status.identity or None, cache_dir=cache_dir())


def up_progress(name: str | None = None) -> UpProgress | None:
    """How far `up` of a cluster is, whichever process runs it; None when it was never run."""
    return read_progress(cluster_dir(get(name).name))
