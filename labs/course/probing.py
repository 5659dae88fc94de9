"""Tries out what checks ask for: on every change of a watched object and every two seconds, on a thread of its own."""

from __future__ import annotations

import asyncio
import json
import threading
import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from labs.checks import Probe, Snapshot, pods
from labs.checks.changes import carries, parse_label
from labs.checks.deployments import living, pods_of
from labs.course.addresses import address_of
from labs.course.caller import Caller
from labs.course.caller_program import several
from labs.course.copies import Copies
from labs.course.counting import LATEST_SECONDS, Call, RolloutCount
from labs.errors import LabsError
from labs.kube import ApiError, Client

__all__ = ["Prober"]

Json = Mapping[str, Any]
Row = dict[str, Any]
EVERY_SECONDS = 2.0
COUNTED_SECONDS = 0.5
AT_LEAST_SECONDS = 0.3
_POD_SECONDS = 2.0
_AT_ONCE = 8
_CALMLY = 2
"""So many rounds in a row all Pods must be ready before one is killed."""


class Prober:
    """Holds the newest rows; `changed` is called from its thread after each round. No probes, no thread."""

    def __init__(
        self,
        client: Client,
        namespace: str,
        probes: Iterable[Probe],
        look: Callable[[], Snapshot],
        changed: Callable[[], None],
    ) -> None:
        self._client, self._namespace, self._look, self._changed = client, namespace, look, changed
        self._probes = sorted(set(probes), key=str)
        self._caller = Caller(client)
        self._copies = Copies(client)
        self._rows: dict[object, Json] = {}
        self._counts = {each: RolloutCount(each) for each in self._probes if each.target == "counter"}
        self._next = dict.fromkeys(self._counts, 0)
        self._ready_rounds = 0
        self._lock = threading.Lock()
        self._due = threading.Event()
        self._stopped = threading.Event()
        self._thread = threading.Thread(target=self._run, name="labs-prober", daemon=True)
        self.fault: LabsError | None = None

    def start(self) -> None:
        """Begin to probe."""
        if self._probes:
            self._thread.start()

    def stop(self) -> None:
        """End soon; idempotent, returns at once."""
        self._stopped.set()
        self._due.set()

    def wake(self) -> None:
        """Something has changed: probe now."""
        self._due.set()

    def restart(self) -> None:
        """After an apply: what was killed in vain is forgotten, and the next one may be."""
        with self._lock:
            self._rows = {key: row for key, row in self._rows.items() if row["probe"] != "kill"}
            self._ready_rounds = 0

    def rows(self) -> tuple[Json, ...]:
        """Everything seen, as `labs.checks.probes` describes it."""
        with self._lock:
            counted = (row for each in self._counts.values() for row in each.rows())
            return (*self._rows.values(), *counted)

    def _run(self) -> None:
        pause = COUNTED_SECONDS if self._counts else EVERY_SECONDS
        with ThreadPoolExecutor(_AT_ONCE, thread_name_prefix="labs-probe") as pool:
            while not self._stopped.is_set():
                self._due.clear()
                self._round(pool)
                self._changed()
                self._stopped.wait(AT_LEAST_SECONDS)
                self._due.wait(pause)

    def _round(self, pool: ThreadPoolExecutor) -> None:
        snapshot = self._look()
        try:
            for probe in self._probes:
                for key, row in self._tried(probe, snapshot, pool):
                    self._put(key, row, snapshot)
            self.fault = None
        except LabsError as error:
            self.fault = error
        self._forget(snapshot)

    def _tried(self, probe: Probe, snapshot: Snapshot, pool: ThreadPoolExecutor) -> Iterator[tuple[object, Json]]:
        if probe.target == "pods":
            yield from self._pods(probe, snapshot, pool)
        elif probe.target == "counter":
            self._count(probe, snapshot)
        elif probe.target == "kill":
            yield from self._kill(probe, snapshot)
        elif probe.target == "copy":
            yield from self._copies.rows(probe, snapshot)
        elif probe.namespace or _has_service(snapshot, probe.name):
            yield from self._service(probe)

    def _pods(self, probe: Probe, snapshot: Snapshot, pool: ThreadPoolExecutor) -> Iterator[tuple[object, Json]]:
        deployment = living(snapshot, probe.name)
        there = pods_of(snapshot, deployment) if deployment else []
        asked = [each for each in there if not each["metadata"].get("deletionTimestamp") and pods.ready(each)]
        for pod, row in zip(asked, pool.map(lambda each: self._ask_pod(each, probe), asked), strict=True):
            yield (probe, pod["metadata"]["uid"]), row

    def _ask_pod(self, pod: Json, probe: Probe) -> Row:
        meta, path = pod["metadata"], probe.path.lstrip("/")
        target = f"/api/v1/namespaces/{self._namespace}/pods/{meta['name']}:{probe.port}/proxy/{path}"
        row: Row = {"probe": "pod", "pod": meta["name"], "uid": meta["uid"], "port": probe.port, "path": probe.path}
        row |= {"ok": False, "status": 0, "version": "", "answered_by": "", "error": ""}
        try:
            with self._client.transport.open("GET", target, accept="*/*", read_seconds=_POD_SECONDS) as response:
                text = response.read()
        except ApiError as error:
            return row | _refused(error)
        except (LabsError, OSError):
            return row | {"error": f"no answer within {_POD_SECONDS:.0f} s"}
        return row | {"ok": True, "status": 200} | _named(text)

    def _service(self, probe: Probe) -> Iterator[tuple[object, Json]]:
        namespace = probe.namespace or self._namespace
        row = {"probe": "service", "service": probe.name, "namespace": probe.namespace, "port": probe.port}
        if probe.target == "service":
            host = f"{probe.name}.{namespace}"
            url = f"http://{host}" + ("" if probe.port == 80 else f":{probe.port}")
            found = self._caller.call(host, probe.port, probe.path, probe.calls)
            yield probe, {**row, "origin": "cluster", "url": url, **found}
        elif address := address_of(namespace, probe.name, probe.port):
            found = asyncio.run(several(*address, probe.path, probe.calls))
            yield probe, {**row, "origin": "notebook", "url": "http://{}:{}".format(*address), **found}

    def _count(self, probe: Probe, snapshot: Snapshot) -> None:
        count = self._counts[probe]
        if not (_has_service(snapshot, probe.name) and living(snapshot, probe.deployment)):
            return
        answer = self._caller.count(f"{probe.name}.{self._namespace}", probe.port, probe.path, self._next[probe])
        here = time.monotonic() - answer["now"]
        ended = [Call(at + here, version, pod, error) for at, version, pod, error in answer["calls"]]
        with self._lock:
            if answer["next"] < self._next[probe]:
                answer["next"] = 0
            self._next[probe] = answer["next"]
            count.calls(ended, answer["now"] + here - LATEST_SECONDS)
            count.see(self._look())

    def _kill(self, probe: Probe, snapshot: Snapshot) -> Iterator[tuple[object, Json]]:
        name, value = parse_label(probe.name)
        there = [each for each in pods.living(snapshot) if carries(each, name, value) and pods.ready(each)]
        self._ready_rounds = self._ready_rounds + 1 if len(there) == probe.calls else 0
        if self._ready_rounds < _CALMLY or probe in self._rows:
            return
        victim = there[-1]
        self._client.delete(victim, grace=1)
        meta = victim["metadata"]
        yield (
            probe,
            {
                "probe": "kill",
                "pod": meta["name"],
                "uid": meta["uid"],
                "before": [each["metadata"]["uid"] for each in there],
            },
        )

    def _put(self, key: object, row: Json, snapshot: Snapshot) -> None:
        now = time.monotonic()
        with self._lock:
            before = self._rows.get(key)
            same = before is not None and _outcome(before) == _outcome(row)
            since = before["since"] if same and before is not None else now
            failed = (before or {}).get("failures", 0) + (row.get("status", 0) not in (0, 200))
            self._rows[key] = {**row, "at": now, "since": since, "failures": failed}

    def _forget(self, snapshot: Snapshot) -> None:
        """Rows of Pods and Services that are gone; what is there anew under the same name is another thing."""
        there = {each["metadata"]["uid"] for each in snapshot.objects.get("Pod", ())}
        with self._lock:
            self._rows = {key: row for key, row in self._rows.items() if _still(row, snapshot, there)}


