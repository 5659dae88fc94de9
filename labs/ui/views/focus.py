"""The object that was clicked on: its commands, its containers, its events, what a shell in it said."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

from labs.ui.store import Json, State
from labs.ui.views.relations import pods_of
from labs.ui.views.status import live_object, living

CLUSTER_WIDE = frozenset({"Node"})


def shown_object(state: State) -> Json | None:
    """The object that was clicked on, else the one that the form is about."""
    kind, name = state.focus
    if kind == "Node":
        return next((n for n in state.nodes if n["metadata"]["name"] == name), None)
    return living(state, kind, name) if kind else live_object(state)


def focus_view(namespace: str, state: State) -> dict[str, Any]:
    """What the bar of the clicked object shows; empty when none is."""
    kind, name = state.focus
    if not kind:
        return {}
    obj = shown_object(state)
    pods = pods_of(kind, name, state.objects)
    url = state.urls.get(name, "") if kind == "Service" else ""
    return {
        "kind": kind,
        "name": name,
        "gone": obj is None,
        "url": url,
        "pods": [p["metadata"]["name"] for p in pods],
        "commands": [{"label": label, "text": text} for label, text in _commands(kind, name, namespace, obj)],
        "containers": _running(obj) if kind == "Pod" else [],
        "shell": [asdict(one) for one in state.shell if kind == "Pod" and one.pod == name],
    }


def _commands(kind: str, name: str, namespace: str, obj: Json | None) -> list[tuple[str, str]]:
    where = "" if kind in CLUSTER_WIDE else f" -n {namespace}"
    target = f"{kind.lower()}/{name}"
    found = [("describe", f"kubectl describe{where} {target}"), ("YAML", f"kubectl get{where} {target} -o yaml")]
    if kind in {"Pod", "Deployment", "ReplicaSet", "Job"}:
        found.append(("logs", f"kubectl logs{where} {target} --all-containers --follow"))
    if kind == "Pod":
        found += [
            ("previous", f"kubectl logs{where} {target} --previous"),
            ("shell", f"kubectl exec{where} -it {name} -- sh"),
        ]
    if kind == "Deployment":
        found.append(("rollout", f"kubectl rollout status{where} {target}"))
    port = next((p.get("port") for p in ((obj or {}).get("spec") or {}).get("ports") or ()), None)
    if kind == "Service" and port:
        found.append(("port-forward", f"kubectl port-forward{where} service/{name} 8080:{port}"))
    return found


def _running(pod: Json | None) -> list[str]:
    statuses = ((pod or {}).get("status") or {}).get("containerStatuses") or ()
    return [str(s["name"]) for s in statuses if "running" in (s.get("state") or {})]


def focused_events(state: State) -> tuple[Json, ...]:
    """The events of the clicked object and of its Pods; all of them when none was clicked."""
    kind, name = state.focus
    if not kind:
        return state.events
    about = {(kind, name)} | {("Pod", str(p["metadata"]["name"])) for p in pods_of(kind, name, state.objects)}
    return tuple(e for e in state.events if _about(e) in about)


def _about(event: Json) -> tuple[str, str]:
    ref = event.get("involvedObject") or event.get("regarding") or {}
    return str(ref.get("kind", "")), str(ref.get("name", ""))


def focused_logs(state: State) -> tuple[Any, ...]:
    """The log attempts of the Pods of the clicked object; all when none was clicked."""
    kind, name = state.focus
    if not kind:
        return state.logs
    uids = {p["metadata"].get("uid") for p in pods_of(kind, name, state.objects)}
    return tuple(a for a in state.logs if a.pod_uid in uids)
