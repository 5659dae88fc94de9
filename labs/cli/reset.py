"""`labs reset`."""

from __future__ import annotations

from argparse import ArgumentParser, Namespace

from labs import cluster
from labs.cli.command import Command
from labs.cli.output import Output

__all__ = ["COMMAND"]


def _configure(parser: ArgumentParser) -> None:
    parser.add_argument("--hard", action="store_true", help="forget the whole cluster; one that runs is made anew")


def _run(arguments: Namespace, output: Output) -> int:
    status = cluster.get(arguments.cluster).reset(output.progress, hard=arguments.hard)
    if status.running and not arguments.hard:
        _sweep(arguments.cluster)
    output.result({"event": "result", **status.as_json()})
    output.line("The cluster is as new" if arguments.hard else "Nothing of the lessons is left in the cluster")
    output.line("Your notebooks and your progress are untouched")
    return 0


def _sweep(name: str | None) -> None:
    """What lessons leave outside of namespaces: the GPU fleet, and priority classes with our prefix."""
    from labs.cluster import gpus

    client = cluster.connect(name)
    for each in client.list("scheduling.k8s.io/v1/PriorityClass"):
        if each["metadata"]["name"].startswith("labs-"):
            client.delete(each)
    if gpus.fleet_of(client):
        gpus.clear_fleet(client)


COMMAND = Command("reset", "remove what the lessons have put into the cluster", _configure, _run)
