"""Copies of the cluster with other cards: where the scheduler's own code would place a Pod there."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping

from labs.checks import pods
from labs.checks.claims import claimants
from labs.checks.model import Finding, Json, Snapshot
from labs.checks.probes import Probe, rows
from labs.checks.settings import text

__all__ = ["copy_probe", "copy_targets", "lands_on", "stays_pending"]

_LOOK = "What in the manifest chooses the card?"


def lands_on(settings: Mapping[str, object]) -> Callable[[Snapshot], Finding]:
    """``{pod, fleet, nodes, where}``: in a copy with this fleet only nodes with these numbers fit, and one does.

    Without `pod` every Pod that claims a device is asked about. `where` says in words what the copy is like.
    """
    nodes = settings.get("nodes")
    if not isinstance(nodes, list) or not nodes:
        raise ValueError("nodes is a list of node numbers")
    wanted = {str(each) for each in nodes}
    expected = text(settings, "where")

    def judge(row: Json) -> Finding:
        if not row["feasible"]:
            return Finding("fail", expected, f"there {row['pod']} would stay Pending: {row['why']}", _LOOK)
        wrong = [each for each in row["feasible"] if each["node"] not in wanted]
        if wrong:
            return Finding("fail", expected, f"there {row['pod']} could be placed on {wrong[0]['card']}", _LOOK)
        return Finding("pass", expected, f"there {row['pod']} would get {row['feasible'][0]['card']}")

    return _asked(settings, expected, judge)


def stays_pending(settings: Mapping[str, object]) -> Callable[[Snapshot], Finding]:
    """``{pod, fleet, where}``: in a copy with this fleet no node fits."""
    expected = text(settings, "where")

    def judge(row: Json) -> Finding:
        if row["feasible"]:
            found = f"there {row['pod']} could be placed on {row['feasible'][0]['card']}"
            return Finding("fail", expected, found, _LOOK)
        return Finding("pass", expected, f"there {row['pod']} would stay Pending")

    return _asked(settings, expected, judge)


def copy_probe(settings: Mapping[str, object]) -> tuple[Probe, ...]:
    """What has to be asked of the scheduler's code."""
    return (Probe("copy", text(settings, "pod", ""), fleet=_fleet(settings)),)


def copy_targets(snapshot: Snapshot, name: str) -> list[Json]:
    """The Pods that a copy is about: the one of that name, or all that claim a device."""
    return [each for each in pods.living(snapshot) if each["metadata"]["name"] == name] if name else claimants(snapshot)


def _fleet(settings: Mapping[str, object]) -> str:
    fleet = settings.get("fleet")
    if not isinstance(fleet, Mapping):
        raise ValueError("fleet is missing: the cards of each node of the copy")
    return json.dumps(fleet, sort_keys=True)


def _asked(
    settings: Mapping[str, object], expected: str, judge: Callable[[Json], Finding]
) -> Callable[[Snapshot], Finding]:
    name, fleet = text(settings, "pod", ""), _fleet(settings)

    def evaluate(snapshot: Snapshot) -> Finding:
        there = copy_targets(snapshot, name)
        if not there:
            nobody = pods.missing(snapshot, "Pod", name) if name else "no container names a claim of its Pod"
            return Finding("wait", expected, nobody, "Apply the manifest")
        found: list[Finding] = []
        for pod in there:
            row = next(rows(snapshot, "copy", uid=pod["metadata"]["uid"], fleet=fleet), None)
            if row is None:
                return Finding("wait", expected, "the scheduler was not asked yet")
            found.append(judge(row))
        return next((each for each in found if each.state != "pass"), found[0])

    return evaluate
