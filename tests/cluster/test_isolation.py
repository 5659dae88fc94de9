"""What a container cannot reach, and what the cluster leaves behind: nothing."""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from labs.cluster.processes import Process
from tests.pocket import Pocket, all_ended

if TYPE_CHECKING:
    from labs.kube import Client

SECRET = "only-the-learner-may-read-this"
HUNT = """
import glob, os, stat, sys
secret, path, name = sys.argv[1:]
found = []
def look(place):
    for candidate in (place + path, place + "/" + name):
        try:
            if secret in open(candidate).read():
                found.append(candidate)
        except OSError:
            pass
look("")
for root in glob.glob("/proc/[0-9]*/root") + glob.glob("/proc/[0-9]*/cwd"):
    look(root)
    look(root + "/../../../..")
try:
    os.makedirs("/tmp/jail", exist_ok=True)
    keep = os.open("/", os.O_RDONLY)
    os.chroot("/tmp/jail")
    os.fchdir(keep)
    for _ in range(64):
        os.chdir("..")
    os.chroot(".")
    look("")
    look("/host")
except OSError as error:
    print("chroot:", error)
for folder in ("/", "/host"):
    for entry in (os.listdir(folder) if os.path.isdir(folder) else []):
        if entry in ("work", "home", "root", "opt") and os.path.exists(f"{folder}/{entry}{path}"):
            found.append(entry)
devices = [p for p in glob.glob("/dev/*") if stat.S_ISBLK(os.lstat(p).st_mode)]
try:
    os.mknod("/tmp/disk", 0o600 | stat.S_IFBLK, os.makedev(8, 0))
    open("/tmp/disk", "rb").read(1)
    devices.append("made by mknod")
except OSError:
    pass
for name in ("kcore", "mem", "sysrq-trigger"):
    try:
        with open(f"/proc/{name}", "rb") as file:
            if file.read(16):
                devices.append(f"/proc/{name}")
    except OSError:
        pass
writable = []
for name in ("vm/overcommit_memory", "kernel/panic", "kernel/hostname"):
    try:
        open(f"/proc/sys/{name}", "w").close()
        writable.append(name)
    except OSError:
        pass
for place in ("/usr", "/etc", "/usr/bin"):
    if not os.statvfs(place).f_flag & os.ST_RDONLY and place != "/etc":
        writable.append(place)
print("FOUND", found, "DEVICES", devices, "WRITABLE", writable)
"""


def pod(name: str, command: list[str], **spec: Any) -> dict[str, Any]:
    """A Pod that runs once."""
    container = {"name": "main", "image": "python:3.10", "command": command, **spec.pop("container", {})}
    body = {"restartPolicy": "Never", "containers": [container], **spec}
    return {"apiVersion": "v1", "kind": "Pod", "metadata": {"name": name}, "spec": body}


def until_ended(client: Client, namespace: str, name: str, *, within: float = 60) -> dict[str, Any]:
    """The Pod once its phase is a final one."""
    deadline = time.monotonic() + within
    while time.monotonic() < deadline:
        found = client.get("Pod", name, namespace) or {}
        if found.get("status", {}).get("phase") in ("Succeeded", "Failed"):
            return found
        time.sleep(0.1)
    raise AssertionError(f"{name} has not ended: {json.dumps(found.get('status'), indent=1)}")


@pytest.mark.parametrize("host_path", [False, True], ids=["plain", "hostPath of the node"])
def test_a_container_reads_nothing_of_the_learners(
    cluster: Pocket, client: Client, namespace: str, tmp_path: Path, host_path: bool
) -> None:
    file = tmp_path / "notes.txt"
    file.write_text(SECRET, encoding="utf-8")
    spec: dict[str, Any] = {}
    if host_path:
        spec["volumes"] = [{"name": "host", "hostPath": {"path": "/"}}]
        spec["container"] = {"volumeMounts": [{"name": "host", "mountPath": "/host"}]}
    client.apply(pod("hunter", ["python", "-c", HUNT, SECRET, str(file), file.name], **spec), namespace)
    ended = until_ended(client, namespace, "hunter")
    said = cluster.kubectl("logs", "hunter", "-n", namespace)
    assert ended["status"]["phase"] == "Succeeded", said
    assert "FOUND [] DEVICES [] WRITABLE []" in said, said


def test_files_of_etc_are_the_nodes_own_copies(cluster: Pocket, client: Client, namespace: str) -> None:
    """A package that is installed on the machine replaces ld.so.cache: a mount of the old file could not be passed on."""
    code = "print(*[line for line in open('/proc/self/mountinfo') if ' /etc/' in line], sep='')"
    client.apply(pod("mounts", ["python", "-c", code]), namespace)
    until_ended(client, namespace, "mounts")
    lines = cluster.kubectl("logs", "mounts", "-n", namespace).splitlines()
    mounts = [line.split() for line in lines if line]
    kinds = {words[4]: words[words.index("-") + 1] for words in mounts}
    assert kinds.get("/etc/ld.so.cache") == "tmpfs", kinds


@pytest.mark.parametrize(
    "spec",
    [{"hostPID": True}, {"hostIPC": True}, {"container": {"securityContext": {"privileged": True}}}],
    ids=["hostPID", "hostIPC", "privileged"],
)
def test_what_would_break_out_is_refused_with_our_words(
    cluster: Pocket, client: Client, namespace: str, spec: dict[str, Any]
) -> None:
    client.apply(pod("bold", ["python", "-c", "print('inside')"], **spec), namespace)
    deadline = time.monotonic() + 30
    events = ""
    while time.monotonic() < deadline and "pocket" not in events:
        events = cluster.kubectl("get", "events", "-n", namespace, "-o", "jsonpath={.items[*].message}")
        time.sleep(0.2)
    assert "pocket" in events, events
    assert "inside" not in cluster.run("kubectl", "logs", "bold", "-n", namespace).stdout


