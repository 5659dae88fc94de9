"""GPUs of device plugins: what a Pod asks for, which devices the kubelet gave it, and which card its node has."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field

from labs.checks import pods
from labs.checks.changes import carries, parse_label
from labs.checks.model import Finding, Json, Snapshot
from labs.checks.settings import counted, number, text

__all__ = [
    "GPU",
    "NODE",
    "PRODUCT",
    "Held",
    "card_of",
    "effective_request",
    "extended_resources",
    "gpu_request",
    "gpus_held",
    "held_by",
    "node_of",
    "runs_on_card",
    "scheduled_on",
]

GPU = "nvidia.com/gpu"
PRODUCT, MEMORY = "nvidia.com/gpu.product", "nvidia.com/gpu.memory"
NODE = "labs/node"
_HELD = "labs.gpus/held"
_NAME = "metadata.name in your manifest"
_EVENTS = "The Events tab says why"
_LIMITS = "resources.limits of each container"
_NODES = "The map shows which cards each node has"


@dataclass
class Held:
    """Devices by container, and how many more the kubelet must have given to init containers, whose ids it does not tell."""

    devices: dict[str, frozenset[str]] = field(default_factory=dict)
    more: int = 0
    known: bool = False

    @property
    def count(self) -> int:
        """Different devices of the whole Pod."""
        return len(frozenset().union(*self.devices.values())) + self.more


def effective_request(pod: Json, resource: str = GPU) -> int:
    """How many the scheduler counts: the main containers' and the sidecars' sum, or an init container's when it is larger."""
    sidecars = most = 0
    for each in pod["spec"].get("initContainers") or ():
        if each.get("restartPolicy") == "Always":
            sidecars += _asked(each, resource)
            most = max(most, sidecars)
        else:
            most = max(most, sidecars + _asked(each, resource))
    main = sum(_asked(each, resource) for each in pod["spec"]["containers"])
    return max(most, sidecars + main)


def extended_resources(pod: Json) -> set[str]:
    """Extended resources by name that the Pod asks for."""
    asked = [(each.get("resources") or {}).get("limits") or {} for each in pods.containers(pod)]
    return {name for limits in asked for name in limits if "/" in name}


def held_by(snapshot: Snapshot, pod: Json, resource: str = GPU) -> Held:
    """Which devices the kubelet gave the Pod: from the Pod's status, else from what the node's plugin has published."""
    held = Held()
    for status in (pod.get("status") or {}).get("containerStatuses") or ():
        told = [each for each in status.get("allocatedResourcesStatus") or () if each.get("name") == resource]
        if told:
            held.devices[str(status["name"])] = frozenset(
                str(one["resourceID"]) for each in told for one in each.get("resources") or ()
            )
    if not held.devices and extended_resources(pod) == {resource}:
        held.devices = dict(_published(snapshot, pod))
    held.more = _only_at_the_beginning(pod, resource, held)
    held.known = held.count > 0 or effective_request(pod, resource) == 0
    return held


def node_of(snapshot: Snapshot, pod: Json) -> Json | None:
    """The node that the Pod is on, when it and the node are known."""
    name = pod["spec"].get("nodeName")
    return next((each for each in snapshot.objects.get("Node", ()) if each["metadata"]["name"] == name), None)


def card_of(node: Json) -> str:
    """The product that feature discovery has written on a node; empty where it has none."""
    return str((node["metadata"].get("labels") or {}).get(PRODUCT, ""))


def gpu_request(settings: Mapping[str, object]) -> Callable[[Snapshot], Finding]:
    """``{pod, count, resource}``: the Pod's effective request of a resource (``nvidia.com/gpu``)."""
    name, wanted, resource = text(settings, "pod"), number(settings, "count"), text(settings, "resource", GPU)
    expected = f"{name} asks for {wanted} {resource}"

    def evaluate(snapshot: Snapshot) -> Finding:
        pod = pods.find(snapshot, name)
        if pod is None:
            return Finding("wait", expected, pods.missing(snapshot, "Pod", name), _NAME)
        asked = effective_request(pod, resource)
        if asked == wanted:
            return Finding("pass", expected, f"it asks for {asked}")
        others = sorted(extended_resources(pod) - {resource})
        beside = f", and for {', '.join(others)}" if others else ""
        return Finding("fail", expected, f"it asks for {asked}{beside}", _LIMITS)

    return evaluate


