"""Runs `kind create cluster` and `kind delete cluster`, step by step, and cleans up whatever a broken run has left."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import threading
import time
from collections import deque
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from labs.cluster.follow import follow
from labs.cluster.kind.containers import ContainerEngine
from labs.cluster.kind.recipe import CLUSTER_LABEL
from labs.cluster.model import Progress, Step
from labs.cluster.processes import Process, find
from labs.errors import ClusterError

__all__ = ["Kind", "at_work"]

_STEP = re.compile(r"^\s*(?P<sign>[•✓])\s+(?P<name>[ -~]+?)(?= \(|\s+[^ -~]|\s*$)")
_FINISH_SECONDS = 90.0
_REMOVE_SECONDS = 60.0
_COMMAND_SECONDS = 240.0
_QUIET_ROUNDS = 3


@dataclass(frozen=True)
class Kind:
    """The program, the engine that it uses, and the cluster that it is to make."""

    program: Path
    engine: ContainerEngine
    cluster: str
    kubeconfig: Path

    def create(self, config: Path, image: str, log: Path, progress: Progress) -> None:
        """Make the cluster; when that fails or is interrupted, nothing of it is left."""
        self.kubeconfig.with_name("kubeconfig.lock").unlink(missing_ok=True)
        words = ["create", "cluster", "--name", self.cluster, "--kubeconfig", str(self.kubeconfig)]
        try:
            self._follow([*words, "--config", str(config), "--image", image], log, progress)
        except BaseException:
            self.clean_up(progress)
            raise

    def clean_up(self, progress: Progress) -> None:
        """Remove what a broken start has left; raises ClusterError that says who does it when the engine is gone."""
        with _undisturbed():
            try:
                self.remove(progress)
            except ClusterError as error:
                raise ClusterError(
                    what="The container engine stopped answering while the cluster was made",
                    why=error.why or error.what,
                    next_step="Start it again, then run `labs up --cluster kind`: it removes what is left and begins anew "
                    "(`labs down --cluster kind` only removes it)",
                ) from error

    def remove(self, progress: Progress) -> None:
        """Remove the cluster, whole or half made; returns when no container of it is left."""
        self._end_others(progress)
        deadline, quiet = time.monotonic() + _REMOVE_SECONDS, 0
        while quiet < _QUIET_ROUNDS:  # an engine finishes a `run` whose client was killed
            nodes = self.engine.nodes(self.cluster)
            if nodes and time.monotonic() > deadline:
                raise _stuck([node.name for node in nodes])
            quiet = 0 if nodes else quiet + 1
            if nodes:
                names = ", ".join(node.name for node in nodes)
                progress(Step("containers", "running", f"removing {names}"))
                self.engine.attempt("rm", "-f", "-v", *(node.id for node in nodes), seconds=_COMMAND_SECONDS)
            time.sleep(0.1)
        self.kubeconfig.unlink(missing_ok=True)

    def _follow(self, words: list[str], log: Path, progress: Progress) -> None:
        said: deque[str] = deque(maxlen=60)
        steps, command, environment = _Steps(progress), [str(self.program), *words], self.engine.environment()
        with log.open("w", encoding="utf-8") as file:

            def on_line(line: str) -> None:
                file.write(f"{line}\n")
                said.append(line)
                steps.add(line)

            # The engine's clients that it has started come to their end: see `_end_others`.
            code = follow(command, on_line, environment=environment, output=subprocess.DEVNULL, children=False)
        if code:
            raise _failed(said, log)

    def _end_others(self, progress: Progress) -> None:
        """End an orphaned kind; let the engine's clients that it has started finish, so that nothing comes after us."""
        deadline = time.monotonic() + _FINISH_SECONDS
        while busy := at_work(self.cluster):
            for process, program in busy:
                if program == "kind" or time.monotonic() > deadline - _FINISH_SECONDS / 2:
                    process.signal(signal.SIGKILL)
            if time.monotonic() > deadline:
                raise _stuck([str(process.pid) for process, _ in busy])
            progress(Step("containers", "waiting", "an interrupted start of the cluster comes to its end"))
            time.sleep(0.2)


