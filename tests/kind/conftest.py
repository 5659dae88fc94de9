"""One real kind cluster a session, and what is needed to look behind it."""

from __future__ import annotations

import json
from collections.abc import Iterator

import pytest

from labs.cluster.kind.containers import ContainerEngine, ask
from labs.kube import Client
from tests.conftest import lacking
from tests.kind.place import KindPlace, kind_place, why_not


@pytest.fixture(scope="session")
def container_engine() -> ContainerEngine:
    """An engine that answers and has the node image."""
    reason = why_not()
    if reason:
        lacking(f"no kind cluster can be made: {reason}", part="kind")
    return ask()


@pytest.fixture(scope="session")
def kind(container_engine: ContainerEngine) -> Iterator[KindPlace]:
    """The session's kind cluster with three nodes; tests leave it running as it was."""
    with kind_place() as place:
        place.up()
        yield place


@pytest.fixture(scope="session")
def kind_client(kind: KindPlace, tmp_path_factory: pytest.TempPathFactory) -> Client:
    """A client of it."""
    record = json.loads((kind.state / "cluster.json").read_text(encoding="utf-8"))
    return Client.from_kubeconfig(
        kind.kubeconfig, identity=record["identity"], cache_dir=tmp_path_factory.mktemp("kind-client")
    )


@pytest.fixture
def kind_here(kind: KindPlace, monkeypatch: pytest.MonkeyPatch) -> KindPlace:
    """The session's kind cluster as the one that `labs` functions in this process find."""
    for name, value in kind.environment.items():
        if name.startswith("LABS_"):
            monkeypatch.setenv(name, value)
    return kind


@pytest.fixture
def own_kind(container_engine: ContainerEngine) -> Iterator[KindPlace]:
    """A place of this test alone; nothing runs in it yet."""
    with kind_place() as place:
        yield place
