"""Which object belongs to which: owners, selectors, Services and their slices."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from labs.ui.store import Json

SERVICE_NAME = "kubernetes.io/service-name"
Objects = Mapping[str, tuple[Json, ...]]


def owner(obj: Json) -> tuple[str, str]:
    """Kind and name of the controller that made an object; empty when nobody did."""
    for ref in obj["metadata"].get("ownerReferences") or ():
        if ref.get("controller"):
            return str(ref.get("kind", "")), str(ref.get("name", ""))
    return "", ""


def fits(obj: Json, selector: Mapping[str, Any]) -> bool:
    """Whether the object has all labels of a selector that is not empty."""
    labels = obj["metadata"].get("labels") or {}
    return bool(selector) and all(labels.get(k) == v for k, v in selector.items())


def service_of(slice_: Json) -> str:
    """The Service that an EndpointSlice belongs to."""
    return str((slice_["metadata"].get("labels") or {}).get(SERVICE_NAME, ""))


def pods_of(kind: str, name: str, objects: Objects) -> tuple[Json, ...]:
    """The Pods of an object: itself, those it owns (also through its ReplicaSets), those a Service selects, those on a Node."""
    pods = objects.get("Pod", ())
    if kind == "Pod":
        return tuple(p for p in pods if p["metadata"]["name"] == name)
    if kind == "Node":
        return tuple(p for p in pods if (p.get("spec") or {}).get("nodeName") == name)
    if kind == "Service":
        found = next((s for s in objects.get("Service", ()) if s["metadata"]["name"] == name), None)
        return tuple(p for p in pods if found and fits(p, (found.get("spec") or {}).get("selector") or {}))
    owners = {(kind, name)}
    owners |= {
        ("ReplicaSet", str(rs["metadata"]["name"])) for rs in objects.get("ReplicaSet", ()) if owner(rs) == (kind, name)
    }
    return tuple(p for p in pods if owner(p) in owners)
