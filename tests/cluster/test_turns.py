"""A try borrows the GPU fleet: what a learner has running is there again afterwards, and so are her cards."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from labs import manifest
from labs.cluster import gpus
from labs.course import find, fleets, try_files
from labs.kube import Client
from labs.kube.streams import until
from tests.cluster.test_exercises import Lines
from tests.pocket import Pocket

RUN_SECONDS = 120.0


@pytest.fixture
def learner(client: Client, cluster: Pocket, monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    """The namespace in which she has solved gpu/first-gpu."""
    for name, value in cluster.environment.items():
        if name.startswith("LABS_"):
            monkeypatch.setenv(name, value)
    exercise = find("gpu/first-gpu")
    namespace = exercise.namespace()
    client.ensure_namespace(namespace)
    with fleets.turn():
        fleets.put(client, exercise, namespace)
    solve(client, exercise.solution, namespace)
    yield namespace
    client.delete_namespace(namespace)
    gpus.clear_fleet(client)
    gpus.wait_for_fleet(client, {}, threading.Event())


def solve(client: Client, text: str, namespace: str) -> None:
    for document in manifest.parse(text).documents:
        client.apply(document.data, namespace)
    running(client, namespace)


def running(client: Client, namespace: str) -> None:
    def runs(pod: object) -> bool:
        return isinstance(pod, dict) and pod.get("status", {}).get("phase") == "Running"

    path = f"/api/v1/namespaces/{namespace}/pods"
    until(client.transport, path, "gpu-pod", runs, "gpu-pod to run", RUN_SECONDS)


def test_a_try_of_another_exercise_gives_her_pod_and_her_cards_back(
    client: Client, learner: str, tmp_path: Path
) -> None:
    other = find("gpu/limits")
    file = tmp_path / "solution.yaml"
    file.write_text(other.solution)
    before = client.get("Pod", "gpu-pod", learner)
    assert before is not None
    report = try_files(client, other, [file], Lines())
    assert report.exit_code == 0, report
    assert gpus.fleet_of(client) == find("gpu/first-gpu").fleet
    running(client, learner)
    after = client.get("Pod", "gpu-pod", learner)
    assert after is not None
    assert after["metadata"]["uid"] != before["metadata"]["uid"]
    assert fleets.is_there(client, find("gpu/first-gpu"), learner)
