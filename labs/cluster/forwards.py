"""Ports of this machine that lead to Services of a cluster: `forwards.json` in its folder, kept by whatever forwards."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from labs.cluster.files import read_json

__all__ = ["Forward", "forwards", "url_of"]


@dataclass(frozen=True)
class Forward:
    """One port of a Service (`port`, `name`) and the one of this machine (`address`, `host_port`) that leads to it.

    `kind`: LoadBalancer or NodePort.
    """

    namespace: str
    service: str
    port: int
    name: str
    kind: str
    address: str
    host_port: int


def forwards(folder: Path) -> tuple[Forward, ...]:
    """All that are open for the cluster of this state folder (`labs.paths.cluster_dir(name)`)."""
    rows = (read_json(folder / "forwards.json") or {}).get("forwards")
    found = (_forward(row) for row in rows) if isinstance(rows, list) else ()
    return tuple(one for one in found if one)


def url_of(forward: Forward) -> str:
    """Where it opens: ``http://127.0.0.1:34567``."""
    return f"http://{forward.address}:{forward.host_port}"


def _forward(row: Any) -> Forward | None:
    try:
        return Forward(
            namespace=str(row["namespace"]),
            service=str(row["service"]),
            port=int(row["port"]),
            name=str(row.get("name") or ""),
            kind=str(row["kind"]),
            address=str(row["address"]),
            host_port=int(row["host_port"]),
        )
    except (KeyError, TypeError, ValueError, AttributeError):
        return None
