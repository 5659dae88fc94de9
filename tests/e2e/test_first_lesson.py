"""A learner's way through the first exercise of `01-pod`, in real JupyterLab with a real cluster."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

pytest.importorskip("playwright.sync_api")

from playwright.sync_api import expect

from .lab import QUICK, SLOW, Notebook, Workbench

if TYPE_CHECKING:
    from playwright.sync_api import Page

    from .conftest import Course

WRONG = """# my first Pod
apiVersion: v1
kind: Pod
metadata:
  name: Test_ML_Pod  # mine
spec:
  containers:
    - name: ml-script
      image: python:3.10
      command: ["python", "-c", "print('Hello from K8s')"]
"""
RIGHT = WRONG.replace("Test_ML_Pod", "test-ml-pod")
HOSTILE = "<img src=x onerror='globalThis.pwned=1'>"


def open_exercise(page: Page, course: Course) -> tuple[Notebook, Workbench]:
    """The workbench of `pod/hello` in its lesson."""
    notebook = Notebook(page, course.page("01-pod.ipynb"))
    notebook.run("from labs import exercise")
    return notebook, Workbench(notebook.run('exercise("pod/hello")'), "pod/hello")


def test_wrong_manifest_form_apply_green_restart(page: Page, course: Course) -> None:
    notebook, workbench = open_exercise(page, course)
    workbench.type(WRONG)
    expect(workbench.diagnostics().first).to_contain_text("Line 5.", timeout=QUICK)
    workbench.field("Name").fill("test-ml-pod")
    expect(workbench.diagnostics()).to_have_count(0, timeout=QUICK)
    assert workbench.text().strip() == RIGHT.strip()
    workbench.button("Apply").click()
    workbench.green("exists")
    workbench.green("greeting")
    expect(workbench.root).to_contain_text("Hello from K8s")
    expect(workbench.root).to_contain_text("kubectl apply")
    notebook.restart()
    expect(workbench.root.get_by_role("alert").filter(has_text="earlier kernel")).to_be_visible(timeout=QUICK)
    notebook.run("from labs import exercise")
    again = Workbench(notebook.run('exercise("pod/hello")'), "pod/hello")
    again.green("greeting", within=QUICK)
    assert again.text().strip() == RIGHT.strip()


def test_a_check_turns_red_again_when_the_pod_is_deleted(page: Page, course: Course) -> None:
    course.pocket.kubectl("create", "namespace", "labs-pod-hello") if not _there(course) else None
    _, workbench = open_exercise(page, course)
    workbench.type(RIGHT)
    workbench.button("Apply").click()
    workbench.green("greeting")
    course.pocket.kubectl("delete", "pod", "test-ml-pod", "-n", "labs-pod-hello", "--now")
    expect(workbench.check("exists")).not_to_have_class("lm-ck lm-ck-green", timeout=SLOW)


def _there(course: Course) -> bool:
    return "labs-pod-hello" in course.pocket.kubectl("get", "namespaces", "-o", "name")


def test_hostile_text_stays_text(page: Page, course: Course) -> None:
    _, workbench = open_exercise(page, course)
    workbench.type(
        RIGHT.replace("Hello from K8s", f"Hello from K8s {HOSTILE}").replace(
            "'globalThis.pwned=1'", "globalThis.pwned=1"
        )
    )
    workbench.button("Delete").click()
    expect(workbench.button("Apply")).to_be_enabled(timeout=SLOW)
    manifest = course.pocket.folder / "hostile.json"
    container = {
        "name": "ml-script",
        "image": "python:3.10",
        "command": ["python", "-c", f"print({HOSTILE!r}); print('Hello from K8s')"],
        "env": [{"name": "HOSTILE", "value": HOSTILE}],
    }
    pod = {
        "apiVersion": "v1",
        "kind": "Pod",
        "metadata": {"name": "test-ml-pod", "annotations": {"note": HOSTILE}},
        "spec": {"containers": [container]},
    }
    about = {"apiVersion": "v1", "kind": "Pod", "name": "test-ml-pod", "namespace": "labs-pod-hello"}
    event = {
        "apiVersion": "v1",
        "kind": "Event",
        "metadata": {"name": "hostile"},
        "involvedObject": about,
        "reason": HOSTILE,
        "message": HOSTILE,
        "type": "Warning",
    }
    manifest.write_text(json.dumps({"apiVersion": "v1", "kind": "List", "items": [pod, event]}), encoding="utf-8")
    course.pocket.kubectl("delete", "pod", "test-ml-pod", "-n", "labs-pod-hello", "--now", "--ignore-not-found")
    course.pocket.kubectl("apply", "-n", "labs-pod-hello", "-f", str(manifest))
    workbench.green("greeting")
    for name in ("Log", "Events", "Describe", "Object", "Table", "Map"):
        workbench.root.get_by_role("tab", name=name).first.click()
        page.wait_for_timeout(300)
        if name in ("Log", "Events", "Describe"):
            expect(workbench.root).to_contain_text("<img src=x", timeout=QUICK)
    assert page.evaluate("globalThis.pwned") is None
    assert page.locator("img[src=x]").count() == 0
