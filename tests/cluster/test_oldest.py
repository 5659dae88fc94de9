"""The right answers of every lesson on the oldest Kubernetes that the course claims (1.35; the newest is the cluster's own)."""

from __future__ import annotations

import subprocess
from pathlib import Path

from labs.cluster.pocket.recipe import required_go
from labs.cluster.pocket.toolchain import go_environment, go_on_this_machine
from tests.conftest import lacking

PROGRAM = Path(__file__).with_name("oldest")
LESSONS = Path(__file__).resolve().parents[2] / "labs" / "lessons"
# What came later; the lesson itself says so and skips its beat where the API is absent.
LATER = ("scheduling.k8s.io/v1beta1",)


def _answers() -> list[Path]:
    found = [*LESSONS.glob("*/*/solution.yaml"), *LESSONS.glob("*/*/given.yaml"), *LESSONS.glob("*/*/accept/*.yaml")]
    return [file for file in sorted(found) if not any(api in file.read_text(encoding="utf-8") for api in LATER)]


def _read(*files: Path) -> subprocess.CompletedProcess[str]:
    go = go_on_this_machine(required_go())
    if go is None:
        lacking("there is no Go on this machine: `./scripts/labs engine build` fetches one")
    program = go_environment() | {"GOFLAGS": "-buildvcs=false"}
    return subprocess.run(
        [go, "run", ".", *files], cwd=PROGRAM, env=program, capture_output=True, text=True, check=False
    )


def test_every_right_answer_is_read_by_the_oldest_kubernetes() -> None:
    answer = _read(*_answers())
    assert answer.returncode == 0, answer.stdout + answer.stderr


def test_what_the_oldest_kubernetes_does_not_know_is_found(tmp_path: Path) -> None:
    manifest = tmp_path / "later.yaml"
    manifest.write_text(
        "apiVersion: v1\nkind: Pod\nmetadata: {name: a}\nspec: {schedulingGroup: {podGroupName: b}}\n", encoding="utf-8"
    )
    answer = _read(manifest)
    assert answer.returncode == 1 and 'unknown field "spec.schedulingGroup"' in answer.stdout