def _still(row: Json, snapshot: Snapshot, there: set[str]) -> bool:
    if row["probe"] in ("pod", "copy"):
        return row["uid"] in there
    if row["probe"] == "service":
        return bool(row["namespace"]) or _has_service(snapshot, row["service"])
    return True


def _outcome(row: Json) -> object:
    """What stays the same as long as nothing has changed for a learner."""
    return row.get("ok") == row["calls"] if row["probe"] == "service" else row.get("ok")


def _has_service(snapshot: Snapshot, name: str) -> bool:
    return any(each["metadata"]["name"] == name for each in pods.living(snapshot, "Service"))


def _named(text: bytes) -> Row:
    try:
        found = json.loads(text)
    except ValueError:
        found = None
    if not isinstance(found, dict):
        return {}
    return {"version": str(found.get("version", "")), "answered_by": str(found.get("pod", ""))}


def _refused(error: ApiError) -> Row:
    """The answer of a Pod that says no, or the API server's words when it has reached nobody."""
    said = str(error.status.get("message") or error)
    if "connection refused" in said:
        return {"error": "connection refused"}
    if "timed out" in said or "i/o timeout" in said or "EOF" in said or "reset" in said:
        return {"error": said.rpartition(": ")[2] or said}
    return {"status": error.code, "error": f"HTTP {error.code}"}
