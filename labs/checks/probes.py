"""Behaviour that has to be tried out: what a check asks for, and the rows of what was seen (`Snapshot.probes`).

Every row is a mapping with the key ``probe``; times are on the snapshot's clock (`Snapshot.now`, seconds).

``pod``      one GET of a Pod through the API server's proxy: pod, uid, port, path, ok, status, version and answered_by
             (both from the body, "" when it has none), error ("" when ok), at, since (when this outcome began), failures
             (how often it answered something else than 200 though the Pod was ready; a call without an answer does not count).
``service``  several GETs of a Service on new connections: service, namespace ("": the exercise's), port, origin
             ("cluster": from a Pod of ours by DNS name, "notebook": the forwarded address), url, calls, ok, pods
             {name: answers}, versions {version: answers}, errors {words: calls}, at, since.
``calls``    the counter of new connections, one row for each second, version, pod and error, of the last two minutes:
             service, at (begin of the second), version, pod, ok, failed, error.
``rollout``  the last change of a Deployment's template under the counter: deployment, uid, began, gone (when no Pod of
             an earlier template was left, None before), whole (counted to its end), versions {version: answers},
             after {version: answers once the old Pods were gone}, failed, errors {words: calls}, recreated (the
             Deployment was deleted and made anew).
``copy``     where a Pod would be placed in a copy of the cluster with other cards: pod, uid, fleet (JSON, as asked), feasible
             [{node (its number), card}], why (the first node's reason, "" when some node fits).
``kill``     the Pod that the course has deleted: pod, uid, at, before [UIDs of all Pods that were ready then].
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

from labs.checks.model import Json, Snapshot

__all__ = ["Probe", "rows", "tally"]


@dataclass(frozen=True)
class Probe:
    """One thing to try out, every two seconds and whenever a watched object changes.

    pods: each Pod of the Deployment `name`; service, notebook: the Service `name`, `calls` times on new connections;
    counter: the same Service 50 times a second, around each change of `deployment`; kill: once `calls` Pods with the
    label `name` (``app=inference``) are ready, delete one; copy: ask the scheduler's code about the Pod `name` (empty: every
    one that claims a device) in a copy of the cluster with `fleet` (JSON).
    """

    target: Literal["pods", "service", "notebook", "counter", "kill", "copy"]
    name: str
    port: int = 80
    path: str = "/version"
    calls: int = 1
    namespace: str = ""
    deployment: str = ""
    fleet: str = ""


def rows(snapshot: Snapshot, probe: str, **wanted: object) -> Iterator[Json]:
    """The rows of one kind whose keys have these values."""
    for row in snapshot.probes:
        if row["probe"] == probe and all(row.get(key) == value for key, value in wanted.items()):
            yield row


def tally(counts: Json) -> str:
    """Counts in words: ``v1 31, v2 29``."""
    return ", ".join(f"{name or 'no name'} {count}" for name, count in sorted(counts.items())) or "none"