def gpus_held(settings: Mapping[str, object]) -> Callable[[Snapshot], Finding]:
    """``{pod or label, count, each, resource}``: the kubelets gave the Pods exactly so many devices (`each`: so many per container)."""
    resource, wanted = text(settings, "resource", GPU), number(settings, "count")
    each = number(settings, "each", 0)
    chosen, who = _chosen(settings)
    expected = f"{who} with exactly {_devices(wanted)}" + (f", {each} in each container" if each else "")

    def evaluate(snapshot: Snapshot) -> Finding:
        there = chosen(snapshot)
        if not there:
            return Finding("wait", expected, _nobody(snapshot, settings), _NAME)
        for pod in there:
            if stuck := _stuck(pod, expected):
                return stuck
        asked = sum(effective_request(pod, resource) for pod in there)
        held = [held_by(snapshot, pod, resource) for pod in there]
        if asked != wanted and not all(map(_started, there)):
            return Finding("fail", expected, f"{_names(there)} asks for {asked} {resource}", _LIMITS)
        waits = next((pod for pod, one in zip(there, held, strict=True) if not (_started(pod) and one.known)), None)
        if waits is not None:
            return Finding("wait", expected, f"{waits['metadata']['name']} has not started yet", _EVENTS)
        return _counted(there, held, wanted, each, resource, expected)

    return evaluate


def runs_on_card(settings: Mapping[str, object]) -> Callable[[Snapshot], Finding]:
    """``{pod, product}``: the Pod runs, or ran, on a node whose product label has exactly this value."""
    name, product = text(settings, "pod"), text(settings, "product")
    expected = f"{name} on a node with {product}"

    def evaluate(snapshot: Snapshot) -> Finding:
        pod = pods.find(snapshot, name)
        if pod is None:
            return Finding("wait", expected, pods.missing(snapshot, "Pod", name), _NAME)
        if stuck := _stuck(pod, expected):
            return stuck
        node = node_of(snapshot, pod)
        if node is None or not _started(pod):
            return Finding("wait", expected, "it does not run yet", _EVENTS)
        if card_of(node) == product:
            return Finding("pass", expected, f"it is on {node['metadata']['name']}")
        return Finding("fail", expected, f"it is on {node['metadata']['name']}, which has {_card(node)}", _NODES)

    return evaluate


def scheduled_on(settings: Mapping[str, object]) -> Callable[[Snapshot], Finding]:
    """``{pod, node}``: the Pod is on the node with this number (its label ``labs/node``)."""
    name, wanted = text(settings, "pod"), str(number(settings, "node"))
    expected = f"{name} on node {wanted}"

    def evaluate(snapshot: Snapshot) -> Finding:
        pod = pods.find(snapshot, name)
        if pod is None:
            return Finding("wait", expected, pods.missing(snapshot, "Pod", name), _NAME)
        if stuck := pods.unschedulable(pod):
            return Finding("fail", expected, stuck, _EVENTS)
        node = node_of(snapshot, pod)
        if node is None:
            return Finding("wait", expected, "no node was chosen yet", _EVENTS)
        right = (node["metadata"].get("labels") or {}).get(NODE) == wanted
        return Finding("pass" if right else "fail", expected, f"it is on {node['metadata']['name']}", _NODES)

    return evaluate


def _asked(container: Json, resource: str) -> int:
    resources = container.get("resources") or {}
    found = (resources.get("limits") or {}).get(resource) or (resources.get("requests") or {}).get(resource) or 0
    try:
        return int(str(found))
    except ValueError:
        return 0


