"""`labs progress`: shown, carried to another machine, and never a way into the terminal."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from labs.cli import main
from labs.course import Progress


def test_it_is_shown(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["progress"]) == 0
    assert "Nothing yet" in capsys.readouterr().out
    Progress().record("milestone", "pod/hello", {})
    assert main(["progress", "show"]) == 0
    assert "pod/hello" in capsys.readouterr().out
    assert main(["progress", "--json"]) == 0
    assert list(json.loads(capsys.readouterr().out)["entries"]["milestone"]) == ["pod/hello"]


def test_it_travels(folders: Path, capsys: pytest.CaptureFixture[str]) -> None:
    Progress().record("milestone", "pod/hello", {})
    assert main(["progress", "export", str(folders / "copy.json")]) == 0
    Progress().path.unlink()
    Progress().record("answer", "q1", {})
    assert main(["progress", "merge", str(folders / "copy.json")]) == 0
    assert set(Progress().load()) == {"milestone", "answer"}
    assert main(["progress", "import", str(folders / "copy.json")]) == 0
    assert set(Progress().load()) == {"milestone"}
    assert "is kept: " in capsys.readouterr().out


def test_bad_files_are_three_lines(folders: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (folders / "cut.json").write_text('{"schema": 1, "entr')
    for words in (["merge", str(folders / "cut.json")], ["export", str(folders / "no" / "where.json")]):
        assert main(["progress", *words]) == 1
        said = capsys.readouterr().err
        assert "why: " in said and "next: " in said and "Traceback" not in said


def test_hostile_names_stay_text(folders: Path, capsys: pytest.CaptureFixture[str]) -> None:
    hostile = "\x1b]0;owned\x07\x9b2J\u202e" + "x" * 500
    file = folders / "hostile.json"
    file.write_text(json.dumps({"schema": 1, "entries": {hostile: {hostile: {"at": 5}}}}))
    assert main(["progress", "merge", str(file)]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert all(line.isprintable() for line in lines) and max(map(len, lines[1:])) < 100
