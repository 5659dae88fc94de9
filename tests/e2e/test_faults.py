"""What happens to a learner's work when the kernel is killed, comms have no thread of their own, or the kernel is not there."""

from __future__ import annotations

import os
import re
import signal
import time
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

pytest.importorskip("playwright.sync_api")

from playwright.sync_api import expect

from .lab import QUICK, SLOW, Notebook, Workbench

if TYPE_CHECKING:
    from playwright.sync_api import Page

    from .conftest import Course

SETTINGS = "@jupyterlab/apputils-extension:kernels-settings"
KERNEL = "jupyterapp.shell.currentWidget.sessionContext.session.kernel"
MARK = "# typed before the kernel was killed"


def set_comms(page: Page, words: str) -> None:
    """Change JupyterLab's setting for comms."""
    page.evaluate("([id, raw]) => jupyterapp.serviceManager.settings.save(id, raw)", [SETTINGS, words])


def kill_kernel(ident: str) -> None:
    """``kill -9`` of the kernel with this id."""
    for folder in Path("/proc").glob("[0-9]*"):
        try:
            words = (folder / "cmdline").read_bytes()
        except OSError:
            continue
        if f"kernel-{ident}.json".encode() in words:
            os.kill(int(folder.name), signal.SIGKILL)
            return
    raise AssertionError("the kernel does not run")


def test_a_killed_kernel_loses_nothing_and_a_saved_notebook_says_how_to_go_on(page: Page, course: Course) -> None:
    url = course.page("01-pod.ipynb")
    Notebook(page, url)
    set_comms(page, '{"commsOverSubshells": "disabled"}')
    try:
        notebook = Notebook(page, url)
        assert page.evaluate(f"{KERNEL}.commsOverSubshells") == "disabled"
        notebook.run("from labs import exercise")
        workbench = Workbench(notebook.run('exercise("pod/hello")'), "pod/hello")
        workbench.editor.click()
        page.keyboard.press("Control+End")
        page.keyboard.insert_text(f"\n{MARK}\n")
        workbench.root.get_by_role("button", name=re.compile("Show a hint|Next hint")).click()
        expect(workbench.root).to_contain_text("Hint 1 of", timeout=QUICK)
        file = course.pocket.folder / "work" / "manifests" / "pod-hello" / "test-ml-pod.yaml"
        expect_saved(file)
        kill_kernel(str(page.evaluate(f"{KERNEL}.id")))
        expect(workbench.root.get_by_role("alert").filter(has_text="earlier kernel")).to_be_visible(timeout=SLOW)
        dialog = page.get_by_role("dialog").get_by_role("button", name="Ok")
        if dialog.count():
            dialog.click()
        notebook.until_idle()
        notebook.run("from labs import exercise")
        again = Workbench(notebook.run('exercise("pod/hello")'), "pod/hello")
        assert MARK in again.text()
        expect(again.root).to_contain_text("Hint 1 of", timeout=QUICK)
        page.evaluate("jupyterapp.shell.currentWidget.context.save()")
        page.evaluate("jupyterapp.shell.currentWidget.sessionContext.shutdown()")
    finally:
        set_comms(page, "{}")
    notebook = Notebook(page, url)
    expect(notebook.cell('exercise("pod/hello")')).to_contain_text("Run this cell again to bring it back", timeout=SLOW)
    notebook.run("from labs import exercise")
    back = Workbench(notebook.run('exercise("pod/hello")'), "pod/hello")
    expect(notebook.cell('exercise("pod/hello")').get_by_text("Run this cell again to bring it back")).to_be_hidden()
    assert MARK in back.text()


def expect_saved(file: Path) -> None:
    """Wait until the learner's file has what she typed."""
    end = time.monotonic() + 30
    while not file.exists() or MARK not in file.read_text(encoding="utf-8"):
        assert time.monotonic() < end, "the text was not saved"
        time.sleep(0.05)
