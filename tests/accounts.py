"""An unprivileged account that can run the course, for tests that are run by root."""

from __future__ import annotations

import os
import pwd
import shutil
import subprocess
import sys
import sysconfig
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from labs.cluster.pocket.bundle import export_bundle
from labs.cluster.pocket.engine import find_engine
from tests.pocket import Account

ROOT = Path(__file__).resolve().parent.parent
_FREE_IDS = 1_900_000_000
_NOT_NEEDED = (
    "playwright",
    "mypy",
    "ruff",
    "uv",
    "hypothesis",
    "jedi",
    "babel",
    "greenlet",
    "*__mypyc*",
    "__pycache__",
)


class NoAccountError(RuntimeError):
    """Why this machine has none."""


@contextmanager
def ordinary_user() -> Iterator[Account]:
    """Someone who is not root, with the course, its packages and the engine readable to her; removed afterwards."""
    if os.geteuid():
        yield Account()
        return
    name = f"labs-test-{os.getpid()}"
    if not shutil.which("useradd"):
        raise NoAccountError("there is no useradd here to make an ordinary user")
    folder = Path(tempfile.mkdtemp(prefix="labs-user-"))
    folder.chmod(0o755)
    home = folder / "home"
    try:
        subprocess.run(["useradd", "--create-home", "--home-dir", home, name], check=True, capture_output=True)
        user = pwd.getpwnam(name)
        yield _equip(folder, home, user.pw_uid)
    finally:
        subprocess.run(["userdel", "--force", name], check=False, capture_output=True)
        shutil.rmtree(folder, ignore_errors=True)


def delegate_ids(account: Account, *, wanted: bool) -> None:
    """Give the account a range of 65,536 subordinate ids (subuid(5)), or take its ranges away."""
    if account.uid is None:
        raise NoAccountError("only root may change which ids are delegated to whom")
    if not shutil.which("newuidmap"):
        raise NoAccountError("newuidmap is not installed (package uidmap)")
    name = pwd.getpwuid(account.uid).pw_name
    for file, kind in (("/etc/subuid", "subuids"), ("/etc/subgid", "subgids")):
        for line in Path(file).read_text(encoding="utf-8").splitlines():
            owner, first, count = line.split(":")
            if owner == name:
                _usermod(f"--del-{kind}", int(first), int(count), name)
        if wanted:
            _usermod(f"--add-{kind}", _FREE_IDS, 65536, name)


def _usermod(option: str, first: int, count: int, name: str) -> None:
    subprocess.run(["usermod", option, f"{first}-{first + count - 1}", name], check=True, capture_output=True)


def _equip(folder: Path, home: Path, uid: int) -> Account:
    python = _python(uid)
    packages = folder / "packages"
    shutil.copytree(
        sysconfig.get_paths()["purelib"], packages, symlinks=True, ignore=shutil.ignore_patterns(*_NOT_NEEDED, "*.pth")
    )
    clone = folder / "clone"
    for name in ("labs", "notebooks"):
        shutil.copytree(ROOT / name, clone / name, ignore=shutil.ignore_patterns("node_modules", "__pycache__"))
    shutil.copy(ROOT / "pyproject.toml", clone)
    environment = {"HOME": str(home), "PYTHONPATH": f"{clone}:{packages}", "LABS_CACHE_DIR": str(home / "cache")}
    account = Account((python,), environment, uid, home)
    _hand_over_engine(folder, account)
    return account


def _python(uid: int) -> str:
    """A Python of this version that she may run: this one, else the system's."""
    for python in (getattr(sys, "_base_executable", sys.executable), "/usr/bin/python3"):
        code = "import sys; print(*sys.version_info[:2])"
        try:
            answer = subprocess.run(
                [python, "-c", code], user=uid, capture_output=True, text=True, cwd="/", check=False
            )
        except OSError:
            continue
        if answer.stdout.split() == [str(number) for number in sys.version_info[:2]]:
            return python
    raise NoAccountError(f"no Python {sys.version_info[0]}.{sys.version_info[1]} that an ordinary user may run")


def _hand_over_engine(folder: Path, account: Account) -> None:
    if os.environ.get("LABS_ENGINE_DIR"):
        engine = find_engine()
        assert engine
        shutil.copytree(engine.folder, folder / "engine", ignore=shutil.ignore_patterns("*.log"))
        account.environment["LABS_ENGINE_DIR"] = str(folder / "engine")  # type: ignore[index]
        return
    bundle = export_bundle(folder / "engine.tar.gz", lambda step: None)
    command = [*account.python, "-m", "labs.cli", "engine", "import", str(bundle)]
    environment = {**os.environ, **account.environment, "LABS_STATE_DIR": str(account.home)}
    subprocess.run(command, env=environment, user=account.uid, group=account.uid, extra_groups=[], cwd="/", check=True)
    bundle.unlink()
