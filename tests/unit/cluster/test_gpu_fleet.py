"""Fleets: what can be declared, what is refused and with which words, and what the cluster shows of one."""

from __future__ import annotations

import pytest

from labs.cluster.gpus import (
    MIG,
    FleetError,
    NodeGPUs,
    allocatable,
    as_mapping,
    cards,
    labels,
    parse_fleet,
    resource_slices,
    taints,
)
from labs.cluster.gpus.node import resources
from labs.cluster.gpus.profiles import PROFILES, place

DECLARED = {
    1: {"a100-80gb": 2},
    2: {"t4": 1, "via": "dra"},
    3: {"a100-40gb": 1, "mig": "mixed", "profiles": ["1g.5gb", "1g.5gb", "3g.20gb"], "taint": True},
    4: {"t4": 2, "replicas": 4, "renamed": True, "sick": [1]},
}


def test_a_fleet_is_read_and_written_back() -> None:
    fleet = parse_fleet(DECLARED)
    assert fleet[1] == NodeGPUs("a100-80gb", 2)
    assert fleet[3].mig == MIG("mixed", ("1g.5gb", "1g.5gb", "3g.20gb"))
    assert fleet[4] == NodeGPUs("t4", 2, replicas=4, renamed=True, sick=(1,))
    assert {number: as_mapping(gpus) for number, gpus in fleet.items()} == DECLARED


@pytest.mark.parametrize(
    ("cards", "words"),
    [
        ({"a10": 1}, "a10 is neither a kind of card"),
        ({"t4": 1, "h100": 1}, "exactly one kind"),
        ({"via": "dra"}, "exactly one kind"),
        ({"t4": 0}, "1 to 16"),
        ({"t4": True}, "1 to 16"),
        ({"t4": 1, "via": "csi"}, "plugin or dra"),
        ({"t4": 1, "replicas": 2, "via": "dra"}, "device plugin"),
        ({"t4": 1, "renamed": True}, "needs replicas"),
        ({"t4": 1, "sick": [1]}, "0 to 0"),
        ({"t4": 1, "taint": "yes"}, "taint is true or false"),
        ({"t4": 1, "mig": "mixed", "profiles": ["1g.5gb"]}, "not MIG-capable"),
        ({"h100": 1, "mig": "mixed"}, "enabled but empty"),
        ({"h100": 1, "profiles": ["1g.10gb"]}, "needs mig"),
        ({"h100": 1, "mig": "all", "profiles": ["1g.10gb"]}, "single or mixed"),
        ({"h100": 1, "mig": "mixed", "profiles": ["1g.5gb"]}, "1g.10gb, 1g.10gb+me"),
        ({"h100": 1, "mig": "single", "profiles": ["1g.10gb", "2g.20gb"]}, "more than one MIG device type"),
        ({"h100": 1, "mig": "mixed", "profiles": ["4g.40gb", "4g.40gb"]}, "Insufficient Resources"),
        ({"h100": 1, "mig": "mixed", "profiles": ["1g.10gb"], "replicas": 2}, "not both"),
        ("t4", "a mapping such as"),
    ],
)
def test_what_cannot_be_is_refused_in_words(cards: object, words: str) -> None:
    with pytest.raises(FleetError, match="cannot be had") as caught:
        parse_fleet({2: cards})
    assert words in caught.value.why and caught.value.why.startswith("node 2: ")


def test_every_mistake_is_named() -> None:
    with pytest.raises(FleetError) as caught:
        parse_fleet({0: {"t4": 1}, 2: {"x": 1}})
    assert len(caught.value.problems) == 2
    with pytest.raises(FleetError, match="is a mapping"):
        parse_fleet(["t4"])


def test_labels_of_whole_cards() -> None:
    found = labels(NodeGPUs("h100", 2))
    assert found["nvidia.com/gpu.product"] == "NVIDIA-H100-80GB-HBM3"
    assert found["nvidia.com/gpu.memory"] == "81559"
    assert (found["nvidia.com/gpu.count"], found["nvidia.com/gpu.replicas"]) == ("2", "1")
    assert (found["nvidia.com/gpu.family"], found["nvidia.com/mig.capable"]) == ("hopper", "true")
    assert "nvidia.com/mig.strategy" not in found


def test_labels_of_shared_cards() -> None:
    shared = labels(NodeGPUs("t4", 1, replicas=4))
    assert shared["nvidia.com/gpu.product"] == "Tesla-T4-SHARED"
    assert (shared["nvidia.com/gpu.replicas"], shared["nvidia.com/gpu.sharing-strategy"]) == ("4", "time-slicing")
    assert labels(NodeGPUs("t4", 1, replicas=4, renamed=True))["nvidia.com/gpu.product"] == "Tesla-T4"


