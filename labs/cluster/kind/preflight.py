"""What is known to go wrong with kind, looked for before it does. Judged from facts, so that every machine can be tested.

The failures and their remedies: kind's known issues, rootless and quick-start pages; kubelet's failCgroupV1 (1.35).
"""

from __future__ import annotations

import os
import shutil
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from ipaddress import IPv4Network
from pathlib import Path

from labs.cluster.files import read_json
from labs.cluster.kind.containers import ContainerEngine
from labs.cluster.kind.create import at_work
from labs.cluster.kind.program import find_kind, kind_can_be_had
from labs.cluster.kind.recipe import KIND_MODULE, cluster_name, node_image
from labs.cluster.kind.state import Record, engine_of, read_record
from labs.cluster.model import Finding
from labs.errors import ClusterError
from labs.paths import cluster_dir

__all__ = ["Facts", "examine", "gather", "judge", "preflight", "read_routes"]

_GIB, _GB = 2**30, 1e9
_LEAST_MEMORY, _GOOD_MEMORY = 2 * _GIB, 4 * _GIB
_LEAST_DISK, _GOOD_DISK = 2 * _GB, 6 * _GB
_INSTANCES_OF_A_NODE, _WATCHES = 40, 8192
_OWN_INTERFACES = ("lo", "docker", "br-", "veth", "cni", "podman")


@dataclass(frozen=True)
class Facts:
    """What was found on this machine, apart from what the container engine says. None: cannot be known from here."""

    instances: int | None = None
    watches: int | None = None
    disk: int | None = None
    routes: Mapping[str, tuple[IPv4Network, ...]] = field(default_factory=dict)
    subnets: tuple[IPv4Network, ...] = ()
    proxy: str = ""
    half_made: str = ""
    stale_lock: bool = False
    metrics: Mapping[str, object] = field(default_factory=dict)
    kind: str = ""
    kind_can_be_had: bool = True
    image: str = ""
    image_is_here: bool = True


def examine() -> tuple[Finding, ...]:
    """Findings about kind; none of them is required where pocket can be used instead."""
    try:
        engine = engine_of(cluster_dir("kind"))
        return tuple(replace(one, required=False) for one in judge(engine, gather(engine)))
    except ClusterError as error:
        return (Finding("kind: container engine", False, False, error.what, error.why, error.next_step),)
    except OSError:  # the state folder cannot be used, which is a finding of its own
        return ()


def preflight(engine: ContainerEngine, nodes: int) -> None:
    """Raise one ClusterError that names everything without which there can be no kind cluster here."""
    missing = [one for one in judge(engine, gather(engine), nodes) if one.required and not one.ok]
    if missing:
        raise ClusterError(
            what="This machine does not allow the kind cluster: " + "; ".join(one.found for one in missing),
            why="; ".join(one.why for one in missing),
            next_step=" ".join(one.next_step for one in missing) + " Or run `labs up --cluster pocket`",
        )


def gather(engine: ContainerEngine) -> Facts:
    """The facts of this machine."""
    folder, here = cluster_dir("kind"), Path(engine.root).is_dir()
    kind = find_kind()
    return Facts(
        instances=_number("/proc/sys/fs/inotify/max_user_instances"),
        watches=_number("/proc/sys/fs/inotify/max_user_watches"),
        disk=shutil.disk_usage(engine.root).free if here else None,
        routes=read_routes(_text("/proc/net/route")),
        subnets=_subnets(engine),
        proxy=engine.proxy or os.environ.get("HTTPS_PROXY") or os.environ.get("https_proxy") or "",
        half_made=_half_made(engine, folder),
        metrics=read_json(folder / "metrics-server.json") or {},
        stale_lock=(folder / "kubeconfig.lock").exists(),
        kind=str(kind or ""),
        kind_can_be_had=kind is not None or kind_can_be_had(),
        image=node_image(),
        image_is_here=engine.has_image(node_image()),
    )


def judge(engine: ContainerEngine, facts: Facts, nodes: int = 3) -> tuple[Finding, ...]:
    """All findings, in the order a person would want to read them."""
    found = (
        _engine(engine),
        _program(facts),
        _image(facts),
        _cgroups(engine),
        _memory(engine),
        _disk(facts),
        _inotify(facts, nodes),
        _subnet(facts),
        _proxy(facts),
        _snap(engine),
        _store(engine),
        _left(facts),
        _metrics(facts),
    )
    return tuple(one for one in found if one)


