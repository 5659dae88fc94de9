"""The reference cluster: three kind nodes in a container engine, made, found again and removed by us alone."""

from __future__ import annotations

import shutil
import socket
import time
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import replace
from pathlib import Path
from typing import Any

from labs.cluster import api
from labs.cluster.files import read_json, write_json, write_text
from labs.cluster.guard import cluster_lock
from labs.cluster.kind import agent
from labs.cluster.kind.config import Shape, render
from labs.cluster.kind.containers import ContainerEngine, NodeContainer
from labs.cluster.kind.create import Kind
from labs.cluster.kind.images import build_image, images_of
from labs.cluster.kind.kubectl import find_kubectl, take_kubectl
from labs.cluster.kind.loading import BASE_IMAGES, load
from labs.cluster.kind.preflight import preflight
from labs.cluster.kind.program import ensure_kind
from labs.cluster.kind.pull import ensure_image
from labs.cluster.kind.recipe import cluster_name, node_image
from labs.cluster.kind.state import Record, engine_of, read_record, write_record
from labs.cluster.launcher import write_launcher
from labs.cluster.lessons import remove_lesson_namespaces
from labs.cluster.model import ClusterStatus, Image, NodeStatus, ProcessStatus, Progress, Step, UpOptions
from labs.cluster.progress import read_progress, recorded
from labs.errors import ClusterError, LabsError, NotRunning, WrongCluster
from labs.paths import cluster_dir

__all__ = ["KindCluster"]

_READY_SECONDS = 180.0
_RESUME_SECONDS = 120.0
_GLANCE_SECONDS = 2.0


