"""Where a Service can be reached from this machine."""

from __future__ import annotations

from labs.cluster import get
from labs.cluster.forwards import forwards
from labs.paths import cluster_dir

__all__ = ["address_of"]


def address_of(namespace: str, service: str, port: int) -> tuple[str, int] | None:
    """Host and port of the forward of a Service's port; None when there is none (yet)."""
    for each in forwards(cluster_dir(get().name)):
        if (each.namespace, each.service, each.port) == (namespace, service, port):
            return each.address, each.host_port
    return None
