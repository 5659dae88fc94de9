"""What we remember of the kind cluster between runs."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from typing import Any

from labs.cluster.files import read_json, write_json
from labs.cluster.kind.containers import ContainerEngine, ask
from labs.cluster.model import UpOptions
from labs.errors import ClusterError

__all__ = ["SCHEMA", "Record", "engine_of", "read_record", "write_record"]

SCHEMA = 1


@dataclass(frozen=True)
class Record:
    """`phase`: '' (no cluster), creating or ready; `addresses`: of the nodes when they were made."""

    schema: int = SCHEMA
    phase: str = ""
    image: str = ""
    engine: str = ""
    identity: str = ""
    nodes: int = 3
    node_cpu: str = "2"
    node_memory: str = "4Gi"
    port: int = 0
    addresses: Mapping[str, str] = field(default_factory=dict)

    def with_options(self, options: UpOptions) -> Record:
        """This record with what the caller has chosen."""
        return replace(
            self,
            nodes=options.nodes or self.nodes,
            node_cpu=options.node_cpu or self.node_cpu,
            node_memory=options.node_memory or self.node_memory,
        )

    def shape(self) -> tuple[int, str, str]:
        """Number of nodes, CPU and memory of each."""
        return self.nodes, self.node_cpu, self.node_memory

    def forgotten(self) -> Record:
        """Only the shape, which the next cluster gets as well."""
        return Record(nodes=self.nodes, node_cpu=self.node_cpu, node_memory=self.node_memory)


def engine_of(folder: Path) -> ContainerEngine:
    """The engine that has our cluster, and no other; where there is none, the first that answers."""
    return ask((read_record(folder) or Record()).engine)


def read_record(folder: Path) -> Record | None:
    """The record, or None in a new folder; raises ClusterError when a newer version of the course wrote it."""
    value = read_json(folder / "cluster.json")
    if value is None:
        return None
    schema = value.get("schema")
    if not isinstance(schema, int) or schema > SCHEMA:
        raise ClusterError(
            what="The cluster's state folder was written by a newer version of this course",
            why=f"{folder} has format {schema}; this version knows format {SCHEMA}",
            next_step="Update the course, or set LABS_STATE_DIR to another folder to start with a new cluster beside it",
        )
    known: dict[str, Any] = {key: item for key, item in value.items() if key in Record.__dataclass_fields__}
    return Record(**known)


def write_record(folder: Path, record: Record) -> None:
    """Replace the record atomically."""
    write_json(folder / "cluster.json", asdict(record))
