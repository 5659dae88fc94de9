"""Measures the course on this machine: one JSON object a line, {"name", "unit", "n", "p50", "p95", "max"}."""

from __future__ import annotations

import argparse
import json
import os
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

from labs.cluster.processes import Process, descendants, find
from labs.errors import ClusterError
from labs.kube import Client
from labs.kube.streams import watch_events

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))
from scripts import _bench_kind, _bench_why

Values = list[float]
NAMESPACE = "labs-bench"
WRONG = "apiVersion: v1\nkind: Pod\nmetadata:\n  name: test-ml-pod\nspec:\n  container:\n    - image: python:3.10\n"


class Place:
    """A cluster in folders of its own, driven by the command line."""

    def __init__(self, folder: Path, **variables: str) -> None:
        own = {"LABS_STATE_DIR": str(folder / "state"), "LABS_WORK_DIR": str(folder / "work"), **variables}
        self.folder, self.environment = folder, {**os.environ, "LABS_CLUSTER": "pocket", **own}

    def labs(self, *words: str) -> float:
        """Run `labs WORDS…`; returns its seconds, the start of Python included."""
        began = time.monotonic()
        command = [sys.executable, "-m", "labs.cli", *words]
        subprocess.run(command, env=self.environment, check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        return time.monotonic() - began

    def build(self, tag: str) -> float:
        """Build a version of the course's model; returns its seconds."""
        version = f"VERSION={tag.partition(':')[2]}"
        return self.labs("build", "labs/images/mymodel", "-t", tag, "--build-arg", version, "--cluster", "pocket")

    @property
    def state(self) -> Path:
        """The cluster's folder."""
        return self.folder / "state" / "clusters" / "pocket"

    def client(self) -> Client:
        """A client of the running cluster, its namespace ready."""
        client = Client.from_kubeconfig(self.state / "kubeconfig", cache_dir=self.folder)
        client.ensure_namespace(NAMESPACE)
        return client

    def processes(self) -> tuple[Process, ...]:
        """The supervisor and all below it."""
        supervisor = find(json.loads((self.state / "status.json").read_text(encoding="utf-8"))["pid"])
        assert supervisor
        return (supervisor, *descendants(supervisor))


@contextmanager
def place(**variables: str) -> Iterator[Place]:
    """A place that is gone after the block."""
    with tempfile.TemporaryDirectory(prefix="labs-", ignore_cleanup_errors=True) as folder:
        found = Place(Path(folder), **variables)
        try:
            yield found
        finally:
            found.labs("down")


@contextmanager
def cluster() -> Iterator[Place]:
    """A running cluster that has settled."""
    with place() as found:
        found.labs("up")
        time.sleep(3)
        yield found


def engine_build_cold() -> Values:
    """Build of the engine with nothing cached, the download of its sources included; takes many minutes."""
    with place() as found, tempfile.TemporaryDirectory(prefix="labs-", ignore_cleanup_errors=True) as cache:
        found.environment["LABS_CACHE_DIR"] = cache
        seconds = found.labs("engine", "build")
        subprocess.run(["chmod", "-R", "u+w", cache], check=False)
        return [seconds]


def up_cold() -> Values:
    """`labs up` to three Ready nodes, without state."""
    return [_cold() for _ in range(5)]


def _cold() -> float:
    with place() as found:
        return found.labs("up")


def up_warm() -> Values:
    """`labs up` to three Ready nodes, with the state of an earlier run."""
    with place() as found:
        found.labs("up")
        return [found.labs("up") for _ in range(5) if found.labs("down")]


def down() -> Values:
    """`labs down` until nothing runs."""
    with place() as found:
        return [found.labs("down") for _ in range(5) if found.labs("up")]


def pod(name: str, code: str, **spec: Any) -> dict[str, Any]:
    """A Pod that runs Python code once."""
    container = {"name": "main", "image": "python:3.10", "command": ["python", "-c", code]}
    body = {"restartPolicy": "Never", "terminationGracePeriodSeconds": 0, "containers": [container], **spec}
    return {"apiVersion": "v1", "kind": "Pod", "metadata": {"name": name, "namespace": NAMESPACE}, "spec": body}


class Watch:
    """Times at which the Pods of the namespace were first seen in a state, by a watch of their own."""

    def __init__(
        self, client: Client, states: Mapping[str, Callable[[dict[str, Any]], bool]], space: str = NAMESPACE
    ) -> None:
        self._client, self._states, self._space = client, states, space
        self._seen: dict[tuple[str, str], tuple[float, float]] = {}
        self._changed = threading.Condition()
        self._path = f"/api/v1/namespaces/{space}/pods"
        threading.Thread(target=self._run, daemon=True).start()

    def _run(self) -> None:
        version = self._client.transport.ask("GET", self._path).data["metadata"]["resourceVersion"]
        for kind, found in self._events(version):
            now = (time.monotonic(), time.time())
            for state, holds in self._states.items():
                if kind in ("ADDED", "MODIFIED") and holds(found):
                    with self._changed:
                        self._seen.setdefault((found["metadata"]["uid"], state), now)
                        self._changed.notify_all()

    def _events(self, version: str) -> Iterator[tuple[str, dict[str, Any]]]:
        with suppress(ClusterError):  # the cluster ends before this thread does
            yield from watch_events(self._client.transport, self._path, version)

    def wait(self, uid: str, state: str) -> tuple[float, float]:
        """Monotonic and wall time of the first sight; raises when it takes more than a minute."""
        with self._changed:
            if not self._changed.wait_for(lambda: (uid, state) in self._seen, 60):
                raise TimeoutError(f"{state} was not seen within 60 s")
            return self._seen[uid, state]


def running(found: dict[str, Any]) -> bool:
    """Phase Running."""
    return bool(found["status"].get("phase") == "Running")


def terminated(found: dict[str, Any]) -> bool:
    """Its container's state is terminated."""
    return any("terminated" in each["state"] for each in found["status"].get("containerStatuses", ()))


def apply_to_running() -> Values:
    """From the call of apply to the watch event with phase Running, with the usual token volume."""
    return _applied({})


def apply_to_running_no_token() -> Values:
    """The same with `automountServiceAccountToken: false` and no volumes."""
    return _applied({"automountServiceAccountToken": False})


def _applied(spec: dict[str, Any]) -> Values:
    with cluster() as found:
        client = found.client()
        watch, values = Watch(client, {"running": running}), []
        time.sleep(1)
        for number in range(20):
            manifest = pod(f"sleeps-{number}", "import time; time.sleep(600)", **spec)
            began = time.monotonic()
            made = client.apply(manifest, NAMESPACE)
            values.append(1000 * (watch.wait(made.obj["metadata"]["uid"], "running")[0] - began))
            client.delete(manifest, grace=0, wait=True)
        return values


def exit_to_seen() -> Values:
    """From the last statement of a container's program to the watch event with its state terminated."""
    with cluster() as found:
        client = found.client()
        watch, values = Watch(client, {"terminated": terminated}), []
        time.sleep(1)
        for number in range(20):
            code = "import os, time; time.sleep(1.5); print(repr(time.time()), flush=True); os._exit(0)"
            manifest = pod(f"ends-{number}", code, automountServiceAccountToken=False)
            made = client.apply(manifest, NAMESPACE)
            seen = watch.wait(made.obj["metadata"]["uid"], "terminated")[1]
            lines: list[str] = []
            stop = threading.Event()
            client.logs(f"ends-{number}", "main", namespace=NAMESPACE, on_line=lines.append, stop=stop)
            values.append(1000 * (seen - float(lines[0].split()[-1])))
            client.delete(manifest, grace=0)
        return values


def event_to_verdict() -> Values:
    """From the arrival of a Pod's first watch event in this process to the trait `verdicts` that the page shows."""
    with cluster() as found:
        _become(found)
        from labs import course, exercise

        workbench = exercise("pod/hello").workbench
        space = course.find("pod/hello").namespace()
        exercise("pod/hello").apply("solution").require()
        client = found.client()
        watch, values = Watch(client, {"added": lambda found: True}, space), []
        green = threading.Event()
        at: Values = []

        def changed(change: Mapping[str, Any]) -> None:
            state = next((each["state"] for each in change["new"] if each["id"] == "exists"), "")
            if state == "green" and not green.is_set():
                at.append(time.monotonic())
                green.set()
            elif state != "green":
                green.clear()

        workbench.observe(changed, names=["verdicts"])
        manifest = _document(course.find("pod/hello").solution)
        for number in range(20):
            client.delete({**manifest, "metadata": {**manifest["metadata"], "namespace": space}}, grace=0, wait=True)
            _until(
                lambda: (
                    not green.is_set() and all(v["state"] != "green" for v in workbench.verdicts if v["id"] == "exists")
                )
            )
            made = client.apply(manifest, space)
            green.wait(30)
            values.append(1000 * (at[number] - watch.wait(made.obj["metadata"]["uid"], "added")[0]))
        workbench.close()
        return values


def keystroke_to_diagnostic() -> Values:
    """From the page's message with a wrong text to the trait `diagnostics`, without the server's dry run."""
    with cluster() as found:
        _become(found)
        from labs import exercise

        workbench = exercise("pod/hello").workbench
        exercise("pod/hello")._wait_for_cluster()
        values = []
        for number in range(50):
            done = threading.Event()
            wanted = workbench.session.store.get().version + 1

            def changed(change: Mapping[str, Any], done: threading.Event = done, wanted: int = wanted) -> None:
                if change["new"].get("version", wanted) >= wanted:
                    done.set()

            workbench.observe(changed, names=["diagnostics"])
            began = time.monotonic()
            workbench.receive({"t": "text", "text": f"{WRONG}# {number}\n", "version": wanted, "view": "bench"})
            if not done.wait(10):
                raise TimeoutError("no diagnostic within 10 s")
            values.append(1000 * (time.monotonic() - began))
            workbench.unobserve(changed, names=["diagnostics"])
            time.sleep(0.3)
        workbench.close()
        return values


def map_200_pods() -> Values:
    """From a snapshot in which one of 200 Pods has changed to that Pod on the page, in Chromium."""
    sys.path.insert(0, str(Path(__file__).resolve().parents[1]))
    from scripts._bench_map import measure

    return measure()


def pss_mib() -> Values:
    """Proportional memory of all processes of a cluster without pods."""
    with cluster() as found:
        values = []
        for _ in range(5):
            time.sleep(5)
            values.append(sum(_pss(one.pid) for one in found.processes()))
        return values


def _pss(pid: int) -> float:
    text = Path(f"/proc/{pid}/smaps_rollup").read_text(encoding="utf-8")
    return next(int(line.split()[1]) for line in text.splitlines() if line.startswith("Pss:")) / 1024


def idle_cpu_percent() -> Values:
    """Use of one core over 60 s by a cluster without pods, as a percentage."""
    with cluster() as found:
        time.sleep(20)
        processes = found.processes()
        before = sum(_ticks(one.pid) for one in processes)
        time.sleep(60)
        used = sum(_ticks(one.pid) for one in processes) - before
        return [100 * used / os.sysconf("SC_CLK_TCK") / 60]


def _ticks(pid: int) -> int:
    fields = Path(f"/proc/{pid}/stat").read_text(encoding="utf-8").rpartition(")")[2].split()
    return int(fields[11]) + int(fields[12])


def start_to_page() -> Values:
    """From `labs start` to the address of an answering JupyterLab."""
    values = []
    with place() as found:
        command = [sys.executable, "-m", "labs.cli", "start", "--no-browser", "--json"]
        for _ in range(3):
            began = time.monotonic()
            with subprocess.Popen(
                command, env=found.environment, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True
            ) as process:
                assert process.stdout
                next(line for line in process.stdout if json.loads(line).get("event") == "open")
                values.append(time.monotonic() - began)
                process.terminate()
                process.communicate()
    return values


def _become(found: Place) -> None:
    os.environ.update({name: value for name, value in found.environment.items() if name.startswith("LABS_")})


def _document(text: str) -> dict[str, Any]:
    from labs import manifest

    return dict(manifest.parse(text).documents[0].data)


def _until(holds: Callable[[], bool]) -> None:
    deadline = time.monotonic() + 30
    while not holds():
        if time.monotonic() > deadline:
            raise TimeoutError("the verdict does not turn")
        time.sleep(0.005)


def service_throughput_ratio() -> Values:
    """Calls a second through a Service of three Pods, per those straight to the Pods."""
    from scripts._bench_network import throughput_ratios

    with cluster() as found:
        return throughput_ratios(found.client(), NAMESPACE)


def endpoint_to_traffic() -> Values:
    """From the request for a new endpoint to the first connection that reaches it."""
    from scripts._bench_network import endpoint_delays

    with cluster() as found:
        return endpoint_delays(found.client(), NAMESPACE)


def image_build_warm() -> Values:
    """`labs build` of the course's model when nothing has changed, the start of Python included."""
    with place() as found:
        found.build("mymodel:v1")
        return [found.build("mymodel:v1") for _ in range(10)]


def scale_3_to_30_echo() -> Values:
    """From the request for 30 Pods instead of 3 until 30 are Ready: a small server that echoes."""
    return _scaled("ECHO")


def scale_3_to_30_model() -> Values:
    """The same with the course's model."""
    return _scaled("MODEL")


def _scaled(container: str) -> Values:
    from scripts import _bench_workloads

    with cluster() as found:
        found.build("mymodel:v1")
        return _bench_workloads.scale_seconds(found.client(), NAMESPACE, getattr(_bench_workloads, container))


def rollout_failed_calls() -> Values:
    """How many of 200 calls a second fail while three Pods of the model are replaced by another version."""
    from scripts._bench_workloads import failed_calls

    with cluster() as found:
        found.build("mymodel:v1")
        found.build("mymodel:v2")
        return failed_calls(found.client(), NAMESPACE)


def gpu_fleet() -> Values:
    """From the request for another GPU fleet until the API shows it."""
    from scripts._bench_gpus import fleet_seconds

    with cluster() as found:
        return fleet_seconds(found.client())


def gpu_back_after_plugin() -> Values:
    """From the kill of the GPU program until a new Pod with a card runs."""
    return _back("/opt/pocket/gpus")


def gpu_back_after_kubelet() -> Values:
    """The same for the kill of all kubelets."""
    return _back("kubelet")


def _back(word: str) -> Values:
    from scripts._bench_gpus import back_seconds

    with cluster() as found:
        return back_seconds(found.client(), NAMESPACE, found.processes, word)


def gpu_stress_1000() -> Values:
    """1,000 Pods on 16 devices, checked from inside: no two at once hold the same."""
    from scripts._bench_gpus import stress_seconds

    with cluster() as found:
        return stress_seconds(found.client(), NAMESPACE)


MEASUREMENTS: dict[str, tuple[str, Callable[[], Values]]] = {
    "engine_build_cold": ("s", engine_build_cold),
    "up_cold": ("s", up_cold),
    "up_warm": ("s", up_warm),
    "down": ("s", down),
    "apply_to_running": ("ms", apply_to_running),
    "apply_to_running_no_token": ("ms", apply_to_running_no_token),
    "exit_to_seen": ("ms", exit_to_seen),
    "event_to_verdict": ("ms", event_to_verdict),
    "keystroke_to_diagnostic": ("ms", keystroke_to_diagnostic),
    "map_200_pods": ("ms", map_200_pods),
    "image_build_warm": ("s", image_build_warm),
    "scale_3_to_30_echo": ("s", scale_3_to_30_echo),
    "scale_3_to_30_model": ("s", scale_3_to_30_model),
    "rollout_failed_calls": ("calls", rollout_failed_calls),
    "service_throughput_ratio": ("ratio", service_throughput_ratio),
    "endpoint_to_traffic": ("ms", endpoint_to_traffic),
    "gpu_fleet": ("s", gpu_fleet),
    "gpu_back_after_plugin": ("s", gpu_back_after_plugin),
    "gpu_back_after_kubelet": ("s", gpu_back_after_kubelet),
    "gpu_stress_1000": ("s", gpu_stress_1000),
    "pss_mib": ("MiB", pss_mib),
    "idle_cpu_percent": ("%", idle_cpu_percent),
    "start_to_page": ("s", start_to_page),
    **_bench_why.MEASUREMENTS,
    **_bench_kind.MEASUREMENTS,
}


def summary(name: str, unit: str, values: Values) -> dict[str, Any]:
    """Median, 95th percentile (nearest rank) and maximum."""
    ordered = sorted(values)
    rank = ordered[max(0, -(-95 * len(ordered) // 100) - 1)]
    numbers = {"p50": statistics.median(ordered), "p95": rank, "max": ordered[-1]}
    return {"name": name, "unit": unit, "n": len(ordered), **{key: round(value, 3) for key, value in numbers.items()}}


def main() -> int:
    """Each measurement in a process of its own, so that none disturbs the next; 1 when one could not be made."""
    parser = argparse.ArgumentParser(prog="scripts/bench", description=__doc__)
    parser.add_argument("names", nargs="*", choices=[[], *MEASUREMENTS], metavar="NAME", help=", ".join(MEASUREMENTS))
    left_out = {"engine_build_cold", *_bench_kind.MEASUREMENTS}
    names = parser.parse_args().names or [name for name in MEASUREMENTS if name not in left_out]
    if len(names) == 1:
        unit, measure = MEASUREMENTS[names[0]]
        print(json.dumps(summary(names[0], unit, measure())), flush=True)
        return 0
    return max(subprocess.run([sys.executable, __file__, name], check=False).returncode for name in names)


if __name__ == "__main__":
    sys.exit(main())
