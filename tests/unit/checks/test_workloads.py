"""Words about Deployments and Services, on hand-made snapshots."""

from __future__ import annotations

from typing import Any

import pytest

from labs.checks import CheckError, Snapshot, Tracker, parse_check
from tests.unit.checks.snapshots import judged
from tests.unit.checks.workloads import (
    answered,
    called,
    deployment,
    endpoint_slice,
    pod,
    replica_set,
    rollout,
    service,
    world,
)

Json = dict[str, Any]
THREE = tuple(pod(name) for name in "abc")
WHOLE = (deployment(), replica_set(), *THREE)
OLD = pod("old", owner="r0", deleting=True)
READY = {"ready_replicas": {"deployment": "serve", "replicas": 3, "labels": {"app": "inference"}}}
ANSWERS = {"answers_http": {"deployment": "serve", "port": 5000}}
CALLED = {"answers_http": {"service": "model"}}
OUTSIDE = {"answers_http": {"service": "model", "from": "notebook"}}
ENDPOINTS = {"endpoints": {"service": "model", "ready": 3}}
SPREAD = {"spread": {"service": "model", "calls": 60}}
TYPE = {"service_type": {"service": "model", "type": "LoadBalancer"}}
ROLLED = {"no_lost_calls": {"deployment": "serve", "service": "model", "from": "v1", "to": "v2"}}
HEALED = {"heals": {"label": "app=inference", "replicas": 3}}
BEHIND = (service(), endpoint_slice("a", "b", "c"), *THREE)
KILLED = {"probe": "kill", "pod": "z", "uid": "u-z", "before": ["u-a", "u-b", "u-z"], "at": 90.0}
STALLED: Json = {"conditions": [{"type": "Progressing", "status": "False"}]}
QUOTA: Json = {"conditions": [{"type": "ReplicaFailure", "status": "True", "message": "exceeded quota: small"}]}

CASES: dict[str, tuple[Json, Snapshot, str, str]] = {
    "three ready": (READY, world(*WHOLE), "pass", "3 of 3"),
    "no Deployment": (READY, world(), "wait", "no Deployment named serve"),
    "two asked for": (READY, world(deployment(2), replica_set()), "fail", "asks for 2"),
    "not seen yet": (READY, world(deployment(observedGeneration=0), replica_set(), *THREE), "wait", "not seen"),
    "an old Pod is ending": (READY, world(*WHOLE, replica_set("r0", "0"), OLD), "wait", "1 of an earlier one"),
    "other labels": (READY, world(deployment(labels={"app": "model"}), replica_set()), "fail", "carry app=model"),
    "no image": (READY, world(deployment(ready=0), replica_set(), pod("a", ready=False, reason="ErrImagePull")), "fail", "ErrImagePull"),
    "crashes": (READY, world(deployment(ready=0), replica_set(), pod("a", ready=False, reason="CrashLoopBackOff")), "fail", "CrashLoopBackOff"),
    "stalled": (READY, world(deployment(ready=2, **STALLED), replica_set(), *THREE[:2]), "fail", "stalled"),
    "quota": (READY, world(deployment(ready=0, **QUOTA), replica_set()), "fail", "exceeded quota"),
    "each answers": (ANSWERS, world(*WHOLE, probes=tuple(map(answered, "abc"))), "pass", "each"),
    "one not asked": (ANSWERS, world(*WHOLE, probes=tuple(map(answered, "ab"))), "wait", "c was not asked"),
    "refused at first": (ANSWERS, world(*WHOLE, probes=(answered("a", ok=False, status=0, since=95, error="connection refused"),)), "wait", "refused"),
    "refused for long": (ANSWERS, world(*WHOLE, probes=(answered("a", ok=False, status=0, since=50, error="connection refused"),)), "fail", "refused"),
    "says no": (ANSWERS, world(*WHOLE, probes=(answered("a", ok=False, status=404, since=99, error="HTTP 404"),)), "fail", "404"),
    "another program": (ANSWERS, world(*WHOLE, probes=(answered("a", by=""),)), "fail", "not as the course's model"),
    "one not ready": (ANSWERS, world(*WHOLE[:4], pod("c", ready=False), probes=tuple(map(answered, "ab"))), "wait", "2 of its 3 Pods ready"),
    "none ready": (ANSWERS, world(deployment(), replica_set(), pod("a", ready=False)), "wait", "0 of its 1 Pod ready"),
    "answers by name": (CALLED, world(*BEHIND, probes=(called(3, a=2, b=1),)), "pass", "3 of 3"),
    "not called": (CALLED, world(*BEHIND), "wait", "not called"),
    "called from elsewhere": (OUTSIDE, world(*BEHIND, probes=(called(3, a=3),)), "wait", "not called"),
    "from the notebook": (OUTSIDE, world(*BEHIND, probes=(called(3, origin="notebook", a=3),)), "pass", "3 of 3"),
    "refused a moment": (CALLED, world(*BEHIND, probes=(called(3, 0, since=95),)), "wait", "connection refused 3"),
    "refused": (CALLED, world(*BEHIND, probes=(called(3, 0, since=50),)), "fail", "connection refused 3"),
    "a stranger answers": (CALLED, world(*BEHIND, probes=(called(3, x=3),)), "wait", "x answers"),
    "selects nothing": (CALLED, world(service({"app": "x"}), *THREE, probes=(called(3, 0, since=99),)), "fail", "app=x matches no Pod; the Pods here carry app=inference"),
    "endpoints": (ENDPOINTS, world(*BEHIND), "pass", "3 of 3"),
    "too few endpoints": (ENDPOINTS, world(service(), endpoint_slice("a"), *THREE), "wait", "matches 3 Pods, 1 of them ready"),
    "unready endpoints": (ENDPOINTS, world(service(), endpoint_slice("a", "b", "c", ready=False), *THREE), "wait", "0 of them ready"),
    "no selector": (ENDPOINTS, world(service({}), *THREE), "fail", "no selector"),
    "no Pod": (ENDPOINTS, world(service()), "fail", "there is no Pod"),
    "no Service": (ENDPOINTS, world(), "wait", "no Service named model"),
    "spread": (SPREAD, world(*BEHIND, probes=(called(60, a=20, b=20, c=20),)), "pass", "a 20"),
    "one silent": (SPREAD, world(*BEHIND, probes=(called(60, a=30, b=30),)), "wait", "not by c"),
    "type": (TYPE, world(service(kind="LoadBalancer")), "pass", "LoadBalancer"),
    "other type": (TYPE, world(service()), "fail", "ClusterIP"),
    "rolled": (ROLLED, world(*WHOLE, probes=(rollout(),)), "pass", "v1 300, v2 400; no calls lost"),
    "not yet": (ROLLED, world(*WHOLE), "wait", "no rollout yet"),
    "lost": (ROLLED, world(*WHOLE, probes=(rollout(failed=2, errors={"connection refused": 2}),)), "never", "connection refused 2"),
    "going on": (ROLLED, world(*WHOLE, probes=(rollout(gone=None, whole=False),)), "wait", "still there"),
    "not counted to the end": (ROLLED, world(*WHOLE, probes=(rollout(whole=False),)), "wait", "five seconds"),
    "began with v2": (ROLLED, world(*WHOLE, probes=(rollout(versions={"v2": 9}),)), "fail", "v1 never answered"),
    "v1 again": (ROLLED, world(*WHOLE, probes=(rollout(after={"v1": 1, "v2": 9}),)), "fail", "after the rollout: v1 1"),
    "made anew": (ROLLED, world(*WHOLE, probes=(rollout(recreated=True),)), "fail", "deleted and made anew"),
    "healed": (HEALED, world(*THREE, probes=(KILLED,)), "pass", "c has replaced z"),
    "two of three": (HEALED, world(*THREE[:2]), "fail", "2 Pods with app=inference, and 3 are needed"),
    "one of three": (HEALED, world(THREE[0]), "fail", "1 Pod with app=inference, and 3 are needed"),
    "an earlier Pod stays": (HEALED, world(*THREE, pod("mine", owner="")), "fail", "3 are needed; nobody looks after mine"),
    "cannot start": (HEALED, world(pod("a", ready=False, reason="ErrImagePull")), "fail", "ErrImagePull"),
    "none killed": (HEALED, world(*THREE), "wait", "3 of 3 Pods"),
    "not yet healed": (HEALED, world(*THREE[:2], probes=(KILLED,)), "wait", "2 of 3 are ready"),
    "nobody heals": (HEALED, world(pod("a", owner=""), pod("b", owner=""), probes=(KILLED,)), "fail", "nobody looks after"),
}  # fmt: skip