class KindCluster:
    """`Cluster` in a container engine; its state is in `labs.paths.cluster_dir("kind")`."""

    name = "kind"

    @property
    def folder(self) -> Path:
        return cluster_dir(self.name)

    def up(self, options: UpOptions, progress: Progress) -> ClusterStatus:
        """Engine, image, nodes, identity: see `Cluster.up`."""
        self.folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        with cluster_lock(self.name, progress), recorded(self.folder, progress) as report:
            engine = engine_of(self.folder)
            report(Step("container engine", "ready", f"{engine.name} {engine.version}"))
            record = read_record(self.folder) or Record()
            nodes = self._own_nodes(engine)
            if record.phase == "ready" and len(nodes) == record.nodes:
                _refuse_other_shape(record, record.with_options(options))
                self._resume(engine, nodes, record, report)
            else:
                self._create(engine, nodes, record, options, report)
            agent.start(self.folder)
        return self.status()

    def down(self, progress: Progress) -> ClusterStatus:
        """See `Cluster.down`: a kind cluster is removed whole; only its shape is remembered."""
        if self.folder.is_dir():
            with cluster_lock(self.name, progress):
                self._remove(progress)
        return self.status()

    def status(self) -> ClusterStatus:
        """See `Cluster.status`."""
        progress = read_progress(self.folder)
        if progress and progress.state == "running":
            step = progress.step
            return ClusterStatus(self.name, "starting", detail=f"{step.name}: {step.detail}" if step else "")
        record = read_record(self.folder) or Record()
        if record.phase != "ready":
            return ClusterStatus(self.name, "absent")
        try:
            nodes = _nodes(self.folder / "kubeconfig", seconds=_GLANCE_SECONDS)
        except ClusterError as error:
            return self._silent(record, error)
        return _status_of(record, nodes)

    def reset(self, progress: Progress, *, hard: bool = False) -> ClusterStatus:
        """See `Cluster.reset`."""
        if hard:
            there = (read_record(self.folder) or Record()).phase != ""
            self.down(progress)
            return self.up(UpOptions(), progress) if there else self.status()
        with cluster_lock(self.name, progress):
            remove_lesson_namespaces(self.kubeconfig(), progress)
        return self.status()

    def kubeconfig(self) -> Path:
        """See `Cluster.kubeconfig`."""
        path, record = self.folder / "kubeconfig", read_record(self.folder)
        if record is None or record.phase != "ready" or not path.is_file():
            raise NotRunning(
                what="The kind cluster is not running",
                why="It was removed" if record else "It was never started",
                next_step="Run `labs up --cluster kind`",
            )
        return path

    def kubectl(self) -> list[str]:
        """See `Cluster.kubectl`."""
        return find_kubectl(self.folder)

    def build(self, context: Path, tag: str, progress: Progress, arguments: Mapping[str, str] | None = None) -> None:
        """See `Cluster.build`."""
        self.kubeconfig()
        engine = engine_of(self.folder)
        build_image(engine, context, tag, progress, arguments or {})
        built, identity = read_json(self.folder / "images.json") or {}, engine.image(engine.full_name(tag))
        if built.get(tag) != identity or not self._everywhere(engine, tag):
            load(self._kind(engine, ensure_kind(progress)), [tag], self.folder, progress)
            write_json(self.folder / "images.json", {**built, tag: identity})

    def images(self) -> tuple[Image, ...]:
        """See `Cluster.images`."""
        self.kubeconfig()
        built = dict.fromkeys(read_json(self.folder / "images.json") or {}, "built")
        return images_of(
            engine_of(self.folder), f"{cluster_name()}-control-plane", dict.fromkeys(BASE_IMAGES, "loaded") | built
        )

    def _everywhere(self, engine: ContainerEngine, tag: str) -> bool:
        """Whether every node still has the image: a kubelet whose disk fills up removes what no Pod runs."""
        nodes = engine.nodes(cluster_name())
        return all(tag in (image.name for image in images_of(engine, node.name, {})) for node in nodes)

    @property
    def _mark(self) -> Path:
        """Mounted into every node: by this folder we know our own."""
        return (self.folder / "node").resolve()

    def _own_nodes(self, engine: ContainerEngine) -> tuple[NodeContainer, ...]:
        """Containers of our cluster; raises WrongCluster when somebody else's have its name."""
        nodes = engine.nodes(cluster_name())
        foreign = [node for node in nodes if not node.mark or Path(node.mark).resolve() != self._mark]
        if foreign:
            raise WrongCluster(
                what=f"There is a kind cluster `{cluster_name()}` that was not made by this course",
                why=f"{foreign[0].name} does not have our folder mounted; it is left alone",
                next_step=f"When nobody needs it: kind delete cluster --name {cluster_name()}; "
                "or set LABS_STATE_DIR to another folder, which gives our cluster another name",
            )
        return nodes

    def _create(
        self,
        engine: ContainerEngine,
        old: Sequence[NodeContainer],
        record: Record,
        options: UpOptions,
        progress: Progress,
    ) -> None:
        image = node_image()
        wanted = replace(record.forgotten().with_options(options), image=image, engine=engine.name)
        port = _free_port(options.port or record.port, fixed=options.port is not None)
        kind = self._kind(engine, ensure_kind(progress))
        if old or record.phase:
            progress(Step("containers", "note", "what an earlier run has left of the cluster is removed first"))
            kind.remove(progress)
        preflight(engine, wanted.nodes)
        ensure_image(engine, image, progress)
        self._mark.mkdir(mode=0o755, exist_ok=True)
        config = self.folder / "kind.yaml"
        shape = Shape(*wanted.shape(), engine.cpus, engine.memory, engine.cgroup == 1, port, image)
        write_text(config, render(cluster_name(), shape, self._mark))
        write_record(self.folder, replace(wanted, phase="creating", port=port))
        try:
            kind.create(config, image, self._log("create.log"), progress)
            self._finish(engine, replace(wanted, port=port), progress)
            self._load_bases(kind, progress)
        except BaseException:
            if (read_record(self.folder) or Record()).phase == "creating":
                kind.clean_up(progress)
                write_record(self.folder, wanted.forgotten())
            raise

    def _load_bases(self, kind: Kind, progress: Progress) -> None:
        """Spare the nodes the registry where the container engine has what the lessons run."""
        here = [each for each in BASE_IMAGES if kind.engine.has_image(kind.engine.full_name(each))]
        try:
            if here:
                load(kind, here, self.folder, progress)
        except LabsError as error:
            progress(Step("images", "note", f"{error} The nodes fetch them themselves."))

    def _finish(self, engine: ContainerEngine, record: Record, progress: Progress) -> None:
        """Wait for the nodes, and write down who the cluster is."""
        kubeconfig = self.folder / "kubeconfig"
        _await_nodes(engine, kubeconfig, record.nodes, _READY_SECONDS, progress)
        nodes = engine.nodes(cluster_name())
        take_kubectl(engine, nodes[0].name, self.folder)
        write_launcher(find_kubectl(self.folder), kubeconfig)
        addresses = {node.name: node.address for node in nodes}
        identity = api.identity_of(kubeconfig)
        write_record(self.folder, replace(record, phase="ready", identity=identity, addresses=addresses))

    def _resume(
        self, engine: ContainerEngine, nodes: Sequence[NodeContainer], record: Record, progress: Progress
    ) -> None:
        """Let a cluster that was stopped or paused run again; one that runs is only looked at."""
        for node in nodes:
            if node.state == "paused":
                engine.run("unpause", node.id)
            elif node.state != "running":
                progress(Step("containers", "running", f"starting {node.name}"))
                engine.run("start", node.id)
        try:
            _await_nodes(engine, self.folder / "kubeconfig", record.nodes, _RESUME_SECONDS, progress)
            found = api.identity_of(self.folder / "kubeconfig")
        except ClusterError as error:
            raise _not_resumed(engine.nodes(cluster_name()), record, error) from error
        if found != record.identity:
            raise WrongCluster(
                what="Another cluster answers than the one that these labs made",
                why=f"Its identity is {found}, recorded is {record.identity}",
                next_step="Run `labs reset --hard --cluster kind`",
            )
        write_launcher(find_kubectl(self.folder), self.folder / "kubeconfig")

    def _remove(self, progress: Progress) -> None:
        record = read_record(self.folder) or Record()
        if record.phase:
            began, engine = time.monotonic(), engine_of(self.folder)
            self._own_nodes(engine)
            agent.end(self.folder)
            self._kind(engine, Path()).remove(progress)
            write_record(self.folder, record.forgotten())
            progress(Step("cluster", "ready", "removed with its containers", None, time.monotonic() - began))
        for name in ("up.json", "kubeconfig", "kind.yaml", "images.json", "metrics-server.json"):
            (self.folder / name).unlink(missing_ok=True)
        for name in ("node", "bin"):
            shutil.rmtree(self.folder / name, ignore_errors=True)

    def _kind(self, engine: ContainerEngine, program: Path) -> Kind:
        return Kind(program, engine, cluster_name(), self.folder / "kubeconfig")

    def _log(self, name: str) -> Path:
        folder = self.folder / "logs"
        folder.mkdir(mode=0o700, exist_ok=True)
        return folder / name

    def _silent(self, record: Record, error: LabsError) -> ClusterStatus:
        """The API server does not answer: why, as far as the container engine knows."""
        status = ClusterStatus(self.name, "unreachable", identity=record.identity, detail=error.why)
        try:
            nodes = engine_of(self.folder).nodes(cluster_name())
        except ClusterError as other:
            return replace(status, detail=f"{other.what}: {other.why}")
        asleep = [f"{node.name} is {node.state}" for node in nodes if node.state != "running"]
        if not nodes:
            return replace(status, state="absent", detail="its containers were removed by somebody")
        state = "stopped" if len(asleep) == len(nodes) else "unreachable"
        return replace(status, state=state, detail="; ".join(asleep) or error.why)


