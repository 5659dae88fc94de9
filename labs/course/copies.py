"""Asks the scheduler's own code where a Pod would go in a copy of the cluster with other cards. Nothing is moved for that."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import Any

from labs.checks import Probe, Snapshot
from labs.checks.copies import copy_targets
from labs.checks.gpus import NODE, PRODUCT
from labs.cluster.gpus import Fleet, parse_fleet
from labs.cluster.why import Explanation, explain, read_snapshot, with_fleet
from labs.kube import Client

__all__ = ["Copies", "sets_node"]

Json = Mapping[str, Any]
Row = dict[str, Any]
_TEMPLATE = "resource.k8s.io/v1/ResourceClaimTemplate"


class Copies:
    """Answers for the Pods of one namespace; each Pod is asked about once, and again when its specification changes."""

    def __init__(self, client: Client) -> None:
        self._client = client
        self._known: dict[tuple[str, str], tuple[str, Row]] = {}

    def rows(self, probe: Probe, snapshot: Snapshot) -> Iterator[tuple[object, Row]]:
        """A row of `labs.checks.probes` for each Pod that the probe is about. Raises LabsError."""
        for pod in copy_targets(snapshot, probe.name):
            key, state = (pod["metadata"]["uid"], probe.fleet), _state(pod, snapshot)
            if self._known.get(key, ("",))[0] != state:
                self._known[key] = state, self._row(pod, probe)
            yield ("copy", *key), self._known[key][1]

    def _row(self, pod: Json, probe: Probe) -> Row:
        fleet = parse_fleet({int(number): cards for number, cards in json.loads(probe.fleet).items()})
        own = dict(pod) | {"apiVersion": "v1", "kind": "Pod"}
        there = read_snapshot(self._client, own)
        templates = (
            self._client.list(_TEMPLATE, pod["metadata"]["namespace"]) if pod["spec"].get("resourceClaims") else []
        )
        copy = with_fleet({**there, "ResourceClaimTemplate": templates}, fleet)
        nodes = {node["metadata"]["name"]: node for node in copy["Node"]}
        row: Row = {
            "probe": "copy",
            "pod": pod["metadata"]["name"],
            "uid": pod["metadata"]["uid"],
            "fleet": probe.fleet,
        }
        if sets_node(pod):
            named = nodes.get(pod["spec"]["nodeName"])
            return row | {"feasible": [_place(named, fleet)] if named else [], "why": "there is no such node"}
        found = explain(own, copy)
        return row | {"feasible": [_place(nodes[name], fleet) for name in found.feasible], "why": _why(found)}


def sets_node(pod: Json) -> bool:
    """Whether somebody has written `nodeName` into the Pod; the scheduler's binding owns no field."""
    fields = (each.get("fieldsV1") or {} for each in pod["metadata"].get("managedFields") or ())
    return any("f:nodeName" in (each.get("f:spec") or {}) for each in fields)


def _place(node: Json, fleet: Fleet) -> dict[str, str]:
    labels = node["metadata"].get("labels") or {}
    number = str(labels.get(NODE, ""))
    gpus = fleet.get(int(number)) if number.isdigit() else None
    return {"node": number, "card": str(labels.get(PRODUCT) or (gpus.card.product if gpus else "a node without cards"))}


def _why(found: Explanation) -> str:
    if found.waits:
        return "; ".join(each.reason for each in found.waits)
    reasons = dict.fromkeys(row.reason(row.first) or "" for row in found.rows if row.first)
    return "; ".join(filter(None, reasons)) or "no node fits"


def _state(pod: Json, snapshot: Snapshot) -> str:
    """What an answer depends on: the Pod's specification but for the node that was chosen, and its claims."""
    spec = {key: value for key, value in pod["spec"].items() if key != "nodeName"}
    claims = sorted(each["metadata"]["uid"] for each in snapshot.objects.get("ResourceClaim", ()))
    return json.dumps([spec, claims], sort_keys=True)
