"""The table that says the same as the map, for those who read rather than look."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from labs.ui.store import Json
from labs.ui.views.apps import endpoints
from labs.ui.views.relations import Objects, owner, service_of
from labs.ui.views.world import pod_look

COLUMNS = ("kind", "name", "belongs to", "node", "state")
LEFT_OUT = frozenset({"Event", "Node", "Namespace", "ServiceAccount", "ConfigMap"})


def table_view(objects: Objects) -> dict[str, Any]:
    """Every object of the namespace as a row."""
    behind = _services(objects)
    rows = [
        [kind, obj["metadata"]["name"], _belongs(kind, obj, behind), _node(kind, obj), _state(kind, obj, objects)]
        for kind, found in sorted(objects.items())
        if kind not in LEFT_OUT
        for obj in sorted(found, key=lambda o: str(o["metadata"]["name"]))
    ]
    return {"columns": list(COLUMNS), "rows": rows}


def _services(objects: Objects) -> Mapping[str, list[str]]:
    """The Services that send calls to a Pod, by its uid."""
    found: dict[str, list[str]] = {}
    for service in objects.get("Service", ()):
        for endpoint in endpoints(service, objects):
            if endpoint["state"] in ("ready", "serving"):
                found.setdefault(endpoint["uid"], []).append(str(service["metadata"]["name"]))
    return found


def _belongs(kind: str, obj: Json, behind: Mapping[str, list[str]]) -> str:
    if kind == "EndpointSlice":
        return f"Service {service_of(obj)}"
    above = " ".join(owner(obj)).strip()
    services = [f"Service {name}" for name in behind.get(obj["metadata"].get("uid", ""), ())] if kind == "Pod" else []
    return ", ".join(filter(None, [above, *services]))


def _node(kind: str, obj: Json) -> str:
    return str((obj.get("spec") or {}).get("nodeName") or "") if kind == "Pod" else ""


def _state(kind: str, obj: Json, objects: Objects) -> str:
    return STATES.get(kind, _other_state)(obj, objects)


def _endpoints_state(service: Json, objects: Objects) -> str:
    found = endpoints(service, objects)
    return f"{sum(e['state'] == 'ready' for e in found)} of {len(found)} endpoints ready"


def _other_state(obj: Json, _objects: Objects) -> str:
    status = obj.get("status") or {}
    if "replicas" in (obj.get("spec") or {}):
        return f"{status.get('readyReplicas', 0)} of {obj['spec']['replicas']} ready"
    return str(status.get("phase") or "")


STATES: Mapping[str, Callable[[Json, Objects], str]] = {
    "Pod": lambda obj, _objects: pod_look(obj).words,
    "Service": _endpoints_state,
    "EndpointSlice": lambda obj, _objects: f"{len(obj.get('endpoints') or ())} addresses",
}
