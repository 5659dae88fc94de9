"""What is said of claimed devices and of copies with other cards."""

from __future__ import annotations

import json
from typing import Any

import pytest

from labs.checks import Snapshot, parse_check
from labs.checks.sizes import quantity, size
from tests.unit.checks.gpu_pods import claim, claimant, part, unschedulable, world
from tests.unit.checks.snapshots import judged, pod

SLICES = (part("n1", **{"gpu-0": "15360Mi"}), part("n2", **{"gpu-0": "46068Mi", "gpu-1": "81920Mi"}))
LARGE = {"claim_allocated": {"memory": "40Gi"}}


def claims(*pods: Any, **named: Any) -> Snapshot:
    return world(*pods, ResourceClaim=tuple(named.get("claims", ())), ResourceSlice=SLICES)


@pytest.mark.parametrize(
    ("state", "found", "snapshot"),
    [
        ("pass", "n2/gpu-0", claims(claimant(), claims=[claim("n2/gpu-0")])),
        ("pass", "n2/gpu-1", claims(claimant(phase="Succeeded"), claims=[claim("n2/gpu-1")])),
        ("fail", "n1/gpu-0 has less than 40Gi", claims(claimant(), claims=[claim("n1/gpu-0")])),
        ("fail", "n1/gpu-0 has less", claims(claimant(), claims=[claim("n2/gpu-0", "n1/gpu-0")])),
        ("fail", "none of its containers names it", claims(claimant(uses=""), claims=[claim("n2/gpu-0")])),
        ("fail", "claims nothing", claims(pod())),
        ("fail", "cannot allocate all claims", claims(claimant(phase="Pending", conditions=[unschedulable("cannot allocate all claims")]))),
        ("wait", "shows no device yet", claims(claimant(), claims=[claim()])),
        ("wait", "shows no device yet", claims(claimant(), claims=[claim("n9/gpu-0")])),
        ("wait", "does not run yet", claims(claimant(phase="Pending"), claims=[claim()])),
        ("wait", "no such Pod", claims()),
    ],
)  # fmt: skip
def test_allocated(state: str, found: str, snapshot: Snapshot) -> None:
    finding = judged(LARGE, snapshot)
    assert (finding.state, found in finding.found) == (state, True), finding


def test_one_good_pod_is_enough() -> None:
    small, large = claimant("small", claim="s"), claimant("large", claim="l")
    both = claims(small, large, claims=[claim("n1/gpu-0", name="s"), claim("n2/gpu-0", name="l")])
    assert judged(LARGE, both).state == "pass"
    assert judged({"claim_allocated": {"memory": "40Gi", "pod": "small"}}, both).state == "fail"


def test_a_container_that_names_one_request_has_only_its_device() -> None:
    both = claim("n1/gpu-0", "n2/gpu-0")
    both["status"]["allocation"]["devices"]["results"][0]["request"] = "little"
    assert judged(LARGE, claims(claimant(request="gpu"), claims=[both])).state == "pass"
    assert judged(LARGE, claims(claimant(request="little"), claims=[both])).state == "fail"


def test_a_claim_that_a_template_made() -> None:
    living = claimant()
    living["spec"]["resourceClaims"] = [{"name": "gpu", "resourceClaimTemplateName": "large"}]
    living["status"]["resourceClaimStatuses"] = [{"name": "gpu", "resourceClaimName": "llm-gpu-x7k2p"}]
    made = claim("n2/gpu-0", name="llm-gpu-x7k2p")
    template = {"kind": "ResourceClaimTemplate", "metadata": {"name": "large"}}
    there = world(living, ResourceClaim=(made,), ResourceClaimTemplate=(template,), ResourceSlice=SLICES)
    assert judged(LARGE, there).state == "pass"
    living["status"]["phase"] = "Pending"
    without = judged(LARGE, claims(living))
    assert (without.state, "ResourceClaimTemplate named large" in without.found) == ("fail", True)


def test_a_claim_that_is_not_there_is_named() -> None:
    finding = judged({"shares_device": {"pods": ["trainer"]}}, claims(claimant("trainer", phase="Pending")))
    assert (finding.state, "ResourceClaim named large, and there is none" in finding.found) == ("fail", True)


def test_an_alternative_shows_in_the_result() -> None:
    listed = {"claim_allocated": {"memory": "40Gi", "alternative": True}}
    assert judged(listed, claims(claimant(), claims=[claim("n2/gpu-0", request="gpu/l40s")])).state == "pass"
    assert judged(listed, claims(claimant(), claims=[claim("n2/gpu-0")])).state == "fail"


def test_shared() -> None:
    one, other = claimant("trainer"), claimant("profiler")
    word = {"shares_device": {"pods": ["trainer", "profiler"]}}
    assert judged(word, claims(one, other, claims=[claim("n2/gpu-0")])).state == "pass"
    apart = claimant("profiler", claim="small")
    assert judged(word, claims(one, apart, claims=[claim("n2/gpu-0"), claim("n1/gpu-0", name="small")])).state == "fail"
    assert judged(word, claims(one, claimant("profiler", uses=""), claims=[claim("n2/gpu-0")])).state == "fail"
    assert judged(word, claims(one, claims=[claim("n2/gpu-0")])).state == "wait"


FLEET: dict[int, Any] = {1: {"t4": 2}, 2: {"l40s": 1}}
LANDS = {"lands_on": {"pod": "trainer", "fleet": FLEET, "nodes": [2], "where": "an L40S"}}
PENDS = {"stays_pending": {"pod": "trainer", "fleet": FLEET, "where": "Pending"}}


def row(*feasible: str, uid: str = "u1") -> Any:
    places = [{"node": each, "card": f"card {each}"} for each in feasible]
    fleet = json.dumps(FLEET, sort_keys=True)
    return {"probe": "copy", "pod": "trainer", "uid": uid, "fleet": fleet, "feasible": places, "why": "no node fits"}


@pytest.mark.parametrize(
    ("lands", "pends", "probes"),
    [
        ("pass", "fail", (row("2"),)),
        ("fail", "fail", (row("1", "2"),)),
        ("fail", "pass", (row(),)),
        ("wait", "wait", ()),
        ("wait", "wait", (row("2", uid="an earlier Pod"),)),
    ],
)
def test_copies(lands: str, pends: str, probes: tuple[Any, ...]) -> None:
    there = world(pod(), probes=probes)
    assert judged(LANDS, there).state == lands
    assert judged(PENDS, there).state == pends


def test_without_a_name_every_pod_that_claims_is_asked_about() -> None:
    word = {"stays_pending": {"fleet": FLEET, "where": "Pending"}}
    there = world(claimant(), pod(), probes=(row(uid="uid-llm"),))
    assert judged(word, there).state == "pass"
    assert judged(word, world(pod())).state == "wait"
    assert {each.target for each in parse_check({"id": "x", "title": "X", "within": 1, **word}).probes} == {"copy"}


@pytest.mark.parametrize(
    ("text", "number"), [("40Gi", 40 * 2**30), ("46068Mi", 46068 * 2**20), ("1e3", 1000), ("1500m", 1)]
)
def test_size(text: str, number: int) -> None:
    assert size(text) == number


@pytest.mark.parametrize("text", ["", "Gi", "4 0", "4X", "1.2.3"])
def test_no_quantity(text: str) -> None:
    with pytest.raises(ValueError, match="quantity"):
        quantity(text)
