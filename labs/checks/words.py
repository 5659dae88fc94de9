"""Words about single objects: each is a function from its settings to a predicate on snapshots."""

from __future__ import annotations

import importlib
import inspect
import re
from collections.abc import Callable, Iterator, Mapping

from labs.checks import pods
from labs.checks.model import Finding, Json, LogAttempt, Snapshot
from labs.checks.settings import text as _text

__all__ = ["Evaluate", "absent", "event_seen", "exists", "logs_contain", "phase", "python_check"]

Evaluate = Callable[[Snapshot], Finding]

_EVENTS = "The Events tab says why"
_PHASES = ("Pending", "Running", "Succeeded", "Failed")
_QUOTED = re.compile(r' +File ".*", line \d+')
_ENDED = frozenset({"Succeeded", "Failed"})


def exists(settings: Mapping[str, object]) -> Evaluate:
    """``{kind, name}``: the object is there and is not being deleted."""
    kind, name = _text(settings, "kind"), _text(settings, "name")

    def evaluate(snapshot: Snapshot) -> Finding:
        expected = f"a {kind} named {name}"
        if any(each["metadata"]["name"] == name for each in pods.living(snapshot, kind)):
            return Finding("pass", expected, "it is there")
        return Finding("wait", expected, pods.missing(snapshot, kind, name), "metadata.name in your manifest")

    return evaluate


def absent(settings: Mapping[str, object]) -> Evaluate:
    """``{kind, name}``: no such object is there."""
    kind, name = _text(settings, "kind"), _text(settings, "name")

    def evaluate(snapshot: Snapshot) -> Finding:
        expected = f"no {kind} named {name}"
        if any(each["metadata"]["name"] == name for each in snapshot.objects.get(kind, ())):
            there = any(each["metadata"]["name"] == name for each in pods.living(snapshot, kind))
            found = "it is there" if there else "it is being deleted"
            return Finding("wait", expected, found, "The Table tab lists what is there")
        return Finding("pass", expected, "it is gone")

    return evaluate


def phase(settings: Mapping[str, object]) -> Evaluate:
    """``{pod, phase, restarts}``: the Pod's phase; Running means with every main container running. `restarts` is the most."""
    name, wanted = _text(settings, "pod"), _text(settings, "phase")
    if wanted not in _PHASES:
        raise ValueError(f"phase is one of {', '.join(_PHASES)}")
    most = settings.get("restarts")
    if most is not None and (not isinstance(most, int) or isinstance(most, bool)):
        raise ValueError("restarts is a number")
    expected = f"phase {wanted}" + ("" if most is None else f" with {most} restarts")

    def evaluate(snapshot: Snapshot) -> Finding:
        pod = pods.find(snapshot, name)
        if pod is None:
            return Finding("wait", expected, pods.missing(snapshot, "Pod", name), "metadata.name in your manifest")
        return _phase(pod, wanted, most, expected)

    return evaluate


def _phase(pod: Json, wanted: str, most: int | None, expected: str) -> Finding:
    now, restarted = str((pod.get("status") or {}).get("phase", "Pending")), pods.restarts(pod)
    found = _described(pod, now, restarted)
    if wanted == "Succeeded" and "Always" in pods.effective_policies(pod):
        why = " It cannot turn green: with restart policy Always a Pod never succeeds."
        return Finding("never", expected, found + "." + why, "Who decides what happens when a container ends?")
    if most is not None and restarted > most:
        return Finding("never", expected, found + ". A restart is never forgotten.", _EVENTS)
    if now == wanted and (now != "Running" or _all_run(pod)):
        return Finding("pass", expected, found)
    if now in _ENDED:
        return Finding("never", expected, found + ". A Pod that has ended does not run again.", "The Log tab")
    stuck = pods.trouble(pod)
    if stuck:
        return Finding("fail", expected, f"phase {now}, {stuck}", _EVENTS)
    return Finding("wait", expected, found, "The Events tab shows how far it is")


def _all_run(pod: Json) -> bool:
    each = (pod.get("status") or {}).get("containerStatuses") or ()
    return len(each) == len(pod["spec"]["containers"]) and all(
        "running" in (status.get("state") or {}) for status in each
    )


