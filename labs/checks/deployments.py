"""Deployments: which Pods are theirs, whether all of them are there, and whether each answers."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from labs.checks import pods
from labs.checks.model import Finding, Json, Snapshot
from labs.checks.probes import rows
from labs.checks.settings import counted, labels, number, text, words

__all__ = ["PATIENCE_SECONDS", "current", "each_pod_answers", "living", "pods_of", "ready_replicas", "replica_sets"]

PATIENCE_SECONDS = 15.0
"""Without a probe a Pod counts as ready before its program listens: until then silence is no mistake."""
_REVISION = "deployment.kubernetes.io/revision"
_EVENTS = "The Events tab says why"


def living(snapshot: Snapshot, name: str) -> Json | None:
    """The Deployment of that name that is not being deleted, or None."""
    return next((each for each in pods.living(snapshot, "Deployment") if each["metadata"]["name"] == name), None)


def replica_sets(snapshot: Snapshot, deployment: Json) -> list[Json]:
    """Its ReplicaSets, one for each template that it has had."""
    return _owned(snapshot, "ReplicaSet", {deployment["metadata"]["uid"]})


def current(snapshot: Snapshot, deployment: Json) -> Json | None:
    """The ReplicaSet of its present template; None while the controller has not made it."""
    revision = _revision(deployment)
    if deployment.get("status", {}).get("observedGeneration", 0) < deployment["metadata"].get("generation", 1):
        return None
    return next((each for each in replica_sets(snapshot, deployment) if _revision(each) == revision), None)


def pods_of(snapshot: Snapshot, deployment: Json) -> list[Json]:
    """Every Pod of every template of it, those too that are just ending."""
    return _owned(snapshot, "Pod", {each["metadata"]["uid"] for each in replica_sets(snapshot, deployment)})


def ready_replicas(settings: Mapping[str, object]) -> Callable[[Snapshot], Finding]:
    """``{deployment, replicas, labels}``: so many, all of the present template, available, and no other Pod of it left."""
    name, wanted, carried = text(settings, "deployment"), number(settings, "replicas"), labels(settings)
    expected = f"{counted(wanted, 'Pod')} of {name}, all ready and of its present template"

    def evaluate(snapshot: Snapshot) -> Finding:
        deployment = living(snapshot, name)
        if deployment is None:
            found = pods.missing(snapshot, "Deployment", name)
            return Finding("wait", expected, found, "kind and metadata.name in your manifest")
        asked = deployment["spec"].get("replicas", 1)
        if asked != wanted:
            return Finding("fail", expected, f"it asks for {asked}", "spec.replicas says how many")
        return _labelled(deployment, carried) or _complete(snapshot, deployment, wanted, expected)

    return evaluate


def each_pod_answers(settings: Mapping[str, object]) -> Callable[[Snapshot], Finding]:
    """``{deployment, port, path}``: each of its Pods answers by itself with its own name."""
    name, port = text(settings, "deployment"), number(settings, "port")
    path = text(settings, "path", "/version")
    expected = f"every Pod of {name} answers on port {port}"

    def evaluate(snapshot: Snapshot) -> Finding:
        deployment = living(snapshot, name)
        if deployment is None:
            return Finding("wait", expected, pods.missing(snapshot, "Deployment", name), "metadata.name")
        there = [each for each in pods_of(snapshot, deployment) if not each["metadata"].get("deletionTimestamp")]
        if not there or not all(map(pods.ready, there)):
            stuck = next(filter(None, map(pods.trouble, there)), "")
            found = stuck or f"{sum(map(pods.ready, there))} of its {counted(len(there), 'Pod')} ready"
            return Finding("fail" if stuck else "wait", expected, found, _EVENTS)
        findings = [_answer(snapshot, each, port, path, expected) for each in there]
        return next((each for each in findings if each.state != "pass"), findings[0])

    return evaluate


def _answer(snapshot: Snapshot, pod: Json, port: int, path: str, expected: str) -> Finding:
    row = next(rows(snapshot, "pod", uid=pod["metadata"]["uid"], port=port, path=path), None)
    name = pod["metadata"]["name"]
    if row is None:
        return Finding("wait", expected, f"{name} was not asked yet")
    if row["ok"]:
        if row["answered_by"] == name:
            return Finding("pass", expected, "each of them does")
        return Finding("fail", expected, f"{name} answers, but not as the course's model", "The image in your manifest")
    early = row["status"] == 0 and snapshot.now < row["since"] + PATIENCE_SECONDS
    look = "The Log tab: on which address and port does it listen?"
    return Finding("wait" if early else "fail", expected, f"{name} does not: {row['error']}", look)


def _labelled(deployment: Json, carried: Mapping[str, str]) -> Finding | None:
    found = deployment["spec"]["template"].get("metadata", {}).get("labels") or {}
    if carried.items() <= found.items():
        return None
    look = "spec.template.metadata.labels: what the Pods carry is written there"
    return Finding("fail", f"Pods that carry {words(carried)}", f"its Pods carry {words(found)}", look)


def _complete(snapshot: Snapshot, deployment: Json, wanted: int, expected: str) -> Finding:
    status, there = deployment.get("status", {}), pods_of(snapshot, deployment)
    newest = current(snapshot, deployment)
    if newest is None:
        return Finding("wait", expected, "its controller has not seen the last change yet")
    ours = newest["metadata"]["uid"]
    counts = [status.get(f"{key}Replicas", 0) for key in ("updated", "ready", "available")]
    if counts == [wanted] * 3 and len(there) == wanted and all(_owner(each) == ours for each in there):
        return Finding("pass", expected, f"{wanted} of {wanted} are ready")
    found = f"{counts[1]} of {wanted} ready, {counts[0]} of the present template"
    stuck = _stuck(deployment, [each for each in there if _owner(each) == ours])
    if stuck:
        return Finding("fail", expected, f"{found}; {stuck}", _EVENTS)
    others = len(there) - counts[0]
    more = f", {others} of an earlier one or ending" if others > 0 else ""
    return Finding("wait", expected, found + more, "The map shows how far it is")


def _stuck(deployment: Json, there: list[Json]) -> str:
    for each in there:
        if found := pods.trouble(each) or pods.crashing(each):
            return f"{each['metadata']['name']}: {found}"
    for condition in deployment.get("status", {}).get("conditions") or ():
        if condition["type"] == "ReplicaFailure" and condition["status"] == "True":
            return str(condition.get("message", ""))
        if condition["type"] == "Progressing" and condition["status"] == "False":
            return "the rollout has stalled"
    return "the rollout is paused" if deployment["spec"].get("paused") else ""


def _owned(snapshot: Snapshot, kind: str, owners: set[str]) -> list[Json]:
    return [each for each in snapshot.objects.get(kind, ()) if _owner(each) in owners]


def _owner(obj: Json) -> str:
    references = obj["metadata"].get("ownerReferences") or ()
    return next((str(each["uid"]) for each in references if each.get("controller")), "")


def _revision(obj: Json) -> str:
    return str((obj["metadata"].get("annotations") or {}).get(_REVISION, ""))
