"""The pocket cluster's state folder: what we record in it, and what its supervisor says there."""

from __future__ import annotations

from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

from labs.cluster.files import read_json, write_json
from labs.cluster.model import NodeStatus, ProcessStatus, UpOptions
from labs.cluster.pocket.recipe import KUBERNETES
from labs.cluster.processes import Process
from labs.errors import ClusterError

__all__ = ["SCHEMA", "Record", "Report", "read_record", "read_report", "write_record"]

SCHEMA = 1


@dataclass(frozen=True)
class Record:
    """What we remember between runs. `identity`: UID of the kube-system namespace; empty before the first start."""

    schema: int = SCHEMA
    kubernetes: str = KUBERNETES
    engine: str = ""
    identity: str = ""
    nodes: int = 3
    node_cpu: str = "2"
    node_memory: str = "4Gi"

    def with_options(self, options: UpOptions) -> Record:
        """This record with what the caller has chosen."""
        return replace(
            self,
            kubernetes=KUBERNETES,
            nodes=options.nodes or self.nodes,
            node_cpu=options.node_cpu or self.node_cpu,
            node_memory=options.node_memory or self.node_memory,
        )

    def shape(self) -> tuple[int, str, str]:
        return self.nodes, self.node_cpu, self.node_memory


@dataclass(frozen=True)
class Report:
    """The supervisor's own status file."""

    process: Process
    phase: str
    server: str
    version: str
    nodes: tuple[NodeStatus, ...]
    processes: tuple[ProcessStatus, ...]


def read_record(folder: Path) -> Record | None:
    """The record, or None in a new folder; raises ClusterError when a newer version of the course wrote it."""
    value = read_json(folder / "cluster.json")
    if value is None:
        return None
    schema, kubernetes = value.get("schema"), str(value.get("kubernetes", KUBERNETES))
    if not isinstance(schema, int) or schema > SCHEMA or _minor(kubernetes) > _minor(KUBERNETES):
        raise ClusterError(
            what="The cluster's state folder was written by a newer version of this course",
            why=f"{folder} has format {schema} with Kubernetes {kubernetes}; "
            f"this version knows format {SCHEMA} with Kubernetes {KUBERNETES}",
            next_step="Update the course, or set LABS_STATE_DIR to another folder to start with a new cluster beside it",
        )
    known: dict[str, Any] = {key: item for key, item in value.items() if key in Record.__dataclass_fields__}
    return Record(**known)


def write_record(folder: Path, record: Record) -> None:
    """Replace the record atomically."""
    write_json(folder / "cluster.json", asdict(record))


def read_report(folder: Path) -> Report | None:
    """What the supervisor wrote last; None when there is nothing usable. Its process may have ended since."""
    value = read_json(folder / "status.json")
    try:
        return _report(value) if value else None
    except (KeyError, TypeError, ValueError):
        return None


def _report(value: dict[str, Any]) -> Report:
    nodes = tuple(NodeStatus(str(node["name"]), bool(node["ready"])) for node in value.get("nodes") or ())
    processes = tuple(
        ProcessStatus(
            str(one["name"]), int(one.get("pid") or 0), int(one.get("restarts") or 0), _time(one.get("since"))
        )
        for one in value.get("processes") or ()
    )
    return Report(
        process=Process(int(value["pid"]), int(value["started"])),
        phase=str(value.get("phase", "")),
        server=str(value.get("server", "")),
        version=str(value.get("version", "")),
        nodes=nodes,
        processes=processes,
    )


def _time(value: object) -> float:
    return float(value) if isinstance(value, (int, float)) else 0.0


def _minor(version: str) -> tuple[int, ...]:
    parts = version.lstrip("v").split(".")[:2]
    return tuple(int(part) for part in parts if part.isdigit())
