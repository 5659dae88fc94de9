"""Stands in for the engine's `pocket`: speaks its JSON lines; POCKET_FAKE says how it behaves."""

from __future__ import annotations

import fcntl
import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path


def say(**event: object) -> None:
    print(json.dumps(event), flush=True)


def started() -> int:
    return int(Path("/proc/self/stat").read_text().rpartition(")")[2].split()[19])


def report(state: Path, phase: str, nodes: int, child: int) -> None:
    value = {
        "schema": 1,
        "pid": os.getpid(),
        "started": started(),
        "server": "https://127.0.0.1:1",
        "version": "v1.37.2",
        "phase": phase,
        "nodes": [{"name": f"node-{number + 1}", "ready": phase == "ready"} for number in range(nodes)],
        "processes": [{"name": "etcd", "pid": child, "restarts": 0, "since": time.time()}],
    }
    fresh = state / "status.json.new"
    fresh.write_text(json.dumps(value))
    fresh.rename(state / "status.json")


def probe() -> None:
    refused = os.environ.get("POCKET_FAKE") == "refused"
    row = {"name": "mount", "ok": not refused, "required": True, "found": "mounts are refused" if refused else "fine"}
    print(json.dumps([{**row, "why": "AppArmor", "next": "sudo sysctl -w x=0"}]))


def up(options: dict[str, str]) -> None:
    behaviour = os.environ.get("POCKET_FAKE", "")
    state = Path(options["--state"])
    lock = os.open(state / "supervisor.lock", os.O_RDWR | os.O_CREAT)
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        say(event="error", code="already-running", what="It runs already", why="", next="")
        sys.exit(1)
    if behaviour == "stubborn":
        signal.signal(signal.SIGTERM, signal.SIG_IGN)
    else:
        signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
    child = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(600)"], start_new_session=True).pid
    (state / "child").write_text(str(child))
    (state / "arguments.json").write_text(json.dumps({**options, "environment": dict(os.environ)}))
    print("not JSON", flush=True)
    say(event="step", name="etcd", state="ready", seconds=0.3)
    if behaviour == "error":
        os.kill(child, signal.SIGKILL)
        say(event="error", code="disk-full", what="The disk is full", why="0 bytes are free", next="Free some")
        sys.exit(1)
    if behaviour == "dies":
        os.kill(child, signal.SIGKILL)
        print("panic: no more", file=sys.stderr, flush=True)
        os._exit(2)
    report(state, "starting", int(options["--nodes"]), child)
    if behaviour == "hangs":
        time.sleep(600)
    report(state, "ready", int(options["--nodes"]), child)
    (state / "kubeconfig").write_text("{}")
    say(event="ready", kubeconfig=str(state / "kubeconfig"), server="https://127.0.0.1:1", seconds=0.4)
    try:
        time.sleep(600)
    finally:
        os.kill(child, signal.SIGKILL)


if sys.argv[1] == "probe":
    probe()
elif sys.argv[1] == "up":
    up(dict(zip(sys.argv[2::2], sys.argv[3::2], strict=True)))
