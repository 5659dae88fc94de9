"""What other machines' engines have said, shortened to the fields that we read; the source of each beside it.

These machines are not ours: what follows from these words was never seen by us on a real one.
"""

from __future__ import annotations

from typing import Any

HERE: dict[str, Any] = {
    "ServerVersion": "20.10.24+dfsg1",
    "NCPU": 2,
    "MemTotal": 25274793984,
    "CgroupVersion": "1",
    "Driver": "overlay2",
    "DriverStatus": [["Backing Filesystem", "extfs"]],
    "SecurityOptions": ["name=seccomp,profile=default"],
    "MemoryLimit": True,
    "PidsLimit": True,
    "CPUShares": True,
    "DockerRootDir": "/nowhere",
    "IndexServerAddress": "https://index.example/v1/",
    "OperatingSystem": "Debian GNU/Linux 12 (bookworm)",
}
"""`docker info` on our own machine."""

ROOTLESS_V1: dict[str, Any] = {
    **HERE,
    "CgroupVersion": "1",
    "CgroupDriver": "none",
    "KernelVersion": "5.4.0-67-generic",
    "SecurityOptions": ["name=seccomp,profile=default", "name=rootless"],
}
"""https://github.com/kubernetes/minikube/pull/10878 (`docker system info` on Ubuntu 20.04, rootless)."""

ROOTLESS_PODMAN: dict[str, Any] = {
    "host": {
        "arch": "amd64",
        "cgroupControllers": ["memory", "pids"],
        "cgroupManager": "systemd",
        "cgroupVersion": "v2",
        "security": {"rootless": True},
        "cpus": 8,
        "memTotal": 33000000000,
    },
    "version": {"Version": "5.4.2"},
}
"""https://github.com/kubernetes-sigs/kind/issues/3936 (`podman info` without the cpu controller)."""

DESKTOP_WSL2: dict[str, Any] = {
    **HERE,
    "ServerVersion": "20.10.21",
    "OperatingSystem": "Docker Desktop",
    "KernelVersion": "5.15.79.1-microsoft-standard-WSL2",
    "MemTotal": 1610612736,
}
"""https://github.com/docker/for-win/issues/14624 (cgroup v1); its memory is set small here."""

CONTAINERD_STORE: dict[str, Any] = {**HERE, "DriverStatus": [["driver-type", "io.containerd.snapshotter.v1"]]}
"""https://github.com/kubernetes-sigs/kind/issues/3795: Docker with containerd's image store."""

STOPPED = (
    "ERROR: Cannot connect to the Docker daemon at unix:///var/run/docker.sock. Is the docker daemon running?\n"
    "errors pretty printing info\n"
)
FORBIDDEN = (
    "permission denied while trying to connect to the Docker daemon socket at unix:///var/run/docker.sock: Get "
    '"http://%2Fvar%2Frun%2Fdocker.sock/v1.24/info": dial unix /var/run/docker.sock: connect: permission denied\n'
)
PORT_TAKEN = """\
 ✗ Preparing nodes 📦
Deleted nodes: ["p80-control-plane"]
ERROR: failed to create cluster: command "docker run --name p80-control-plane" failed with error: exit status 125
docker: Error response from daemon: driver failed programming external connectivity on endpoint p80-control-plane: \
Error starting userland proxy: listen tcp4 0.0.0.0:80: bind: address already in use
"""
"""These three on our own machine."""
