"""The pocket provider against a fake engine: what is started is ended, in every way a start can go wrong."""

from __future__ import annotations

import json
import os
import shutil
import stat
import threading
import time
from pathlib import Path

import pytest

from labs.cluster import Step, UpOptions, api, ignore_progress
from labs.cluster.pocket import supervisor
from labs.cluster.pocket.provider import PocketCluster
from labs.cluster.processes import find
from labs.cluster.progress import read_progress
from labs.errors import ClusterError, NotRunning


def child_of(pocket: PocketCluster) -> int:
    return int((pocket.folder / "child").read_text(encoding="ascii"))


def ended(pid: int) -> bool:
    deadline = time.monotonic() + 3
    while find(pid) and time.monotonic() < deadline:
        time.sleep(0.01)
    return find(pid) is None


def test_up_is_idempotent_and_down_leaves_nothing(pocket: PocketCluster) -> None:
    first = pocket.up(UpOptions(), ignore_progress)
    assert first.running and [node.name for node in first.nodes] == ["node-1", "node-2", "node-3"]
    assert pocket.up(UpOptions(), ignore_progress).pid == first.pid
    child = child_of(pocket)
    assert pocket.down(ignore_progress).state == "stopped"
    assert ended(first.pid) and ended(child)
    assert pocket.down(ignore_progress).state == "stopped"


def test_status_before_the_first_start(pocket: PocketCluster) -> None:
    assert pocket.status().state == "absent"
    with pytest.raises(NotRunning, match="never started"):
        pocket.kubeconfig()


def test_progress_is_reported_and_left_for_others(pocket: PocketCluster) -> None:
    steps: list[Step] = []
    pocket.up(UpOptions(), steps.append)
    assert Step("etcd", "ready", "", None, 0.3) in steps
    progress = read_progress(pocket.folder)
    assert progress and progress.state == "ready" and progress.step


def test_status_while_it_comes_up(pocket: PocketCluster) -> None:
    seen: list[str] = []
    pocket.up(UpOptions(), lambda step: seen.append(pocket.status().state))
    assert seen[0] == "starting" and set(seen) <= {"starting", "running"} and pocket.status().running


def test_shape_is_remembered_and_not_changed_while_running(pocket: PocketCluster) -> None:
    pocket.up(UpOptions(nodes=2, node_cpu="500m"), ignore_progress)
    with pytest.raises(ClusterError, match="already runs with 2 nodes of 500m CPU"):
        pocket.up(UpOptions(nodes=3), ignore_progress)
    pocket.down(ignore_progress)
    assert len(pocket.up(UpOptions(), ignore_progress).nodes) == 2


