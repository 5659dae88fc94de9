"""One change of a cluster at a time, across processes."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from labs.cluster.locks import exclusive, holder
from labs.cluster.model import Progress, Step
from labs.paths import state_dir

__all__ = ["cluster_lock"]


@contextmanager
def cluster_lock(name: str, progress: Progress) -> Iterator[None]:
    """Hold the lock of the cluster `name`; while another process has it, say so and wait."""
    lock = state_dir() / "clusters" / f"{name}.lock"

    def waiting() -> None:
        progress(Step("lock", "waiting", f"another labs process ({holder(lock) or '?'}) works on this cluster"))

    with exclusive(lock, waiting=waiting, what="the cluster"):
        yield
