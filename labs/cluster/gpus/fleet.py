"""Which node has which cards: one declaration for exercises, the command line and the cluster."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Literal, cast, get_args

from labs.cluster.gpus.profiles import PROFILES, Profile, place
from labs.errors import UsageError

__all__ = [
    "MIG",
    "NODE_LABEL",
    "VENDOR",
    "Fleet",
    "FleetError",
    "NodeGPUs",
    "Strategy",
    "Via",
    "as_mapping",
    "parse_fleet",
]

NODE_LABEL = "labs/node"
"""Has the number of a node, by which a fleet names it."""
VENDOR = "nvidia.com/"
"""How every label, resource and taint of a card begins."""

Via = Literal["plugin", "dra"]
Strategy = Literal["single", "mixed"]
_WORDS = ("via", "replicas", "renamed", "mig", "profiles", "sick", "taint")
_MOST_CARDS, _MOST_REPLICAS = 16, 48


@dataclass(frozen=True)
class MIG:
    """How each card of a node is divided. By DRA it may have no `profiles`: then the scheduler chooses where to divide."""

    strategy: Strategy
    profiles: tuple[str, ...] = ()


@dataclass(frozen=True)
class NodeGPUs:
    """The cards of one node, all of one kind. `via`: by which way they are served. `sick`: indices of broken ones.

    `replicas`: how many Pods share a card by time-slicing; `renamed`: as `nvidia.com/gpu.shared` (NVIDIA's
    `renameByDefault`). `taint`: with the course's own taint `nvidia.com/gpu=present:NoSchedule`.
    """

    profile: str
    count: int
    via: Via = "plugin"
    replicas: int = 1
    renamed: bool = False
    mig: MIG | None = None
    sick: tuple[int, ...] = ()
    taint: bool = False

    @property
    def card(self) -> Profile:
        """What kind of card it is."""
        return PROFILES[self.profile]


Fleet = Mapping[int, NodeGPUs]
"""By the number of the label `labs/node`; nodes that are not named have no card."""


class FleetError(UsageError):
    """A fleet that cannot be; `problems` has every mistake in words."""

    def __init__(self, problems: tuple[str, ...]) -> None:
        self.problems = problems
        super().__init__(
            what="This GPU fleet cannot be had",
            why="; ".join(problems),
            next_step="Write each node as `2: {a100-80gb: 4, via: dra}`; the kinds of cards are " + ", ".join(PROFILES),
        )

    def __reduce__(self) -> tuple[object, ...]:
        return FleetError, (self.problems,)


def parse_fleet(value: object) -> Fleet:
    """The fleet that a mapping declares, as in the key `fleet` of `exercise.yaml`. Raises FleetError with every mistake."""
    if not isinstance(value, Mapping):
        raise FleetError(("a fleet is a mapping from the number of a node to its cards",))
    problems: list[str] = []
    fleet: dict[int, NodeGPUs] = {}
    for number, cards in value.items():
        found = list(_mistakes(number, cards))
        problems += [f"node {number}: {each}" for each in found]
        if not found:
            fleet[number] = _node(cards)
    if problems:
        raise FleetError(tuple(problems))
    return dict(sorted(fleet.items()))


def as_mapping(gpus: NodeGPUs) -> dict[str, Any]:
    """What `parse_fleet` reads for this node."""
    mig = {} if gpus.mig is None else {"mig": gpus.mig.strategy, "profiles": list(gpus.mig.profiles)}
    rest = {
        "via": gpus.via,
        "replicas": gpus.replicas,
        "renamed": gpus.renamed,
        **mig,
        "sick": list(gpus.sick),
        "taint": gpus.taint,
    }
    unset: tuple[object, ...] = ("plugin", 1, False, [])
    said = {key: value for key, value in rest.items() if value is True or value not in unset}
    return {gpus.profile: gpus.count, **said}


def _mistakes(number: object, cards: object) -> Iterator[str]:
    if type(number) is not int or number < 1:
        yield "a node is named by its number, 1 or more"
    if not isinstance(cards, Mapping):
        yield "its cards are a mapping such as {t4: 2}"
        return
    names = [name for name in cards if name not in _WORDS]
    unknown = [name for name in names if name not in PROFILES]
    yield from (f"{name} is neither a kind of card ({', '.join(PROFILES)}) nor a setting" for name in unknown)
    if not unknown and len(names) != 1:
        yield "it has cards of exactly one kind, as feature discovery labels one product a node"
    if unknown or len(names) != 1:
        return
    count = cards[names[0]]
    if type(count) is not int or not 1 <= count <= _MOST_CARDS:
        yield f"{names[0]} is a number of cards, 1 to {_MOST_CARDS}"
        return
    yield from _wrong_settings(cards, count)
    yield from _wrong_division(PROFILES[names[0]], cards)


def _wrong_settings(cards: Mapping[str, Any], count: int) -> Iterator[str]:
    via, replicas, sick = cards.get("via", "plugin"), cards.get("replicas", 1), cards.get("sick", [])
    if via not in get_args(Via):
        yield "via is plugin or dra"
    if type(replicas) is not int or not 1 <= replicas <= _MOST_REPLICAS:
        yield f"replicas is how many Pods share a card, 1 to {_MOST_REPLICAS}"
    elif replicas > 1 and via == "dra":
        yield "time-slicing by replicas belongs to the device plugin: by DRA, Pods share a claim"
    elif replicas == 1 and cards.get("renamed"):
        yield "renamed needs replicas of 2 or more: a card that is not shared keeps its name"
    for name in ("renamed", "taint"):
        if type(cards.get(name, False)) is not bool:
            yield f"{name} is true or false"
    if not isinstance(sick, list) or any(type(one) is not int or not 0 <= one < count for one in sick):
        yield f"sick is a list of cards, 0 to {count - 1}"


def _wrong_division(card: Profile, cards: Mapping[str, Any]) -> Iterator[str]:
    strategy, names = cards.get("mig"), cards.get("profiles", [])
    if strategy is None:
        if names:
            yield "profiles needs mig: single or mixed"
        return
    if strategy not in get_args(Strategy):
        yield "mig is single or mixed"
    elif not card.mig:
        yield f"{card.product} is not MIG-capable"
    elif not isinstance(names, list) or _unknown_parts(card, names):
        yield f"profiles of {card.product} are {', '.join(one.name for one in card.mig)}"
    elif cards.get("replicas", 1) != 1:
        yield "a card is shared by time-slicing or divided by MIG here, not both"
    elif not names and cards.get("via") != "dra":
        yield "at least one MIG device is enabled but empty: name its profiles"
    elif strategy == "single" and len(set(names)) > 1:
        yield "more than one MIG device type present on node: that takes mig: mixed"
    elif place(card, names) is None:
        yield f"Insufficient Resources: {', '.join(names)} do not fit on one {card.product}"


def _unknown_parts(card: Profile, names: list[object]) -> bool:
    return any(not isinstance(name, str) or card.part(name) is None for name in names)


def _node(cards: Mapping[str, Any]) -> NodeGPUs:
    profile = next(name for name in cards if name not in _WORDS)
    strategy = cast(Strategy | None, cards.get("mig"))
    return NodeGPUs(
        profile=profile,
        count=cards[profile],
        via=cards.get("via", "plugin"),
        replicas=cards.get("replicas", 1),
        renamed=cards.get("renamed", False),
        mig=MIG(strategy, tuple(cards.get("profiles", ()))) if strategy else None,
        sick=tuple(sorted(set(cards.get("sick", ())))),
        taint=cards.get("taint", False),
    )
