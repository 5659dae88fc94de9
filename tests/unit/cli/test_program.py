"""The command line as a whole: words, exit codes, and never a traceback."""

from __future__ import annotations

import errno
import json
from pathlib import Path

import pytest

from labs import cluster
from labs.cli import main
from labs.cli.kubectl import split
from labs.cli.output import Output, duration
from labs.cli.program import COMMANDS
from labs.cluster import Step
from labs.errors import ClusterError, LabsError, NotJudged, UsageError


def fail_with(monkeypatch: pytest.MonkeyPatch, error: BaseException) -> None:
    def get(name: str | None = None) -> None:
        raise error

    monkeypatch.setattr(cluster, "get", get)


@pytest.mark.parametrize(
    ("error", "code"),
    [
        (ClusterError(what="A", why="B", next_step="C"), 1),
        (UsageError(what="A", why="B", next_step="C"), 2),
        (NotJudged(what="A", why="B", next_step="C"), 3),
    ],
)
def test_error_is_three_lines(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], error: LabsError, code: int
) -> None:
    fail_with(monkeypatch, error)
    assert main(["status"]) == code
    assert capsys.readouterr().err == "A\n  why:  B\n  next: C\n"


def test_error_as_json(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    fail_with(monkeypatch, ClusterError(what="A", why="B", next_step="C"))
    assert main(["status", "--json"]) == 1
    assert json.loads(capsys.readouterr().out) == {"event": "error", "what": "A", "why": "B", "next": "C"}


def test_unexpected_error_goes_to_the_log(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], folders: Path
) -> None:
    monkeypatch.delenv("LABS_DEBUG", raising=False)
    fail_with(monkeypatch, ZeroDivisionError("oh"))
    assert main(["status"]) == 70
    said = capsys.readouterr().err
    log = folders / "state" / "logs" / "labs.log"
    assert "Traceback" not in said and str(log) in said
    assert "ZeroDivisionError: oh" in log.read_text(encoding="utf-8")


def test_full_disk_is_named(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    fail_with(monkeypatch, OSError(errno.ENOSPC, "No space left on device", "/x"))
    assert main(["status"]) == 70
    assert capsys.readouterr().err.startswith("The disk is full")


def test_interrupt_is_130(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    fail_with(monkeypatch, KeyboardInterrupt())
    assert main(["status"]) == 130
    assert "Interrupted" in capsys.readouterr().err


def test_status_and_down_without_a_cluster(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["status"]) == 1
    assert main(["--json", "down", "--cluster", "pocket"]) == 0
    assert json.loads(capsys.readouterr().out.splitlines()[-1])["state"] == "absent"


@pytest.mark.parametrize("name", ["context", "poket"])
def test_unknown_cluster_is_a_usage_error(name: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["up", "--cluster", name]) == 2
    assert "pocket" in capsys.readouterr().err


@pytest.mark.parametrize("words", [["--nodes", "0"], ["--nodes", "x"], ["--node-memory", "4GiB"], ["--node-cpu", "0"]])
def test_wrong_shape_is_refused(words: list[str]) -> None:
    with pytest.raises(SystemExit) as caught:
        main(["up", *words])
    assert caught.value.code == 2


def test_every_command_has_help(capsys: pytest.CaptureFixture[str]) -> None:
    for command in (one for one in COMMANDS if one.name != "kubectl"):
        with pytest.raises(SystemExit) as caught:
            main([command.name, "--help"])
        assert caught.value.code == 0 and "usage: labs" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("words", "own", "passed"),
    [
        (["kubectl", "get", "pods", "--json"], ["kubectl"], ["get", "pods", "--json"]),
        (["--cluster", "kubectl", "kubectl", "-n", "x"], ["--cluster", "kubectl", "kubectl"], ["-n", "x"]),
        (["--cluster=pocket", "kubectl"], ["--cluster=pocket", "kubectl"], []),
        (["try", "kubectl", "f"], ["try", "kubectl", "f"], []),
    ],
)
def test_words_after_kubectl_are_its_own(words: list[str], own: list[str], passed: list[str]) -> None:
    assert split(words) == (own, passed)


def test_plain_progress_is_a_line_for_each_thing_done(capsys: pytest.CaptureFixture[str]) -> None:
    output = Output()
    output.progress(Step("etcd", "starting"))
    output.progress(Step("etcd", "ready", seconds=0.31))
    output.progress(Step("engine", "running", "1/9 packages compiled", 0.1, 200.0))
    output.progress(Step("engine", "running", "2/9 packages compiled", 0.2, 190.0))
    lines = capsys.readouterr().err.splitlines()
    assert lines == ["etcd: ready (0.3 s)", "engine: 1/9 packages compiled (10%), about 3 min 20 s left"]


def test_durations_are_for_people() -> None:
    assert [duration(4.24), duration(61), duration(3600)] == ["4.2 s", "1 min 01 s", "60 min 00 s"]
