"""Compares what `labs.cluster.why` says of generated Pods with what the scheduler does with them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from copy import deepcopy
from dataclasses import dataclass, field
from typing import Any

from labs.cluster.why import Explanation, Row, explain
from labs.kube import Client
from tests.cluster.control_plane import Verdicts, create, remove
from tests.cluster.random_fleets import NAMESPACE, OTHER_NAMESPACE, Generated, classes

Json = dict[str, Any]
_EARLY = "early "
_NARROWED = "didn't satisfy plugin"


@dataclass
class Tally:
    """What was compared; `again` counts Pods that the scheduler judged before it had seen the last change."""

    fleets: int = 0
    pods: int = 0
    placed: int = 0
    refused: int = 0
    nodes: int = 0
    further: int = 0
    again: int = 0
    reasons: Counter[str] = field(default_factory=Counter)
    differences: list[str] = field(default_factory=list)


class Agreement:
    """One control plane, one fleet after the other."""

    def __init__(self, client: Client) -> None:
        self.client, self.verdicts, self.tally = client, Verdicts(client), Tally()
        for name, labels in ((NAMESPACE, {"team": "ml"}), (OTHER_NAMESPACE, {"team": "web"})):
            create(client, {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": name, "labels": labels}})
        self.classes = [create(client, each) for each in classes()]
        self.namespaces = client.list("Namespace")

    def compare(self, made: Generated, *, every_node: bool) -> None:
        """All Pods of a fleet; with `every_node` each Pod is also tried on each node alone, and without its first cause."""
        living = {
            "Node": [create(self.client, each) for each in made.nodes],
            "ResourceSlice": [create(self.client, each) for each in made.slices],
            "Pod": [create(self.client, each) for each in made.running],
            "ResourceClaim": [self._allocated(each) for each in made.held],
        }
        snapshot = {**living, "DeviceClass": self.classes, "Namespace": self.namespaces}
        try:
            for pod, claims in made.pods:
                self._pod(pod, claims, snapshot, every_node=every_node)
        finally:
            for objects in living.values():
                for each in objects:
                    remove(self.client, each)
        self.tally.fleets += 1

    def _allocated(self, claim: Json) -> Json:
        made = create(self.client, {key: value for key, value in claim.items() if key != "status"})
        path = f"{self.client.resource(made).path(NAMESPACE, made['metadata']['name'])}/status"
        return self.client.transport.ask("PUT", path, body={**made, "status": claim["status"]}).data

    def _pod(self, pod: Json, claims: list[Json], snapshot: dict[str, list[Json]], *, every_node: bool) -> None:
        explained = self._judge(pod, claims, snapshot)
        self.tally.pods += 1
        self.tally.placed += bool(explained.feasible)
        self.tally.refused += not explained.feasible
        if not every_node or "topologySpreadConstraints" in pod["spec"]:  # pinned to a node, the skew would be another
            return
        for row in explained.rows:
            self._node(pod, claims, snapshot, row)

    def _node(self, pod: Json, claims: list[Json], snapshot: dict[str, list[Json]], row: Row) -> None:
        """The row of a node is what the scheduler says when it may take only that node."""
        if row.first.startswith(_EARLY):
            return
        name = f"{pod['metadata']['name']}-on-{row.node}"
        pinned = self._judge(_pinned(pod, row.node, name), _renamed(claims, pod, name), snapshot)
        mine = next(each for each in pinned.rows if each.node == row.node)
        self.tally.nodes += 1
        self._expect(name, "its row", row, mine, pinned)
        for key in [row.first] if row.first else []:
            self._without(pod, claims, snapshot, row, key)

    def _without(self, pod: Json, claims: list[Json], snapshot: dict[str, list[Json]], row: Row, first: str) -> None:
        """Without its first cause the scheduler names the next one of the row."""
        name = f"{pod['metadata']['name']}-less-{row.node}"
        eased = _eased(pod, first)
        if eased is None or "existing pods" in (row.reason(first) or ""):
            return
        pinned = self._judge(_pinned(eased, row.node, name), _renamed(claims, pod, name), snapshot)
        mine = next(each for each in pinned.rows if each.node == row.node)
        rest = Row(row.node, _next(row, first, pinned), {key: why for key, why in row.reasons.items() if key != first})
        if "existing pods" in (mine.reason(first) or ""):  # another Pod's wish, which this one cannot take back
            return
        self.tally.further += 1
        self._expect(name, f"its row without {first}", rest, mine, pinned)

    def _expect(self, name: str, what: str, expected: Row, found: Row, explained: Explanation) -> None:
        if (expected.first, set(expected.reasons)) != (found.first, set(found.reasons)):
            self.tally.differences.append(f"{name}: {what}: {expected} is not {found} of {explained.message}")

    def _judge(self, pod: Json, claims: list[Json], snapshot: dict[str, list[Json]]) -> Explanation:
        """Explain a Pod and have the scheduler judge it; a difference that stays when it is asked again is noted."""
        for _ in range(4):
            explained, difference = self._once(pod, claims, snapshot)
            if not difference:
                return explained
            self.tally.again += 1
        self.tally.differences.append(f"{pod['metadata']['name']}: {difference}")
        return explained

    def _once(self, pod: Json, claims: list[Json], snapshot: dict[str, list[Json]]) -> tuple[Explanation, str]:
        own = [create(self.client, each) for each in claims]
        made = create(self.client, pod)
        try:
            explained = explain(made, {**snapshot, "ResourceClaim": [*snapshot["ResourceClaim"], *own]})
            node, message = self.verdicts.of(made["metadata"]["uid"])
        finally:
            for each in (made, *own):
                remove(self.client, each)
        return explained, self._difference(explained, node, message)

    def _difference(self, explained: Explanation, node: str, message: str) -> str:
        self.tally.reasons.update(row.first for row in explained.rows)
        if node:
            return "" if node in explained.feasible else f"is on {node}, not of {explained.feasible}"
        if explained.feasible:
            return f"is on no node, could be on {explained.feasible}: {message}"
        expected = counted(explained)
        if not message.startswith(expected):
            return f"{message!r} does not begin with {expected!r}"
        return "" if message.startswith(explained.message) else f"{message!r} is not {explained.message!r}"


def counted(explained: Explanation) -> str:
    """The scheduler's message, counted from the rows: of each node what the plugin says that speaks first."""
    plugins = {column.key: column.plugin for column in explained.columns}
    firsts: Counter[str] = Counter()
    for row in explained.rows:
        early = row.first.startswith(_EARLY)
        keys = [row.first] if early else [key for key in row.reasons if plugins[key] == plugins[row.first]]
        firsts.update(cause.reason for key in keys if early or not key.startswith(_EARLY) for cause in row.reasons[key])
    words = sorted(f"{count} {reason}" for reason, count in firsts.items())
    common = explained.rows[0].reason(explained.rows[0].first) or ""
    at_once = explained.rows[0].first.startswith(_EARLY) and _NARROWED not in common
    return f"0/{len(explained.rows)} nodes are available: {common if at_once else ', '.join(words)}."


