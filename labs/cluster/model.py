"""What every kind of cluster offers, and the values that are exchanged with it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any, Protocol

__all__ = [
    "Cluster",
    "ClusterStatus",
    "Finding",
    "Image",
    "NodeStatus",
    "ProcessStatus",
    "Progress",
    "Step",
    "UpOptions",
    "ignore_progress",
]


@dataclass(frozen=True)
class Step:
    """One line of progress.

    `name`: what is being done; `state`: waiting, starting, running, ready, restarted or note; `detail`: for people;
    `fraction`: 0..1 where it is known; `seconds`: how long it took (ready) or how long it may still take (running).
    """

    name: str
    state: str
    detail: str = ""
    fraction: float | None = None
    seconds: float | None = None


Progress = Callable[[Step], None]


def ignore_progress(step: Step) -> None:
    """A `Progress` that shows nothing."""


@dataclass(frozen=True)
class UpOptions:
    """Shape of the cluster; None: as it was the last time, else the default (3 nodes, 2 CPU, 4Gi)."""

    nodes: int | None = None
    node_cpu: str | None = None
    node_memory: str | None = None
    port: int | None = None


@dataclass(frozen=True)
class NodeStatus:
    """A node as the API server reports it."""

    name: str
    ready: bool


@dataclass(frozen=True)
class ProcessStatus:
    """A program of the cluster; `pid` as seen from here, 0 when unknown."""

    name: str
    pid: int
    restarts: int
    since: float = 0.0


@dataclass(frozen=True)
class ClusterStatus:
    """What is known now. `state`: running, starting, stopping, unreachable, stopped or absent."""

    name: str
    state: str
    server: str = ""
    version: str = ""
    identity: str = ""
    pid: int = 0
    nodes: tuple[NodeStatus, ...] = ()
    processes: tuple[ProcessStatus, ...] = ()
    detail: str = ""
    settings: Mapping[str, Any] = field(default_factory=dict)

    @property
    def running(self) -> bool:
        return self.state == "running"

    def as_json(self) -> dict[str, Any]:
        """Plain data for `--json`."""
        return asdict(self)


@dataclass(frozen=True)
class Finding:
    """One thing about this machine that was looked at; `required`: without it there is no cluster."""

    name: str
    ok: bool
    required: bool
    found: str
    why: str = ""
    next_step: str = ""


@dataclass(frozen=True)
class Image:
    """An image that Pods of the cluster can use.

    `digest`: sha256:…; `size` in bytes; `origin`: built, pulled, stand-in (this machine's own programs) or loaded.
    """

    name: str
    digest: str
    size: int
    origin: str


class Cluster(Protocol):
    """A place where lessons run. All methods raise `labs.errors.LabsError`; `up`, `down` and `reset` are locked."""

    @property
    def name(self) -> str:
        """Its name in the registry and of its state folder."""

    def up(self, options: UpOptions, progress: Progress) -> ClusterStatus:
        """Make it run; idempotent. An interrupt ends what this call has started."""

    def down(self, progress: Progress) -> ClusterStatus:
        """End it; idempotent. No process of it survives; a provider says whether its state does."""

    def status(self) -> ClusterStatus:
        """What is known now; never raises because the cluster is not there."""

    def reset(self, progress: Progress, *, hard: bool = False) -> ClusterStatus:
        """Remove the lessons' namespaces; `hard`: forget the whole cluster and, when it ran, make it anew."""

    def kubeconfig(self) -> Path:
        """Our own kubeconfig (mode 0600); raises NotRunning when there is none."""

    def kubectl(self) -> list[str]:
        """First words of a kubectl command line of the right version."""

    def build(self, context: Path, tag: str, progress: Progress, arguments: Mapping[str, str] | None = None) -> None:
        """Build the Dockerfile in `context` as the image `tag` for every node; `arguments`: values of its ARGs."""

    def images(self) -> tuple[Image, ...]:
        """Images that are on the nodes, those of Kubernetes itself left out."""
