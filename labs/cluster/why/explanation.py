"""What the scheduler's filters say of one Pod, as plain frozen data."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any

__all__ = ["Cause", "Column", "Device", "Explanation", "Row", "Selector", "Verdict", "Wait", "read_explanation"]

Json = dict[str, Any]


@dataclass(frozen=True)
class Cause:
    """A plugin's reason in the scheduler's words, and what about the node makes it so (may be empty)."""

    reason: str
    detail: str = ""


@dataclass(frozen=True)
class Column:
    """One kind of reason; `plugin` gives it."""

    key: str
    plugin: str
    title: str


@dataclass(frozen=True)
class Row:
    """One node: its causes by column key. `first` is the column of the scheduler's own reason, empty on a feasible node."""

    node: str
    first: str
    reasons: Mapping[str, tuple[Cause, ...]]

    def reason(self, column: str) -> str | None:
        """The words in a column, None where the node passes."""
        return ", ".join(cause.reason for cause in self.reasons.get(column, ())) or None


@dataclass(frozen=True)
class Wait:
    """Why the scheduler does not even try the Pod."""

    plugin: str
    reason: str


@dataclass(frozen=True)
class Selector:
    """A condition on a device; `source` is the object that states it, `error` what its CEL says instead of an answer."""

    source: str
    expression: str
    matches: bool
    error: str = ""


@dataclass(frozen=True)
class Verdict:
    """What one request of a claim makes of a device, whoever holds it; `taints` are those that it does not tolerate."""

    claim: str
    request: str
    fits: bool
    selectors: tuple[Selector, ...]
    taints: tuple[str, ...]


@dataclass(frozen=True)
class Device:
    """A device that DRA offers; `held_by` is the claim that has it (namespace/name), or empty."""

    nodes: tuple[str, ...]
    driver: str
    pool: str
    device: str
    held_by: str
    requests: tuple[Verdict, ...]


@dataclass(frozen=True)
class Explanation:
    """One row a node, columns in the order of the scheduler's filters: the leftmost cause of a row is the scheduler's.

    `message` is what the scheduler says of it now, empty when it finds a node; `waits` is why it would not try.
    """

    pod: str
    namespace: str
    message: str
    columns: tuple[Column, ...]
    rows: tuple[Row, ...]
    devices: tuple[Device, ...]
    waits: tuple[Wait, ...]

    @property
    def feasible(self) -> tuple[str, ...]:
        """Nodes that pass every filter."""
        return tuple(row.node for row in self.rows if not row.first)

    def as_json(self) -> Json:
        """Plain data."""
        return {**asdict(self), "feasible": list(self.feasible)}


def read_explanation(pod: Json, said: Json) -> Explanation:
    """From the program's reply."""
    meta = pod["metadata"]
    return Explanation(
        pod=meta["name"],
        namespace=meta.get("namespace", "default"),
        message=said["message"],
        columns=tuple(Column(**each) for each in said["columns"]),
        rows=tuple(_row(each) for each in said["nodes"]),
        devices=tuple(_device(each) for each in said["devices"]),
        waits=tuple(Wait(**each) for each in said["waits"]),
    )


def _row(said: Json) -> Row:
    reasons = {key: tuple(Cause(**each) for each in causes) for key, causes in said["reasons"].items()}
    return Row(said["node"], said["first"], reasons)


def _device(said: Json) -> Device:
    return Device(
        nodes=tuple(said["nodes"]),
        driver=said["driver"],
        pool=said["pool"],
        device=said["device"],
        held_by=said["heldBy"],
        requests=tuple(_verdict(each) for each in said["requests"]),
    )


def _verdict(said: Json) -> Verdict:
    selectors = (
        Selector(each["from"], each["expression"], each["matches"], each.get("error", "")) for each in said["selectors"]
    )
    return Verdict(said["claim"], said["request"], said["fits"], tuple(selectors), tuple(said["taints"]))
