"""Asks of a Pod why it waits, on the cluster as it is or on a snapshot."""

from __future__ import annotations

from typing import Any

from labs.cluster.why.explanation import Explanation, read_explanation
from labs.cluster.why.resident import ask
from labs.cluster.why.snapshot import Snapshot, placed_anew, read_snapshot
from labs.errors import UsageError
from labs.kube import Client

__all__ = ["Why", "explain"]

Json = dict[str, Any]


def explain(pod: Json, snapshot: Snapshot) -> Explanation:
    """What the scheduler's filters say of a Pod on a snapshot; one that has a node is judged as if it had none yet.

    `pod` needs no field that the API server would fill in. Raises EngineError when the program is not built, ClusterError
    when it fails.
    """
    fresh, objects = placed_anew(pod, snapshot)
    return read_explanation(fresh, ask({"pod": fresh, "snapshot": dict(objects)}))


class Why:
    """Explains the Pods of a living cluster."""

    def __init__(self, client: Client) -> None:
        self._client = client

    def explain(self, pod: str, namespace: str) -> Explanation:
        """Of a Pod that waits for a node. Raises UsageError when there is none of that name or it does not wait."""
        living = self._client.get("Pod", pod, namespace)
        if living is None:
            raise UsageError(
                what=f"There is no Pod {pod} in the namespace {namespace}",
                next_step=f"`labs kubectl get pods -n {namespace}` lists them; -n NAMESPACE names another",
            )
        if node := living["spec"].get("nodeName"):
            phase = (living.get("status") or {}).get("phase", "Unknown")
            raise UsageError(
                what=f"The Pod {pod} does not wait for a node: it is on {node}",
                why=f"The scheduler has done its part; the phase is {phase}",
                next_step=f"`labs kubectl describe pod -n {namespace} {pod}` says what the kubelet does with it",
            )
        return explain(living, read_snapshot(self._client, living))

    def event(self, pod: str, namespace: str) -> str:
        """What the scheduler itself said last of a Pod; "" when it has said nothing."""
        events = [
            event
            for event in self._client.list("v1/Event", namespace)
            if event.get("reason") == "FailedScheduling" and event["involvedObject"].get("name") == pod
        ]
        return str(max(events, key=_when).get("message", "")) if events else ""


def _when(event: Json) -> str:
    """When an event happened last, of whichever API it is."""
    series = event.get("series") or {}
    times = (series.get("lastObservedTime"), event.get("lastTimestamp"), event.get("eventTime"))
    return max(str(time or "") for time in times)