def test_no_secret_of_the_learner_reaches_the_cluster(pocket: PocketCluster, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HF_TOKEN", "hf_secret")
    monkeypatch.setenv("https_proxy", "http://127.0.0.1:9")
    pocket.up(UpOptions(), ignore_progress)
    given = json.loads((pocket.folder / "arguments.json").read_text(encoding="utf-8"))
    assert "HF_TOKEN" not in given["environment"] and "https_proxy" in given["environment"]
    assert given["--nodes"] == "3" and given["--python-version"].count(".") == 2


def test_refused_machine_is_named_before_anything_starts(
    pocket: PocketCluster, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("POCKET_FAKE", "refused")
    with pytest.raises(ClusterError, match="mounts are refused") as caught:
        pocket.up(UpOptions(), ignore_progress)
    assert caught.value.next_step == "sudo sysctl -w x=0"
    assert not (pocket.folder / "supervisor.lock").exists()


def test_error_of_the_supervisor_is_ours(pocket: PocketCluster, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("POCKET_FAKE", "error")
    with pytest.raises(ClusterError, match="The disk is full") as caught:
        pocket.up(UpOptions(), ignore_progress)
    assert (caught.value.why, caught.value.next_step) == ("0 bytes are free", "Free some")
    progress = read_progress(pocket.folder)
    assert progress and progress.state == "failed" and progress.error


def test_death_of_the_supervisor_shows_its_last_words(pocket: PocketCluster, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("POCKET_FAKE", "dies")
    with pytest.raises(ClusterError, match="panic: no more"):
        pocket.up(UpOptions(), ignore_progress)
    assert pocket.status().state == "stopped"


def test_start_that_takes_too_long_is_ended(pocket: PocketCluster, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("POCKET_FAKE", "hangs")
    monkeypatch.setattr(supervisor, "_READY_SECONDS", 1.0)
    with pytest.raises(ClusterError, match="does not become ready"):
        pocket.up(UpOptions(), ignore_progress)
    assert ended(child_of(pocket)) and pocket.status().state == "stopped"


def test_interrupt_ends_what_was_started(pocket: PocketCluster, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("POCKET_FAKE", "hangs")

    def interrupt(step: Step) -> None:
        if step.name == "etcd":
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        pocket.up(UpOptions(), interrupt)
    assert pocket.status().state == "stopped"
    progress = read_progress(pocket.folder)
    assert progress and progress.state == "interrupted"
    monkeypatch.delenv("POCKET_FAKE")
    assert pocket.up(UpOptions(), ignore_progress).running


def test_stubborn_supervisor_is_ended_by_force(pocket: PocketCluster, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("POCKET_FAKE", "stubborn")
    monkeypatch.setattr(supervisor, "_ORDERLY_SECONDS", 0.3)
    status, child = pocket.up(UpOptions(), ignore_progress), child_of(pocket)
    pocket.down(ignore_progress)
    assert ended(status.pid) and ended(child)


def test_killed_supervisor_is_recognised(pocket: PocketCluster) -> None:
    status = pocket.up(UpOptions(), ignore_progress)
    os.kill(child_of(pocket), 9)
    os.kill(status.pid, 9)
    assert ended(status.pid)
    assert pocket.status().state == "stopped"
    with pytest.raises(NotRunning):
        pocket.kubeconfig()
    assert pocket.up(UpOptions(), ignore_progress).pid != status.pid


def test_reused_process_id_is_not_taken_for_ours(pocket: PocketCluster) -> None:
    pocket.up(UpOptions(), ignore_progress)
    pocket.down(ignore_progress)
    stale = {"schema": 1, "pid": os.getpid(), "started": 1, "phase": "ready", "nodes": [], "processes": []}
    (pocket.folder / "status.json").write_text(json.dumps(stale), encoding="utf-8")
    assert pocket.status().state == "stopped"


@pytest.mark.parametrize("text", ["", "{", "[]", '{"pid": "x"}', '{"schema": 1}', '{"pid": null, "started": 3}'])
def test_broken_status_file_is_no_cluster(pocket: PocketCluster, text: str) -> None:
    pocket.folder.mkdir(parents=True)
    (pocket.folder / "status.json").write_text(text, encoding="utf-8")
    assert pocket.status().state == "absent"


@pytest.mark.parametrize("newer", [{"schema": 2}, {"schema": 1, "kubernetes": "v1.38.0"}, {"schema": "x"}])
def test_state_of_a_newer_version_is_refused_and_kept(pocket: PocketCluster, newer: dict[str, object]) -> None:
    pocket.folder.mkdir(parents=True)
    record = pocket.folder / "cluster.json"
    record.write_text(json.dumps(newer), encoding="utf-8")
    with pytest.raises(ClusterError, match="newer version"):
        pocket.up(UpOptions(), ignore_progress)
    assert json.loads(record.read_text(encoding="utf-8")) == newer
    record.unlink()


def test_two_starts_at_once_make_one_cluster(pocket: PocketCluster) -> None:
    found: list[int] = []
    threads = [
        threading.Thread(target=lambda: found.append(pocket.up(UpOptions(), ignore_progress).pid)) for _ in range(4)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(found) == 4 and len(set(found)) == 1


def test_new_database_is_told_and_recorded(pocket: PocketCluster, monkeypatch: pytest.MonkeyPatch) -> None:
    pocket.up(UpOptions(), ignore_progress)
    pocket.down(ignore_progress)
    monkeypatch.setattr(api, "identity_of", lambda kubeconfig: "uid-2")
    steps: list[Step] = []
    assert pocket.up(UpOptions(), steps.append).identity == "uid-2"
    assert any("made anew" in step.detail for step in steps)


def test_hard_reset_forgets_and_starts_anew(pocket: PocketCluster) -> None:
    status = pocket.up(UpOptions(nodes=1), ignore_progress)
    (pocket.folder / "etcd").mkdir()
    again = pocket.reset(ignore_progress, hard=True)
    assert again.running and again.pid != status.pid and len(again.nodes) == 1
    assert not (pocket.folder / "etcd").exists()
    pocket.down(ignore_progress)
    assert pocket.reset(ignore_progress, hard=True).state == "absent"


def test_folders_are_private_and_kubectl_is_ours(pocket: PocketCluster, folders: Path) -> None:
    pocket.up(UpOptions(), ignore_progress)
    assert stat.S_IMODE(pocket.folder.stat().st_mode) == 0o700
    launcher = folders / "state" / "bin" / "kubectl"
    assert os.access(launcher, os.X_OK)
    assert f"KUBECONFIG={pocket.folder / 'kubeconfig'}" in launcher.read_text(encoding="utf-8")
    assert shutil.which(pocket.kubectl()[0])
