"""What stands above the Pods: Services with their endpoints, Deployments with old and new ReplicaSet side by side."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from labs.ui.store import Json
from labs.ui.views.relations import fits, owner, service_of
from labs.ui.views.world import pod_look

Objects = Mapping[str, tuple[Json, ...]]
REVISION = "deployment.kubernetes.io/revision"


def apps_view(objects: Objects, urls: Mapping[str, str]) -> dict[str, Any]:
    """Services, and what keeps Pods alive; `urls` says where a Service opens on this machine."""
    named = sorted(objects.get("Service", ()), key=lambda o: str(o["metadata"]["name"]))
    return {
        "services": [service_box(s, objects, urls.get(s["metadata"]["name"], "")) for s in named],
        "rollouts": [rollout_box(d, objects) for d in objects.get("Deployment", ())] + _alone(objects),
    }


def endpoints(service: Json, objects: Objects) -> list[dict[str, Any]]:
    """The endpoints of a Service with their Pods; ``state`` is ready, serving (ending, still answering), ending or waiting."""
    found = {}
    for slice_ in objects.get("EndpointSlice", ()):
        if service_of(slice_) != service["metadata"]["name"]:
            continue
        for endpoint in slice_.get("endpoints") or ():
            ref = endpoint.get("targetRef") or {}
            address = next(iter(endpoint.get("addresses") or ()), "")
            key = ref.get("uid") or address
            found[key] = {"uid": key, "name": ref.get("name") or address, "state": _endpoint_state(endpoint)}
    return sorted(found.values(), key=lambda e: str(e["name"]))


def _endpoint_state(endpoint: Json) -> str:
    conditions = endpoint.get("conditions") or {}
    if conditions.get("terminating"):
        return "serving" if conditions.get("serving") else "ending"
    return "waiting" if conditions.get("ready") is False else "ready"


def service_box(service: Json, objects: Objects, url: str) -> dict[str, Any]:
    """One Service: its type and address, ``80 → 5000``, its endpoints, and why there is none."""
    spec = service.get("spec") or {}
    found = endpoints(service, objects)
    ready = sum(e["state"] == "ready" for e in found)
    ports = ", ".join(f"{p.get('port')} → {p.get('targetPort', p.get('port'))}" for p in spec.get("ports") or ())
    address = spec.get("clusterIP") or "no address yet"
    return {
        "name": service["metadata"]["name"],
        "uid": service["metadata"].get("uid", ""),
        "words": f"{spec.get('type', 'ClusterIP')} · {'headless' if address == 'None' else address} · {ports}",
        "endpoints": found,
        "ready": ready,
        "note": "" if ready else _why_none(spec.get("selector") or {}, found, objects),
        "url": url,
    }


def _why_none(selector: Json, found: list[dict[str, Any]], objects: Objects) -> str:
    if not selector:
        return "It has no selector, so it finds no Pods."
    labels = ", ".join(f"{k}={v}" for k, v in selector.items())
    matching = [p for p in objects.get("Pod", ()) if fits(p, selector)]
    if not matching:
        return f"No Pod has the labels {labels}."
    if not found:
        return (
            f"{_count(len(matching), 'Pod')} with {labels}, no endpoint: look at targetPort and at the Pods' addresses."
        )
    return f"{_count(len(found), 'endpoint')}, none is ready."


def _count(number: int, noun: str) -> str:
    return f"{number} {noun}{'' if number == 1 else 's'}"


def rollout_box(deployment: Json, objects: Objects) -> dict[str, Any]:
    """A Deployment and its ReplicaSets that still have Pods, the newest first."""
    meta, status = deployment["metadata"], deployment.get("status") or {}
    wanted = int((deployment.get("spec") or {}).get("replicas", 1))
    mine = [rs for rs in objects.get("ReplicaSet", ()) if owner(rs) == ("Deployment", meta["name"])]
    newest = max(map(_revision, mine), default=0)
    sets = [_set_box(rs, objects, newest) for rs in sorted(mine, key=_revision, reverse=True)]
    shown = [s for s in sets if s["age"] == "new" or s["wanted"] or s["pods"]]
    updated, ready = int(status.get("updatedReplicas") or 0), int(status.get("readyReplicas") or 0)
    rolling = any(s["age"] == "old" for s in shown) or updated < wanted
    return {
        "kind": "Deployment",
        "name": meta["name"],
        "uid": meta.get("uid", ""),
        "words": f"{updated} of {wanted} up to date · {ready} ready" if rolling else f"{ready} of {wanted} ready",
        "state": "stalled" if (why := _stalled(status)) else "rolling" if rolling else "steady",
        "note": why,
        "sets": shown,
    }


def _stalled(status: Json) -> str:
    for condition in status.get("conditions") or ():
        if condition.get("type") == "Progressing" and condition.get("status") == "False":
            return f"{condition.get('reason', '')}: {condition.get('message', '')}"
        if condition.get("type") == "ReplicaFailure" and condition.get("status") == "True":
            return str(condition.get("message", ""))
    return ""


def _revision(replica_set: Json) -> int:
    found = str((replica_set["metadata"].get("annotations") or {}).get(REVISION, "0"))
    return int(found) if found.isdigit() else 0


def _set_box(replica_set: Json, objects: Objects, newest: int) -> dict[str, Any]:
    meta, spec, status = replica_set["metadata"], replica_set.get("spec") or {}, replica_set.get("status") or {}
    pods = [p for p in objects.get("Pod", ()) if owner(p) == ("ReplicaSet", meta["name"])]
    revision, wanted = _revision(replica_set), int(spec.get("replicas", 1))
    containers = ((spec.get("template") or {}).get("spec") or {}).get("containers") or ()
    return {
        "name": meta["name"],
        "uid": meta.get("uid", ""),
        "revision": revision,
        "age": "new" if revision == newest else "old",
        "images": ", ".join(str(c.get("image", "")) for c in containers),
        "words": f"{status.get('readyReplicas') or 0} of {wanted} ready",
        "wanted": wanted,
        "pods": [
            {"uid": p["metadata"].get("uid", ""), "name": p["metadata"]["name"], "look": pod_look(p).look} for p in pods
        ],
    }


def _alone(objects: Objects) -> list[dict[str, Any]]:
    """ReplicaSets that no Deployment owns."""
    boxes: Iterable[dict[str, Any]] = (
        _set_box(rs, objects, _revision(rs)) for rs in objects.get("ReplicaSet", ()) if owner(rs)[0] != "Deployment"
    )
    return [
        {
            "kind": "ReplicaSet",
            "name": b["name"],
            "uid": b["uid"],
            "words": b["words"],
            "state": "steady",
            "note": "",
            "sets": [b],
        }
        for b in boxes
    ]
