"""`labs status`."""

from __future__ import annotations

from argparse import ArgumentParser, Namespace

from labs import cluster
from labs.cli.command import Command
from labs.cli.output import Output

__all__ = ["COMMAND"]


def _configure(parser: ArgumentParser) -> None:
    """It has no options of its own."""


def _run(arguments: Namespace, output: Output) -> int:
    status = cluster.get(arguments.cluster).status()
    output.result(status.as_json())
    output.line(f"Cluster {status.name} is {_STATES.get(status.state, status.state)}")
    if status.detail:
        output.line(f"  {status.detail}")
    if status.server:
        output.line(f"  Kubernetes {status.version} at {status.server}")
    for node in status.nodes:
        output.line(f"  {node.name}: {'Ready' if node.ready else 'NotReady'}")
    for process in status.processes:
        if process.restarts:
            output.line(f"  {process.name} was restarted {process.restarts} times")
    return 0 if status.running else 1


_STATES = {"stopped": "not running (its state is kept)", "absent": "not there yet: run `labs up`"}

COMMAND = Command("status", "say how the cluster is; exit code 0 when it runs, else 1", _configure, _run)
