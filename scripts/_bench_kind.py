"""Measurements of the kind cluster, beside plain kind in the same run and with the same configuration."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from labs.cluster.kind.config import Shape, render
from labs.cluster.kind.containers import ask
from labs.cluster.kind.program import ensure_kind
from labs.cluster.kind.recipe import node_image

Values = list[float]
ROUNDS = 3


def kind_up_ratio() -> Values:
    """`labs up --cluster kind` to three Ready nodes, its own add-ons left out, divided by plain kind to the same state."""
    return [_ours()[0] / _plain() for _ in range(ROUNDS)]


def kind_up() -> Values:
    """`labs up --cluster kind`, add-ons left out."""
    return [_ours()[0] for _ in range(ROUNDS)]


def kind_addons() -> Values:
    """What `labs up` does after the nodes are Ready: the lessons' image into the nodes, the agent."""
    return [_ours()[1] for _ in range(ROUNDS)]


def kind_memory_mib() -> Values:
    """Memory of the three node containers (`docker stats`), 30 s after they became Ready."""
    with tempfile.TemporaryDirectory(prefix="labs-") as folder:
        environment = _environment(Path(folder))
        try:
            _labs(environment, "up")
            time.sleep(30)
            engine, name = ask(), _name(Path(folder))
            words = ("stats", "--no-stream", "--format", "{{.MemUsage}}", *(node.id for node in engine.nodes(name)))
            return [sum(_mib(line.split("/")[0]) for line in engine.run(*words).splitlines())]
        finally:
            _labs(environment, "down")


def choice_seconds() -> Values:
    """Deciding between kind and pocket when nobody has named one."""
    from labs.cluster.kind.choice import kind_is_possible

    values = []
    for _ in range(5):
        began = time.monotonic()
        kind_is_possible()
        values.append(time.monotonic() - began)
    return values


def _ours() -> tuple[float, float]:
    """Seconds to Ready nodes, and seconds of the rest."""
    with tempfile.TemporaryDirectory(prefix="labs-") as folder:
        environment, began, ready = _environment(Path(folder)), time.monotonic(), 0.0
        command = [sys.executable, "-m", "labs.cli", "up", "--json"]
        with subprocess.Popen(command, env=environment, stdout=subprocess.PIPE, text=True) as process:
            assert process.stdout
            for line in process.stdout:
                event = json.loads(line)
                if (event.get("name"), event.get("state")) == ("nodes", "ready"):
                    ready = time.monotonic() - began
        whole = time.monotonic() - began
        _labs(environment, "down")
    if process.returncode:
        raise RuntimeError("labs up failed")
    return ready, whole - ready


def _plain() -> float:
    """Seconds of `kind create cluster --wait` and `kubectl wait` for every node."""
    engine, program = ask(), str(ensure_kind())
    with tempfile.TemporaryDirectory(prefix="labs-") as folder:
        place = Path(folder)
        shape = Shape(3, "2", "4Gi", engine.cpus, engine.memory, engine.cgroup == 1, 0, node_image())
        (place / "kind.yaml").write_text(render("labs-plain", shape, place), encoding="utf-8")
        where = ["--name", "labs-plain", "--kubeconfig", str(place / "kubeconfig")]
        create = [program, "create", "cluster", *where, "--config", str(place / "kind.yaml")]
        wait = ["exec", "labs-plain-control-plane", "kubectl", "--kubeconfig", "/etc/kubernetes/admin.conf", "wait"]
        try:
            began = time.monotonic()
            quiet = {"check": True, "stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}
            subprocess.run([*create, "--image", node_image(), "--wait", "180s"], **quiet)  # type: ignore[call-overload]
            engine.run(*wait, "--for=condition=Ready", "node", "--all", "--timeout=180s", seconds=200)
            return time.monotonic() - began
        finally:
            subprocess.run([program, "delete", "cluster", *where], check=False, stderr=subprocess.DEVNULL)


def _environment(folder: Path) -> dict[str, str]:
    return {**os.environ, "LABS_STATE_DIR": str(folder / "state"), "LABS_CLUSTER": "kind"}


def _labs(environment: dict[str, str], *words: str) -> None:
    subprocess.run([sys.executable, "-m", "labs.cli", *words], env=environment, check=True, stderr=subprocess.DEVNULL)


def _name(folder: Path) -> str:
    os.environ["LABS_STATE_DIR"] = str(folder / "state")
    from labs.cluster.kind.recipe import cluster_name

    return cluster_name()


def _mib(text: str) -> float:
    number = float(text.strip().rstrip("KMGiB"))
    return number * (1024 if "GiB" in text else 1)


MEASUREMENTS = {
    "kind_up_ratio": ("", kind_up_ratio),
    "kind_up": ("s", kind_up),
    "kind_addons": ("s", kind_addons),
    "kind_memory_mib": ("MiB", kind_memory_mib),
    "choice_seconds": ("s", choice_seconds),
}
