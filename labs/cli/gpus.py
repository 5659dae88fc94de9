"""`labs gpus`: shows the simulated cards of the cluster, gives them, breaks them, takes them away."""

from __future__ import annotations

import json
import threading
from argparse import ArgumentParser, Namespace
from dataclasses import replace
from typing import Any

from labs import cluster
from labs.cli.command import Command
from labs.cli.output import Output
from labs.cluster.gpus import Fleet, NodeGPUs, as_mapping, cards, parse_fleet, setting
from labs.cluster.gpus.profiles import PROFILES
from labs.errors import UsageError
from labs.kube import Client

__all__ = ["COMMAND"]


def _configure(parser: ArgumentParser) -> None:
    actions = parser.add_subparsers(dest="action", metavar="ACTION")
    put = actions.add_parser("set", help="give a node its cards: labs gpus set 2 a100-80gb=4")
    put.add_argument("node", type=int, metavar="NODE", help="number of the node, as in its label labs/node")
    put.add_argument("cards", metavar="KIND=NUMBER", help=f"KIND is one of {', '.join(PROFILES)}")
    put.add_argument("--via", choices=("plugin", "dra"), help="by which way they are served (default: plugin)")
    put.add_argument("--replicas", type=int, metavar="N", help="share each card by time-slicing among N Pods")
    put.add_argument("--renamed", action="store_true", help="call shared cards nvidia.com/gpu.shared")
    put.add_argument("--mig", choices=("single", "mixed"), help="divide each card, by this strategy")
    put.add_argument("--profiles", nargs="+", metavar="PROFILE", help="into these MIG profiles, such as 1g.10gb")
    put.add_argument("--taint", action="store_true", help="keep Pods away that do not tolerate nvidia.com/gpu")
    for name, words in (("sick", "break a card"), ("well", "mend a card")):
        health = actions.add_parser(name, help=words)
        health.add_argument("node", type=int, metavar="NODE", help="number of the node")
        health.add_argument("index", type=int, metavar="INDEX", help="which of its cards, from 0 on")
    clear = actions.add_parser("clear", help="take the cards of a node away, or all")
    clear.add_argument("node", type=int, nargs="?", metavar="NODE", help="number of the node (default: every node)")


def _run(arguments: Namespace, output: Output) -> int:
    client = cluster.connect(arguments.cluster)
    fleet = setting.fleet_of(client)
    wanted = _wanted(arguments, fleet)
    if wanted != fleet or arguments.action == "set":
        setting.set_fleet(client, wanted)
        setting.wait_for_fleet(client, wanted, threading.Event())
    _show(client, wanted, output)
    return 0


def _wanted(arguments: Namespace, fleet: Fleet) -> Fleet:
    """The fleet after the command."""
    match arguments.action:
        case "set":
            return {**fleet, **parse_fleet({arguments.node: _declared(arguments)})}
        case "clear" if arguments.node is None:
            return {}
        case "clear":
            return {number: gpus for number, gpus in fleet.items() if number != arguments.node}
        case "sick" | "well":
            return {**fleet, arguments.node: _health(fleet.get(arguments.node), arguments)}
        case _:
            return fleet


def _declared(arguments: Namespace) -> dict[str, Any]:
    kind, _, number = arguments.cards.partition("=")
    given = {name: getattr(arguments, name) for name in ("via", "replicas", "renamed", "mig", "profiles", "taint")}
    return {
        kind: int(number) if number.isdecimal() else number,
        **{key: value for key, value in given.items() if value},
    }


def _health(gpus: NodeGPUs | None, arguments: Namespace) -> NodeGPUs:
    if gpus is None or not 0 <= arguments.index < gpus.count:
        has = f"It has {gpus.count}, from 0 on" if gpus else "It has none"
        raise UsageError(
            what=f"Node {arguments.node} has no card {arguments.index}",
            why=has,
            next_step="`labs gpus` shows every card; `labs gpus set 2 t4=2` gives a node some",
        )
    others = set(gpus.sick) - {arguments.index}
    sick = others | {arguments.index} if arguments.action == "sick" else others
    return replace(gpus, sick=tuple(sorted(sick)))


def _show(client: Client, fleet: Fleet, output: Output) -> None:
    if not fleet:
        output.line("No node has a GPU: `labs gpus set 2 t4=2` gives one some (simulated)")
    for number, name in sorted(setting.node_names(client).items()):
        gpus = fleet.get(number)
        if gpus is None:
            continue
        held = setting.held(client, name)
        output.result({"node": name, "number": number, "cards": as_mapping(gpus), "held": held})
        declared = json.dumps(as_mapping(gpus)).replace('"', "")
        output.line(f"{number}  {name}  {declared}  (simulated)")
        for card in cards(name, gpus):
            output.line(f"     {card.index}  {card.uuid}{'' if card.healthy else '  sick'}{_holders(card.uuid, held)}")
            for part in card.parts if gpus.mig and gpus.mig.profiles else ():
                output.line(f"          {part.profile.name}  {part.uuid}{_holders(part.uuid, held)}")


def _holders(uuid: str, held: dict[str, str]) -> str:
    found = [holder for device, holder in sorted(held.items()) if device.partition("::")[0] == uuid]
    return "  held by " + ", ".join(found) if found else ""


COMMAND = Command("gpus", "show the simulated GPUs of the cluster; give, break, mend or take them", _configure, _run)
