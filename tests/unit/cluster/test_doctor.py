"""The doctor: quick, and each thing that is missing has a reason and a next step."""

from __future__ import annotations

import time
from pathlib import Path

import pytest

from labs.cluster import Finding, doctor
from labs.cluster.doctor import examine
from labs.cluster.pocket.provider import PocketCluster


def by_name() -> dict[str, Finding]:
    return {finding.name: finding for finding in examine()}


def test_healthy_machine_in_time(pocket: PocketCluster) -> None:
    began = time.monotonic()
    findings = by_name()
    assert time.monotonic() - began < 3
    assert {"python", "memory", "disk", "loopback", "engine", "mount"} <= findings.keys()
    assert all(one.ok for one in findings.values() if one.required)


def test_refused_mounts_are_explained(pocket: PocketCluster, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("POCKET_FAKE", "refused")
    mount = by_name()["mount"]
    assert not mount.ok and mount.required and mount.next_step == "sudo sysctl -w x=0"


def test_broken_engine_is_a_finding(pocket: PocketCluster, folders: Path) -> None:
    (folders / "engine" / "pocket").write_text("#!/bin/sh\nexit 1\n", encoding="utf-8")
    assert "does not run" in by_name()["machine"].found


def test_missing_engine_is_a_note(folders: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LABS_ENGINE_DIR", str(folders / "nothing"))
    finding = by_name()["engine"]
    assert not finding.ok and not finding.required and "labs engine build" in finding.next_step


@pytest.mark.parametrize(("around", "fine"), [("", False), ("127.0.0.1,localhost", True)])
def test_proxy_that_catches_loopback(folders: Path, monkeypatch: pytest.MonkeyPatch, around: str, fine: bool) -> None:
    monkeypatch.setenv("https_proxy", "http://127.0.0.1:9")
    for name in ("no_proxy", "NO_PROXY"):
        monkeypatch.setenv(name, around)
    assert by_name()["proxy"].ok is fine


def test_state_folder_that_cannot_be_made(folders: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (folders / "file").write_text("", encoding="utf-8")
    monkeypatch.setenv("LABS_STATE_DIR", str(folders / "file" / "state"))
    finding = by_name()["folders"]
    assert finding.required and not finding.ok and "LABS_STATE_DIR" in finding.next_step


def test_used_up_inotify_is_named_with_its_remedy(folders: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(doctor, "inotify_instances", lambda most: 3)
    found = by_name()["inotify"]
    assert not found.ok
    assert "3 more" in found.found
    assert "fs.inotify.max_user_instances" in found.next_step


def test_inotify_instances_are_given_back() -> None:
    before = len(list(Path("/proc/self/fd").iterdir()))
    assert 0 <= doctor.inotify_instances(5) <= 5
    assert len(list(Path("/proc/self/fd").iterdir())) == before
