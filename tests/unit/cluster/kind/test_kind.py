"""The parts of the kind provider that need no container engine."""

from __future__ import annotations

import os
import stat
import subprocess
import sys
from collections import deque
from contextlib import nullcontext
from pathlib import Path
from typing import Any

import pytest
import yaml

from labs.cluster.kind import choice, create
from labs.cluster.kind.config import Shape, render
from labs.cluster.kind.containers import read_info
from labs.cluster.kind.program import ensure_kind, find_kind
from labs.cluster.kind.pull import PullProgress
from labs.cluster.kind.recipe import NODE_IMAGE, cluster_name, image_version, node_image
from labs.cluster.kind.state import Record, engine_of, read_record, write_record
from labs.cluster.model import Step, UpOptions
from labs.errors import ClusterError
from tests.unit.cluster.kind import recorded

GIB = 2**30


def config(nodes: int = 3, *, memory: int = 16 * GIB, cpus: int = 8, image: str = NODE_IMAGE) -> dict[str, Any]:
    shape = Shape(nodes, "2", "4Gi", cpus, memory, True, 6443, image)
    value = yaml.safe_load(render("labs-1", shape, Path("/state/node")))
    assert isinstance(value, dict)
    return value


def patches(value: dict[str, Any]) -> dict[str, Any]:
    read = [yaml.safe_load(text) for text in value["kubeadmConfigPatches"]]
    return {each["kind"]: each for each in read}


def test_three_schedulable_nodes_of_one_shape() -> None:
    value = config()
    assert [node["role"] for node in value["nodes"]] == ["control-plane", "worker", "worker"]
    assert [node["labels"]["labs/node"] for node in value["nodes"]] == ["1", "2", "3"]
    assert all(node["extraMounts"][0]["hostPath"] == "/state/node" for node in value["nodes"])
    assert value["networking"] == {"apiServerAddress": "127.0.0.1", "apiServerPort": 6443}
    assert patches(value)["InitConfiguration"]["nodeRegistration"] == {"taints": []}
    kubelet = patches(value)["KubeletConfiguration"]
    assert kubelet["systemReserved"] == {"cpu": "6000m", "memory": str(12 * GIB)}
    assert kubelet["failCgroupV1"] is False


def test_smaller_hosts_reserve_nothing() -> None:
    assert patches(config(memory=3 * GIB, cpus=1))["KubeletConfiguration"]["systemReserved"] == {
        "cpu": "0m",
        "memory": "0",
    }


def test_taint_of_a_single_node_is_left_to_kind() -> None:
    assert "InitConfiguration" not in patches(config(1))


@pytest.mark.parametrize(("image", "gangs"), [(NODE_IMAGE, True), ("kindest/node:v1.35.1", False), ("mine", False)])
def test_gates_only_where_the_version_is_known_to_have_them(image: str, gangs: bool) -> None:
    value = config(image=image)
    assert bool(value["featureGates"]) is gangs and bool(value["runtimeConfig"]) is gangs


