"""The engine's recipe, its bundle, the go runner and the choice of a compiler."""

from __future__ import annotations

import io
import json
import os
import shutil
import subprocess
import tarfile
import time
from pathlib import Path

import pytest

from labs.cluster import Step, ignore_progress
from labs.cluster.locks import exclusive
from labs.cluster.pocket import build, bundle, clean, engine, recipe, toolchain
from labs.cluster.pocket.gotool import run_go
from labs.cluster.processes import find
from labs.errors import Busy, EngineError

HASH = "0123456789abcdef"


@pytest.fixture
def built(folders: Path, monkeypatch: pytest.MonkeyPatch) -> engine.Engine:
    """An engine in the cache, as a build would have left it."""
    monkeypatch.delenv("LABS_ENGINE_DIR", raising=False)
    for module in (engine, bundle):
        monkeypatch.setattr(module, "content_hash", lambda: HASH)
    monkeypatch.setattr(engine, "compile_programs", compile_nothing)
    return engine.ensure_engine(ignore_progress)


def compile_nothing(source: Path, target: Path, progress: object) -> str:
    for name in recipe.PROGRAMS:
        (target / name).write_text(f"#!/bin/sh\necho {name}\n", encoding="utf-8")
        (target / name).chmod(0o755)
    return "go1.26.8"


def test_engine_is_built_once_and_found(built: engine.Engine, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(engine, "compile_programs", None)
    assert engine.ensure_engine(ignore_progress) == built
    assert built.manifest["hash"] == HASH and built.manifest["go"] == "go1.26.8"


def test_failed_build_leaves_nothing(built: engine.Engine, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(source: Path, target: Path, progress: object) -> str:
        (target / "kube").write_text("half", encoding="utf-8")
        raise KeyboardInterrupt

    shutil.rmtree(built.folder)
    monkeypatch.setattr(engine, "compile_programs", fail)
    with pytest.raises(KeyboardInterrupt):
        engine.ensure_engine(ignore_progress)
    assert engine.find_engine() is None
    assert not list(built.folder.parent.glob(".new-*"))


def test_cleaning_keeps_the_engine_and_counts_what_it_frees(built: engine.Engine, folders: Path) -> None:
    old = built.folder.with_name("f" * 16)
    shutil.copytree(built.folder, old)
    (folders / "cache" / "go" / "build").mkdir(parents=True)
    (folders / "cache" / "go" / "build" / "object").write_bytes(b"x" * 100_000)
    freed = clean.clean()
    assert freed.go >= 100_000 and freed.engines > 0
    assert engine.find_engine() == built and not old.exists() and not (folders / "cache" / "go").exists()
    assert clean.clean() == clean.Cleaned(0, 0)


def test_nothing_is_cleaned_while_an_engine_is_built(built: engine.Engine, folders: Path) -> None:
    (folders / "cache" / "go").mkdir()
    with exclusive(built.folder.with_suffix(".lock")), pytest.raises(Busy, match="building the engine"):
        clean.clean()
    assert (folders / "cache" / "go").exists()


def test_bundle_travels(built: engine.Engine, tmp_path: Path) -> None:
    file = bundle.export_bundle(tmp_path / "engine.tar.gz", ignore_progress)
    shutil.rmtree(built.folder)
    assert bundle.import_bundle(file, ignore_progress).folder == built.folder
    found = engine.find_engine()
    assert found and os.access(found.kubectl, os.X_OK) and found.manifest == built.manifest


def rewritten(file: Path, target: Path, **changes: bytes) -> Path:
    """A copy of a bundle with some members replaced."""
    with tarfile.open(file) as old, tarfile.open(target, "w:gz") as new:
        for member in old.getmembers():
            content = old.extractfile(member)
            assert content is not None
            data = changes.get(member.name.partition(".")[0], content.read())
            member.size = len(data)
            new.addfile(member, io.BytesIO(data))
    return target


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"platform": "linux/riscv64"}, "was built for linux/riscv64"),
        ({"hash": "f" * 16}, "another version of the course"),
        ({"hash": "../../evil"}, "another version of the course"),
        ({"files": {}}, "cannot be used"),
    ],
)
def test_foreign_bundle_is_refused(built: engine.Engine, tmp_path: Path, change: dict[str, object], words: str) -> None:
    file = bundle.export_bundle(tmp_path / "engine.tar.gz", ignore_progress)
    manifest = json.dumps({**built.manifest, **change}).encode()
    with pytest.raises(EngineError, match=words):
        bundle.import_bundle(rewritten(file, tmp_path / "other.tar.gz", engine=manifest), ignore_progress)


