"""A real pocket cluster for tests: a state folder of its own, driven by the command line as a learner would."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from labs.cluster.processes import Process, descendants, find


@dataclass(frozen=True)
class Account:
    """Who runs the commands and with which Python; `uid` None: whoever runs the tests."""

    python: tuple[str, ...] = (sys.executable,)
    environment: Mapping[str, str] = field(default_factory=dict)
    uid: int | None = None
    home: Path | None = None


@dataclass(frozen=True)
class Pocket:
    """A pocket cluster below `folder` (a short path, because sockets are in it)."""

    folder: Path
    account: Account = Account()

    @property
    def environment(self) -> dict[str, str]:
        """Environment of everything that belongs to this cluster."""
        base = {key: value for key, value in os.environ.items() if key != "KUBECONFIG"}
        own = {"LABS_STATE_DIR": str(self.folder / "state"), "LABS_WORK_DIR": str(self.folder / "work")}
        return {**base, **own, **self.account.environment}

    @property
    def state(self) -> Path:
        """The folder of the cluster."""
        return self.folder / "state" / "clusters" / "pocket"

    @property
    def kubeconfig(self) -> Path:
        """The administrator's kubeconfig."""
        return self.state / "kubeconfig"

    def spawn(self, *words: str, **options: Any) -> subprocess.Popen[str]:
        """Start `labs WORDS…` as the account."""
        uid = self.account.uid
        ids: dict[str, Any] = {} if uid is None else {"user": uid, "group": uid, "extra_groups": []}
        command = [*self.account.python, "-m", "labs.cli", *words]
        return subprocess.Popen(command, env=self.environment, cwd=self.folder, text=True, **ids, **options)

    def run(self, *words: str, seconds: float = 180) -> subprocess.CompletedProcess[str]:
        """Run `labs WORDS…`; never longer than `seconds`."""
        with self.spawn(*words, stdout=subprocess.PIPE, stderr=subprocess.PIPE) as process:
            try:
                out, err = process.communicate(timeout=seconds)
            except BaseException:
                process.kill()
                raise
        return subprocess.CompletedProcess(words, process.returncode, out, err)

    def labs(self, *words: str, code: int = 0) -> str:
        """Run `labs WORDS…`, expect this exit code, return what it said."""
        answer = self.run(*words)
        assert answer.returncode == code, f"labs {words}: {answer.returncode}\n{answer.stdout}{answer.stderr}"
        return answer.stdout + answer.stderr

    def kubectl(self, *words: str, code: int = 0) -> str:
        """Run kubectl on this cluster."""
        return self.labs("kubectl", *words, code=code)

    def status(self) -> dict[str, Any]:
        """What the supervisor has written about itself."""
        value = json.loads((self.state / "status.json").read_text(encoding="utf-8"))
        assert isinstance(value, dict)
        return value

    def processes(self) -> tuple[Process, ...]:
        """The supervisor and everything below it."""
        supervisor = find(self.status()["pid"])
        assert supervisor, "the supervisor is not running"
        return (supervisor, *descendants(supervisor))


@contextmanager
def place(account: Account | None = None) -> Iterator[Pocket]:
    """A place for a cluster, which ends with the block and leaves neither files nor processes."""
    folder = Path(tempfile.mkdtemp(prefix="labs-"))
    who = account or Account()
    if who.uid is not None:
        os.chown(folder, who.uid, who.uid)
    pocket = Pocket(folder, who)
    try:
        yield pocket
    finally:
        pocket.run("down")
        shutil.rmtree(folder, ignore_errors=True)


def all_ended(processes: tuple[Process, ...], *, within: float = 5.0) -> bool:
    """Whether all of them end within so many seconds."""
    deadline = time.monotonic() + within
    while any(one.alive() for one in processes) and time.monotonic() < deadline:
        time.sleep(0.02)
    return not any(one.alive() for one in processes)
