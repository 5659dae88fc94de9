"""The container engine (Docker, else Podman): what it says about itself, our node containers, one command at a time."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from labs.cluster.kind.recipe import CLUSTER_LABEL, MARK
from labs.errors import ClusterError

__all__ = ["ASK_SECONDS", "ContainerEngine", "NodeContainer", "ask", "failure", "read_info"]

ASK_SECONDS = 5.0
_COMMAND_SECONDS = 120.0
_PROGRAMS = ("docker", "podman")
_INFO = ("info", "--format", "{{json .}}")


@dataclass(frozen=True)
class NodeContainer:
    """A node of a kind cluster. `state`: running, paused, exited, created, …; `mark`: folder mounted at `/labs`, or ''."""

    name: str
    id: str
    state: str
    role: str
    mark: str
    address: str


@dataclass(frozen=True)
class ContainerEngine:
    """An engine that answers; `memory` in bytes, `index`: address of its default registry."""

    program: str
    name: str
    version: str
    cpus: int
    memory: int
    cgroup: int
    rootless: bool
    limits: bool = True
    root: str = ""
    store: str = ""
    index: str = ""
    proxy: str = ""
    system: str = ""

    def run(self, *words: str, seconds: float = _COMMAND_SECONDS) -> str:
        """Output of one command of the engine; raises ClusterError when it fails or takes too long."""
        answer = self.attempt(*words, seconds=seconds)
        if answer.returncode:
            raise failure(self.name, words, answer.stderr or answer.stdout)
        return answer.stdout

    def attempt(self, *words: str, seconds: float = _COMMAND_SECONDS) -> subprocess.CompletedProcess[str]:
        """One command of the engine, however it ends."""
        return _run([self.program, *words], seconds)

    def image(self, reference: str) -> str:
        """Id of an image; empty when it is not here."""
        return self.attempt("image", "inspect", "--format", "{{.Id}}", reference, seconds=ASK_SECONDS).stdout.strip()

    def has_image(self, reference: str) -> bool:
        """Whether the image is here."""
        return bool(self.image(reference))

    def full_name(self, reference: str) -> str:
        """What Kubernetes means by an image's name. Docker means the same; Podman would put ``localhost/`` before it."""
        first, slash, _ = reference.partition("/")
        if self.name != "podman" or (slash and (set(first) & set(".:") or first == "localhost")):
            return reference
        return f"docker.io/{reference}" if slash else f"docker.io/library/{reference}"

    def nodes(self, cluster: str) -> tuple[NodeContainer, ...]:
        """Containers of the kind cluster of that name, the control plane first."""
        listed = self.run("ps", "-a", "-q", "--no-trunc", "--filter", f"label={CLUSTER_LABEL}={cluster}", seconds=30)
        if not listed.split():
            return ()
        answer = self.attempt("inspect", *listed.split(), seconds=30)  # fails for one that has gone meanwhile
        found = [_node(each) for each in json.loads(answer.stdout or "[]")]
        return tuple(sorted(found, key=lambda node: (node.role != "control-plane", len(node.name), node.name)))

    def environment(self) -> dict[str, str]:
        """Environment in which kind uses this engine."""
        return {**os.environ, "KIND_EXPERIMENTAL_PROVIDER": self.name}


def ask(only: str = "") -> ContainerEngine:
    """The engine of that name, else the first that answers; raises ClusterError that says why none does."""
    errors = []
    for program in [only] if only else _PROGRAMS:
        path = shutil.which(program)
        if path is None:
            continue
        answer = _run([path, *_INFO], ASK_SECONDS)
        try:
            return read_info(path, program, json.loads(answer.stdout or "{}"))
        except ValueError:
            errors.append(failure(program, _INFO, answer.stderr or answer.stdout))
    if errors:
        raise errors[0]
    if only:
        raise ClusterError(
            what=f"{only.capitalize()}, which has the cluster's nodes, is not on PATH",
            why="Another container engine knows nothing of them",
            next_step="Put it on PATH again, or forget the cluster: remove the folder that `labs doctor` names for state",
        )
    raise ClusterError(
        what="There is no container engine on this machine",
        why="Neither `docker` nor `podman` is on PATH, and kind runs its nodes as containers",
        next_step="Install Docker (docs.docker.com/engine/install) or Podman, or run `labs up --cluster pocket`",
    )