def _pinned(pod: Json, node: str, name: str) -> Json:
    """The Pod under another name, for this node alone."""
    one = deepcopy(pod)
    one["metadata"]["name"] = name
    affinity = one["spec"].setdefault("affinity", {}).setdefault("nodeAffinity", {})
    required = affinity.setdefault("requiredDuringSchedulingIgnoredDuringExecution", {"nodeSelectorTerms": [{}]})
    for term in required["nodeSelectorTerms"]:
        term["matchFields"] = [{"key": "metadata.name", "operator": "In", "values": [node]}]
    for reference in one["spec"].get("resourceClaims", ()):
        reference["resourceClaimName"] = f"{name}-claim"
    return one


def _renamed(claims: list[Json], pod: Json, name: str) -> list[Json]:
    return [{**each, "metadata": {**each["metadata"], "name": f"{name}-claim"}} for each in deepcopy(claims)]


def _eased(pod: Json, column: str) -> Json | None:
    """The Pod without what a column refuses; None where that cannot be taken away from it."""
    one = deepcopy(pod)
    spec = one["spec"]
    container = spec["containers"][0]
    if column == "taint":
        spec["tolerations"] = [{"operator": "Exists"}]
    elif column == "selector":
        spec.pop("nodeSelector", None)
        spec.get("affinity", {}).pop("nodeAffinity", None)
    elif column == "ports":
        container.pop("ports", None)
    elif column == "pod affinity":
        spec.get("affinity", {}).pop("podAffinity", None)
        spec.get("affinity", {}).pop("podAntiAffinity", None)
    elif any(column in amounts for amounts in container["resources"].values() if isinstance(amounts, dict)):
        for amounts in container["resources"].values():
            if isinstance(amounts, dict):
                amounts.pop(column, None)
    else:
        return None
    return one


def _next(row: Row, first: str, explained: Explanation) -> str:
    """The leftmost column of a row but one."""
    return next(iter(_in_order(row, explained, first)), "")


def _in_order(row: Row, explained: Explanation, without: str) -> Iterator[str]:
    for column in explained.columns:
        if column.key in row.reasons and column.key != without:
            yield column.key
