"""`labs url SERVICE`: where a Service opens on this machine."""

from __future__ import annotations

import time
from argparse import ArgumentParser, Namespace
from dataclasses import asdict

from labs import cluster
from labs.cli.command import Command
from labs.cli.output import Output
from labs.cluster.forwards import Forward, forwards, url_of
from labs.errors import ClusterError, UsageError
from labs.paths import cluster_dir

__all__ = ["COMMAND"]

_PATIENCE = 10.0
_OPEN_TYPES = ("LoadBalancer", "NodePort")


def _configure(parser: ArgumentParser) -> None:
    parser.add_argument("service", metavar="SERVICE", help="name of a Service of type LoadBalancer or NodePort")
    parser.add_argument("-n", "--namespace", default="default", metavar="NAMESPACE", help="its namespace")


def _run(arguments: Namespace, output: Output) -> int:
    name, namespace = arguments.service, arguments.namespace
    service = cluster.connect(arguments.cluster).get("Service", name, namespace)
    if service is None:
        raise UsageError(
            what=f"There is no Service {name} in the namespace {namespace}",
            next_step=f"`labs kubectl get services -n {namespace}` lists them; -n NAMESPACE names another",
        )
    kind = service["spec"].get("type", "ClusterIP")
    if kind not in _OPEN_TYPES:
        raise UsageError(
            what=f"The Service {name} is of type {kind}, which is reachable only from inside the cluster",
            why="Only LoadBalancer and NodePort open a port outside of it",
            next_step=f"Change its type, or run `labs kubectl port-forward -n {namespace} service/{name} 8080:PORT`",
        )
    ports = service["spec"].get("ports") or ()
    other = [f"{port['port']}/{port['protocol']}" for port in ports if port.get("protocol", "TCP") != "TCP"]
    if other and len(other) == len(ports):
        raise UsageError(
            what=f"The Service {name} has only {', '.join(other)}, and only TCP ports open on this machine",
            why="What forwards to Services passes connections on, and these ports have none",
            next_step="Call it from a Pod, by its name",
        )
    for forward in _wait(arguments.cluster, namespace, name):
        output.result({**asdict(forward), "url": url_of(forward)})
        output.line(url_of(forward))
    if other:
        output.note(f"Not open here: {', '.join(other)} (only TCP is)")
    return 0


def _wait(cluster_name: str | None, namespace: str, name: str) -> tuple[Forward, ...]:
    """The Service's open ports; they follow its creation within a moment."""
    folder, deadline = cluster_dir(cluster.get(cluster_name).name), time.monotonic() + _PATIENCE
    while True:
        found = tuple(one for one in forwards(folder) if (one.namespace, one.service) == (namespace, name))
        if found:
            return found
        if time.monotonic() > deadline:
            raise ClusterError(
                what=f"No port of this machine leads to the Service {name}",
                why="It has no TCP port, names a loadBalancerClass of somebody else, or whatever forwards does not run",
                next_step=f"Look at `labs kubectl describe service -n {namespace} {name}` and `labs status`",
            )
        time.sleep(0.1)


COMMAND = Command("url", "print where a LoadBalancer or NodePort Service opens on this machine", _configure, _run)
