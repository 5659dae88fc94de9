"""Two containers of one Pod that hand something over through a volume."""

from __future__ import annotations

import itertools
import json
import re
import uuid
from collections.abc import Iterator

from labs.checks import pods
from labs.checks.model import Finding, Json, Snapshot

__all__ = ["shared_volume_uuid"]

_UUID = re.compile(
    r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}"
    r"|(?<![0-9a-f])[0-9a-f]{12}4[0-9a-f]{3}[89ab][0-9a-f]{15}(?![0-9a-f])",
    re.IGNORECASE,
)
"""With hyphens, or a random one (version 4) without: a checksum has as many digits."""
_FILLED = frozenset({"configMap", "downwardAPI", "image", "projected", "secret"})
_EXPECTED = "a fresh UUID in the logs of two containers that mount one volume"
_ORDER = ("pass", "wait", "fail")


def shared_volume_uuid(snapshot: Snapshot) -> Finding:
    """A UUID that is not part of the Pod itself is in the logs of two containers that mount the same volume.

    A UUID that the manifest holds, the Pod's own or one of a node (its boot id, which every container can read) proves
    nothing: both containers would know it without the volume.
    """
    found = [_judged(snapshot, pod) for pod in pods.living(snapshot)]
    if not found:
        if snapshot.objects.get("Pod"):
            return Finding("wait", _EXPECTED, "the Pod is being deleted", "The Table tab lists what is there")
        return Finding("wait", _EXPECTED, "no Pod", "Apply the manifest")
    return min(found, key=lambda finding: _ORDER.index(finding.state))


def _judged(snapshot: Snapshot, pod: Json) -> Finding:
    pairs = list(_pairs(pod))
    if not pairs:
        few = len(list(pods.containers(pod))) < 2
        what = "the Pod has one container" if few else "no two containers mount the same volume"
        return Finding("fail", _EXPECTED, what, "spec.volumes, and volumeMounts of each container")
    known = frozenset(_uuids(json.dumps([pod, *snapshot.objects.get("Node", ())])))
    printed = {
        name: frozenset(_printed(snapshot, pod, name)) - known for name in {name for pair in pairs for name in pair}
    }
    for one, other in pairs:
        if common := printed[one] & printed[other]:
            return Finding("pass", _EXPECTED, f"{one} and {other} both print {uuid.UUID(min(common))}")
    return _not_yet(snapshot, pod, pairs, printed)


def _not_yet(
    snapshot: Snapshot, pod: Json, pairs: list[tuple[str, str]], printed: dict[str, frozenset[str]]
) -> Finding:
    look = pods.trouble(pod) or "The Log tab shows each container's log"
    with_one = sorted(name for name, found in printed.items() if found)
    if not with_one:
        found = f"no fresh UUID is in the log of {' or '.join(sorted(printed))}"
    else:
        other = next(b if a == with_one[0] else a for a, b in pairs if with_one[0] in (a, b))
        found = f"the UUID is in the log of {with_one[0]} and not in the log of {other}"
    return Finding("wait", _EXPECTED, found, look)


def _pairs(pod: Json) -> Iterator[tuple[str, str]]:
    mounted = [
        (str(each["name"]), {mount["name"]: bool(mount.get("readOnly")) for mount in each.get("volumeMounts") or ()})
        for each in pods.containers(pod)
    ]
    written = _written(pod)
    for (one, first), (other, second) in itertools.combinations(mounted, 2):
        if any(not (first[name] and second[name]) for name in first.keys() & second.keys() & written):
            yield one, other


def _written(pod: Json) -> set[str]:
    """Volumes that containers can write to: not those that the kubelet fills, as with the service account's token."""
    return {volume["name"] for volume in pod["spec"].get("volumes") or () if not _FILLED & volume.keys()}


def _printed(snapshot: Snapshot, pod: Json, container: str) -> Iterator[str]:
    for attempt in pods.logs_of(snapshot, pod):
        if attempt.container == container:
            for line in attempt.lines:
                yield from _uuids(line)


def _uuids(text: str) -> Iterator[str]:
    return (found.lower().replace("-", "") for found in _UUID.findall(text))
