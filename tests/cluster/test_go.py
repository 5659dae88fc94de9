"""The engine's own tests, in Go: run with the toolchain and the flags that the engine is built with, so that little is compiled."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path

import pytest

from labs.cluster.pocket.build import _go_flags
from labs.cluster.pocket.recipe import BUILD_FLAGS, required_go, source_dir
from labs.cluster.pocket.toolchain import go_environment, go_on_this_machine
from tests.conftest import lacking

SECONDS = 600


def packages(source: Path) -> list[str]:
    """The packages that have tests."""
    return sorted({f"./{file.parent.relative_to(source)}" for file in source.glob("**/*_test.go")})


@pytest.mark.timeout(SECONDS)
def test_the_packages_of_the_engine(engine: Path) -> None:
    go, source = go_on_this_machine(required_go()), source_dir()
    if go is None or source is None:
        lacking("the engine was not built on this machine: there is no Go that is new enough")
    command = [str(go), "test", "-vet=off", "-json", *BUILD_FLAGS, *packages(source)]
    environment = go_environment({"GOFLAGS": _go_flags()})
    answer = subprocess.run(
        command, cwd=source, env=environment, capture_output=True, text=True, timeout=SECONDS, check=False
    )
    events = [json.loads(line) for line in answer.stdout.splitlines() if line.startswith("{")]
    said = "".join(
        event.get("Output", "") for event in events if event.get("Test") or event["Action"] == "build-output"
    )
    assert answer.returncode == 0, f"{said}\n{answer.stderr}"
    passed = {event["Package"] for event in events if event["Action"] == "pass" and "Test" not in event}
    assert len(passed) == len(packages(source))
    assert not [event["Test"] for event in events if event["Action"] == "skip" and "Test" in event]
