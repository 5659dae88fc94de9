"""The course as an ordinary user: the same cluster, nothing of it needs root."""

from __future__ import annotations

import os
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.pocket import Account, Pocket, all_ended, place

LESSONS = Path(__file__).resolve().parents[2] / "labs" / "lessons"


@pytest.fixture(scope="module")
def users_cluster(ordinary_user: Account) -> Iterator[Pocket]:
    """Her running cluster."""
    with place(ordinary_user) as pocket:
        pocket.labs("up")
        yield pocket


def test_three_nodes_are_ready_and_nothing_of_it_is_roots(users_cluster: Pocket) -> None:
    assert [node["ready"] for node in users_cluster.status()["nodes"]] == [True] * 3
    owners = {os.stat(f"/proc/{one.pid}").st_uid for one in users_cluster.processes()}
    assert 0 not in owners or os.geteuid() != 0 or users_cluster.account.uid is None, owners


def test_the_first_exercise_passes(users_cluster: Pocket) -> None:
    folder = users_cluster.folder / "files"
    folder.mkdir(mode=0o755)
    manifest = folder / "pod.yaml"
    manifest.write_text((LESSONS / "pod" / "hello" / "solution.yaml").read_text(encoding="utf-8"), encoding="utf-8")
    users_cluster.labs("try", "pod/hello", str(manifest))
    users_cluster.labs("try", "pod/hello", str(folder / "none.yaml"), code=2)


def test_another_user_id_is_refused_by_name_or_works(users_cluster: Pocket) -> None:
    spec = '{"spec": {"automountServiceAccountToken": false, "securityContext": {"runAsUser": 1000}}}'
    users_cluster.kubectl("run", "other", "--image=python:3.10", "--restart=Never", f"--overrides={spec}", "--", "id")
    told = ""
    deadline = time.monotonic() + 30
    while time.monotonic() < deadline and not any(word in told for word in ("newuidmap", "Succeeded")):
        time.sleep(0.2)
        told = users_cluster.kubectl("get", "pod", "other", "-o", "jsonpath={.status.phase}")
        told += users_cluster.kubectl("get", "events", "-o", "jsonpath={.items[*].message}")
    assert "newuidmap" in told or "Succeeded" in told, told


def test_down_leaves_no_process(users_cluster: Pocket) -> None:
    processes = users_cluster.processes()
    users_cluster.labs("down")
    assert all_ended(processes)
