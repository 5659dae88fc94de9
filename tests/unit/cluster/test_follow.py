"""A program is heard line by line, and an interrupt leaves nothing of it."""

from __future__ import annotations

import subprocess
import tempfile
import time
from pathlib import Path

import pytest

from labs.cluster.follow import follow
from labs.cluster.processes import find


def test_both_streams_are_heard(tmp_path: Path) -> None:
    lines: list[str] = []
    code = follow(["sh", "-c", "echo $A; pwd >&2; exit 3"], lines.append, folder=tmp_path, environment={"A": "one"})
    assert code == 3 and lines == ["one", str(tmp_path)]


def test_output_may_go_elsewhere() -> None:
    lines: list[str] = []
    with tempfile.TemporaryFile() as output:
        assert follow(["sh", "-c", "echo out; echo said >&2"], lines.append, output=output) == 0
        output.seek(0)
        assert output.read() == b"out\n" and lines == ["said"]


@pytest.mark.parametrize("children", [True, False])
def test_interrupt_ends_the_program(tmp_path: Path, children: bool) -> None:
    def stop(line: str) -> None:
        raise KeyboardInterrupt

    script = f"sleep 300 & echo $! > {tmp_path}/child; echo $$ > {tmp_path}/main; echo go >&2; wait"
    with pytest.raises(KeyboardInterrupt):
        follow(["sh", "-c", script], stop, output=subprocess.DEVNULL, children=children)
    main, child = (int((tmp_path / name).read_text()) for name in ("main", "child"))
    assert find(main) is None
    deadline = time.monotonic() + 5
    while children and find(child) and time.monotonic() < deadline:
        time.sleep(0.01)
    left = find(child)
    assert (left is None) is children
    if left:
        subprocess.run(["kill", str(child)], check=True)