def test_no_port_is_open_without_a_certificate(cluster: Pocket) -> None:
    own = {one.pid for one in cluster.processes()}
    listening = _listening(own)
    assert listening, "the API server listens nowhere"
    assert {address for address, _ in listening} == {"127.0.0.1"}
    server = cluster.status()["server"]
    code = (
        "import ssl, sys, urllib.request, urllib.error\n"
        "context = ssl.create_default_context(); context.check_hostname = False; context.verify_mode = ssl.CERT_NONE\n"
        "try: print(urllib.request.urlopen(sys.argv[1], context=context, timeout=5).status)\n"
        "except urllib.error.HTTPError as error: print(error.code)"
    )
    environment = {**os.environ, "no_proxy": "*"}
    answer = subprocess.run(
        [*cluster.account.python, "-c", code, f"{server}/api/v1/namespaces"],
        capture_output=True, text=True, env=environment, check=True,
    )  # fmt: skip
    assert answer.stdout.strip() in ("401", "403")


def test_no_secret_is_in_a_command_line(cluster: Pocket) -> None:
    for one in cluster.processes():
        line = Path(f"/proc/{one.pid}/cmdline").read_bytes().decode(errors="replace")
        assert "PRIVATE KEY" not in line and "token=" not in line.lower(), line


@pytest.mark.parametrize("ending", ["down", "kill"])
def test_nothing_survives(own_place: Pocket, ending: str) -> None:
    before = _traces()
    own_place.labs("up")
    processes, server = own_place.processes(), own_place.status()["server"]
    with _held_namespaces(processes[1:]) as namespaces:
        if ending == "down":
            own_place.labs("down")
        else:
            os.kill(processes[0].pid, signal.SIGKILL)
        assert all_ended(processes)
        assert _emptied(namespaces), "a process of the cluster's user namespace is left after five seconds"
    with socket.socket() as probe:
        assert probe.connect_ex(("127.0.0.1", int(server.rpartition(":")[2]))) != 0
    assert _traces() == before


def _emptied(namespaces: set[str]) -> bool:
    """Whether nobody is in these user namespaces any more, five seconds from now at the latest."""
    deadline = time.monotonic() + 5
    while time.monotonic() < deadline:
        if not namespaces & {_user_namespace(int(path.name)) for path in Path("/proc").glob("[0-9]*")}:
            return True
        time.sleep(0.05)
    return False


@contextmanager
def _held_namespaces(processes: tuple[Process, ...]) -> Iterator[set[str]]:
    """The cluster's user namespaces, held open so that their numbers cannot be given to another one's."""
    names = {_user_namespace(one.pid): one.pid for one in processes}
    names.pop(_user_namespace(os.getpid()), None)
    assert names.keys() - {""}, "the cluster does not run in a user namespace of its own"
    held = [os.open(f"/proc/{pid}/ns/user", os.O_RDONLY) for name, pid in names.items() if name]
    try:
        yield names.keys() - {""}
    finally:
        for descriptor in held:
            os.close(descriptor)


def _traces() -> dict[str, Any]:
    """Everything of the host that a cluster might change: sysctl values, mounts, network devices, device files."""
    return {
        "sysctl": {path: _value(path) for path in _sysctl_files()},
        "mounts": sorted(line.split()[4] for line in Path("/proc/self/mountinfo").read_text().splitlines()),
        "devices": sorted(os.listdir("/sys/class/net")),
        "kubelet": Path("/var/lib/kubelet").exists(),
    }


def _sysctl_files() -> list[Path]:
    """Settings, without what counts or changes by itself."""
    moving = (
        "random", "-nr", "_nr", "nr_", "state", "lock", "ns_last_pid", "sched_domain", "/fs/", "count", "latency",
        "/pty/", "perf_event_max_sample_rate",
    )  # fmt: skip
    roots = (Path("/proc/sys/vm"), Path("/proc/sys/kernel"), Path("/proc/sys/net"))
    files = (path for root in roots for path in root.rglob("*") if path.is_file())
    return [path for path in files if not any(word in str(path) for word in moving)]


def _value(path: Path) -> str:
    try:
        return path.read_text()
    except OSError as error:
        return type(error).__name__


def _user_namespace(pid: int) -> str:
    try:
        return os.readlink(f"/proc/{pid}/ns/user")
    except OSError:
        return ""


def _listening(pids: set[int]) -> set[tuple[str, int]]:
    """Addresses and ports on the host's network that these processes listen on."""
    inodes = set()
    for pid in pids:
        try:
            links = [os.readlink(path) for path in Path(f"/proc/{pid}/fd").iterdir()]
        except OSError:
            continue
        inodes |= {link[8:-1] for link in links if link.startswith("socket:[")}
    found = set()
    for line in Path("/proc/net/tcp").read_text().splitlines()[1:]:
        fields = line.split()
        if fields[3] == "0A" and fields[9] in inodes:
            address, port = fields[1].split(":")
            found.add((socket.inet_ntoa(bytes.fromhex(address)[::-1]), int(port, 16)))
    return found
