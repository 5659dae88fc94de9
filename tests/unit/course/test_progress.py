"""Progress is never lost: two writers, broken files, newer versions, another machine's file."""

from __future__ import annotations

import json
import multiprocessing
import signal
import subprocess
import sys
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


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("nonsense", "is no progress file"),
        ('{"schema": 1, "entries": {"answer": {"q1": {"at": 1', "is no progress file"),
        ('{"name": "somebody-elses", "version": "1.0.0"}', "it has no schema version"),
        ('{"schema": true, "entries": {}}', "it has no schema version"),
        ('{"schema": 99, "entries": {}}', "newer version of the course"),
        ('{"schema": 1, "entries": {"answer": []}}', "another shape"),
        ('{"schema": 1, "entries": {"answer": {"q1": {"at": "later"}}}}', "another shape"),
        ('{"schema": 1, "entries": {"answer": {"q1": {"at": 1e400}}}}', "another shape"),
        ('{"schema": 1, "entries": {"answer": {"q1": {"chosen": NaN}}}}', "which is no number"),
        ('{"schema": 1, "entries": {"answer": {"q1": {"chosen": 1e999}}}}', "another shape"),
        ('{"schema": 1, "entries": {"answer": {"q1": {"x": [[[[[1]]]]]}}}}', "another shape"),
        ('{"schema": 1, "entries": {"answer": {"q1": {"x": "' + "x" * 5000 + '"}}}}', "another shape"),
        ('{"schema": 1, "entries": {"answer": {"\\ud800": {}}}}', "is no progress file"),
        ("[" * 100_000, "nested too deeply"),
        (" " * 9_000_000, "larger than 8 MB"),
    ],
)
def test_a_file_that_is_no_progress_changes_nothing(tmp_path: Path, text: str, words: str) -> None:
    mine, bad = Progress(tmp_path / "mine.json"), tmp_path / "bad.json"
    mine.record("answer", "q1", {"at": 10})
    bad.write_text(text)
    before = mine.path.read_text()
    for take in (mine.merge, mine.replace):
        with pytest.raises(LabsError, match=words):
            take(bad)
    assert mine.path.read_text() == before and len(list(tmp_path.glob("mine.json*"))) == 1


def test_bytes_a_folder_and_no_file_are_refused(tmp_path: Path) -> None:
    (tmp_path / "binary").write_bytes(b"\xff\xfe\x00")
    for name in ("binary", ".", "none"):
        with pytest.raises(LabsError):
            Progress(tmp_path / "mine.json").merge(tmp_path / name)


def test_replacing_keeps_what_was_there(tmp_path: Path) -> None:
    mine, other = Progress(tmp_path / "mine.json"), Progress(tmp_path / "other.json")
    mine.record("answer", "q1", {"chosen": 0})
    before = mine.path.read_text()
    other.record("milestone", "pod/hello", {})
    kept = mine.replace(other.path)
    assert mine.load() == other.load() and kept and kept.read_text() == before
    assert Progress(tmp_path / "new.json").replace(other.path) is None


WRITER = """
import itertools, sys
from pathlib import Path
from labs.course import Progress
progress = Progress(Path(sys.argv[1]))
for number in itertools.count(len(progress.load().get("answer", {}))):
    progress.record("answer", f"q{number}", {"text": "x" * 2000})
    print(number, flush=True)
"""


def test_kill_at_any_moment_loses_nothing_that_was_recorded(tmp_path: Path) -> None:
    path = tmp_path / "p.json"
    for rounds in range(6):
        with subprocess.Popen([sys.executable, "-c", WRITER, path], stdout=subprocess.PIPE, text=True) as writer:
            assert writer.stdout
            for _ in range(rounds * 3 + 1):
                told = int(writer.stdout.readline())
            writer.send_signal(signal.SIGKILL)
            told = max([told, *map(int, writer.stdout.read().split())])
        assert len(Progress(path).load()["answer"]) > told
    Progress(path).record("answer", "last", {})
    assert sorted(each.name for each in tmp_path.iterdir()) == [".p.json.lock", "p.json"]