def _status_of(record: Record, nodes: tuple[NodeStatus, ...]) -> ClusterStatus:
    process = agent.running(cluster_dir("kind"))
    return ClusterStatus(
        name="kind",
        state="running",
        server=f"https://127.0.0.1:{record.port}",
        version=_version(cluster_dir("kind") / "kubeconfig"),
        identity=record.identity,
        pid=process.pid if process else 0,
        nodes=nodes,
        processes=(ProcessStatus("agent", process.pid, 0),) if process else (),
        settings={
            "nodes": record.nodes,
            "node_cpu": record.node_cpu,
            "node_memory": record.node_memory,
            "image": record.image,
            "engine": record.engine,
        },
    )


def _version(kubeconfig: Path) -> str:
    return str(api.call(kubeconfig, "GET", "/version", seconds=_GLANCE_SECONDS).get("gitVersion", ""))


def _nodes(kubeconfig: Path, *, seconds: float) -> tuple[NodeStatus, ...]:
    items = api.call(kubeconfig, "GET", "/api/v1/nodes", seconds=seconds).get("items") or []
    return tuple(NodeStatus(str(item["metadata"]["name"]), _ready(item)) for item in items)


def _ready(node: dict[str, Any]) -> bool:
    conditions = node.get("status", {}).get("conditions") or []
    return any(each["type"] == "Ready" and each["status"] == "True" for each in conditions)


