"""The vocabulary: each word with the settings that it knows, the kinds to be watched and what has to be tried out."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Literal

from labs.checks.changes import heals, no_lost_calls
from labs.checks.claims import claim_allocated, shares_device
from labs.checks.copies import copy_probe, lands_on, stays_pending
from labs.checks.deployments import each_pod_answers, ready_replicas
from labs.checks.gpus import gpu_request, gpus_held, runs_on_card, scheduled_on
from labs.checks.model import Snapshot
from labs.checks.probes import Probe
from labs.checks.services import endpoints, service_answers, service_type, spread
from labs.checks.volumes import shared_volume_uuid
from labs.checks.words import Evaluate, absent, event_seen, exists, logs_contain, phase

__all__ = ["WORDS", "Word"]

Settings = Mapping[str, Any]
_POD = frozenset({"v1/Pod"})
_DEPLOYMENT = _POD | {"apps/v1/Deployment", "apps/v1/ReplicaSet"}
_SERVICE = _POD | {"v1/Service", "discovery.k8s.io/v1/EndpointSlice"}
_NODE = _POD | {"v1/Node"}
_CLAIM = _POD | {f"resource.k8s.io/v1/Resource{kind}" for kind in ("Claim", "ClaimTemplate", "Slice")}


@dataclass(frozen=True)
class Word:
    """`probes` gives what the settings ask to be tried out."""

    evaluate: Callable[[Settings], Evaluate]
    settings: frozenset[str]
    kinds: frozenset[str] = _POD
    probes: Callable[[Settings], tuple[Probe, ...]] = lambda settings: ()


def _answers(settings: Settings) -> Evaluate:
    """``answers_http``: each Pod of a `deployment`, or a `service`."""
    if ("deployment" in settings) == ("service" in settings):
        raise ValueError("answers_http needs a deployment or a service")
    return each_pod_answers(settings) if "deployment" in settings else service_answers(settings)


def _answer_probes(settings: Settings) -> tuple[Probe, ...]:
    if "deployment" in settings:
        return (Probe("pods", settings["deployment"], settings["port"], settings.get("path", "/version")),)
    return (_calls(settings),)


def _calls(settings: Settings) -> Probe:
    target: Literal["notebook", "service"] = "notebook" if settings.get("from") == "notebook" else "service"
    namespace = settings.get("namespace", "")
    return Probe(
        target, settings["service"], settings.get("port", 80), calls=settings.get("calls", 3), namespace=namespace
    )


def _counter(settings: Settings) -> tuple[Probe, ...]:
    return (Probe("counter", settings["service"], deployment=settings["deployment"]),)


def _kill(settings: Settings) -> tuple[Probe, ...]:
    return (Probe("kill", settings["label"], calls=settings["replicas"]),)


def _shared(settings: Settings) -> Callable[[Snapshot], Any]:
    return shared_volume_uuid


WORDS: Mapping[str, Word] = {
    "absent": Word(absent, frozenset({"kind", "name", "api"})),
    "answers_http": Word(
        _answers,
        frozenset({"deployment", "service", "port", "path", "calls", "from", "namespace"}),
        _DEPLOYMENT | _SERVICE,
        _answer_probes,
    ),
    "claim_allocated": Word(claim_allocated, frozenset({"pod", "memory", "alternative"}), _CLAIM),
    "endpoints": Word(endpoints, frozenset({"service", "ready"}), _SERVICE),
    "event_seen": Word(event_seen, frozenset({"object", "reason"})),
    "exists": Word(exists, frozenset({"kind", "name", "api"})),
    "gpu_request": Word(gpu_request, frozenset({"pod", "count", "resource"})),
    "gpus_held": Word(gpus_held, frozenset({"pod", "label", "count", "each", "resource"}), _NODE),
    "heals": Word(heals, frozenset({"label", "replicas"}), probes=_kill),
    "lands_on": Word(lands_on, frozenset({"pod", "fleet", "nodes", "where"}), _CLAIM, copy_probe),
    "logs_contain": Word(logs_contain, frozenset({"pod", "text"})),
    "no_lost_calls": Word(
        no_lost_calls, frozenset({"deployment", "service", "from", "to"}), _DEPLOYMENT | _SERVICE, _counter
    ),
    "phase": Word(phase, frozenset({"pod", "phase", "restarts"})),
    "ready_replicas": Word(ready_replicas, frozenset({"deployment", "replicas", "labels"}), _DEPLOYMENT),
    "runs_on_card": Word(runs_on_card, frozenset({"pod", "product"}), _NODE),
    "scheduled_on": Word(scheduled_on, frozenset({"pod", "node"}), _NODE),
    "service_type": Word(service_type, frozenset({"service", "type"}), _SERVICE),
    "shared_volume_uuid": Word(_shared, frozenset(), _POD | {"v1/Node"}),
    "shares_device": Word(shares_device, frozenset({"pods"}), _CLAIM),
    "spread": Word(spread, frozenset({"service", "port", "calls"}), _SERVICE, lambda settings: (_calls(settings),)),
    "stays_pending": Word(stays_pending, frozenset({"pod", "fleet", "where"}), _CLAIM, copy_probe),
}
"""Every word of a lesson's `checks`."""
