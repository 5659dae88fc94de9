"""The learner's copies of the lessons: updated while she has not touched them, never overwritten afterwards."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from labs.cli.launch.lessons import Copied, copy_lessons


def notebook(*sources: str, output: str = "") -> str:
    cells = [{"cell_type": "code", "source": [source], "outputs": [output]} for source in sources]
    return json.dumps({"cells": cells, "metadata": {}})


@pytest.fixture
def shipped(tmp_path: Path) -> Path:
    folder = tmp_path / "shipped"
    (folder / "pictures").mkdir(parents=True)
    (folder / "01-pod.ipynb").write_text(notebook("one"), encoding="utf-8")
    (folder / "pictures" / "map.svg").write_text("<svg/>", encoding="utf-8")
    return folder


@pytest.fixture
def own(tmp_path: Path) -> Path:
    return tmp_path / "own"


def ship(shipped: Path, source: str) -> None:
    (shipped / "01-pod.ipynb").write_text(notebook(source), encoding="utf-8")


def test_first_time_everything_is_copied(shipped: Path, own: Path) -> None:
    assert copy_lessons(shipped, own).new == ("01-pod.ipynb", "pictures/map.svg")
    assert copy_lessons(shipped, own) == Copied()


def test_untouched_or_only_executed_copy_is_updated(shipped: Path, own: Path) -> None:
    copy_lessons(shipped, own)
    (own / "01-pod.ipynb").write_text(notebook("one", output="printed"), encoding="utf-8")
    ship(shipped, "two")
    assert copy_lessons(shipped, own).updated == ("01-pod.ipynb",)
    assert "two" in (own / "01-pod.ipynb").read_text(encoding="utf-8")


def test_edited_copy_is_kept_and_the_new_version_laid_beside_once(shipped: Path, own: Path) -> None:
    copy_lessons(shipped, own)
    mine = notebook("one", "my own cell")
    (own / "01-pod.ipynb").write_text(mine, encoding="utf-8")
    assert copy_lessons(shipped, own) == Copied()
    ship(shipped, "two")
    assert copy_lessons(shipped, own).beside == ("01-pod (new version).ipynb",)
    assert copy_lessons(shipped, own) == Copied()
    assert (own / "01-pod.ipynb").read_text(encoding="utf-8") == mine
    ship(shipped, "three")
    assert copy_lessons(shipped, own).beside == ("01-pod (new version 2).ipynb",)


def test_lost_record_never_costs_an_edit(shipped: Path, own: Path) -> None:
    copy_lessons(shipped, own)
    (own / ".k8s-ml-labs.json").write_text("{", encoding="utf-8")
    mine = notebook("mine")
    (own / "01-pod.ipynb").write_text(mine, encoding="utf-8")
    assert copy_lessons(shipped, own).beside == ("01-pod (new version).ipynb",)
    assert (own / "01-pod.ipynb").read_text(encoding="utf-8") == mine


def test_deleted_copy_comes_back(shipped: Path, own: Path) -> None:
    copy_lessons(shipped, own)
    (own / "01-pod.ipynb").unlink()
    assert copy_lessons(shipped, own).new == ("01-pod.ipynb",)


def test_damaged_copy_is_the_learners(shipped: Path, own: Path) -> None:
    copy_lessons(shipped, own)
    (own / "01-pod.ipynb").write_text("{ half", encoding="utf-8")
    ship(shipped, "two")
    assert copy_lessons(shipped, own).beside
    assert (own / "01-pod.ipynb").read_text(encoding="utf-8") == "{ half"
