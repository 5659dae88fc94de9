"""`labs start` with a real JupyterLab and a cluster that cannot come up: JupyterLab is there all the same."""

from __future__ import annotations

import json
import os
import signal
import stat
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from labs.cluster.processes import Process, descendants, find

_DRIVER = """
import sys
from pathlib import Path
import labs.cli.start
from labs.cli import main
labs.cli.start.lessons_source = lambda: Path(sys.argv[1])
sys.exit(main(sys.argv[2:]))
"""


@dataclass(frozen=True)
class Session:
    """A running `labs start`."""

    process: subprocess.Popen[str]
    state: Path
    opened: dict[str, Any]

    def end(self, number: signal.Signals = signal.SIGINT) -> int:
        """Send a signal and return the exit code."""
        self.process.send_signal(number)
        code = self.process.wait(60)
        assert self.process.stdout
        self.process.stdout.close()
        return code

    @property
    def base(self) -> str:
        return str(self.opened["url"]).partition("/lab/")[0]

    def get(self, path: str, token: str = "") -> tuple[int, str]:
        request = urllib.request.Request(self.base + path, headers={"Authorization": f"token {token}"} if token else {})
        try:
            with urllib.request.urlopen(request, timeout=10) as answer:
                return answer.status, answer.read().decode()
        except urllib.error.HTTPError as error:
            error.close()
            return error.code, ""

    @property
    def token(self) -> str:
        return str(self.opened["url"]).partition("token=")[2]


def begin(folders: Path, *words: str) -> Session:
    shipped = folders / "shipped"
    shipped.mkdir(exist_ok=True)
    (shipped / "00-welcome.ipynb").write_text(
        '{"cells": [], "metadata": {}, "nbformat": 4, "nbformat_minor": 5}', encoding="utf-8"
    )
    driver = folders / "driver.py"
    driver.write_text(_DRIVER, encoding="utf-8")
    process = subprocess.Popen(
        [sys.executable, str(driver), str(shipped), "start", "--json", "--no-browser", *words],
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
        env={
            **os.environ,
            "LABS_ENGINE_DIR": str(folders / "no-engine"),
            "PYTHONPATH": os.getcwd(),
            "PATH": "/usr/bin:/bin",
        },
    )
    assert process.stdout
    events = (json.loads(line) for line in process.stdout)
    opened: dict[str, Any] = next((event for event in events if event["event"] in ("open", "already-running")), {})
    return Session(process, folders / "state", opened)


@pytest.fixture
def session(folders: Path) -> Iterator[Session]:
    session = begin(folders)
    yield session
    session.end()


def ended(processes: tuple[Process, ...]) -> bool:
    deadline = time.monotonic() + 15
    while any(one.alive() for one in processes) and time.monotonic() < deadline:
        time.sleep(0.05)
    return not any(one.alive() for one in processes)


def test_jupyterlab_is_ours_private_and_quiet(session: Session, folders: Path) -> None:
    assert session.base.startswith("http://127.0.0.1:")
    assert session.get("/api/contents")[0] == 403
    code, listed = session.get("/api/contents", session.token)
    assert code == 200 and "00-welcome.ipynb" in listed
    _, page = session.get("/lab/tree/00-welcome.ipynb", session.token)
    assert '"news": {"disabled": true}' in page and "lsp-extension" in page
    _, specs = session.get("/api/kernelspecs", session.token)
    assert json.loads(specs)["kernelspecs"]["python3"]["spec"]["argv"][0] == sys.executable
    config = session.state / "jupyter" / "config" / "jupyter_server_config.json"
    assert stat.S_IMODE(config.stat().st_mode) == 0o600
    assert session.token in config.read_text(encoding="utf-8")
    assert session.get("/lsp/status", session.token)[0] == 404


def test_second_start_names_the_first(session: Session, folders: Path) -> None:
    second = begin(folders)
    assert second.opened["url"] == session.opened["url"]
    assert second.process.wait(10) == 0 and second.end() == 0


def test_terminal_has_our_kubectl_after_the_learners_bashrc(session: Session, folders: Path) -> None:
    home = folders / "home"
    home.mkdir()
    (home / ".bashrc").write_text("export KUBECONFIG=/mine PATH=/mine:$PATH\n", encoding="utf-8")
    answer = subprocess.run(
        ["bash", "--rcfile", session.state / "jupyter" / "bashrc", "-i", "-c", "echo $KUBECONFIG; command -v kubectl"],
        env={"HOME": str(home), "PATH": "/usr/bin:/bin"},
        capture_output=True,
        text=True,
        check=True,
    )
    lines = answer.stdout.split()
    assert lines == [str(session.state / "clusters/pocket/kubeconfig"), str(session.state / "bin/kubectl")]


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP, signal.SIGKILL])
def test_every_end_ends_everything(session: Session, folders: Path, number: signal.Signals) -> None:
    own = find(session.process.pid)
    assert own
    below = descendants(own)
    assert below
    assert session.end(number) in (130, -signal.SIGKILL)
    assert ended(below)


def test_start_after_kill(session: Session, folders: Path) -> None:
    session.end(signal.SIGKILL)
    again = begin(folders)
    assert again.get("/api/contents", again.token)[0] == 200
    assert again.end(signal.SIGTERM) == 130


def test_ctrl_c_before_it_is_open(folders: Path) -> None:
    for seconds in (0.1, 0.4, 0.8):
        process = subprocess.Popen(
            [sys.executable, "-m", "labs.cli", "start", "--no-browser"],
            env={**os.environ, "LABS_ENGINE_DIR": str(folders / "no-engine"), "PATH": "/usr/bin:/bin"},
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        time.sleep(seconds)
        process.send_signal(signal.SIGINT)
        assert process.wait(30) != 0
