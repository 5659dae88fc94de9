"""What the Deployment lesson judges beyond the common words."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from labs.checks import Finding, Snapshot
from labs.checks.deployments import living, pods_of, replica_sets
from labs.checks.pods import missing, ready, statuses
from labs.checks.probes import rows, tally

__all__ = ["both_versions", "one_template", "ready_when_loaded", "remembers"]

Json = Mapping[str, Any]
_LOAD = "MODEL_LOAD_SECONDS"
_TELLS = "Who tells the kubelet that the weights are there?"


def one_template(snapshot: Snapshot, deployment: str) -> Finding:
    """Pass as long as the Deployment has had one template only: then nothing was restarted."""
    expected = f"one template for all Pods of {deployment}"
    found = living(snapshot, deployment)
    if found is None:
        return Finding("wait", expected, missing(snapshot, "Deployment", deployment), "metadata.name")
    count = len(replica_sets(snapshot, found))
    if count > 1:
        look = "Below spec.template nothing may change; begin again with Start over"
        return Finding("never", expected, f"it has had {count} templates, so Pods were replaced", look)
    return Finding("pass" if count else "wait", expected, f"{count or 'no'} ReplicaSet")


def remembers(snapshot: Snapshot, deployment: str, image: str) -> Finding:
    """Pass when one of the Deployment's earlier templates had this image."""
    expected = f"a revision of {deployment} with {image}"
    found = living(snapshot, deployment)
    if found is None:
        return Finding("wait", expected, missing(snapshot, "Deployment", deployment), "metadata.name")
    images = [
        str(container.get("image"))
        for each in replica_sets(snapshot, found)
        for container in each["spec"]["template"]["spec"]["containers"]
    ]
    if image in images:
        return Finding("pass", expected, f"revisions with {', '.join(images)}")
    return Finding("wait", expected, f"revisions with {', '.join(images) or 'nothing'}", "Change the living Deployment")


def ready_when_loaded(snapshot: Snapshot, deployment: str) -> Finding:
    """Fail when a ready Pod has ever said that it is not, or was ready sooner than its weights can be: then nobody asked it."""
    expected = "ready Pods that always answer 200 on /readyz"
    found = living(snapshot, deployment)
    if found is None:
        return Finding("wait", expected, missing(snapshot, "Deployment", deployment), "metadata.name")
    asked = [each for each in pods_of(snapshot, found) if not each["metadata"].get("deletionTimestamp")]
    seen = {row["uid"]: row for row in rows(snapshot, "pod", port=5000, path="/readyz")}
    for each in asked:
        row = seen.get(each["metadata"]["uid"])
        if row and row["failures"]:
            said = f"{row['pod']} was called ready, but answered {row['failures']} times that it is not"
            return Finding("fail", expected, said, _TELLS)
        if hasty := _too_early(each):
            return Finding("fail", expected, hasty, _TELLS)
    if asked and all(ready(each) and each["metadata"]["uid"] in seen for each in asked):
        return Finding("pass", expected, "every ready Pod answered 200 each time")
    return Finding("wait", expected, f"{sum(map(ready, asked))} of {len(asked)} Pods are ready", "The map")


def _too_early(pod: Json) -> str:
    """What the Pod's own times say, for a judge who came later: ready before its weights can have been loaded."""
    conditions = (each for each in pod["status"].get("conditions") or () if each["type"] == "Ready")
    at = next((each.get("lastTransitionTime") for each in conditions if each["status"] == "True"), None)
    for status, container in zip(statuses(pod), pod["spec"]["containers"], strict=False):
        begun = (status["state"].get("running") or {}).get("startedAt")
        values = {each["name"]: each.get("value", "") for each in container.get("env") or ()}
        needs = values.get(_LOAD, "")
        if at and begun and needs.isdecimal():
            after = (datetime.fromisoformat(at) - datetime.fromisoformat(begun)).total_seconds()
            if 0 <= after < int(needs) - 1:
                name = pod["metadata"]["name"]
                return f"{name} was called ready {after:.0f} seconds after its start, and its weights need {needs}"
    return ""


def both_versions(snapshot: Snapshot, service: str) -> Finding:
    """Pass when calls to the Service are answered by v1 and by v2, and by nothing else."""
    expected = f"answers of v1 and v2 through {service}"
    row = next(rows(snapshot, "service", service=service, origin="cluster"), None)
    if row is None:
        return Finding("wait", expected, "it was not called yet")
    found = f"answers: {tally(row['versions'])}"
    if row["ok"] == row["calls"] and set(row["versions"]) == {"v1", "v2"}:
        return Finding("pass", expected, found)
    return Finding("wait", expected, found, "Which Pods does the Service choose, and which image do they have?")