def read_routes(table: str) -> dict[str, tuple[IPv4Network, ...]]:
    """Networks by interface from /proc/net/route (proc(5): addresses in host byte order), default routes left out."""
    routes: dict[str, tuple[IPv4Network, ...]] = {}
    for line in table.splitlines()[1:]:
        words = line.split()
        if len(words) > 7 and words[7] != "00000000":
            address, mask = (int.from_bytes(bytes.fromhex(words[each]), "little") for each in (1, 7))
            network = IPv4Network((address, mask.bit_count()), strict=False)
            routes[words[0]] = (*routes.get(words[0], ()), network)
    return routes


def _engine(engine: ContainerEngine) -> Finding:
    return Finding("kind: container engine", True, True, f"{engine.name} {engine.version} answers")


def _program(facts: Facts) -> Finding:
    return Finding(
        "kind: program",
        ok=bool(facts.kind) or facts.kind_can_be_had,
        required=True,
        found=facts.kind or ("built by `labs up --cluster kind`" if facts.kind_can_be_had else "kind is missing"),
        why="There is no `kind` on PATH and no Go to build it with",
        next_step=f"go install {KIND_MODULE}, or see kind.sigs.k8s.io.",
    )


def _image(facts: Facts) -> Finding:
    return Finding(
        "kind: node image",
        ok=facts.image_is_here,
        required=False,
        found=f"{facts.image.partition('@')[0]} is {'here' if facts.image_is_here else 'not here yet'}",
        why="It is fetched by the first `labs up --cluster kind` (about 400 MB)",
        next_step="Run it while the network is good, or load the image from a file: docker load -i FILE",
    )


def _cgroups(engine: ContainerEngine) -> Finding:
    rootless = "https://kind.sigs.k8s.io/docs/user/rootless/"
    if engine.rootless and engine.cgroup == 1:
        why, step = "A rootless engine needs cgroup v2", f"Switch to cgroup v2 or to a rootful engine ({rootless})."
        return Finding("kind: cgroups", False, True, "rootless engine with cgroup v1", why, step)
    if engine.rootless and not engine.limits:
        why = "systemd does not delegate the cpu, memory and pids controllers to you"
        step = f"Set Delegate=yes for user@.service, then log in again ({rootless})."
        return Finding("kind: cgroups", False, True, "rootless engine without delegated cgroups", why, step)
    note = "; the kubelet is told to accept it (failCgroupV1: false)" if engine.cgroup == 1 else ""
    return Finding("kind: cgroups", True, False, f"v{engine.cgroup}{note}")


def _memory(engine: ContainerEngine) -> Finding:
    desktop = " (Docker Desktop: Settings, Resources)" if "Desktop" in engine.system else ""
    return Finding(
        "kind: memory",
        ok=engine.memory >= _GOOD_MEMORY,
        required=engine.memory < _LEAST_MEMORY,
        found=f"the container engine has {engine.memory / _GIB:.1f} GiB",
        why="Three nodes want 1 GiB, the lessons' Pods and JupyterLab 2 more",
        next_step=f"Give it more memory{desktop}, or use one node: labs up --cluster kind --nodes 1.",
    )


def _disk(facts: Facts) -> Finding | None:
    if facts.disk is None:
        return None
    return Finding(
        "kind: disk",
        ok=facts.disk >= _GOOD_DISK,
        required=facts.disk < _LEAST_DISK,
        found=f"{facts.disk / _GB:.1f} GB free for the container engine",
        why="Node image and nodes take about 4 GB; kind's kubelets do not clean up on a full disk, etcd just fails",
        next_step="Free some space: docker system df shows what uses it, docker system prune removes what nobody uses.",
    )


