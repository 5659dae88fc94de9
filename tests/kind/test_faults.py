"""What is missing or breaks while a cluster is made is named, and nothing of it stays."""

from __future__ import annotations

import json
import os
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from labs.cluster.kind import program
from labs.cluster.kind.containers import ContainerEngine
from labs.cluster.kind.create import at_work
from labs.cluster.kind.program import ensure_kind
from labs.cluster.model import Step
from labs.cluster.pocket.recipe import required_go
from labs.cluster.pocket.toolchain import find_go
from labs.errors import ClusterError
from tests.kind.place import KindPlace, containers, eventually, name_of
from tests.kind.relay import Relay
from tests.pocket import Account


@pytest.fixture
def relay(own_kind: KindPlace, container_engine: ContainerEngine) -> Iterator[Relay]:
    """The way to the engine of `behind`."""
    if container_engine.name != "docker":
        pytest.skip("only Docker has a socket that can be cut")
    way = Relay(own_kind.folder / "engine.sock")
    way.open()
    yield way
    way.cut()


@pytest.mark.parametrize("step", ["Preparing nodes", "Starting control-plane"])
def test_engine_that_stops_while_a_cluster_is_made(
    own_kind: KindPlace, container_engine: ContainerEngine, relay: Relay, step: str
) -> None:
    environment = {**own_kind.account.environment, "DOCKER_HOST": f"unix://{own_kind.folder}/engine.sock"}
    place = KindPlace(own_kind.folder, Account(environment=environment))
    events = list(_up(place, relay, step))
    said = next(event for event in events if event["event"] == "error")
    assert "stopped answering" in said["what"] and "labs up --cluster kind" in said["next"]
    assert "does not run" in place.labs("up", code=1)
    relay.open()
    place.labs("down")
    assert containers(container_engine, own_kind) == () and not at_work(name_of(own_kind))


def _up(place: KindPlace, relay: Relay, step: str) -> Iterator[dict[str, Any]]:
    """What `labs up` says while the engine goes away at a step."""
    with place.spawn("up", "--json", stdout=subprocess.PIPE, stderr=subprocess.DEVNULL) as process:
        assert process.stdout
        for line in process.stdout:
            event = json.loads(line)
            if event.get("detail") == step:
                assert eventually(lambda: bool(at_work(name_of(place))))
                relay.cut()
            yield event
    assert process.returncode == 1


@pytest.fixture
def without_kind(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """No kind on PATH, and an empty folder to build it into; Go stays, and what it has compiled."""
    go = find_go(required_go(), lambda step: None)
    folder = tmp_path / "kind"
    monkeypatch.setenv("PATH", f"{go.parent}{os.pathsep}/usr/bin{os.pathsep}/bin")
    monkeypatch.setattr(program, "_folder", lambda: folder)
    return folder


@pytest.mark.usefixtures("container_engine")
def test_kind_is_built_from_its_module(without_kind: Path) -> None:
    steps: list[Step] = []
    built = ensure_kind(steps.append)
    answer = subprocess.run([built, "version"], capture_output=True, text=True, check=True)
    assert built.parent == without_kind and answer.stdout.startswith("kind v0.33.0")
    assert steps[-1].state == "ready" and ensure_kind(steps.append) == built


@pytest.mark.usefixtures("container_engine")
def test_kind_that_cannot_be_built_has_its_command(without_kind: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GOPROXY", "off")
    monkeypatch.setattr(program, "KIND_MODULE", "sigs.k8s.io/kind@v0.0.1")
    with pytest.raises(ClusterError, match="cannot be built") as caught:
        ensure_kind()
    assert "go install sigs.k8s.io/kind@" in caught.value.next_step
    assert not list(without_kind.iterdir())
