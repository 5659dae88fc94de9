"""pyproject.toml, the locks and environment.yml say the same."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path

import pytest
import yaml
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name
from packaging.version import Version

ROOT = Path(__file__).resolve().parents[2]
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
EXTRAS = PROJECT["optional-dependencies"]
LEARNER = [*PROJECT["dependencies"], *EXTRAS["notebooks"], *EXTRAS["build"]]
LOCKS = {"requirements.lock": LEARNER, "requirements-dev.lock": [*LEARNER, *EXTRAS["dev"]]}
LINE = re.compile(r"^([a-z0-9._-]+)==(\S+?)(?: ; (.*?))? \\$")
HASH = re.compile(r"^    --hash=sha256:[0-9a-f]{64}(?: \\)?$")


def pins(name: str) -> dict[str, Version]:
    """Names and versions of a lock."""
    lines = (ROOT / name).read_text(encoding="utf-8").splitlines()
    found = [match for match in map(LINE.match, lines) if match]
    return {canonicalize_name(match[1]): Version(match[2]) for match in found}


@pytest.mark.parametrize("name", LOCKS)
def test_a_lock_holds_names_versions_and_hashes_only(name: str) -> None:
    for line in (ROOT / name).read_text(encoding="utf-8").splitlines():
        assert LINE.match(line) or HASH.match(line), line


@pytest.mark.parametrize("name", LOCKS)
def test_a_lock_satisfies_the_project(name: str) -> None:
    locked = pins(name)
    for requirement in map(Requirement, LOCKS[name]):
        found = locked.get(canonicalize_name(requirement.name))
        assert found, f"{requirement} is not in {name}: make the locks anew (CONTRIBUTING.md)"
        assert found in requirement.specifier, f"{name} has {requirement.name} {found}, the project asks {requirement}"


def test_developers_have_what_learners_have() -> None:
    learner, developer = pins("requirements.lock"), pins("requirements-dev.lock")
    assert {name: developer.get(name) for name in learner} == learner


def test_conda_installs_the_same() -> None:
    environment = yaml.safe_load((ROOT / "environment.yml").read_text(encoding="utf-8"))
    assert environment["name"] == PROJECT["name"]
    conda = [each for each in environment["dependencies"] if isinstance(each, str)]
    pip = next(each["pip"] for each in environment["dependencies"] if isinstance(each, dict))
    assert f"python{PROJECT['requires-python']}" in conda
    assert pip == ["-r requirements.lock"], "pip refuses anything without a hash beside it"
