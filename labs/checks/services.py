"""Services: their endpoints, whether they answer, and which Pods do."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping

from labs.checks import pods
from labs.checks.deployments import PATIENCE_SECONDS
from labs.checks.model import Finding, Json, Snapshot
from labs.checks.probes import rows, tally
from labs.checks.settings import counted, number, text, words

__all__ = ["endpoints", "service_answers", "service_type", "spread"]

_OWNER = "kubernetes.io/service-name"
_MANIFEST = "kind and metadata.name in your manifest"
_MAP = "The map shows which Pods the Service reaches"


def service_type(settings: Mapping[str, object]) -> Callable[[Snapshot], Finding]:
    """``{service, type}``: the Service is of this type."""
    name, wanted = text(settings, "service"), text(settings, "type")
    expected = f"{name} of type {wanted}"

    def judge(snapshot: Snapshot, service: Json) -> Finding:
        found = str(service["spec"].get("type", "ClusterIP"))
        if found == wanted:
            return Finding("pass", expected, f"type {found}")
        return Finding("fail", expected, f"type {found}", "Who should reach it: Pods, or the world?")

    return _of_living(name, expected, judge)


def endpoints(settings: Mapping[str, object]) -> Callable[[Snapshot], Finding]:
    """``{service, ready}``: so many ready Pods stand behind the Service, no more and no less."""
    name, wanted = text(settings, "service"), number(settings, "ready")
    expected = f"{counted(wanted, 'ready Pod')} behind {name}"

    def judge(snapshot: Snapshot, service: Json) -> Finding:
        there = _ready_names(snapshot, name)
        if len(there) == wanted:
            return Finding("pass", expected, f"{wanted} of {wanted}")
        state, found = _behind(snapshot, service, len(there))
        return Finding("wait" if state == "wait" else "fail", expected, found, _MAP)

    return _of_living(name, expected, judge)


def service_answers(settings: Mapping[str, object]) -> Callable[[Snapshot], Finding]:
    """``{service, port, calls, from, namespace}``: every call on a new connection is answered by a ready Pod.

    `from` is ``cluster`` (a Pod of ours calls it by DNS name) or ``notebook`` (the address that the workbench shows).
    """
    name, origin = text(settings, "service"), text(settings, "from", "cluster")
    key = {"service": name, "origin": origin, "port": number(settings, "port", 80)}
    key["namespace"] = text(settings, "namespace", "")
    place = "from another Pod" if origin == "cluster" else "from this notebook"
    expected = f"{name} answers {place}"

    def judge(snapshot: Snapshot, service: Json | None) -> Finding:
        row = next(rows(snapshot, "service", **key), None)
        if row is None:
            return Finding("wait", expected, "it was not called yet")
        return _answered(snapshot, service, row, expected)

    if key["namespace"]:
        return lambda snapshot: judge(snapshot, None)
    return _of_living(name, expected, judge)


def spread(settings: Mapping[str, object]) -> Callable[[Snapshot], Finding]:
    """``{service, port, calls}``: of so many calls on new connections each ready Pod answers at least one."""
    name, port, calls = text(settings, "service"), number(settings, "port", 80), number(settings, "calls")
    expected = f"each ready Pod answers some of {calls} calls on new connections"

    def evaluate(snapshot: Snapshot) -> Finding:
        row = next(rows(snapshot, "service", service=name, origin="cluster", port=port), None)
        there = _ready_names(snapshot, name)
        if row is None or not there:
            return Finding("wait", expected, "no ready Pod stands behind it" if row else "it was not called yet", _MAP)
        silent = sorted(there - row["pods"].keys())
        found = tally(row["pods"])
        if silent:
            return Finding("wait", expected, f"answered by {found}; not by {', '.join(silent)}", _MAP)
        return Finding("pass", expected, found)

    return evaluate


def _of_living(name: str, expected: str, judge: Callable[[Snapshot, Json], Finding]) -> Callable[[Snapshot], Finding]:
    """Wait for the Service, then judge it."""

    def evaluate(snapshot: Snapshot) -> Finding:
        service = next((each for each in pods.living(snapshot, "Service") if each["metadata"]["name"] == name), None)
        if service is None:
            return Finding("wait", expected, pods.missing(snapshot, "Service", name), _MANIFEST)
        return judge(snapshot, service)

    return evaluate


def _answered(snapshot: Snapshot, service: Json | None, row: Json, expected: str) -> Finding:
    if row["ok"] == row["calls"]:
        strange = sorted(row["pods"].keys() - _ready_pods(snapshot)) if service else []
        if not strange:
            return Finding("pass", expected, f"{row['url']}: {row['ok']} of {row['calls']} calls answered")
        return Finding("wait", expected, f"{strange[0]} answers, which is no ready Pod here", _MAP)
    found = f"{row['url']}: {row['calls'] - row['ok']} of {row['calls']} calls failed ({tally(row['errors'])})"
    early = snapshot.now < row["since"] + PATIENCE_SECONDS
    why = ""
    if service is not None and not (there := _ready_names(snapshot, str(service["metadata"]["name"]))):
        state, why = _behind(snapshot, service, len(there))
        early = early and state == "wait"
    look = "Follow the call: the Service's port, its targetPort, the port on which the program listens"
    return Finding("wait" if early else "fail", expected, f"{found}; {why}" if why else found, _MAP if why else look)


def _behind(snapshot: Snapshot, service: Json, ready: int) -> tuple[str, str]:
    """Why so many are ready behind the Service: ``fail`` when its selector is the reason, else ``wait``."""
    selector = service["spec"].get("selector") or {}
    living = pods.living(snapshot)
    chosen = [each for each in living if selector.items() <= (each["metadata"].get("labels") or {}).items()]
    if not selector:
        return "fail", "it has no selector, so nobody fills in its endpoints"
    if not chosen:
        carried = dict.fromkeys(words(_own_labels(each)) for each in living)
        there = f"; the Pods here carry {' or '.join(carried)}" if carried else "; there is no Pod here"
        return "fail", f"its selector {words(selector)} matches no Pod{there}"
    return "wait", f"its selector {words(selector)} matches {counted(len(chosen), 'Pod')}, {ready} of them ready"


def _own_labels(pod: Json) -> dict[str, str]:
    found = pod["metadata"].get("labels") or {}
    return {name: value for name, value in found.items() if name != "pod-template-hash"}


def _ready_pods(snapshot: Snapshot) -> set[str]:
    return {each["metadata"]["name"] for each in pods.living(snapshot) if pods.ready(each)}


def _ready_names(snapshot: Snapshot, service: str) -> set[str]:
    """Names of the Pods that the Service sends calls to."""
    return {
        str((each.get("targetRef") or {}).get("name", ""))
        for each in _endpoints(snapshot, service)
        if (each.get("conditions") or {}).get("ready")
    }


def _endpoints(snapshot: Snapshot, service: str) -> Iterator[Json]:
    for each in snapshot.objects.get("EndpointSlice", ()):
        if (each["metadata"].get("labels") or {}).get(_OWNER) == service:
            yield from each.get("endpoints") or ()
