"""Packages are fetched before a build where pip needs settings; the engine is a shell script that notes what it is told."""

from __future__ import annotations

from pathlib import Path

import pytest

from labs.cluster import course_images
from labs.cluster.kind import wheels
from labs.cluster.kind.wheels import ARGUMENTS, with_wheels
from labs.cluster.model import Step
from labs.errors import ImageError
from tests.unit.cluster.kind.test_images import engine

TAKES = "FROM python:3.10\nCOPY requirements* requirements/\nARG PIP_NO_INDEX\nARG PIP_FIND_LINKS\n"
FETCHES = """\
[ "$1" = image ] && exec echo sha256:1
echo "$@" >> {here}/said; echo "$PIP_INDEX_URL $PIP_CERT" >> {here}/told
echo "Collecting one==1 (from -r x)" >&2
mkdir -p {here}/out; echo wheel > {here}/out/one.whl; tar -C {here}/out -c ."""


@pytest.fixture
def context(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("LABS_CACHE_DIR", str(tmp_path / "cache"))
    (tmp_path / "ca.pem").write_text("certificate")
    settings = {"PIP_INDEX_URL": "https://me:secret@packages.example/", "PIP_CERT": str(tmp_path / "ca.pem")}
    monkeypatch.setattr(wheels, "pip_settings", lambda: settings)
    folder = tmp_path / "context"
    folder.mkdir()
    (folder / "Dockerfile").write_text(TAKES)
    (folder / "requirements.txt").write_text("one==1\n")
    return folder


def test_wheels_are_fetched_once_and_lie_in_a_copy(context: Path, tmp_path: Path) -> None:
    program, steps = engine(tmp_path, FETCHES.format(here=tmp_path)), list[Step]()
    for _ in range(2):
        with with_wheels(program, context, steps.append) as (folder, arguments):
            assert folder != context and arguments == ARGUMENTS
            assert (folder / "requirements.wheels" / "one.whl").read_text() == "wheel\n"
            assert (folder / "Dockerfile").read_text() == TAKES
    assert [step.detail for step in steps] == ["Collecting one==1"]
    assert sorted(path.name for path in context.iterdir()) == ["Dockerfile", "requirements.txt"]


def test_settings_are_handed_over_without_a_secret_in_a_command(context: Path, tmp_path: Path) -> None:
    with with_wheels(engine(tmp_path, FETCHES.format(here=tmp_path)), context, lambda step: None):
        said, told = (tmp_path / "said").read_text(), (tmp_path / "told").read_text()
    assert "secret" not in said and "--env=PIP_INDEX_URL" in said
    assert f"--volume={tmp_path}/ca.pem:/run/labs/0-ca.pem:ro" in said
    assert told == "https://me:secret@packages.example/ /run/labs/0-ca.pem\n"


@pytest.mark.parametrize("dockerfile", ["FROM python:3.10\n", "ARG B\n" + TAKES.replace("python:3.10", "$B"), ""])
def test_other_dockerfiles_are_built_as_they_are(context: Path, tmp_path: Path, dockerfile: str) -> None:
    (context / "Dockerfile").write_text(dockerfile)
    with with_wheels(engine(tmp_path, "exit 1"), context, lambda step: None) as (folder, arguments):
        assert folder == context and not arguments


def test_nothing_is_fetched_where_pip_needs_no_settings(
    context: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(wheels, "pip_settings", dict)
    with with_wheels(engine(tmp_path, "exit 1"), context, lambda step: None) as (folder, arguments):
        assert folder == context and not arguments


def test_what_cannot_be_fetched_is_named(context: Path, tmp_path: Path) -> None:
    script = "echo 'ERROR: No matching distribution found for one==1' >&2; exit 1"
    with (
        pytest.raises(ImageError, match="No matching distribution found for one==1"),
        with_wheels(engine(tmp_path, script), context, lambda step: None),
    ):
        pass
    assert not list((tmp_path / "cache" / "wheels").glob("*/"))


def test_the_course_images_take_wheels() -> None:
    for name in course_images.known():
        text = (course_images.context_of(f"{name}:v1") / "Dockerfile").read_text(encoding="utf-8")
        assert "requirements" not in text or all(f"ARG {argument}\n" in text for argument in ARGUMENTS)
