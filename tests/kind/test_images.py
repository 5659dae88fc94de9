"""Course images on kind: built by the engine, in every node, gone from no node."""

from __future__ import annotations

from pathlib import Path

import pytest

from labs.cluster import get
from labs.cluster.model import Step
from labs.errors import ImageError
from labs.kube import Client
from tests.kind.place import KindPlace, eventually

DOCKERFILE = 'FROM python:3.10\nCOPY greeting /greeting\nRUN test -s /greeting\nCMD ["cat", "/greeting"]\n'
SPACE = "t-images"


@pytest.fixture
def context(tmp_path: Path) -> Path:
    (tmp_path / "Dockerfile").write_text(DOCKERFILE)
    (tmp_path / "greeting").write_text("built here")
    return tmp_path


@pytest.fixture(autouse=True)
def here(kind: KindPlace, monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in kind.environment.items():
        if name.startswith("LABS_"):
            monkeypatch.setenv(name, value)


def test_built_image_runs_on_every_node(context: Path, kind_client: Client) -> None:
    steps: list[Step] = []
    get("kind").build(context, "labs-test:v1", steps.append)
    assert any("RUN test -s /greeting" in step.detail for step in steps)
    known = {image.name: image.origin for image in get("kind").images()}
    assert known["labs-test:v1"] == "built" and known["python:3.10"] == "loaded"
    kind_client.ensure_namespace(SPACE)
    for node in "123":
        container = {"name": "main", "image": "labs-test:v1"}
        spec = {"restartPolicy": "Never", "nodeSelector": {"labs/node": node}, "containers": [container]}
        kind_client.apply({"apiVersion": "v1", "kind": "Pod", "metadata": {"name": f"n{node}"}, "spec": spec}, SPACE)
    assert eventually(lambda: _phases(kind_client) == ["Succeeded"] * 3)
    kind_client.delete_namespace(SPACE, wait=False)


def test_broken_dockerfile_is_explained(context: Path) -> None:
    (context / "Dockerfile").write_text("FROM python:3.10\nRUN exit 3\n")
    with pytest.raises(ImageError, match="labs-test:v2 could not be built"):
        get("kind").build(context, "labs-test:v2", lambda step: None)


def _phases(client: Client) -> list[str]:
    return [pod["status"]["phase"] for pod in client.list("Pod", SPACE)]
