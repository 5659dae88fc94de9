"""Progress is never lost: two writers, broken files, newer versions, another machine's file."""

from __future__ import annotations

import json
import multiprocessing
from pathlib import Path

import pytest

from labs.course import Progress
from labs.errors import LabsError


def write_many(path: Path, name: str) -> None:
    for number in range(20):
        Progress(path).record("milestone", f"{name}-{number}", {"check": "greeting"})


def test_what_is_recorded_is_read_again(tmp_path: Path) -> None:
    Progress(tmp_path / "p.json").record("milestone", "pod/hello", {"check": "greeting", "at": 5})
    assert Progress(tmp_path / "p.json").load() == {"milestone": {"pod/hello": {"check": "greeting", "at": 5}}}
    assert json.loads((tmp_path / "p.json").read_text())["schema"] == 1


def test_two_processes_do_not_lose_each_others_entries(tmp_path: Path) -> None:
    path = tmp_path / "p.json"
    context = multiprocessing.get_context("spawn")
    writers = [context.Process(target=write_many, args=(path, name)) for name in "ab"]
    for writer in writers:
        writer.start()
    for writer in writers:
        writer.join()
    assert len(Progress(path).load()["milestone"]) == 40


@pytest.mark.parametrize("text", ["", "{", "[]", '{"entries": {}}', '{"schema": 1, "entries": {"milestone": [1]}}'])
def test_an_unreadable_file_is_set_aside_and_kept(tmp_path: Path, text: str) -> None:
    path = tmp_path / "p.json"
    path.write_text(text)
    Progress(path).record("milestone", "pod/hello", {})
    aside = [each for each in tmp_path.iterdir() if "unreadable" in each.name]
    assert [each.read_text() for each in aside] == [text]
    assert list(Progress(path).load()["milestone"]) == ["pod/hello"]


def test_a_newer_file_is_refused_and_left_alone(tmp_path: Path) -> None:
    path = tmp_path / "p.json"
    path.write_text('{"schema": 99, "entries": {}}')
    with pytest.raises(LabsError, match="newer version of the course"):
        Progress(path).record("milestone", "pod/hello", {})
    assert path.read_text() == '{"schema": 99, "entries": {}}'


def test_of_two_machines_the_later_entry_stays(tmp_path: Path) -> None:
    mine, other = Progress(tmp_path / "mine.json"), Progress(tmp_path / "other.json")
    mine.record("answer", "q1", {"chosen": 0, "at": 10})
    mine.record("answer", "q2", {"chosen": 0, "at": 10})
    other.record("answer", "q1", {"chosen": 1, "at": 20})
    other.record("answer", "q2", {"chosen": 1, "at": 5})
    other.export(tmp_path / "copy.json")
    mine.merge(tmp_path / "copy.json")
    assert {ident: entry["chosen"] for ident, entry in mine.load()["answer"].items()} == {"q1": 1, "q2": 0}


def test_a_file_that_is_no_progress_changes_nothing(tmp_path: Path) -> None:
    mine = Progress(tmp_path / "mine.json")
    mine.record("answer", "q1", {"at": 10})
    (tmp_path / "bad.json").write_text("nonsense")
    before = mine.path.read_text()
    with pytest.raises(LabsError, match="is no progress file"):
        mine.merge(tmp_path / "bad.json")
    assert mine.path.read_text() == before