def _await_nodes(engine: ContainerEngine, kubeconfig: Path, count: int, seconds: float, progress: Progress) -> None:
    """Wait for Ready nodes; raises ClusterError, at once when the engine has gone as well as the API server."""
    began = time.monotonic()
    ready: list[str] = []
    trouble = "the API server does not answer"
    while time.monotonic() - began < seconds:
        try:
            ready = [node.name for node in _nodes(kubeconfig, seconds=5) if node.ready]
            trouble = f"only {len(ready)} of {count} nodes are Ready"
        except ClusterError:
            engine.nodes(cluster_name())
        if len(ready) >= count:
            progress(Step("nodes", "ready", f"{count} nodes Ready", None, time.monotonic() - began))
            return
        progress(Step("nodes", "running", f"{len(ready)} of {count} Ready", len(ready) / count))
        time.sleep(0.2)
    raise ClusterError(
        what="The cluster does not become ready",
        why=f"After {seconds:.0f} s {trouble}",
        next_step="Run `labs doctor`, then `labs up --cluster kind` again, perhaps with `--nodes 1`",
    )


def _not_resumed(nodes: Sequence[NodeContainer], record: Record, error: ClusterError) -> ClusterError:
    moved = [node.name for node in nodes if record.addresses.get(node.name, node.address) != node.address]
    why = f"the container engine has given other addresses to {', '.join(moved)}" if moved else error.why
    return ClusterError(
        what="The cluster does not come back after its containers were stopped",
        why=why[:1].upper() + why[1:],
        next_step="Make it anew: labs reset --hard --cluster kind (your notebooks and progress are untouched)",
    )


def _refuse_other_shape(running: Record, wanted: Record) -> None:
    if running.shape() != wanted.shape():
        nodes, cpu, memory = running.shape()
        raise ClusterError(
            what=f"The cluster already runs with {nodes} nodes of {cpu} CPU and {memory}",
            why="The shape of a running cluster cannot be changed",
            next_step="Run `labs down`, then the same command again",
        )


def _free_port(wanted: int, *, fixed: bool) -> int:
    """`wanted` when it is free on 127.0.0.1, else any free one; raises ClusterError when it has to be that one."""
    for port in (wanted, 0):
        with socket.socket() as probe, suppress(OSError):
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            probe.bind(("127.0.0.1", port))
            return int(probe.getsockname()[1])
        if fixed:
            break
    raise ClusterError(
        what=f"Port {wanted} on 127.0.0.1 is taken",
        why="Another program listens there",
        next_step="Leave `--api-port` away, or name another port",
    )
