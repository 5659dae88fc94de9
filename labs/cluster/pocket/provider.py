"""The pocket cluster: our own supervisor runs real Kubernetes programs in namespaces of this machine."""

from __future__ import annotations

import shutil
import tempfile
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

from labs.cluster import api
from labs.cluster.guard import cluster_lock
from labs.cluster.launcher import write_launcher
from labs.cluster.lessons import remove_lesson_namespaces
from labs.cluster.locks import holder, is_held
from labs.cluster.model import ClusterStatus, Image, Progress, Step, UpOptions
from labs.cluster.pocket import images, supervisor
from labs.cluster.pocket.engine import ensure_engine, find_engine
from labs.cluster.pocket.probe import preflight
from labs.cluster.pocket.state import Record, Report, read_record, read_report, write_record
from labs.cluster.processes import Process, find
from labs.cluster.progress import UpProgress, read_progress, recorded
from labs.errors import ClusterError, NotRunning
from labs.paths import cluster_dir

__all__ = ["PocketCluster"]

_ATTACH_SECONDS = 60.0


class PocketCluster:
    """`Cluster` without Docker and without root; its state is in `labs.paths.cluster_dir("pocket")`."""

    name = "pocket"

    @property
    def folder(self) -> Path:
        return cluster_dir(self.name)

    def up(self, options: UpOptions, progress: Progress) -> ClusterStatus:
        """Engine, preflight, supervisor, identity: see `Cluster.up`."""
        self.folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        with cluster_lock(self.name, progress), recorded(self.folder, progress) as report:
            before = read_record(self.folder) or Record()
            wanted = before.with_options(options)
            if self._attach(report):
                _refuse_other_shape(before, wanted)
                self._verify(report)
            else:
                with self._ended_on_failure():
                    self._start(wanted, options.port, report)
                    self._verify(report)
            return self.status()

    def down(self, progress: Progress) -> ClusterStatus:
        """See `Cluster.down`."""
        if self.folder.is_dir():
            with cluster_lock(self.name, progress):
                self._end(progress)
        return self.status()

    def status(self) -> ClusterStatus:
        """See `Cluster.status`."""
        report, record = read_report(self.folder), read_record(self.folder)
        if report is None or not report.process.alive():
            identity, progress = record.identity if record else "", read_progress(self.folder)
            if progress and progress.state == "running":
                return ClusterStatus(self.name, "starting", identity=identity, detail=_last_words(progress))
            state = "starting" if self._supervisor() else "stopped" if record else "absent"
            return ClusterStatus(self.name, state, identity=identity)
        return _status_of(self.name, report, record or Record())

    def reset(self, progress: Progress, *, hard: bool = False) -> ClusterStatus:
        """See `Cluster.reset`."""
        if hard:
            return self._renew(progress)
        with cluster_lock(self.name, progress):
            remove_lesson_namespaces(self.kubeconfig(), progress)
        return self.status()

    def kubeconfig(self) -> Path:
        """See `Cluster.kubeconfig`."""
        path = self.folder / "kubeconfig"
        if self._supervisor() is None or not path.is_file():
            raise NotRunning(
                what="The cluster is not running",
                why="It was not started, or it has ended" if read_record(self.folder) else "It was never started",
                next_step="Run `labs up`",
            )
        return path

    def kubectl(self) -> list[str]:
        """See `Cluster.kubectl`; the engine is built when it is missing."""
        return [str((find_engine() or ensure_engine(lambda step: None)).kubectl)]

    def build(self, context: Path, tag: str, progress: Progress, arguments: Mapping[str, str] | None = None) -> None:
        """See `Cluster.build`; the cluster need not run."""
        engine = find_engine() or ensure_engine(progress)
        images.build(engine, self.folder, context, tag, progress, arguments or {})

    def images(self) -> tuple[Image, ...]:
        """See `Cluster.images`."""
        return images.stored(self.folder)

    @contextmanager
    def _ended_on_failure(self) -> Iterator[None]:
        try:
            yield
        except BaseException:
            running = self._supervisor()
            if running:
                supervisor.end(running)
            raise

    def _supervisor(self) -> Process | None:
        """The running supervisor: the one that reports, else whoever holds its lock."""
        report = read_report(self.folder)
        if report and report.process.alive():
            return report.process
        lock = self.folder / "supervisor.lock"
        return find(holder(lock)) if is_held(lock) else None

    def _attach(self, progress: Progress) -> bool:
        """Whether a supervisor runs and is ready; one that is still starting is waited for, a dead-locked one ended."""
        running, deadline = self._supervisor(), time.monotonic() + _ATTACH_SECONDS
        while running and running.alive():
            report = read_report(self.folder)
            if report and report.process == running and report.phase == "ready":
                return True
            if time.monotonic() > deadline or (report and report.phase == "stopping"):
                progress(Step("supervisor", "note", "ending one that did not become ready"))
                supervisor.end(running)
                return False
            progress(Step("supervisor", "waiting", "it is already starting"))
            time.sleep(0.2)
        return False

    def _start(self, wanted: Record, port: int | None, progress: Progress) -> None:
        engine = ensure_engine(progress)
        progress(Step("machine", "starting", "checking what it allows"))
        preflight(engine)
        progress(Step("machine", "ready"))
        write_record(self.folder, replace(wanted, engine=engine.hash))
        write_launcher([str(engine.kubectl)], self.folder / "kubeconfig")
        supervisor.start(engine, self.folder, wanted, port, progress)

    def _verify(self, progress: Progress) -> None:
        """Record who the cluster is; say so when its database had to be made anew."""
        record = read_record(self.folder) or Record()
        found = api.identity_of(self.kubeconfig())
        if record.identity and record.identity != found:
            progress(Step("identity", "note", "the cluster's database was damaged and made anew; it is empty now"))
        if record.identity != found:
            write_record(self.folder, replace(record, identity=found))

    def _end(self, progress: Progress) -> None:
        running = self._supervisor()
        if running:
            progress(Step("cluster", "running", "ending it"))
            began = time.monotonic()
            supervisor.end(running)
            progress(Step("cluster", "ready", "ended; its state is kept", None, time.monotonic() - began))
        for name in ("status.json", "up.json"):
            (self.folder / name).unlink(missing_ok=True)

    def _renew(self, progress: Progress) -> ClusterStatus:
        """Forget everything but the shape; start again when it was running."""
        was_running, record = self._supervisor() is not None, None
        if self.folder.is_dir():
            with cluster_lock(self.name, progress):
                self._end(progress)
                record = read_record(self.folder)
                _remove(self.folder, progress)
        shape = UpOptions(*record.shape()) if record else UpOptions()
        return self.up(shape, progress) if was_running else self.status()