def test_image_is_pinned_by_digest_and_can_be_chosen(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("LABS_KIND_NODE_IMAGE", raising=False)
    assert "@sha256:" in node_image() and image_version(node_image()) == (1, 37)
    monkeypatch.setenv("LABS_KIND_NODE_IMAGE", "kind-node:v1.36.0")
    assert image_version(node_image()) == (1, 36)


def test_each_state_folder_has_its_own_cluster(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    names = set()
    for name in ("one", "two"):
        monkeypatch.setenv("LABS_STATE_DIR", str(tmp_path / name))
        names.add(cluster_name())
    assert len(names) == 2


def test_kinds_lines_are_steps() -> None:
    seen: list[Step] = []
    steps = create._Steps(seen.append)
    for line in (
        'Creating cluster "x" ...\n',
        " • Ensuring node image (kindest/node:v1.37.0) 🖼  ...\n",
        " ✓ Ensuring node image (kindest/node:v1.37.0) 🖼\n",
        " • Preparing nodes 📦 📦  ...\n",
        " ✓ Preparing nodes 📦 📦 \n",
    ):
        steps.add(line)
    assert [(step.state, step.detail) for step in seen] == [
        ("running", "Ensuring node image"),
        ("ready", "Ensuring node image"),
        ("running", "Preparing nodes"),
        ("ready", "Preparing nodes"),
    ]


@pytest.mark.parametrize(
    ("said", "what", "next_step"),
    [
        (recorded.PORT_TAKEN, "port", "again"),
        ("ERROR: x: too many open files", "inotify", "sysctl"),
        ("ERROR: write /var/lib: no space left on device", "disk is full", "docker system df"),
        ('ERROR: node(s) already exist for a cluster with the name "x"', "names of our nodes", "docker ps -a"),
        (recorded.STOPPED, "stopped in the middle", "Start it again"),
        ("ERROR: failed to init node with kubeadm", "was removed", "labs doctor"),
    ],
)
def test_failures_of_kind_are_explained(said: str, what: str, next_step: str) -> None:
    error = create._failed(deque(said.splitlines()), Path("create.log"))
    assert what in error.what and next_step in error.next_step


def test_layers_of_a_pull_are_counted() -> None:
    shown = PullProgress()
    assert not shown.add("v1.37.0: Pulling from kindest/node")
    for line in ("aaaaaaaaaaaa: Pulling fs layer", "bbbbbbbbbbbb: Waiting", "aaaaaaaaaaaa: Pull complete"):
        assert shown.add(line)
    assert shown.words == "1/2 layers fetched" and shown.fraction == 0.5


def test_programs_that_work_on_a_cluster_are_found_by_their_words(tmp_path: Path) -> None:
    fake = tmp_path / "docker"
    fake.symlink_to(sys.executable)
    code = "import time; print(flush=True); time.sleep(60)"
    for words, seen in ((["run", "--name", "labs-1-worker2"], True), (["run", "labs-12-worker"], False)):
        with subprocess.Popen([fake, "-c", code, *words], stdout=subprocess.PIPE) as process:
            assert process.stdout and process.stdout.readline()
            found = [one.pid for one, _ in create.at_work("labs-1")]
            process.kill()
        assert (process.pid in found) is seen


ENGINE = """\
#!/bin/sh
case "$1" in
    ps) test ! -e {folder}/there || echo abc ;;
    inspect) echo '[{{"Id": "abc", "Name": "/labs-1-control-plane"}}]' ;;
    rm) sleep 0.3; {end} ;;
esac
"""


@pytest.mark.parametrize(("end", "raises"), [("rm {folder}/there", False), ("exit 1", True)])
def test_slow_removal_is_no_failure_and_a_vain_one_is(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, end: str, raises: bool
) -> None:
    program = tmp_path / "docker"
    program.write_text(ENGINE.format(folder=tmp_path, end=end.format(folder=tmp_path)))
    program.chmod(0o755)
    (tmp_path / "there").touch()
    engine = read_info(str(program), "docker", recorded.HERE)
    cluster = create.Kind(Path("kind"), engine, "labs-1", tmp_path / "kubeconfig")
    monkeypatch.setattr(create, "_REMOVE_SECONDS", 0.2)
    with pytest.raises(ClusterError, match="does not remove") if raises else nullcontext():
        cluster.remove(lambda step: None)


def test_kind_from_path_comes_first(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    program = tmp_path / "kind"
    program.write_text("#!/bin/sh\n")
    program.chmod(program.stat().st_mode | stat.S_IXUSR)
    monkeypatch.setenv("PATH", f"{tmp_path}{os.pathsep}{os.environ['PATH']}")
    assert find_kind() == program == ensure_kind()


def test_missing_kind_names_the_command(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.setenv("LABS_CACHE_DIR", str(tmp_path))
    monkeypatch.setattr("labs.cluster.kind.program.find_go", _no_go)
    with pytest.raises(ClusterError) as caught:
        ensure_kind()
    assert "go install sigs.k8s.io/kind@" in caught.value.next_step


def _no_go(*unused: object) -> Path:
    from labs.errors import EngineError

    raise EngineError(what="no Go", why="none")


def test_record_survives_and_newer_ones_are_refused(tmp_path: Path) -> None:
    record = Record(phase="ready", identity="u", addresses={"a": "1"}).with_options(UpOptions(nodes=2))
    write_record(tmp_path, record)
    assert read_record(tmp_path) == record and record.forgotten() == Record(nodes=2)
    (tmp_path / "cluster.json").write_text('{"schema": 9}')
    with pytest.raises(ClusterError, match="newer"):
        read_record(tmp_path)


def test_choice_gives_up_in_time(monkeypatch: pytest.MonkeyPatch) -> None:
    import threading

    stop = threading.Event()

    def slow() -> tuple[bool, str]:
        stop.wait(60)
        return True, ""

    monkeypatch.setattr(choice, "_decide", slow)
    assert choice.kind_is_possible() == (False, "the container engine does not answer in time")
    stop.set()


def test_a_cluster_belongs_to_the_engine_that_made_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    program = tmp_path / "podman"
    program.write_text('#!/bin/sh\necho \'{"host": {}, "version": {"Version": "5"}}\'\n')
    program.chmod(0o755)
    monkeypatch.setenv("PATH", f"{tmp_path}:/bin")
    monkeypatch.setattr("labs.cluster.kind.containers._PROGRAMS", ("podman",))
    assert engine_of(tmp_path).name == "podman"
    write_record(tmp_path, Record(phase="ready", engine="docker-of-yesterday"))
    with pytest.raises(ClusterError, match="is not on PATH"):
        engine_of(tmp_path)