def test_damaged_bundle_is_refused_and_the_old_engine_stays(built: engine.Engine, tmp_path: Path) -> None:
    file = bundle.export_bundle(tmp_path / "engine.tar.gz", ignore_progress)
    with pytest.raises(EngineError, match="checksum of kube"):
        bundle.import_bundle(rewritten(file, tmp_path / "other.tar.gz", kube=b"evil"), ignore_progress)
    half = tmp_path / "half.tar.gz"
    half.write_bytes(file.read_bytes()[: file.stat().st_size // 2])
    for path in (half, tmp_path / "missing.tar.gz", tmp_path):
        with pytest.raises(EngineError):
            bundle.import_bundle(path, ignore_progress)
    assert engine.find_engine() == built


def test_hash_follows_source_but_not_tests(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "go.mod").write_text("module x\n\ngo 1.26.4\n", encoding="utf-8")
    monkeypatch.setattr(recipe, "source_dir", lambda: tmp_path)
    first = recipe.content_hash()
    (tmp_path / "a_test.go").write_text("package x", encoding="utf-8")
    assert recipe.content_hash() == first
    (tmp_path / "a.go").write_text("package x", encoding="utf-8")
    assert recipe.content_hash() != first
    assert recipe.required_go() == (1, 26, 4)


def shell(script: str, tmp_path: Path, lines: list[str]) -> str:
    def on_line(line: str) -> bool:
        lines.append(line)
        return line.startswith("package")

    return run_go(["sh", "-c", script], folder=tmp_path, environment=dict(os.environ), on_line=on_line)


def test_go_runner_separates_progress_from_output(tmp_path: Path) -> None:
    lines: list[str] = []
    assert shell("echo package a >&2; echo result", tmp_path, lines) == "result\n"
    assert lines == ["package a"]


@pytest.mark.parametrize(
    ("said", "words"),
    [
        ("write x: no space left on device", "disk filled up"),
        ("Get: dial tcp: lookup proxy: no such host", "could not be downloaded"),
        ("x.go:1: undefined: y", "undefined: y"),
    ],
)
def test_go_failure_is_explained(tmp_path: Path, said: str, words: str) -> None:
    with pytest.raises(EngineError, match=words):
        shell(f"echo package a >&2; echo '{said}' >&2; exit 1", tmp_path, [])


def test_interrupted_go_leaves_no_process(tmp_path: Path) -> None:
    def stop(line: str) -> bool:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        run_go(
            ["sh", "-c", "sleep 300 & echo $! > child; echo go >&2; wait"],
            folder=tmp_path,
            environment=dict(os.environ),
            on_line=stop,
        )
    child = int((tmp_path / "child").read_text(encoding="ascii"))
    deadline = time.monotonic() + 5
    while find(child) and time.monotonic() < deadline:
        time.sleep(0.01)
    assert find(child) is None


def test_compilation_progress_weighs_packages_by_files() -> None:
    steps: list[Step] = []
    watch = build._Compilation({"a": 1, "b": 3}, steps.append)
    assert watch.on_line("a") and not watch.on_line("# a") and watch.on_line("b")
    assert [step.detail for step in steps] == ["1/2 packages compiled", "2/2 packages compiled"]
    assert steps[0].fraction == pytest.approx(0.235) and steps[1].fraction == pytest.approx(0.94)


def test_no_go_and_no_network_says_what_is_needed(folders: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", "/nowhere")
    monkeypatch.setenv("PIP_INDEX_URL", "http://127.0.0.1:9/simple")
    monkeypatch.setenv("PIP_FIND_LINKS", "")
    monkeypatch.setenv("PIP_RETRIES", "0")
    with pytest.raises(EngineError, match=r"labs engine import FILE") as caught:
        toolchain.find_go((1, 26, 4), ignore_progress)
    assert "Install Go 1.26.4" in caught.value.next_step


def test_old_go_is_not_used(folders: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    old = folders / "bin" / "go"
    old.parent.mkdir()
    old.write_text("#!/bin/sh\necho go1.22.1\n", encoding="utf-8")
    old.chmod(0o755)
    monkeypatch.setenv("PATH", f"{old.parent}:/usr/bin:/bin")
    assert toolchain.go_version(old) == (1, 22, 1)
    assert toolchain.go_on_this_machine((1, 26, 4)) is None
    assert toolchain.go_on_this_machine((1, 22)) == old


def test_go_writes_nothing_into_the_home(folders: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    home = tmp_path / "home"
    (home / ".config" / "go").mkdir(parents=True)
    (home / ".config" / "go" / "env").write_text("GOPROXY=http://mirror.example\n", encoding="utf-8")
    monkeypatch.setenv("HOME", str(home))
    for name in ("XDG_CONFIG_HOME", "XDG_CACHE_HOME", "GOPROXY", "GOENV"):
        monkeypatch.delenv(name, raising=False)
    before, environment = sorted(home.rglob("*")), toolchain.go_environment()
    assert environment["GOENV"] == str(home / ".config" / "go" / "env"), "her own settings count"
    assert Path(environment["XDG_CONFIG_HOME"]).is_relative_to(folders / "cache")
    if shutil.which("go"):
        words = ["go", "env", "GOPROXY"]
        answer = subprocess.run(words, env=environment, capture_output=True, text=True, check=True)
        assert answer.stdout == "http://mirror.example\n"
        assert sorted(home.rglob("*")) == before
