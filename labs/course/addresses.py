"""Where a Service can be reached from this machine."""

from __future__ import annotations

from labs.cluster import get
from labs.cluster.files import read_json
from labs.paths import cluster_dir

__all__ = ["address_of"]


def address_of(namespace: str, service: str, port: int) -> tuple[str, int] | None:
    """Host and port of the forward of a Service's port; None when there is none (yet)."""
    value = read_json(cluster_dir(get().name) / "forwards.json") or {}
    for each in value.get("forwards") or ():
        if (each["namespace"], each["service"], each["port"]) == (namespace, service, port):
            return str(each["address"]), int(each["host_port"])
    return None
