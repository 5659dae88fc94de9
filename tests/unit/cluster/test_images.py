"""Images: the course's own, what the store says, what the builder says."""

from __future__ import annotations

import json
import sys
from pathlib import Path

import pytest

from labs.cluster import Image, Step
from labs.cluster.course_images import context_of, known
from labs.cluster.pocket import images
from labs.cluster.pocket.engine import Engine
from labs.errors import ImageError


def test_the_course_has_its_images() -> None:
    assert "mymodel" in known()
    assert (context_of("mymodel:v1") / "Dockerfile").is_file()
    for wrong in ("mymodel", "other:v1", "../mymodel:v1"):
        with pytest.raises(ImageError, match="is not an image of this course"):
            context_of(wrong)


def test_the_store_is_listed_with_origins(tmp_path: Path) -> None:
    library, node = tmp_path / "images", tmp_path / "nodes" / "node-1" / "var" / "lib" / "pocket"
    library.mkdir()
    node.mkdir(parents=True)
    assert images.stored(tmp_path) == ()
    index = {
        "images": {"sha256:1": {"size": 7, "origin": "built"}, "sha256:0": {"size": 1, "origin": "built"}},
        "references": {"docker.io/library/mymodel:v1": "sha256:1"},
    }
    (library / "index.json").write_text(json.dumps(index), encoding="utf-8")
    names = ["docker.io/library/python:3.10", "docker.io/library/mymodel:v1"]
    (node / "images.json").write_text(json.dumps(names), encoding="utf-8")
    assert images.stored(tmp_path) == (
        Image("mymodel:v1", "sha256:1", 7, "built"),
        Image("python:3.10", images.stand_in_id("python:3.10"), 0, "stand-in"),
    )


def _builder(folder: Path, *lines: object) -> Engine:
    program = folder / "pocket"
    said = "\n".join(json.dumps(line) for line in lines)
    program.write_text(f"#!{sys.executable}\nprint({said!r})\n", encoding="utf-8")
    program.chmod(0o755)
    return Engine(folder, {})


def test_progress_and_errors_of_the_builder(tmp_path: Path) -> None:
    steps: list[Step] = []
    step = {"event": "step", "name": "1/2", "state": "ready", "detail": "FROM x", "seconds": 0.5}
    engine = _builder(tmp_path, step, {"event": "built"})
    images.build(engine, tmp_path, tmp_path, "x:1", steps.append, {})
    assert steps == [Step("step 1/2", "ready", "FROM x", None, 0.5)]
    error = {"event": "error", "what": "Line 2 of the Dockerfile cannot be built", "why": "ADD", "next": "Use COPY"}
    with pytest.raises(ImageError, match="Line 2") as caught:
        images.build(_builder(tmp_path, error), tmp_path, tmp_path, "x:1", steps.append, {})
    assert (caught.value.why, caught.value.next_step) == ("ADD", "Use COPY")
    with pytest.raises(ImageError, match="ended before"):
        images.build(_builder(tmp_path, {}), tmp_path, tmp_path, "x:1", steps.append, {})