def at_work(cluster: str) -> tuple[tuple[Process, str], ...]:
    """Running kind, docker and podman programs whose command line names the cluster, with the program's name."""
    found = []
    for entry in Path("/proc").glob("[0-9]*"):
        try:
            words = (entry / "cmdline").read_bytes().decode(errors="replace").split("\0")
        except OSError:
            continue
        program = Path(words[0]).name
        named = (cluster, f"{CLUSTER_LABEL}={cluster}", f"label={CLUSTER_LABEL}={cluster}")
        if program in ("kind", "docker", "podman") and any(_names(word, cluster, named) for word in words[1:]):
            process = find(int(entry.name))
            if process and int(entry.name) != os.getpid():
                found.append((process, program))
    return tuple(found)


def _names(word: str, cluster: str, exact: tuple[str, ...]) -> bool:
    return word in exact or re.fullmatch(rf"{re.escape(cluster)}-(control-plane|worker)\d*", word) is not None


class _Steps:
    """kind's own lines (` • Preparing nodes …`, ` ✓ Preparing nodes …`) as progress."""

    def __init__(self, progress: Progress) -> None:
        self._progress, self._began, self._done = progress, time.monotonic(), set[str]()

    def add(self, line: str) -> None:
        found = _STEP.match(line)
        if found is None or found["name"] in self._done:
            return
        name, now = found["name"], time.monotonic()
        if found["sign"] == "✓":
            self._done.add(name)
            self._progress(Step("kind", "ready", name, None, now - self._began))
        if found["sign"] == "•":
            self._progress(Step("kind", "running", name))
        self._began = now


def _failed(said: deque[str], log: Path) -> ClusterError:
    text = "\n".join(said)
    known: tuple[tuple[Callable[[str], bool], str, str], ...] = (
        (
            lambda text: "address already in use" in text or "port is already allocated" in text,
            "A port that the cluster wants was taken meanwhile",
            "Run the same command again: another port is chosen",
        ),
        (
            lambda text: "too many open files" in text,
            "The machine allows too few watched files (inotify)",
            "sudo sysctl -w fs.inotify.max_user_instances=512 fs.inotify.max_user_watches=524288",
        ),
        (
            lambda text: "no space left on device" in text,
            "The container engine's disk is full",
            "Free some space (docker system df shows what uses it), then run the same command again",
        ),
        (
            lambda text: "node(s) already exist" in text or "is already in use by container" in text,
            "There are containers with the names of our nodes",
            "See them with `docker ps -a`; remove them when nobody needs them, then run the same command again",
        ),
        (
            lambda text: "Cannot connect to the Docker daemon" in text or "error during connect" in text,
            "The container engine stopped in the middle",
            "Start it again, then run the same command again",
        ),
    )
    last = next((line for line in reversed(said) if line.startswith("ERROR")), said[-1] if said else "")
    for holds, what, next_step in known:
        if holds(text):
            return ClusterError(what=f"kind could not make the cluster. {what}", why=_brief(last), next_step=next_step)
    return ClusterError(
        what="kind could not make the cluster; what it had begun was removed",
        why=_brief(last) or "It gave no reason",
        next_step=f"Run `labs doctor`; the whole output is in {log}; or run `labs up --cluster pocket`",
    )


def _brief(line: str) -> str:
    return line.removeprefix("ERROR: ")[:400]


def _stuck(what: list[str]) -> ClusterError:
    return ClusterError(
        what="The container engine does not remove the cluster",
        why=f"Still there: {', '.join(what)}",
        next_step="Restart the container engine, then run `labs down --cluster kind` again",
    )


@contextmanager
def _undisturbed() -> Iterator[None]:
    """A second Ctrl-C does not break the cleaning up. (Only the main thread gets signals, and may set handlers.)"""
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    before = {number: signal.signal(number, signal.SIG_IGN) for number in (signal.SIGINT, signal.SIGTERM)}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