def _inotify(facts: Facts, nodes: int) -> Finding | None:
    if facts.instances is None or facts.watches is None:
        return None
    return Finding(
        "kind: inotify",
        ok=facts.instances >= _INSTANCES_OF_A_NODE * nodes and facts.watches >= _WATCHES,
        required=False,
        found=f"{facts.instances} instances, {facts.watches} watches a user",
        why=f"A node uses up to {_INSTANCES_OF_A_NODE} instances; without, kubelet or kube-proxy die of `too many open files`",
        next_step="sudo sysctl -w fs.inotify.max_user_instances=512 fs.inotify.max_user_watches=524288",
    )


def _subnet(facts: Facts) -> Finding | None:
    clashes = [
        f"{network} of {interface} overlaps {ours}"
        for interface, networks in facts.routes.items()
        if not interface.startswith(_OWN_INTERFACES)
        for network in networks
        for ours in facts.subnets
        if network.overlaps(ours)
    ]
    if not clashes:
        return None
    return Finding(
        "kind: network",
        ok=False,
        required=False,
        found=clashes[0],
        why="A VPN or a local network uses the addresses of the engine's network `kind`: one of the two is not reached",
        next_step="Set other default-address-pools in the engine's daemon.json, then: docker network rm kind",
    )


def _proxy(facts: Facts) -> Finding | None:
    host = facts.proxy.partition("://")[2] or facts.proxy
    if not host:
        return None
    local = host.startswith(("127.", "localhost", "[::1]"))
    return Finding(
        "kind: proxy",
        ok=not local,
        required=False,
        found=f"the nodes are given the proxy {host}" if local else "a proxy is set; kind hands it to the nodes",
        why="127.0.0.1 inside a node is the node itself: images cannot be pulled there",
        next_step="Set HTTPS_PROXY to an address of this machine that containers reach, or unset it for `labs up`",
    )


def _snap(engine: ContainerEngine) -> Finding | None:
    if not os.path.realpath(engine.program).startswith("/snap/"):
        return None
    return Finding(
        "kind: docker from snap",
        ok=False,
        required=False,
        found=engine.program,
        why="Docker from snap sees no hidden folders and no /tmp: loading images and our mark fail",
        next_step="Install Docker from its own packages, or set LABS_STATE_DIR to a folder in your home that is not hidden",
    )


def _store(engine: ContainerEngine) -> Finding | None:
    if engine.store != "containerd":
        return None
    return Finding("kind: image store", True, False, "containerd's: images are loaded by archives of one platform")


def _left(facts: Facts) -> Finding | None:
    if not facts.half_made and not facts.stale_lock:
        return None
    return Finding(
        "kind: left-overs",
        ok=False,
        required=False,
        found=facts.half_made or "kind's lock file of an interrupted run",
        why="An earlier start was broken off",
        next_step="`labs up --cluster kind` removes it and starts anew; `labs down --cluster kind` only removes it",
    )


def _metrics(facts: Facts) -> Finding | None:
    """Only where a cluster runs and its background process has tried."""
    if not facts.metrics:
        return None
    here = bool(facts.metrics.get("installed"))
    return Finding(
        "kind: metrics-server",
        ok=here,
        required=False,
        found="installed" if here else f"not in the cluster: {facts.metrics.get('why')}",
        why="A HorizontalPodAutoscaler has no numbers without it; no other lesson needs it",
        next_step="On a network that reaches the registry: labs down --cluster kind, labs up --cluster kind",
    )


def _half_made(engine: ContainerEngine, folder: Path) -> str:
    if (read_record(folder) or Record()).phase != "creating" or at_work(cluster_name()):
        return ""
    names = [node.name for node in engine.nodes(cluster_name())]
    return f"a half-made cluster: {', '.join(names)}" if names else "a start that was broken off"


def _subnets(engine: ContainerEngine) -> tuple[IPv4Network, ...]:
    words = ("network", "inspect", "kind", "--format", "{{range .IPAM.Config}}{{.Subnet}} {{end}}")
    answer = engine.attempt(*words, seconds=5)
    return (
        tuple(IPv4Network(each) for each in answer.stdout.split() if ":" not in each) if not answer.returncode else ()
    )


def _text(path: str) -> str:
    try:
        return Path(path).read_text(encoding="ascii")
    except OSError:
        return ""


def _number(path: str) -> int | None:
    text = _text(path).strip()
    return int(text) if text.isdecimal() else None
