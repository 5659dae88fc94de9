"""`labs why POD`: what keeps a Pod from each node."""

from __future__ import annotations

from argparse import ArgumentParser, Namespace

from labs import cluster
from labs.cli.command import Command
from labs.cli.output import Output
from labs.cluster.why import Explanation, Why, device_lines, ensure_program, in_short, summary, table

__all__ = ["COMMAND"]


def _configure(parser: ArgumentParser) -> None:
    parser.add_argument("pod", metavar="POD", help="name of a Pod that is Pending")
    parser.add_argument("-n", "--namespace", default="default", metavar="NAMESPACE", help="its namespace")


def _run(arguments: Namespace, output: Output) -> int:
    client = cluster.connect(arguments.cluster)
    ensure_program(output.progress)
    why = Why(client)
    explained = why.explain(arguments.pod, arguments.namespace)
    event = why.event(arguments.pod, arguments.namespace)
    output.result({**explained.as_json(), "event": event})
    for line in _lines(explained, event):
        output.line(line)
    return 0


def _lines(explained: Explanation, event: str) -> list[str]:
    lines = [f"The Pod {explained.namespace}/{explained.pod} waits for a node.", ""]
    lines += [f"It is not tried yet ({wait.plugin}): {wait.reason}" for wait in explained.waits]
    lines += [*table(explained), "", *summary(explained), ""]
    if explained.devices:
        lines += ["Devices:", *(line for device in explained.devices for line in device_lines(device)), ""]
    if explained.feasible:
        lines.append(f"Right for it now: {', '.join(explained.feasible)}")
    else:
        lines.append(in_short(explained))
    lines.append(f"The scheduler: {event or 'it has said nothing yet'}")
    return lines


COMMAND = Command("why", "show for every node what keeps a Pending Pod from it", _configure, _run)
