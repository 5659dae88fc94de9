"""Draft, applied, or in the cluster: the one line that keeps them apart; and who else changed the object."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from labs.ui.store import Applied, Json, State

OURS = ("kubectl-client-side-apply", "kubectl", "labs")
NOTHING = object()


def identity(obj: Json) -> tuple[str, str]:
    """Kind and name of an object."""
    return str(obj.get("kind", "")), str((obj.get("metadata") or {}).get("name", ""))


def living(state: State, kind: str, name: str) -> Json | None:
    """An object of the namespace by kind and name."""
    return next((o for o in state.objects.get(kind, ()) if o["metadata"]["name"] == name), None)


def applied_object(state: State) -> Applied | None:
    """What the last apply made of the document that the form shows."""
    return state.applied[min(state.document, len(state.applied) - 1)] if state.applied else None


def live_object(state: State) -> Json | None:
    """The object in the cluster that the last apply made of the chosen document, or the one the draft names."""
    last = applied_object(state)
    return living(state, *(identity(last.obj) if last else (state.draft_kind, state.draft_name)))


def status_view(state: State) -> dict[str, Any]:
    """``phase`` (draft, applied, edited, foreign or gone), the words, and how many problems the text has."""
    wrong = sum(p.severity == "error" for p in state.problems)
    problems = f" · {wrong} problem{'s' if wrong != 1 else ''}" if wrong else ""
    phase, words = _phase(state)
    return {"phase": phase, "words": words + problems, "problems": wrong}


def _phase(state: State) -> tuple[str, str]:
    if not state.applied:
        return "draft", "Draft: not applied"
    last = state.applied[-1]
    found = [(one, living(state, *identity(one.obj))) for one in state.applied]
    if state.cluster.phase == "ready" and state.objects and (gone := [one for one, live in found if live is None]):
        name = f": {gone[0].obj['metadata']['name']}" if len(found) > 1 else ""
        return "gone", f"Applied {last.at}, not in the cluster any more{name}"
    if any(live is not None and foreign_changes(one.obj, live, one.data) for one, live in found):
        return "foreign", "Changed by someone else in the cluster"
    if state.text != last.text:
        return "edited", f"Applied {last.at}, changed since"
    return "applied", f"Applied {last.at}"


def leaves(value: Any, path: str = "") -> Iterator[tuple[str, tuple[Any, ...]]]:
    """Paths (as written and as keys) of the scalars in `value`."""
    yield from _leaves(value, path, ())


def _leaves(value: Any, path: str, keys: tuple[Any, ...]) -> Iterator[tuple[str, tuple[Any, ...]]]:
    if isinstance(value, Mapping) and value:
        for key, inner in value.items():
            yield from _leaves(inner, f"{path}.{key}" if path else str(key), (*keys, key))
    elif isinstance(value, Sequence) and not isinstance(value, str) and value:
        for i, inner in enumerate(value):
            yield from _leaves(inner, f"{path}[{i}]", (*keys, i))
    else:
        yield path, keys


def at(value: Any, keys: tuple[Any, ...]) -> Any:
    """The value below `keys`, or `NOTHING`."""
    for key in keys:
        try:
            value = value[key]
        except (KeyError, IndexError, TypeError):
            return NOTHING
    return value


def foreign_changes(applied: Json, live: Json, data: Json) -> tuple[tuple[str, Any, Any], ...]:
    """Fields of `data` that are not as the apply left them: ``(path, then, now)``. Another uid is no change but another object."""
    if applied["metadata"].get("uid") != live["metadata"].get("uid"):
        return ()
    found = ((path, at(applied, keys), at(live, keys)) for path, keys in leaves(data) if path.split(".")[0] != "status")
    return tuple((path, then, now) for path, then, now in found if then is not NOTHING and then != now)


def who_changed(live: Json) -> str:
    """The manager that wrote last, without the system's own components."""
    entries = [e for e in live["metadata"].get("managedFields") or [] if e.get("subresource") != "status"]
    entries.sort(key=lambda e: str(e.get("time", "")))
    return str(entries[-1].get("manager", "")) if entries else ""
