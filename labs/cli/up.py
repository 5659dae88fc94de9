"""`labs up`."""

from __future__ import annotations

import re
import time
from argparse import ArgumentParser, ArgumentTypeError, Namespace

from labs import cluster
from labs.cli.command import Command
from labs.cli.output import Output, duration

__all__ = ["COMMAND", "add_shape_options", "port_number", "shape", "shape_words"]


def add_shape_options(parser: ArgumentParser) -> None:
    """Number and size of the nodes, and the port of the API server."""
    parser.add_argument("--nodes", type=_count, metavar="N", help="number of nodes, 1 to 9 (default: 3)")
    parser.add_argument("--node-cpu", type=_quantity, metavar="CPU", help="allocatable CPU of each node (default: 2)")
    parser.add_argument("--node-memory", type=_quantity, metavar="SIZE", help="allocatable memory (default: 4Gi)")
    parser.add_argument("--api-port", type=port_number, metavar="PORT", help="port of the API server on 127.0.0.1")


def shape(arguments: Namespace) -> cluster.UpOptions:
    """Options from the command line."""
    return cluster.UpOptions(arguments.nodes, arguments.node_cpu, arguments.node_memory, arguments.api_port)


def shape_words(arguments: Namespace) -> list[str]:
    """The same options as words of a command line."""
    names = ("nodes", "node_cpu", "node_memory", "api_port")
    pairs = ((f"--{name.replace('_', '-')}", getattr(arguments, name)) for name in names)
    return [str(word) for option, value in pairs if value is not None for word in (option, value)]


def _run(arguments: Namespace, output: Output) -> int:
    began = time.monotonic()
    status = cluster.up(arguments.cluster, shape(arguments), output.progress)
    seconds = time.monotonic() - began
    output.result({"event": "result", "seconds": round(seconds, 3), **status.as_json()})
    nodes = f"{len(status.nodes)} node{'s' if len(status.nodes) != 1 else ''}"
    output.line(f"Cluster {status.name} is running: {nodes}, Kubernetes {status.version} ({duration(seconds)})")
    return 0


def _count(text: str) -> int:
    if not re.fullmatch(r"[1-9]", text):
        raise ArgumentTypeError(f"{text!r} is not a number from 1 to 9")
    return int(text)


def port_number(text: str) -> int:
    """A TCP port, for argparse."""
    if not text.isdecimal() or not 1 <= int(text) <= 65535:
        raise ArgumentTypeError(f"{text!r} is not a port (1 to 65535)")
    return int(text)


def _quantity(text: str) -> str:
    if not re.fullmatch(r"\d+(\.\d+)?(m|[kMGT]|[KMGT]i)?", text) or not re.search(r"[1-9]", text):
        raise ArgumentTypeError(f"{text!r} is not a Kubernetes quantity such as 2, 500m or 4Gi")
    return text


COMMAND = Command("up", "bring the cluster up", add_shape_options, _run)
