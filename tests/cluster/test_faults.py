"""What a machine may refuse a cluster: disk, namespaces, mounts; and a damaged database. Each is named, nothing is lost."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

from tests.pocket import Account, Pocket

# Has the kernel refuse mount(2) with EPERM, as AppArmor does on Ubuntu, and becomes the command (see seccomp(2)).
WITHOUT_MOUNTS = """
import ctypes, os, platform, struct, sys
number = {"x86_64": 165, "aarch64": 40}[platform.machine()]
steps = [(0x20, 0, 0, 0), (0x15, 0, 1, number), (0x06, 0, 0, 0x00050001), (0x06, 0, 0, 0x7FFF0000)]
code = ctypes.create_string_buffer(b"".join(struct.pack("HBBI", *step) for step in steps))
program = ctypes.create_string_buffer(struct.pack("HxxxxxxP", len(steps), ctypes.addressof(code)))
library = ctypes.CDLL(None, use_errno=True)
if library.prctl(38, 1, 0, 0, 0) or library.prctl(22, 2, program):
    sys.exit(f"seccomp: {os.strerror(ctypes.get_errno())}")
os.execv(sys.argv[1], sys.argv[1:])
"""
WITHOUT_NAMESPACES = 'echo 0 > /proc/sys/user/max_user_namespaces && exec "$@"'


def by_way_of(pocket: Pocket, *command: str) -> Pocket:
    """The same place, with every `labs` command run by way of another program."""
    return replace(pocket, account=Account((*command, sys.executable)))


@contextmanager
def small_disk(pocket: Pocket, size: str) -> Iterator[Pocket]:
    """The place with a state folder on a disk of its own, which only its own commands see."""
    state = pocket.folder / "state"
    state.mkdir(mode=0o700)
    mount = f"mount -t tmpfs -o size={size},mode=700 tmpfs {state} && echo mounted && exec sleep infinity"
    user, join = (["-U", "-r"], ["-U", "--preserve-credentials"]) if os.geteuid() else ([], [])
    with subprocess.Popen(["unshare", "-m", *user, "sh", "-c", mount], stdout=subprocess.PIPE, text=True) as holder:
        try:
            assert holder.stdout and holder.stdout.readline() == "mounted\n"
            inside = by_way_of(pocket, "nsenter", "-m", "-t", str(holder.pid), *join, "--")
            try:
                yield inside
            finally:
                inside.run("down")
        finally:
            holder.kill()


def on_disk(inside: Pocket, *command: str) -> None:
    """Run a command where that disk is seen."""
    subprocess.run([*inside.account.python[:-1], *command], check=False, capture_output=True)


def test_a_disk_that_is_too_small_is_named(own_place: Pocket) -> None:
    with small_disk(own_place, "30m") as inside:
        said = inside.labs("up", "--nodes", "1", code=1)
        assert "too little disk space" in said and "200 MB are needed" in said and "LABS_STATE_DIR" in said


def test_a_disk_that_fills_up_loses_nothing(own_place: Pocket) -> None:
    with small_disk(own_place, "700m") as inside:
        inside.labs("up", "--nodes", "1")
        inside.kubectl("create", "configmap", "kept", "--from-literal=a=b")
        filling = str(own_place.folder / "state" / "filling")
        on_disk(inside, "dd", "if=/dev/zero", f"of={filling}", "bs=1M")
        inside.labs("down")
        answer = inside.run("up")
        assert answer.returncode and "disk" in answer.stderr and "Free some" in answer.stderr
        assert "Traceback" not in answer.stderr
        on_disk(inside, "rm", filling)
        inside.labs("up")
        assert "kept" in inside.kubectl("get", "configmaps")


def test_refused_mounts_are_named(own_place: Pocket) -> None:
    script = own_place.folder / "without_mounts.py"
    script.write_text(WITHOUT_MOUNTS, encoding="utf-8")
    inside = by_way_of(own_place, sys.executable, str(script))
    for words in (("up",), ("doctor",)):
        said = inside.labs(*words, code=1)
        assert "Mounts inside a user namespace are refused here" in said and "next:" in said
    assert not (own_place.state / "status.json").exists()


def test_refused_namespaces_are_named(own_place: Pocket) -> None:
    inside = by_way_of(own_place, "unshare", "-Ur", "sh", "-c", WITHOUT_NAMESPACES, "sh")
    for words in (("up",), ("doctor",)):
        said = inside.labs(*words, code=1)
        assert "User namespaces are refused here" in said and "sysctl -w user.max_user_namespaces=" in said


def test_no_go_and_no_network_says_what_to_do(own_place: Pocket) -> None:
    inside = by_way_of(own_place, "unshare", "-Urn", "env", "PATH=/usr/bin:/bin", f"LABS_CACHE_DIR={own_place.folder}")
    said = inside.labs("up", code=1)
    assert "there is no Go" in said and "labs engine import FILE" in said and "it cannot be reached" in said


def test_a_damaged_database_is_moved_aside(own_place: Pocket) -> None:
    own_place.labs("up", "--nodes", "1")
    own_place.labs("down")
    database = own_place.state / "etcd" / "member" / "snap" / "db"
    database.write_bytes(b"no database" * 1000)
    said = own_place.labs("up")
    assert "made anew" in said
    kept = [path for path in own_place.state.glob("etcd.broken-*/member/snap/db") if path.read_bytes()[:2] == b"no"]
    assert len(kept) == 1 and Path(kept[0]).stat().st_size == 11_000


def test_damaged_files_of_ours_stop_nothing(own_place: Pocket) -> None:
    own_place.state.mkdir(parents=True)
    for name in ("status.json", "up.json", "port", "cluster.json"):
        (own_place.state / name).write_text('{"schema": 1, "sta')
    own_place.labs("status", code=1)
    own_place.labs("up", "--nodes", "1")
    assert "Ready" in own_place.kubectl("get", "nodes")
