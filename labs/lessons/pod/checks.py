"""What the Pod lesson judges beyond the common words."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from decimal import Decimal
from typing import Any

from labs.checks import Finding, Snapshot
from labs.checks.pods import find
from labs.checks.sizes import quantity

__all__ = ["cpu_request", "image_found", "label_from_log", "memory_request"]

Json = Mapping[str, Any]
_NO_IMAGE = frozenset(
    {"ErrImagePull", "ImagePullBackOff", "InvalidImageName", "ErrImageNeverPull", "ImageInspectError"}
)


def image_found(snapshot: Snapshot, pod: str) -> Finding:
    """Pass once every container of the Pod has been started from its image; fail when a pull has failed."""
    living = _pod(snapshot, pod)
    expected = "a container started from its image"
    if living is None:
        return Finding("wait", expected, f"no Pod named {pod}", "Apply the manifest")
    statuses = _statuses(living)
    for status in statuses:
        waiting = status.get("state", {}).get("waiting", {})
        if waiting.get("reason") in _NO_IMAGE:
            found = f"{waiting['reason']} for the image {status.get('image')}"
            return Finding("fail", expected, found, "The Events tab has the whole message")
    if statuses and all(_started(status) for status in statuses):
        return Finding("pass", expected, "every container was started", "")
    return Finding("wait", expected, "not started yet", "The Events tab shows how far it is")


def label_from_log(snapshot: Snapshot, pod: str, label: str, prefix: str) -> Finding:
    """Pass when the Pod's label has the value that a line of its log names after `prefix`."""
    living = _pod(snapshot, pod)
    value = ((living or {}).get("metadata", {}).get("labels") or {}).get(label)
    expected = f"the label {label} with the value that the log names"
    if living is None:
        return Finding("wait", expected, f"no Pod named {pod}", "Apply the manifest")
    named = _named(snapshot, str(living["metadata"]["uid"]), prefix)
    if named is None:
        look = "The Log tab shows what the script says"
        return Finding("wait", expected, f'no line of the log begins with "{prefix.strip()}"', look)
    if value == named:
        return Finding("pass", expected, f"{label} is {value}", "")
    found = f"no label {label}" if value is None else f"{label} is {value}"
    return Finding("fail", expected, found, "Compare the label with the last line of the log")


def cpu_request(snapshot: Snapshot, pod: str, amount: str) -> Finding:
    """Pass when the Pod asks for exactly this much CPU, for itself or by its containers together."""
    return _request(snapshot, pod, "cpu", amount)


def memory_request(snapshot: Snapshot, pod: str, amount: str) -> Finding:
    """Pass when the Pod asks for exactly this much memory, for itself or by its containers together."""
    return _request(snapshot, pod, "memory", amount)


def _request(snapshot: Snapshot, pod: str, resource: str, amount: str) -> Finding:
    living = _pod(snapshot, pod)
    shown = {"cpu": "CPU"}.get(resource, resource)
    expected = f"a {shown} request of {_spoken(resource, amount)}"
    if living is None:
        return Finding("wait", expected, f"no Pod named {pod}", "Apply the manifest")
    asked = _asked(living["spec"], resource)
    if not asked:
        return Finding("fail", expected, f"no {shown} request", "The form has a field for it")
    if sum(map(quantity, asked)) == quantity(amount):
        return Finding("pass", expected, _spoken(resource, asked[0]), "")
    found = " + ".join(_spoken(resource, each) for each in asked)
    return Finding("fail", expected, found, "What the unit after the number means is in the form's words")


def _asked(spec: Json, resource: str) -> list[str]:
    whole = ((spec.get("resources") or {}).get("requests") or {}).get(resource)
    if whole is not None:
        return [str(whole)]
    each = [((one.get("resources") or {}).get("requests") or {}).get(resource) for one in spec["containers"]]
    return [str(one) for one in each if one is not None]


def _spoken(resource: str, amount: str) -> str:
    number = quantity(amount)
    if resource == "cpu":
        return f"{amount} ({_plain(number)} cores)"
    return f"{amount} ({_plain(number)} bytes)"


def _plain(number: Decimal) -> str:
    return f"{number.normalize():,f}"


def _named(snapshot: Snapshot, uid: str, prefix: str) -> str | None:
    lines = (line for attempt in snapshot.logs if attempt.pod_uid == uid for line in attempt.lines)
    return next((line.removeprefix(prefix).strip() for line in lines if line.startswith(prefix)), None)


def _pod(snapshot: Snapshot, name: str) -> Json | None:
    return find(snapshot, name)


def _statuses(pod: Json) -> list[Json]:
    return list(_each_status(pod.get("status", {})))


def _each_status(status: Json) -> Iterator[Json]:
    yield from status.get("initContainerStatuses") or ()
    yield from status.get("containerStatuses") or ()


def _started(status: Json) -> bool:
    state, last = status.get("state", {}), status.get("lastState", {})
    return "running" in state or "terminated" in state or "terminated" in last
