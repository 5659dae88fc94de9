"""The life of a real pocket cluster, through the command line: up, down, kills, interrupts, reset."""

from __future__ import annotations

import json
import os
import shutil
import signal
import socket
import stat
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from labs.cluster.processes import Process, descendants, find
from tests.pocket import all_ended

LABS = [sys.executable, "-m", "labs.cli"]


@dataclass(frozen=True)
class Place:
    """A state folder of one test, with a short path because sockets are in it."""

    folder: Path

    @property
    def environment(self) -> dict[str, str]:
        return {**os.environ, "LABS_STATE_DIR": str(self.folder)}

    @property
    def state(self) -> Path:
        return self.folder / "clusters" / "pocket"

    def labs(self, *words: str, code: int = 0) -> str:
        answer = subprocess.run(
            [*LABS, *words], env=self.environment, capture_output=True, text=True, timeout=120, check=False
        )
        assert answer.returncode == code, f"labs {words}: {answer.returncode}\n{answer.stdout}{answer.stderr}"
        return answer.stdout + answer.stderr

    def status(self) -> dict[str, Any]:
        value = json.loads((self.state / "status.json").read_text(encoding="utf-8"))
        assert isinstance(value, dict)
        return value

    def processes(self) -> tuple[Process, ...]:
        """The supervisor and all below it."""
        supervisor = find(self.status()["pid"])
        assert supervisor
        return (supervisor, *descendants(supervisor))

    def kubectl(self, *words: str) -> str:
        return self.labs("kubectl", *words)


@pytest.fixture
def place(engine: Path) -> Iterator[Place]:
    folder = Path(tempfile.mkdtemp(prefix="labs-"))
    place = Place(folder)
    yield place
    place.labs("down")
    shutil.rmtree(folder, ignore_errors=True)


def test_up_is_idempotent_and_down_leaves_state_but_no_process(place: Place) -> None:
    place.labs("up")
    assert [node["ready"] for node in place.status()["nodes"]] == [True] * 3
    processes = place.processes()
    assert len(processes) > 8
    place.labs("up")
    assert place.processes()[0] == processes[0]
    assert stat.S_IMODE((place.state / "kubeconfig").stat().st_mode) == 0o600
    assert stat.S_IMODE(place.state.stat().st_mode) == 0o700
    place.kubectl("create", "configmap", "kept", "--from-literal=a=b")
    server = place.status()["server"]
    place.labs("down")
    assert all_ended(processes)
    place.labs("status", code=1)
    place.labs("up")
    assert place.status()["server"] == server
    assert "kept" in place.kubectl("get", "configmaps")


def test_killed_supervisor_takes_everything_with_it(place: Place) -> None:
    place.labs("up", "--nodes", "1")
    processes = place.processes()
    os.kill(processes[0].pid, signal.SIGKILL)
    assert all_ended(processes)
    assert "not running" in place.labs("status", code=1)
    assert "labs up" in place.labs("kubectl", "get", "nodes", code=1)
    place.labs("up")
    assert "node-1" in place.kubectl("get", "nodes")


@pytest.mark.parametrize("seconds", [0.1, 0.5, 1.0, 2.0])
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGKILL])
def test_interrupted_up_leaves_nothing_or_something_usable(
    place: Place, seconds: float, number: signal.Signals
) -> None:
    process = subprocess.Popen(
        [*LABS, "up", "--nodes", "1"], env=place.environment, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    )
    time.sleep(seconds)
    process.send_signal(number)
    assert process.wait(20) != 0
    if number != signal.SIGKILL and place.state.exists():
        assert "is running" not in place.labs("status", code=1)
        assert not (place.state / "status.json").exists() or not find(place.status()["pid"])
    place.labs("up")
    assert "Ready" in place.kubectl("get", "nodes")


def test_reset_removes_the_lessons_and_nothing_else(place: Place) -> None:
    place.labs("up", "--nodes", "1")
    for name in ("labs-pod-hello", "labs-system", "mine"):
        place.kubectl("create", "namespace", name)
    place.labs("reset")
    left = place.kubectl("get", "namespaces", "-o", "name").split()
    assert "namespace/labs-pod-hello" not in left and {"namespace/labs-system", "namespace/mine"} <= set(left)
    place.labs("reset", "--hard")
    assert "namespace/mine" not in place.kubectl("get", "namespaces", "-o", "name").split()


def test_busy_port_is_named(place: Place) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        said = place.labs("up", "--nodes", "1", "--api-port", str(taken.getsockname()[1]), code=1)
    assert "in use" in said and "next:" in said


def test_two_ups_at_once_share_one_cluster(place: Place) -> None:
    several = [subprocess.Popen([*LABS, "up", "--nodes", "1"], env=place.environment) for _ in range(3)]
    assert [process.wait(60) for process in several] == [0, 0, 0]
    assert "Ready" in place.kubectl("get", "nodes")


def test_state_of_a_newer_version_is_refused_and_kept(place: Place) -> None:
    place.state.mkdir(parents=True)
    (place.state / "cluster.json").write_text('{"schema": 99}', encoding="utf-8")
    assert "newer version" in place.labs("up", code=1)
    assert (place.state / "cluster.json").read_text(encoding="utf-8") == '{"schema": 99}'
    (place.state / "cluster.json").unlink()
