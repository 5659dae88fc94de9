"""The Pod lesson on kind, headless as a notebook and in JupyterLab in a browser."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import pytest

pytest.importorskip("playwright.sync_api")

from labs.course import find
from tests.e2e.conftest import opened, page  # noqa: F401 - a fixture
from tests.e2e.lab import Notebook, Workbench
from tests.kind.place import KindPlace
from tests.notebooks.test_notebooks import runs_through

if TYPE_CHECKING:
    from playwright.sync_api import Page


def test_the_solved_pod_lesson_runs_through(kind: KindPlace, tmp_path: Path) -> None:
    kind.labs("reset")
    runs_through("01-pod.ipynb", kind.environment, tmp_path)


def test_first_exercise_of_the_pod_lesson_in_the_browser(kind: KindPlace, page: Page) -> None:  # noqa: F811
    kind.labs("reset")
    with opened(kind, "--keep") as course:
        notebook = Notebook(page, course.page("01-pod.ipynb"))
        notebook.run("from labs import exercise")
        workbench = Workbench(notebook.run('exercise("pod/hello")'), "pod/hello")
        workbench.type(find("pod/hello").solution)
        workbench.button("Apply").click()
        workbench.green("exists")
        workbench.green("greeting")
        page.close()
    kind.labs("status")
