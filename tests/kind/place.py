"""A real kind cluster for tests: a state folder and a cluster name of its own, driven by the command line."""

from __future__ import annotations

import hashlib
import shutil
import subprocess
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from labs.cluster.kind.containers import ContainerEngine, NodeContainer, ask
from labs.cluster.kind.pull import ensure_image
from labs.cluster.kind.recipe import CLUSTER_LABEL, node_image
from labs.cluster.model import ignore_progress
from labs.errors import LabsError
from tests.pocket import Account, Pocket

SECONDS = 400.0


class KindPlace(Pocket):
    """A kind cluster below `folder`."""

    @property
    def state(self) -> Path:
        """The folder of the cluster."""
        return self.folder / "state" / "clusters" / "kind"

    def up(self, *words: str) -> str:
        """Bring it up; what was said."""
        answer = self.run("up", *words, seconds=SECONDS)
        assert answer.returncode == 0, answer.stderr
        return answer.stdout + answer.stderr


def name_of(place: KindPlace) -> str:
    """Name of its cluster in the container engine."""
    return "labs-" + hashlib.sha256(str((place.folder / "state").resolve()).encode()).hexdigest()[:6]


def engine_with_image() -> ContainerEngine:
    """The container engine with the node image in it; raises LabsError."""
    engine = ask()
    ensure_image(engine, node_image(), ignore_progress)
    return engine


def containers(engine: ContainerEngine, place: KindPlace) -> tuple[NodeContainer, ...]:
    """Node containers whose mark is in this place."""
    listed = engine.run(
        "ps", "-a", "--filter", f"label={CLUSTER_LABEL}", "--format", f'{{{{.Label "{CLUSTER_LABEL}"}}}}'
    )
    nodes = [node for name in sorted(set(listed.split())) for node in engine.nodes(name)]
    return tuple(node for node in nodes if node.mark.startswith(f"{place.folder.resolve()}/"))


def eventually(holds: Callable[[], bool], seconds: float = 90) -> bool:
    """Whether it holds within so many seconds."""
    deadline = time.monotonic() + seconds
    while not holds():
        if time.monotonic() > deadline:
            return False
        time.sleep(0.1)
    return True


@contextmanager
def kind_place() -> Iterator[KindPlace]:
    """A place for a kind cluster, which ends with the block and leaves no container."""
    folder = Path(tempfile.mkdtemp(prefix="labs-"))
    place = KindPlace(folder, Account(environment={"LABS_CLUSTER": "kind"}))
    try:
        yield place
    finally:
        ended = place.run("down", seconds=SECONDS)
        shutil.rmtree(folder, ignore_errors=True)
        assert ended.returncode == 0, ended.stderr


def why_not() -> str:
    """Why there can be no kind cluster here; empty when there can."""
    try:
        engine_with_image()
    except (LabsError, subprocess.SubprocessError) as error:
        return str(error)
    return ""
