"""The scripts of a clone prepare its environment, once, and again when an interrupt left it half done."""

from __future__ import annotations

import os
import shutil
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
PYTHON = """\
#!/bin/sh
# Stands for a Python: makes an environment whose pip installs programs that say what they were given.
case "$1 $2" in
    "-m venv") mkdir -p "$3/bin"; cp "$0" "$3/bin/python"; echo made >>"$3/../told" ;;
    "-m pip")
        [ -z "${FAILS:-}" ] || exit 1
        for name in labs jupyter-lab; do
            printf '#!/bin/sh\\necho %s "$@"\\n' $name >"${0%/*}/$name"
            chmod +x "${0%/*}/$name"
        done ;;
    "- "*) cat "$2" "$3" | cksum ;;
    "-c import sys; print"*) echo 3.11 ;;
esac
"""


@pytest.fixture
def clone(tmp_path: Path) -> Path:
    clone = tmp_path / "a clone"
    clone.mkdir()
    shutil.copytree(ROOT / "scripts", clone / "scripts", ignore=shutil.ignore_patterns("__pycache__"))
    for name in ("requirements.lock", "requirements-dev.lock", "pyproject.toml"):
        shutil.copy(ROOT / name, clone)
    (tmp_path / "python").write_text(PYTHON, encoding="utf-8")
    (tmp_path / "python").chmod(0o755)
    return clone


def run(clone: Path, script: str, *words: str, **environment: str) -> subprocess.CompletedProcess[str]:
    settings = {"PATH": os.environ["PATH"], "PYTHON": str(clone.parent / "python"), **environment}
    return subprocess.run(
        [clone / "scripts" / script, *words], env=settings, cwd="/", capture_output=True, text=True, check=False
    )


@pytest.mark.parametrize(("script", "given"), [("labs", "status --json"), ("start", "start status --json")])
def test_a_fresh_clone_is_prepared_once(clone: Path, script: str, given: str) -> None:
    for _ in range(2):
        assert run(clone, script, "status", "--json").stdout == f"labs {given}\n"
    assert (clone / "told").read_text(encoding="utf-8") == "made\n"


def test_what_an_interrupt_left_is_made_anew(clone: Path) -> None:
    run(clone, "labs")
    (clone / ".venv" / "installed").unlink()
    assert run(clone, "labs", "status").stdout == "labs status\n"
    assert (clone / "told").read_text(encoding="utf-8") == "made\nmade\n"


def test_without_a_network_the_next_step_is_named(clone: Path) -> None:
    answer = run(clone, "labs", "status", FAILS="1")
    assert answer.returncode == 1 and "check the network" in answer.stderr and not answer.stdout


def test_without_a_python_the_next_step_is_named(clone: Path) -> None:
    tools = clone.parent / "tools"
    tools.mkdir()
    for name in ("sh", "dirname"):
        (tools / name).symlink_to(str(shutil.which(name)))
    answer = run(clone, "start", PATH=str(tools), PYTHON="")
    assert answer.returncode == 1 and "Python 3.11 or newer" in answer.stderr and "apt install" in answer.stderr