def test_labels_of_divided_cards() -> None:
    mixed = labels(NodeGPUs("a100-40gb", 2, mig=MIG("mixed", ("1g.5gb", "1g.5gb", "3g.20gb"))))
    assert (mixed["nvidia.com/gpu.count"], mixed["nvidia.com/gpu.replicas"]) == ("2", "0")
    assert (mixed["nvidia.com/mig-1g.5gb.count"], mixed["nvidia.com/mig-1g.5gb.memory"]) == ("4", "4864")
    assert mixed["nvidia.com/mig-3g.20gb.product"] == "NVIDIA-A100-SXM4-40GB-MIG-3g.20gb"
    single = labels(NodeGPUs("a100-80gb", 1, mig=MIG("single", ("1g.10gb",) * 7)))
    assert single["nvidia.com/gpu.product"] == "NVIDIA-A100-SXM4-80GB-MIG-1g.10gb"
    assert (single["nvidia.com/gpu.count"], single["nvidia.com/gpu.memory"]) == ("7", "9728")
    assert single["nvidia.com/mig.strategy"] == "single"


def test_what_pods_may_ask_for() -> None:
    assert allocatable("n", NodeGPUs("t4", 2)) == {"nvidia.com/gpu": 2}
    assert allocatable("n", NodeGPUs("t4", 2, sick=(0,))) == {"nvidia.com/gpu": 1}
    assert allocatable("n", NodeGPUs("t4", 2, replicas=4)) == {"nvidia.com/gpu": 8}
    assert allocatable("n", NodeGPUs("t4", 2, replicas=4, renamed=True)) == {"nvidia.com/gpu.shared": 8}
    assert allocatable("n", NodeGPUs("t4", 2, via="dra")) == {}
    mixed = NodeGPUs("a100-40gb", 2, mig=MIG("mixed", ("1g.5gb", "1g.5gb+me", "3g.20gb")))
    assert allocatable("n", mixed) == {
        "nvidia.com/mig-1g.5gb": 2,
        "nvidia.com/mig-1g.5gb.me": 2,
        "nvidia.com/mig-3g.20gb": 2,
    }
    assert allocatable("n", NodeGPUs("h100", 1, mig=MIG("single", ("3g.40gb",) * 2))) == {"nvidia.com/gpu": 2}


def test_devices_are_the_same_every_time_and_no_two_alike() -> None:
    gpus = NodeGPUs("h100", 2, mig=MIG("mixed", ("1g.10gb",) * 7))
    found = [uuid for node in ("a", "b") for ids in resources(node, gpus).values() for uuid in ids]
    assert len(found) == len(set(found)) == 28
    assert cards("a", gpus) == cards("a", gpus)
    assert taints(NodeGPUs("t4", 1, taint=True)) == [
        {"key": "nvidia.com/gpu", "value": "present", "effect": "NoSchedule"}
    ]


def test_parts_have_nvidias_places() -> None:
    card = PROFILES["a100-40gb"]
    assert place(card, ["1g.5gb"] * 7) == (0, 1, 2, 3, 4, 5, 6)
    assert place(card, ["1g.5gb", "3g.20gb", "2g.10gb"]) == (0, 4, 2)
    assert place(card, ["3g.20gb", "3g.20gb", "1g.5gb"]) is None
    assert place(card, ["1g.5gb+me", "1g.5gb+me"]) is None
    assert place(card, ["4g.20gb", "3g.20gb"]) == (0, 4)


def test_slices_of_whole_cards() -> None:
    (slice_,) = resource_slices("n", NodeGPUs("l40s", 2, via="dra", sick=(1,)))
    well, sick = slice_["spec"]["devices"]
    assert well["attributes"]["productName"] == {"string": "NVIDIA L40S"}
    assert well["capacity"] == {"memory": {"value": "46068Mi"}} and "taints" not in well
    assert sick["taints"][0]["effect"] == "NoSchedule"
    assert resource_slices("n", NodeGPUs("l40s", 2)) == []


def test_slices_of_a_card_that_the_scheduler_may_divide() -> None:
    counters, devices = resource_slices("n", NodeGPUs("h100", 1, via="dra", mig=MIG("mixed")))
    (whole_set,) = counters["spec"]["sharedCounters"]
    found = {each["name"]: each for each in devices["spec"]["devices"]}
    assert len(found) == 26 and found["gpu-0"]["consumesCounters"][0]["counters"] == whole_set["counters"]
    half = found["gpu-0-mig-9-4-4"]["consumesCounters"][0]
    assert half["counterSet"] == whole_set["name"] and half["counters"].keys() <= whole_set["counters"].keys()
    assert half["counters"]["memory-slice-7"] == {"value": "1"}
