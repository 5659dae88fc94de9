"""Course images on kind: built by the engine, in every node, gone from no node."""

from __future__ import annotations

import shutil
import zipfile
from pathlib import Path

import pytest

from labs.cluster import course_images, get
from labs.cluster.kind.containers import ContainerEngine
from labs.cluster.kind.images import build_image
from labs.cluster.model import Step
from labs.errors import ImageError
from labs.kube import Client
from tests.kind.place import eventually

DOCKERFILE = 'FROM python:3.10\nCOPY greeting /greeting\nRUN test -s /greeting\nCMD ["cat", "/greeting"]\n'
SPACE = "t-images"


@pytest.fixture
def context(tmp_path: Path) -> Path:
    (tmp_path / "Dockerfile").write_text(DOCKERFILE)
    (tmp_path / "greeting").write_text("built here")
    return tmp_path


@pytest.mark.usefixtures("kind_here")
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


@pytest.mark.usefixtures("kind_here")
def test_unchanged_image_is_not_loaded_again(context: Path) -> None:
    get("kind").build(context, "labs-test:v3", lambda step: None)
    steps: list[Step] = []
    get("kind").build(context, "labs-test:v3", steps.append)
    assert {step.name for step in steps} == {"image"}
    (context / "greeting").write_text("another one")
    get("kind").build(context, "labs-test:v3", steps.append)
    assert "images" in {step.name for step in steps}


def test_packages_come_from_where_pip_is_told_to_look_and_the_image_does_not_tell(
    container_engine: ContainerEngine, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    hidden = tmp_path / "hidden-place"
    hidden.mkdir()
    wheel(hidden)
    monkeypatch.setenv("LABS_CACHE_DIR", str(tmp_path / "cache"))
    monkeypatch.setenv("PIP_FIND_LINKS", str(hidden))
    monkeypatch.setenv("PIP_NO_INDEX", "1")
    context = tmp_path / "context"
    context.mkdir()
    shutil.copy(course_images.context_of("mymodel:v1") / "Dockerfile", context)
    (context / "requirements.txt").write_text("labs-test-package==1.0\n")
    for name in ("model.py", "serve.py", "weights-v1.npz"):
        (context / name).write_text("import labs_test_package; print(labs_test_package.SAYS)")
    build_image(container_engine, context, "labs-test:packages", lambda step: None, {})
    try:
        assert container_engine.run("run", "--rm", "labs-test:packages").strip() == "it is there"
        assert "hidden-place" not in container_engine.run("history", "--no-trunc", "labs-test:packages")
        assert "hidden-place" not in container_engine.run("inspect", "labs-test:packages")
    finally:
        container_engine.run("rmi", "-f", "labs-test:packages")


def wheel(folder: Path) -> None:
    """A package of one line, as the specification of wheels wants it."""
    about = "labs_test_package-1.0.dist-info"
    with zipfile.ZipFile(folder / "labs_test_package-1.0-py3-none-any.whl", "w") as file:
        file.writestr("labs_test_package.py", "SAYS = 'it is there'\n")
        file.writestr(f"{about}/METADATA", "Metadata-Version: 2.1\nName: labs-test-package\nVersion: 1.0\n")
        file.writestr(f"{about}/WHEEL", "Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: py3-none-any\n")
        file.writestr(f"{about}/RECORD", "")


@pytest.mark.usefixtures("kind_here")
def test_broken_dockerfile_is_explained(context: Path) -> None:
    (context / "Dockerfile").write_text("FROM python:3.10\nRUN exit 3\n")
    with pytest.raises(ImageError, match="labs-test:v2 could not be built"):
        get("kind").build(context, "labs-test:v2", lambda step: None)


def _phases(client: Client) -> list[str]:
    return [pod["status"]["phase"] for pod in client.list("Pod", SPACE)]