def _published(snapshot: Snapshot, pod: Json) -> Iterator[tuple[str, frozenset[str]]]:
    node = node_of(snapshot, pod)
    told = ((node or {}).get("metadata", {}).get("annotations") or {}).get(_HELD, "{}")
    mine = f"{pod['metadata'].get('namespace', '')}/{pod['metadata']['name']}/"
    found: dict[str, set[str]] = {}
    for device, holder in json.loads(told).items():
        if str(holder).startswith(mine):
            found.setdefault(str(holder).removeprefix(mine), set()).add(str(device))
    yield from ((name, frozenset(devices)) for name, devices in found.items())


def _only_at_the_beginning(pod: Json, resource: str, held: Held) -> int:
    """Devices of init containers and sidecars: a main container takes over an init container's, never a sidecar's."""
    ran = {
        str(each["name"])
        for each in (pod.get("status") or {}).get("initContainerStatuses") or ()
        if "waiting" not in (each.get("state") or {})
    }
    first = [each for each in pod["spec"].get("initContainers") or () if each["name"] in ran - held.devices.keys()]
    sidecars = sum(_asked(each, resource) for each in first if each.get("restartPolicy") == "Always")
    once = max((_asked(each, resource) for each in first if each.get("restartPolicy") != "Always"), default=0)
    return sidecars + max(0, once - held.count)


def _chosen(settings: Mapping[str, object]) -> tuple[Callable[[Snapshot], list[Json]], str]:
    if ("pod" in settings) == ("label" in settings):
        raise ValueError("gpus_held needs a pod or a label")
    if "pod" in settings:
        pod = text(settings, "pod")
        return lambda snapshot: [each for each in pods.living(snapshot) if each["metadata"]["name"] == pod], pod
    name, value = parse_label(text(settings, "label"))
    chosen = lambda snapshot: [each for each in pods.living(snapshot) if carries(each, name, value)]  # noqa: E731
    return chosen, f"Pods with {name}={value}"


def _nobody(snapshot: Snapshot, settings: Mapping[str, object]) -> str:
    if "pod" in settings:
        return pods.missing(snapshot, "Pod", text(settings, "pod"))
    return f"no Pod with {settings['label']}"


def _stuck(pod: Json, expected: str) -> Finding | None:
    """What keeps a Pod from its device for good, or for as long as nothing changes."""
    status, name = pod.get("status") or {}, pod["metadata"]["name"]
    if status.get("phase") == "Failed" and status.get("reason"):
        return Finding("fail", expected, f"{name} failed: {status['reason']}: {status.get('message', '')}", _EVENTS)
    if stuck := pods.trouble(pod):
        return Finding("fail", expected, f"{name}: {stuck}", _EVENTS)
    return None


def _started(pod: Json) -> bool:
    return (pod.get("status") or {}).get("phase") in ("Running", "Succeeded", "Failed")


def _counted(there: list[Json], held: list[Held], wanted: int, each: int, resource: str, expected: str) -> Finding:
    count = sum(one.count for one in held)
    names = _names(there)
    if count != wanted:
        asked = sum(effective_request(pod, resource) for pod in there)
        return Finding("fail", expected, f"{names} asks for {asked} {resource} and got {_devices(count)}", _LIMITS)
    if each and (wrong := _uneven(there, held, each)):
        return Finding("fail", expected, wrong, _LIMITS)
    ended = [pod["metadata"]["name"] for pod in there if pod["status"]["phase"] == "Failed"]
    if ended:
        return Finding("fail", expected, f"{', '.join(ended)} failed", "The Log tab")
    return Finding("pass", expected, f"{names}: {_devices(count)}")


def _names(there: list[Json]) -> str:
    return ", ".join(pod["metadata"]["name"] for pod in there)


def _uneven(there: list[Json], held: list[Held], each: int) -> str:
    for pod, one in zip(there, held, strict=True):
        for container in pod["spec"]["containers"]:
            got = len(one.devices.get(container["name"], ()))
            if got != each:
                return f"container {container['name']} got {_devices(got)}"
    return ""


def _devices(count: int) -> str:
    return counted(count, "device") if count else "no device"


def _card(node: Json) -> str:
    labels = node["metadata"].get("labels") or {}
    memory = f" ({labels[MEMORY]} MiB)" if labels.get(MEMORY) else ""
    return f"{labels[PRODUCT]}{memory}" if labels.get(PRODUCT) else "no card"
