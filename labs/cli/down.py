"""`labs down`."""

from __future__ import annotations

from argparse import ArgumentParser, Namespace

from labs import cluster
from labs.cli.command import Command
from labs.cli.output import Output

__all__ = ["COMMAND"]


def _configure(parser: ArgumentParser) -> None:
    """It has no options of its own."""


def _run(arguments: Namespace, output: Output) -> int:
    status = cluster.down(arguments.cluster, output.progress)
    output.result({"event": "result", **status.as_json()})
    kept = "; its state is kept" if status.state == "stopped" else ""
    output.line(f"Cluster {status.name} is not running{kept}")
    return 0


COMMAND = Command("down", "end the cluster: pocket keeps its state, kind is removed whole", _configure, _run)
