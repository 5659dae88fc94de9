"""One source makes the lesson and the solved lesson."""

from __future__ import annotations

import dataclasses
import json
from pathlib import Path
from typing import Any

import nbformat
import pytest

from labs.course import CourseError, Lesson, build, load
from labs.course.notebook import cells, notebooks


def lesson(root: Path, text: str | None = None) -> Lesson:
    found = load(root).lessons[0]
    return found if text is None else dataclasses.replace(found, text=text)


def read(path: Path) -> dict[str, Any]:
    return dict(json.loads(path.read_text()))


def sources(notebook: dict[str, Any]) -> list[str]:
    return ["".join(cell["source"]) for cell in notebook["cells"]]


def test_starter_and_solution_differ_in_their_regions_only(tiny: Path, tmp_path: Path) -> None:
    build(load(tiny).lessons, tmp_path / "n", tmp_path / "s")
    starter, solved = read(tmp_path / "n/07-demo.ipynb"), read(tmp_path / "s/07-demo.ipynb")
    assert sources(starter)[:-1] == [*sources(solved)[:-1], 'exercise("demo/say")']
    assert sources(solved)[-1] == 'exercise("demo/say").apply(solution("demo/say")).require()'


def test_the_last_cell_of_a_starter_is_hidden_and_tagged(tiny: Path) -> None:
    notebook = json.loads(notebooks((lesson(tiny),), "starter")["07-demo.ipynb"])
    last = notebook["cells"][-1]
    assert last["metadata"] == {"jupyter": {"source_hidden": True}, "tags": ["labs-verify"]}
    assert ".require(" in "".join(last["source"])
    assert not any(".require(" in text for text in sources(notebook)[:-1])


@pytest.mark.parametrize("audience", ["starter", "solution"])
def test_notebooks_are_valid_have_no_outputs_and_are_the_same_each_time(tiny: Path, audience: Any) -> None:
    first, again = notebooks((lesson(tiny),), audience), notebooks((lesson(tiny),), audience)
    assert first == again
    notebook = nbformat.reads(first["07-demo.ipynb"], 4)
    nbformat.validate(notebook)
    assert notebook.metadata.kernelspec.name == "python3"
    assert all(not cell.outputs and cell.execution_count is None for cell in notebook.cells if cell.cell_type == "code")
    assert len({cell.id for cell in notebook.cells}) == len(notebook.cells)


def test_a_notebook_of_no_lesson_is_removed(tiny: Path, tmp_path: Path) -> None:
    stale = tmp_path / "n" / "99-gone.ipynb"
    stale.parent.mkdir()
    stale.write_text("{}")
    build(load(tiny).lessons, tmp_path / "n", tmp_path / "s")
    assert not stale.exists()


def test_markdown_is_split_at_headings_but_not_inside_a_fence(tiny: Path) -> None:
    found = cells(lesson(tiny, "# A\n\ntext\n\n## B\n\n```yaml\n## no heading\n```\n"), "starter")
    assert found == [("markdown", "# A\n\ntext"), ("markdown", "## B\n\n```yaml\n## no heading\n```")]


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("<!-- starter -->\n<!-- solution -->\n", "line 2: 'solution' begins inside 'starter'"),
        ("<!-- starter -->\n<!-- starter -->\n", "begins inside"),
        ("x\n<!-- /starter -->\n", "line 2: 'starter' ends and never began"),
        ("<!-- starter -->\n<!-- /solution -->\n", "ends and never began"),
        ("x\n\n<!-- starter -->\nx\n", "line 3: 'starter' never ends"),
        ("<!-- stater -->\n", "no marker 'stater'"),
        ("```python\nx = 1\n", "a fenced block has no end"),
        ("```yaml\nx: 1\n", "a fenced block has no end"),
    ],
)
def test_a_marker_out_of_place_is_named_with_its_line(tiny: Path, text: str, words: str) -> None:
    with pytest.raises(CourseError, match="demo/lesson.md") as caught:
        cells(lesson(tiny, text), "starter")
    assert words in str(caught.value)
