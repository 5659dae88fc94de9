"""The lessons as notebooks on a live cluster: solved ones run through, starters fail in exactly their last cell."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import xml.etree.ElementTree as ElementTree
from collections.abc import Mapping
from pathlib import Path

import nbclient
import nbformat
import pytest

from tests.pocket import Pocket

ROOT = Path(__file__).resolve().parents[2]
NAMES = sorted(path.name for path in (ROOT / "notebooks").glob("*.ipynb"))
NO_TESTS_FAILED = (0, 1)


@pytest.fixture
def fresh(here: Pocket) -> Pocket:
    """The session's cluster without a trace of earlier lessons."""
    here.labs("reset")
    for name in ("workbench", "progress.json"):
        left = here.folder / "state" / name
        shutil.rmtree(left) if left.is_dir() else left.unlink(missing_ok=True)
    return here


def test_every_lesson_is_there_twice() -> None:
    assert sorted(path.name for path in (ROOT / "solutions").glob("*.ipynb")) == NAMES
    assert NAMES


@pytest.mark.parametrize("name", NAMES)
def test_a_starter_fails_in_exactly_its_last_cell(fresh: Pocket, name: str) -> None:
    notebook = nbformat.read(ROOT / "notebooks" / name, as_version=4)
    verify = [cell.id for cell in notebook.cells if "labs-verify" in cell.metadata.get("tags", ())]
    assert verify == [notebook.cells[-1].id]
    client = nbclient.NotebookClient(
        notebook, timeout=120, kernel_name="python3", allow_errors=True, resources={"metadata": {"path": ROOT}}
    )
    client.execute(env=fresh.environment)
    failed = [cell.id for cell in notebook.cells if cell.cell_type == "code" and _errors(cell)]
    assert failed == verify, "\n".join(text for cell in notebook.cells for text in _errors(cell))


def _errors(cell: nbformat.NotebookNode) -> list[str]:
    outputs = [output for output in cell.get("outputs", ()) if output.output_type == "error"]
    return [f"{cell.id}: {output.ename}: {output.evalue}" for output in outputs]


@pytest.mark.parametrize("name", NAMES)
def test_a_solved_lesson_runs_through(fresh: Pocket, name: str, tmp_path: Path) -> None:
    runs_through(name, fresh.environment, tmp_path)


def runs_through(name: str, environment: Mapping[str, str], tmp_path: Path) -> None:
    """Solve a lesson by nbval in a process of its own, because its kernels take the cluster from the environment."""
    results = tmp_path / "cells.xml"
    options = ["--nbval-lax", "--nbval-current-env", "--nbval-cell-timeout", "120", "-p", "no:cacheprovider", "-q"]
    places = ["-c", os.devnull, "--rootdir", str(ROOT), f"--junitxml={results}"]
    command = [sys.executable, "-m", "pytest", *options, *places, str(ROOT / "solutions" / name)]
    answer = subprocess.run(
        command, env=environment, cwd=tmp_path, capture_output=True, text=True, timeout=900, check=False
    )
    assert answer.returncode in NO_TESTS_FAILED, answer.stdout + answer.stderr
    suite = ElementTree.parse(results).getroot().find("testsuite")
    assert suite is not None and int(suite.attrib["tests"]) > 0, answer.stdout
    failed = [
        case for case in suite.iter("testcase") if case.find("failure") is not None or case.find("error") is not None
    ]
    assert not failed, answer.stdout[-6000:]
    assert int(suite.attrib["skipped"]) == 0, answer.stdout