def read_info(path: str, program: str, info: Mapping[str, Any]) -> ContainerEngine:
    """What `docker info` or `podman info` says; raises ValueError when its daemon has not answered."""
    if "host" in info:
        return _podman(path, info)
    if info.get("ServerErrors") or not info.get("ServerVersion"):
        raise ValueError("no server")
    options = " ".join(map(str, info.get("SecurityOptions") or ()))
    status = {str(pair[0]): str(pair[1]) for pair in info.get("DriverStatus") or () if len(pair) > 1}
    return ContainerEngine(
        program=path,
        name=program,
        version=str(info["ServerVersion"]),
        cpus=int(info.get("NCPU") or 1),
        memory=int(info.get("MemTotal") or 0),
        cgroup=int(info.get("CgroupVersion") or 1),
        rootless="name=rootless" in options,
        limits=all(info.get(name, True) for name in ("MemoryLimit", "PidsLimit", "CPUShares")),
        root=str(info.get("DockerRootDir") or ""),
        store="containerd" if "containerd" in status.get("driver-type", "") else str(info.get("Driver") or ""),
        index=str(info.get("IndexServerAddress") or ""),
        proxy=str(info.get("HttpsProxy") or info.get("HTTPSProxy") or info.get("HttpProxy") or ""),
        system=str(info.get("OperatingSystem") or ""),
    )


def failure(program: str, words: Sequence[str], said: str) -> ClusterError:
    """The engine's own words for a failure, turned into ours where the cause is known."""
    lines = [line.strip() for line in said.splitlines() if line.strip() and not line.startswith("{")]
    text, command = "\n".join(lines), f"{program} {words[0]}"
    if "permission denied" in text and ("socket" in text or "sock" in text):
        return ClusterError(
            what=f"You may not use {program.capitalize()}",
            why=lines[-1],
            next_step="sudo usermod -aG docker $USER, then log in again; or run `labs up --cluster pocket`",
        )
    if any(word in text for word in ("Cannot connect to the Docker daemon", "failed to connect to the docker API")):
        return ClusterError(
            what=f"{program.capitalize()} is installed, but it does not run",
            why=lines[-1],
            next_step="Start it (sudo systemctl start docker, or Docker Desktop), or run `labs up --cluster pocket`",
        )
    return ClusterError(
        what=f"`{command}` failed",
        why=lines[-1] if lines else "It gave no answer in time",
        next_step=f"Try `{program} info`; when it does not answer either, restart {program.capitalize()}",
    )


def _podman(path: str, info: Mapping[str, Any]) -> ContainerEngine:
    host, store = info["host"], info.get("store") or {}
    return ContainerEngine(
        program=path,
        name="podman",
        version=str((info.get("version") or {}).get("Version") or ""),
        cpus=int(host.get("cpus") or 1),
        memory=int(host.get("memTotal") or 0),
        cgroup=2 if host.get("cgroupVersion") == "v2" else 1,
        rootless=bool((host.get("security") or {}).get("rootless")),
        limits={"cpu", "memory", "pids"} <= set(host.get("cgroupControllers") or ())
        or not host.get("cgroupControllers"),
        root=str(store.get("graphRoot") or ""),
        store=str(store.get("graphDriverName") or ""),
        system=str((host.get("distribution") or {}).get("distribution") or ""),
    )


def _node(data: Mapping[str, Any]) -> NodeContainer:
    labels = (data.get("Config") or {}).get("Labels") or {}
    mounts = {each.get("Destination"): each.get("Source") for each in data.get("Mounts") or ()}
    networks = (data.get("NetworkSettings") or {}).get("Networks") or {}
    address = next((each.get("IPAddress") for each in networks.values() if each.get("IPAddress")), "")
    return NodeContainer(
        name=str(data.get("Name", "")).lstrip("/"),
        id=str(data.get("Id", "")),
        state=str((data.get("State") or {}).get("Status", "")),
        role=str(labels.get("io.x-k8s.kind.role", "")),
        mark=str(mounts.get(MARK) or ""),
        address=str(address),
    )


def _run(command: Sequence[str], seconds: float) -> subprocess.CompletedProcess[str]:
    try:
        return subprocess.run(
            command,
            capture_output=True,
            text=True,
            errors="replace",
            stdin=subprocess.DEVNULL,
            timeout=seconds,
            check=False,
        )
    except (OSError, subprocess.TimeoutExpired) as error:
        return subprocess.CompletedProcess(command, 125, "", f"{error}")