def _described(pod: Json, now: str, restarted: int) -> str:
    waiting = [
        f"container {status['name']} waits ({status['state']['waiting'].get('reason', 'no reason given')})"
        for status in pods.statuses(pod)
        if "waiting" in (status.get("state") or {})
    ]
    after = f" after {restarted} restart{'s' if restarted != 1 else ''}" if restarted else ""
    return f"phase {now}" + (f": {', '.join(waiting)}" if waiting else "") + after


def logs_contain(settings: Mapping[str, object]) -> Evaluate:
    """``{pod, text}``: a line of the log of any attempt of any container of the Pod contains the text."""
    name, text = _text(settings, "pod"), _text(settings, "text")
    expected = f'a line of the log of {name} with "{text}"'

    def evaluate(snapshot: Snapshot) -> Finding:
        pod = pods.find(snapshot, name)
        if pod is None:
            return Finding("wait", expected, pods.missing(snapshot, "Pod", name), "metadata.name in your manifest")
        attempts = pods.logs_of(snapshot, pod)
        for line in (line for attempt in attempts for line in _said(attempt)):
            if text in line:
                return Finding("pass", expected, f'"{line.strip()[:200]}"')
        lines = [line for attempt in attempts for line in attempt.lines if line.strip()]
        ended = (pod.get("status") or {}).get("phase") in _ENDED and _all_read(pod, attempts)
        return _without(pod, expected, lines, ended)

    return evaluate


def _said(attempt: LogAttempt) -> Iterator[str]:
    """The lines without those in which a traceback of Python quotes the program's text: the program never said them."""
    quoted = False
    for line in attempt.lines:
        if not quoted:
            yield line
        quoted = bool(_QUOTED.match(line))


def _all_read(pod: Json, attempts: list[LogAttempt]) -> bool:
    """Whether the log of every container that has run was read to its end."""
    read = {(each.container, each.attempt) for each in attempts}
    ran = [status for status in pods.statuses(pod) if "waiting" not in (status.get("state") or {})]
    known = all((status["name"], int(status.get("restartCount", 0))) in read for status in ran)
    return known and all(each.complete for each in attempts)


def _without(pod: Json, expected: str, lines: list[str], ended: bool) -> Finding:
    stuck = pods.trouble(pod)
    if lines:
        found = f'the log has no line with it; its last one is "{lines[-1].strip()[:200]}"'
    else:
        found = "the log has no line"
    if stuck:
        found += f"; {stuck}"
    if ended:
        return Finding("never", expected, found + ". The Pod has ended.", "The Log tab")
    return Finding("fail" if stuck else "wait", expected, found, _EVENTS if stuck else "The Log tab")


def event_seen(settings: Mapping[str, object]) -> Evaluate:
    """``{object, reason}``: an event with that reason is about the object of that name that is there now."""
    name, reason = _text(settings, "object"), _text(settings, "reason")

    def evaluate(snapshot: Snapshot) -> Finding:
        about = [each for each in snapshot.events if _is_about(snapshot, each.get("involvedObject") or {}, name)]
        expected = f"an event {reason} about {name}"
        if any(each.get("reason") == reason for each in about):
            return Finding("pass", expected, "it was seen")
        seen = ", ".join(dict.fromkeys(str(each.get("reason")) for each in about)) or "none"
        return Finding("wait", expected, f"events seen: {seen}", "The Events tab")

    return evaluate


def _is_about(snapshot: Snapshot, concerned: Json, name: str) -> bool:
    """Whether an event concerns the object of that name; not an earlier one that had the same name."""
    kind = str(concerned.get("kind"))
    if concerned.get("name") != name or kind not in snapshot.objects:
        return concerned.get("name") == name
    return any(each["metadata"]["uid"] == concerned.get("uid") for each in pods.living(snapshot, kind))


def python_check(address: str, settings: Mapping[str, object]) -> Evaluate:
    """``module:function``, called with the snapshot and the settings; gives a Finding."""
    module, _, name = address.partition(":")
    function: Callable[..., Finding] = getattr(importlib.import_module(module), name)
    inspect.signature(function).bind(None, **settings)
    return lambda snapshot: function(snapshot, **settings)