def _status_of(name: str, report: Report, record: Record) -> ClusterStatus:
    state = {"ready": "running"}.get(report.phase, report.phase or "starting")
    return ClusterStatus(
        name=name,
        state=state,
        server=report.server,
        version=report.version,
        identity=record.identity,
        pid=report.process.pid,
        nodes=report.nodes,
        processes=report.processes,
        settings={"nodes": record.nodes, "node_cpu": record.node_cpu, "node_memory": record.node_memory},
    )


def _last_words(progress: UpProgress) -> str:
    step = progress.step
    return f"{step.name}: {step.detail or step.state}" if step else ""


def _refuse_other_shape(running: Record, wanted: Record) -> None:
    if running.shape() != wanted.shape():
        nodes, cpu, memory = running.shape()
        raise ClusterError(
            what=f"The cluster already runs with {nodes} nodes of {cpu} CPU and {memory}",
            why="The shape of a running cluster cannot be changed",
            next_step="Run `labs down`, then the same command again",
        )


def _remove(folder: Path, progress: Progress) -> None:
    """Out of the way first, then gone; containers may have left folders of ids that we may not remove."""
    old = Path(tempfile.mkdtemp(prefix=f".{folder.name}-old-", dir=folder.parent))
    folder.rename(old / folder.name)
    shutil.rmtree(old, ignore_errors=True)
    if old.exists():
        progress(Step("state", "note", f"some files of containers with other user ids are left in {old}"))