@pytest.mark.parametrize("name", CASES)
def test_a_word_finds(name: str) -> None:
    spec, snapshot, state, found = CASES[name]
    finding = judged(spec, snapshot)
    assert (finding.state, found in finding.found) == (state, True), finding


@pytest.mark.parametrize(
    "spec",
    [
        {"answers_http": {"port": 80}},
        {"answers_http": {"service": "a", "deployment": "b"}},
        {"ready_replicas": {"deployment": "serve", "replicas": "3"}},
        {"ready_replicas": {"deployment": "serve", "replicas": 3, "labels": ["app"]}},
        {"heals": {"label": "inference", "replicas": 3}},
        {"endpoints": {"service": "model"}},
    ],
)
def test_a_word_with_wrong_settings_is_refused(spec: Json) -> None:
    with pytest.raises(CheckError):
        judged(spec, world())


def test_a_rollout_that_is_normal_does_not_flicker() -> None:
    check = parse_check({"id": "x", "title": "X", "within": 30, "hold": 5, **READY})
    tracker = Tracker([check])
    rolling = (deployment(ready=2), replica_set(), *THREE)
    seen = [(0.0, WHOLE), (5.0, WHOLE), (6.0, rolling), (8.0, WHOLE), (9.0, rolling), (15.0, rolling)]
    states = [tracker.update(world(*objects, now=now))[0].state for now, objects in seen]
    assert states == ["waiting", "green", "green", "green", "green", "red"]


def test_a_pod_that_is_ready_before_it_listens_is_given_time() -> None:
    tracker = Tracker([parse_check({"id": "x", "title": "X", "within": 60, **ANSWERS})])
    deaf = answered("a", ok=False, status=0, since=0.0, error="connection refused")
    rest = (answered("b"), answered("c"))
    states = [tracker.update(world(*WHOLE, probes=(deaf, *rest), now=now))[0].state for now in (0.0, 8.0, 14.0)]
    heard = (
        world(*WHOLE, probes=(answered("a"), *rest), now=15.0),
        world(*WHOLE, probes=(answered("a"), *rest), now=18.0),
    )
    states += [tracker.update(each)[0].state for each in heard]
    assert states == ["waiting", "waiting", "waiting", "waiting", "green"]
