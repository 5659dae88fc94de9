"""What `ctr` and `docker build` print, read; their words are recorded from our own machine."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from labs.cluster.kind.containers import ContainerEngine, read_info
from labs.cluster.kind.images import build_image, images_of
from labs.cluster.model import Image, Step
from labs.errors import ImageError
from tests.unit.cluster.kind import recorded

LISTED = """\
REF TYPE DIGEST SIZE PLATFORMS LABELS
docker.io/library/python:3.10 application/vnd.docker.distribution.manifest.v2+json sha256:1 116.5 MiB linux/amd64 -
docker.io/library/mymodel:v1 application/vnd.docker.distribution.manifest.v2+json sha256:2 1.5 GiB linux/amd64 -
registry.k8s.io/pause:3.10.2 application/vnd.docker.distribution.manifest.v2+json sha256:3 1.0 MiB linux/amd64 -
sha256:06f67d application/vnd.docker.distribution.manifest.v2+json sha256:1 116.5 MiB linux/amd64 -
"""


def engine(folder: Path, script: str) -> ContainerEngine:
    """An engine whose program is a shell script."""
    program = folder / "docker"
    program.write_text(f"#!/bin/sh\n{script}\n")
    program.chmod(0o755)
    return read_info(str(program), "docker", recorded.HERE)


def test_images_of_a_node(tmp_path: Path) -> None:
    (tmp_path / "listed").write_text(LISTED)
    found = images_of(engine(tmp_path, f"cat {tmp_path}/listed"), "node", {"mymodel:v1": "built"})
    assert found == (
        Image("mymodel:v1", "sha256:2", 3 * 2**29, "built"),
        Image("python:3.10", "sha256:1", round(116.5 * 2**20), "pulled"),
    )


@pytest.mark.parametrize(
    ("plugin", "line", "kit"),
    [
        ("exit 1", "Step 2/3 : RUN true", "0"),
        ("exit 0", "#6 [2/3] RUN true", "1"),
        ("exit 1", "STEP 2/3: RUN true", "0"),  # Podman 4.3
    ],
)
def test_build_shows_its_steps_with_each_builder(tmp_path: Path, plugin: str, line: str, kit: str) -> None:
    script = f'[ "$1" = buildx ] && {plugin}\necho "$DOCKER_BUILDKIT" > {tmp_path}/kit\necho "{line}"'
    steps: list[Step] = []
    build_image(engine(tmp_path, script), tmp_path, "x:1", steps.append, {})
    assert [step.detail for step in steps] == ["x:1: 2/3 RUN true", "x:1 built"]
    assert (tmp_path / "kit").read_text().strip() == kit


def test_failed_build_has_its_reason(tmp_path: Path) -> None:
    script = (
        '[ "$1" = buildx ] && exit 1\necho "Step 2/2 : RUN exit 3"\necho "The command returned an error: 3"\nexit 1'
    )
    with pytest.raises(ImageError) as caught:
        build_image(engine(tmp_path, script), tmp_path, "x:1", lambda step: None, {})
    assert "an error: 3" in caught.value.why and "Dockerfile" in caught.value.next_step


def test_podman_gives_images_the_names_that_kubernetes_means() -> None:
    docker = read_info("docker", "docker", recorded.HERE)
    podman = replace(docker, name="podman")
    assert docker.full_name("mymodel:v1") == "mymodel:v1"
    names = ("mymodel:v1", "me/mymodel:v1", "registry.example/me/x:1", "localhost/x:1", "127.0.0.1:5000/x:1")
    full = ("docker.io/library/mymodel:v1", "docker.io/me/mymodel:v1", *names[2:])
    assert tuple(map(podman.full_name, names)) == full
