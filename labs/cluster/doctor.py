"""Looks at this machine, quickly and without changing anything, and says what is missing and what to do."""

from __future__ import annotations

import ctypes
import os
import shutil
import socket
import sys
from contextlib import suppress
from pathlib import Path
from urllib.request import getproxies, proxy_bypass

from labs.cluster.kind import preflight as kind
from labs.cluster.model import Finding
from labs.cluster.pocket.engine import find_engine
from labs.cluster.pocket.probe import probe
from labs.cluster.pocket.recipe import required_go
from labs.cluster.pocket.toolchain import go_on_this_machine
from labs.errors import LabsError
from labs.paths import cache_dir, state_dir

__all__ = ["examine"]

_MEMORY_GIB = 2.0
_DISK_GB = 2.0
_BUILD_DISK_GB = 6.0
_PROBE_SECONDS = 2.0
_WATCHES = 30


def examine() -> tuple[Finding, ...]:
    """All findings, in the order a person would want to read them; takes less than three seconds."""
    checks = (_python, _folders, _memory, _disk, _watches, _ports, _proxies)
    ours = tuple(finding for check in checks if (finding := check()))
    engine = (*_engine(), *kind.examine())
    named = {finding.name for finding in engine}
    return (*(finding for finding in ours if finding.name not in named), *engine)


def _python() -> Finding:
    version = ".".join(map(str, sys.version_info[:3]))
    return Finding(
        "python",
        ok=sys.version_info >= (3, 11),
        required=True,
        found=f"{version} at {sys.executable}",
        why="The course needs Python 3.11 or newer",
        next_step="Install a newer Python and run ./scripts/start again",
    )


def _folders() -> Finding:
    try:
        state = state_dir()
        writable = os.access(state, os.W_OK | os.X_OK)
    except OSError as error:
        return Finding("folders", False, True, str(error), *_move("The state folder cannot be made"))
    if not writable:
        return Finding("folders", False, True, f"{state} cannot be written", *_move("It belongs to somebody else"))
    return Finding("folders", True, True, f"state in {state}, caches in {cache_dir()}")


def _move(why: str) -> tuple[str, str]:
    return why, "Set LABS_STATE_DIR to a folder of yours"


def _memory() -> Finding:
    lines = Path("/proc/meminfo").read_text(encoding="ascii").splitlines() if Path("/proc/meminfo").exists() else []
    kib = next((int(line.split()[1]) for line in lines if line.startswith("MemAvailable:")), 0)
    return Finding(
        "memory",
        ok=kib >= _MEMORY_GIB * 2**20,
        required=False,
        found=f"{kib / 2**20:.1f} GiB available",
        why=f"The cluster, JupyterLab and a browser want {_MEMORY_GIB:.0f} GiB",
        next_step="Close other programs, or run `labs up --nodes 1`",
    )


def _disk() -> Finding:
    needed = _DISK_GB if find_engine() else _BUILD_DISK_GB
    free = min(shutil.disk_usage(folder).free for folder in _places()) / 1e9
    return Finding(
        "disk",
        ok=free >= needed,
        required=False,
        found=f"{free:.1f} GB free",
        why=f"{needed:.0f} GB are wanted (building the engine takes 5 of them)",
        next_step="Free some space, or set LABS_STATE_DIR and LABS_CACHE_DIR to a larger disk",
    )


def _places() -> tuple[Path, ...]:
    """Folders that exist on the disks of our state and of our caches."""
    wanted = [cache_dir()]
    with suppress(OSError):
        wanted.append(state_dir())
    return tuple(next(folder for folder in (path, *path.parents) if folder.is_dir()) for path in wanted)


def _ports() -> Finding:
    try:
        with socket.socket() as one:
            one.bind(("127.0.0.1", 0))
            one.listen()
            with socket.create_connection(one.getsockname(), timeout=1):
                return Finding("loopback", True, True, "ports on 127.0.0.1 can be opened and reached")
    except OSError as error:
        why = "The API server and JupyterLab listen on 127.0.0.1 and nowhere else"
        return Finding("loopback", False, True, str(error), why, "Look at this machine's firewall or sandbox rules")


def _watches() -> Finding:
    had = inotify_instances(_WATCHES)
    return Finding(
        "inotify",
        ok=had >= _WATCHES,
        required=False,
        found=f"{'at least ' if had >= _WATCHES else ''}{had} more inotify instances can be had",
        why=f"The kubelets of one cluster use about {_WATCHES}, and one more for each log that is followed",
        next_step="End other clusters or programs that watch files, or: sudo sysctl -w fs.inotify.max_user_instances=512",
    )


def inotify_instances(most: int) -> int:
    """How many inotify instances (inotify(7)) this user can still have, counted up to `most` by taking and returning them."""
    library, taken = ctypes.CDLL(None, use_errno=True), list[int]()
    try:
        while len(taken) < most and (descriptor := int(library.inotify_init1(os.O_CLOEXEC))) >= 0:
            taken.append(descriptor)
        return len(taken)
    finally:
        for descriptor in taken:
            os.close(descriptor)


def _proxies() -> Finding | None:
    proxies = getproxies()
    if not proxies.keys() & {"http", "https", "all"}:
        return None
    return Finding(
        "proxy",
        ok=bool(proxy_bypass("127.0.0.1")) and bool(proxy_bypass("localhost")),
        required=False,
        found="a proxy is set in the environment",
        why="Without NO_PROXY, your own programs would send calls to the cluster to the proxy (the course's own do not)",
        next_step="export NO_PROXY=127.0.0.1,localhost",
    )


def _engine() -> tuple[Finding, ...]:
    engine = find_engine()
    if engine is None:
        return (_buildable(),)
    built = Finding("engine", True, True, f"built: {engine.folder}")
    try:
        return (built, *probe(engine, seconds=_PROBE_SECONDS))
    except LabsError as error:
        return (built, Finding("machine", False, True, error.what, error.why, error.next_step))


def _buildable() -> Finding:
    go = go_on_this_machine(required_go())
    how = f"with {go}" if go else "with a Go compiler that is fetched from PyPI"
    return Finding(
        "engine",
        ok=False,
        required=False,
        found=f"not built yet; `labs up` builds it once {how}",
        why="A first build takes 5 to 10 minutes and a network",
        next_step="Run `labs engine build` now, or `labs engine import FILE` with a bundle from somebody who has it",
    )
