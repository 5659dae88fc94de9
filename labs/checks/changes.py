"""What happens while something changes: a rollout under load, a Pod that is killed."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from labs.checks import deployments, pods
from labs.checks.model import Finding, Json, Snapshot
from labs.checks.probes import rows, tally
from labs.checks.settings import counted, number, text

__all__ = ["carries", "heals", "no_lost_calls", "parse_label"]

_COUNTER = "The counter shows when a call failed"
_MAP = "The map shows what comes and goes"


def no_lost_calls(settings: Mapping[str, object]) -> Callable[[Snapshot], Finding]:
    """``{service, deployment, from, to}``: a rollout from one version to the other under the counter, no call lost."""
    name, service = text(settings, "deployment"), text(settings, "service")
    old, new = text(settings, "from"), text(settings, "to")
    expected = f"a rollout of {name} from {old} to {new} without a lost call"

    def evaluate(snapshot: Snapshot) -> Finding:
        deployment = deployments.living(snapshot, name)
        if deployment is None:
            return Finding("wait", expected, pods.missing(snapshot, "Deployment", name), "metadata.name")
        row = next(rows(snapshot, "rollout", deployment=name), None)
        if row is None:
            return _before(snapshot, service, old, new, expected)
        return _counted(row, old, new, expected)

    return evaluate


def heals(settings: Mapping[str, object]) -> Callable[[Snapshot], Finding]:
    """``{label, replicas}``: after the course has deleted one of so many ready Pods, another one takes its place."""
    label, wanted = text(settings, "label"), number(settings, "replicas")
    name, value = parse_label(label)
    expected = f"{wanted} ready Pods again after one was killed"

    def evaluate(snapshot: Snapshot) -> Finding:
        there = [each for each in pods.living(snapshot) if carries(each, name, value)]
        ready = [each for each in there if pods.ready(each)]
        row = next(rows(snapshot, "kill"), None)
        if row is None:
            return _to_be_killed(there, len(ready), wanted, label, expected)
        new = [each for each in ready if each["metadata"]["uid"] not in row["before"]]
        if new and len(ready) >= wanted:
            return Finding("pass", expected, f"{new[-1]['metadata']['name']} has replaced {row['pod']}")
        found = f"{row['pod']} was killed, {len(ready)} of {wanted} are ready"
        if there and not any(each["metadata"].get("ownerReferences") for each in there):
            return Finding("fail", expected, f"{found}; nobody looks after the others", "Who made these Pods?")
        return Finding("wait", expected, found, _MAP)

    return evaluate


def parse_label(label: str) -> tuple[str, str]:
    """Name and value of ``app=inference``; raises ValueError."""
    name, equals, value = label.partition("=")
    if not (name and equals):
        raise ValueError("label is written name=value")
    return name, value


def carries(obj: Json, name: str, value: str) -> bool:
    """Whether an object has the label with this value."""
    return (obj["metadata"].get("labels") or {}).get(name) == value


def _to_be_killed(there: list[Json], ready: int, wanted: int, label: str, expected: str) -> Finding:
    found = f"{ready} of {wanted} Pods with {label} are ready; none was killed yet"
    stuck = next(filter(None, (pods.trouble(each) or pods.crashing(each) for each in there)), "")
    if stuck:
        return Finding("fail", expected, f"{found}; {stuck}", "The Events tab says why")
    if len(there) != wanted:
        there_are = f"{counted(len(there), 'Pod')} with {label}, and {wanted} are needed"
        alone = [each["metadata"]["name"] for each in there if not each["metadata"].get("ownerReferences")]
        if alone and len(alone) < len(there):
            look = "A manifest of another kind makes another object beside the earlier one"
            return Finding("fail", expected, f"{there_are}; nobody looks after {', '.join(alone)}", look)
        return Finding("fail", expected, there_are, "How many are asked for, and which labels do they carry?")
    return Finding("wait", expected, found, "The course kills one as soon as all are ready")


def _before(snapshot: Snapshot, service: str, old: str, new: str, expected: str) -> Finding:
    answers: dict[str, int] = {}
    for row in rows(snapshot, "calls", service=service):
        if row["ok"]:
            answers[row["version"]] = answers.get(row["version"], 0) + row["ok"]
    found = f"no rollout yet; calls answered: {tally(answers)}"
    look = f"Once {old} answers, change the tag to {new} and apply"
    return Finding("wait", expected, found, look)


def _counted(row: Json, old: str, new: str, expected: str) -> Finding:
    found = f"answers: {tally(row['versions'])}; {row['failed'] or 'no'} calls lost"
    if row["recreated"]:
        again = "the Deployment was deleted and made anew, so there was nobody to answer meanwhile"
        return Finding("fail", expected, again, "Change the living Deployment")
    if row["failed"]:
        return Finding("never", expected, f"{found} ({tally(row['errors'])})", _COUNTER)
    if row["gone"] is None:
        return Finding("wait", expected, f"{found}; Pods of the earlier template are still there", _MAP)
    if not row["whole"]:
        return Finding("wait", expected, f"{found}; five seconds more", _COUNTER)
    if not row["versions"].get(old):
        return Finding("fail", expected, f"{found}; {old} never answered", f"Begin with {old}")
    if set(row["after"]) != {new}:
        return Finding("fail", expected, f"after the rollout: {tally(row['after'])}", f"Every answer should be {new}")
    return Finding("pass", expected, found)
