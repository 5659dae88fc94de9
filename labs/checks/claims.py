"""Devices that are claimed (DRA): what was allocated, what it is, and who holds it."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any

from labs.checks import pods
from labs.checks.model import Finding, Json, Snapshot
from labs.checks.settings import text, words_list
from labs.checks.sizes import size

__all__ = ["claim_allocated", "claimants", "devices_of", "shares_device"]

_CLAIMS = "spec.resourceClaims, and resources.claims of a container"
_EVENTS = "The Events tab says why"


def claim_allocated(settings: Mapping[str, object]) -> Callable[[Snapshot], Finding]:
    """``{pod, memory, alternative}``: a Pod runs (any, or the one named), a container names a claim, its devices have so much memory.

    With `alternative` the device has to come from a list under ``firstAvailable``.
    """
    memory, alternative = text(settings, "memory", ""), bool(settings.get("alternative", False))
    least = size(memory) if memory else 0
    expected = "a running Pod with a claimed device" + (f" of at least {memory}" if memory else "")

    def evaluate(snapshot: Snapshot) -> Finding:
        there = [each for each in pods.living(snapshot) if settings.get("pod") in (None, each["metadata"]["name"])]
        if not there:
            return Finding("wait", expected, "no such Pod is there", "Apply the manifest")
        found = [_judged(snapshot, pod, least, memory, alternative, expected) for pod in there]
        return min(found, key=lambda one: ("pass", "fail", "wait", "never").index(one.state))

    return evaluate


def shares_device(settings: Mapping[str, object]) -> Callable[[Snapshot], Finding]:
    """``{pods}``: all of these Pods run and hold one and the same device."""
    names = words_list(settings, "pods")
    expected = f"{' and '.join(names)} on one device"

    def evaluate(snapshot: Snapshot) -> Finding:
        held: dict[str, set[str]] = {}
        for name in names:
            pod = pods.find(snapshot, name)
            if pod is None:
                return Finding("wait", expected, pods.missing(snapshot, "Pod", name), "metadata.name in your manifest")
            if stuck := pods.trouble(pod) or _unfilled(snapshot, pod):
                return Finding("fail", expected, f"{name}: {stuck}", _EVENTS)
            if not _runs(pod):
                return Finding("wait", expected, f"{name} does not run yet", _EVENTS)
            held[name] = {_identity(result) for result, _ in devices_of(snapshot, pod)}
            if not held[name]:
                return Finding("fail", expected, f"no container of {name} names a claim that has a device", _CLAIMS)
        common = set.intersection(*held.values())
        shown = ", ".join(f"{name}: {'; '.join(sorted(devices))}" for name, devices in held.items())
        return Finding("pass" if common else "fail", expected, shown, "Which claim does each Pod name?")

    return evaluate


def claimants(snapshot: Snapshot) -> list[Json]:
    """Living Pods of which a container names a claim."""
    return [pod for pod in pods.living(snapshot) if any(True for _ in _named(pod))]


def devices_of(snapshot: Snapshot, pod: Json) -> Iterator[tuple[Json, Json | None]]:
    """Each device that a container of the Pod may use: the claim's result, and the device as its slice describes it."""
    for name, request in _named(pod):
        claim = _claim(snapshot, pod, name)
        devices = (((claim or {}).get("status") or {}).get("allocation") or {}).get("devices") or {}
        for result in devices.get("results") or ():
            if request in ("", result["request"], str(result["request"]).partition("/")[0]):
                yield result, _described(snapshot, result)


def _judged(snapshot: Snapshot, pod: Json, least: int, memory: str, alternative: bool, expected: str) -> Finding:
    name = pod["metadata"]["name"]
    if stuck := pods.trouble(pod) or _unfilled(snapshot, pod):
        return Finding("fail", expected, f"{name}: {stuck}", _EVENTS)
    if not any(True for _ in _named(pod)):
        has = (
            "has a claim, but none of its containers names it"
            if pod["spec"].get("resourceClaims")
            else "claims nothing"
        )
        return Finding("fail", expected, f"{name} {has}", _CLAIMS)
    if not _runs(pod):
        return Finding("wait", expected, f"{name} does not run yet", _EVENTS)
    held = list(devices_of(snapshot, pod))
    if not held or any(device is None for _, device in held):
        return Finding("wait", expected, f"the claim of {name} shows no device yet", "The Table tab lists the claims")
    small = [result for result, device in held if device and _memory(device) < least]
    if small:
        return Finding("fail", expected, f"{_identity(small[0])} has less than {memory}", "Which device was allocated?")
    if alternative and not any("/" in str(result["request"]) for result, _ in held):
        return Finding("fail", expected, "the claim names one kind of device only", "firstAvailable is a list")
    shown = ", ".join(f"{_identity(result)} ({_product(device)})" for result, device in held)
    return Finding("pass", expected, f"{name} has {shown}")


def _unfilled(snapshot: Snapshot, pod: Json) -> str:
    """Which claim or template of the Pod is not there; such a Pod is not even tried, and its condition says nothing."""
    if _runs(pod):
        return ""
    for each in pod["spec"].get("resourceClaims") or ():
        for key, kind in (
            ("resourceClaimName", "ResourceClaim"),
            ("resourceClaimTemplateName", "ResourceClaimTemplate"),
        ):
            wanted = each.get(key)
            if wanted and not any(one["metadata"]["name"] == wanted for one in pods.living(snapshot, kind)):
                return f"it waits for a {kind} named {wanted}, and there is none"
    return ""


def _named(pod: Json) -> Iterator[tuple[str, str]]:
    """Name in the Pod and request ("": all) of each claim that a container names."""
    known = {str(each["name"]) for each in pod["spec"].get("resourceClaims") or ()}
    for container in pods.containers(pod):
        for each in (container.get("resources") or {}).get("claims") or ():
            if each["name"] in known:
                yield str(each["name"]), str(each.get("request") or "")


def _claim(snapshot: Snapshot, pod: Json, name: str) -> Json | None:
    told = (pod.get("status") or {}).get("resourceClaimStatuses") or ()
    made = [each.get("resourceClaimName") for each in told if each["name"] == name]
    own = [each.get("resourceClaimName") for each in pod["spec"].get("resourceClaims") or () if each["name"] == name]
    wanted = {each for each in (*own, *made) if each}
    return next((each for each in pods.living(snapshot, "ResourceClaim") if each["metadata"]["name"] in wanted), None)


def _described(snapshot: Snapshot, result: Json) -> Json | None:
    for part in snapshot.objects.get("ResourceSlice", ()):
        spec = part["spec"]
        if (spec["driver"], spec["pool"]["name"]) == (result["driver"], result["pool"]):
            for device in spec.get("devices") or ():
                if device["name"] == result["device"]:
                    return dict(device)
    return None


def _memory(device: Json) -> int:
    held: Any = (device.get("capacity") or {}).get("memory") or {}
    return size(str(held.get("value", "0")))


def _product(device: Json | None) -> str:
    attributes: Any = (device or {}).get("attributes") or {}
    return str((attributes.get("productName") or {}).get("string", "unknown"))


def _identity(result: Json) -> str:
    return f"{result['pool']}/{result['device']}"


def _runs(pod: Json) -> bool:
    return (pod.get("status") or {}).get("phase") in ("Running", "Succeeded")
