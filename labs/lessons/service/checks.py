"""What the Service lesson judges beyond the common words."""

from __future__ import annotations

from labs.checks import Finding, Snapshot
from labs.checks.pods import find, logs_of, missing, trouble
from labs.checks.probes import rows

__all__ = ["heard"]


def heard(snapshot: Snapshot, pod: str, service: str, namespace: str) -> Finding:
    """Pass when a line of the Pod's log names a Pod that answers through that Service: nobody can know its name before."""
    expected = f"an answer of {service} in {namespace} in the log of {pod}"
    living = find(snapshot, pod)
    if living is None:
        return Finding("wait", expected, missing(snapshot, "Pod", pod), "metadata.name in your manifest")
    row = next(rows(snapshot, "service", service=service, namespace=namespace), None)
    lines = [line for attempt in logs_of(snapshot, living) for line in attempt.lines if line.strip()]
    if row and any(name in line for line in lines for name in row["pods"]):
        return Finding("pass", expected, "it is there")
    if stuck := trouble(living):
        return Finding("fail", expected, stuck, "The Events tab says why")
    last = f'its last line is "{lines[-1].strip()[:200]}"' if lines else "it has no line yet"
    return Finding("wait", expected, last, "The Log tab: what did the call get?")
