"""Which trait of the page depends on which fields of the state, and how it is made from them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import asdict, dataclass
from typing import Any

from labs.ui.memory import shown_path
from labs.ui.ports import ExerciseLike
from labs.ui.store import Action, Problem, State
from labs.ui.views.apps import apps_view
from labs.ui.views.code import python_lines
from labs.ui.views.counter import counter_view
from labs.ui.views.events import describe_view, events_view
from labs.ui.views.focus import focus_view, focused_events, focused_logs, shown_object
from labs.ui.views.held import held_view
from labs.ui.views.logs import log_view
from labs.ui.views.status import applied_object, identity, status_view
from labs.ui.views.table import table_view
from labs.ui.views.utf16 import Offsets
from labs.ui.views.why import why_view
from labs.ui.views.world import world_view

CALM = frozenset({"objects", "events", "logs", "nodes", "urls", "probes", "waiting"})
OBJECT = "objects nodes focus applied document draft_name draft_kind"


@dataclass(frozen=True)
class Place:
    """What does not change: the exercise, its namespace, the name of its object and the file of its text."""

    exercise: ExerciseLike
    namespace: str
    name: str
    file: Any


def exercise_view(place: Place, state: State) -> dict[str, Any]:
    """Header of the workbench; `name` is what Delete would delete."""
    one = place.exercise
    several = len(state.documents)
    name = f"{several} objects" if several > 1 else state.draft_name or place.name
    return {"id": one.id, "title": one.title, "goal": one.goal, "namespace": place.namespace, "name": name}


def cluster_view(_place: Place, state: State) -> dict[str, Any]:
    """Where the cluster is."""
    view = state.cluster
    return {
        "phase": view.phase,
        "label": view.label,
        "words": view.words,
        "next": view.next_step,
        "fraction": view.fraction,
        "eta": view.eta,
    }


def doc_view(_place: Place, state: State) -> dict[str, Any]:
    """The text with its version and the view it came from."""
    return {"text": state.text, "version": state.version, "origin": state.origin}


def diagnostics_view(_place: Place, state: State) -> dict[str, Any]:
    """Problems with offsets in UTF-16 code units, as the editor counts."""
    offsets = Offsets(state.text)
    items = [_item(p, i, offsets) for i, p in enumerate(state.problems)]
    return {"version": state.problems_version, "items": items}


def form_view(_place: Place, state: State) -> dict[str, Any]:
    """The fields of the chosen document, and the documents that there are."""
    return {"fields": list(state.form), "documents": list(state.documents), "chosen": state.document}


def _item(p: Problem, index: int, offsets: Offsets) -> dict[str, Any]:
    return {
        "code": p.code,
        "severity": p.severity,
        "message": p.message,
        "line": p.line,
        "from": offsets.utf16(p.start),
        "to": offsets.utf16(p.end),
        "why": p.why,
        "next": p.next_step,
        "fix": p.fix_label,
        "index": index,
        "actions": [{"id": a.name, "label": a.label} for a in p.actions],
    }


def _action(a: Action) -> dict[str, Any]:
    return {"id": a.name, "label": a.label, "style": a.style, "args": dict(a.args)}


def notice_view(_place: Place, state: State) -> dict[str, Any]:
    """What happened, why and what is next."""
    n = state.notice
    if n is None:
        return {}
    return {
        "kind": n.kind,
        "what": n.what,
        "why": n.why,
        "next": n.next_step,
        "actions": [_action(a) for a in n.actions],
    }


def verdicts_view(_place: Place, state: State) -> list[dict[str, Any]]:
    """One entry per check."""
    return [{"id": v.check_id, **{k: x for k, x in asdict(v).items() if k != "check_id"}} for v in state.verdicts]


def commands_view(place: Place, state: State) -> dict[str, Any]:
    """The last action as kubectl, Python and YAML; runs as pasted in a terminal of this JupyterLab."""
    file = shown_path(place.file)
    where = f"-n {place.namespace} -f {file}"
    kubectl = {
        "preview": f"kubectl diff {where}",
        "delete": f"kubectl delete {where}",
        "recreate": f"kubectl delete {where} --grace-period=1 && kubectl apply {where}",
    }.get(state.action, f"kubectl apply {where}")
    python = python_lines(state.action, place.namespace, file, several=len(state.documents) > 1)
    return {"kubectl": kubectl, "python": python, "yaml": state.text}


def written(state: State) -> Any:
    """What the learner wrote of the object that is shown; nothing where somebody else made it."""
    focus = state.focus if state.focus[0] else None
    last = applied_object(state) if focus is None else None
    last = last or next((a for a in state.applied if identity(a.obj) == focus), None)
    return last.data if last else None


@dataclass(frozen=True)
class View:
    """One trait: the fields it needs and the function that makes it."""

    trait: str
    needs: frozenset[str]
    make: Callable[[Place, State], Any]


def _view(trait: str, needs: str, make: Callable[[Place, State], Any]) -> View:
    return View(trait, frozenset(needs.split()), make)


VIEWS = (
    _view("exercise", "draft_name documents", exercise_view),
    _view("cluster", "cluster", cluster_view),
    _view("doc", "text version origin", doc_view),
    _view("diagnostics", "problems problems_version", diagnostics_view),
    _view("form", "form documents document", form_view),
    _view("status", "text problems applied objects cluster", lambda p, s: status_view(s)),
    _view("busy", "busy busy_words", lambda p, s: {"action": s.busy, "words": s.busy_words} if s.busy else {}),
    _view("notice", "notice", notice_view),
    _view("preview", "preview preview_title", lambda p, s: {"title": s.preview_title, "objects": list(s.preview)}),
    _view("verdicts", "verdicts", verdicts_view),
    _view("hints", "hints", lambda p, s: {"shown": list(p.exercise.hints[: s.hints]), "total": len(p.exercise.hints)}),
    _view("debrief", "verdicts", lambda p, s: p.exercise.debrief if s.green else ""),
    _view("world", "nodes objects", lambda p, s: world_view(s.nodes, s.objects)),
    _view("apps", "objects urls", lambda p, s: apps_view(s.objects, s.urls)),
    _view("table", "objects", lambda p, s: table_view(s.objects)),
    _view("counter", "probes", lambda p, s: counter_view(s.probes)),
    _view("focus", "focus nodes objects shell urls", lambda p, s: focus_view(p.namespace, s)),
    _view("why", "waiting", lambda p, s: why_view(s)),
    _view("log", "logs log_key focus", lambda p, s: log_view(focused_logs(s), s.log_key)),
    _view("events", "events focus", lambda p, s: events_view(focused_events(s))),
    _view("describe", f"events {OBJECT}", lambda p, s: describe_view(shown_object(s), s.events)),
    _view("held", OBJECT, lambda p, s: held_view(shown_object(s), written(s))),
    _view("words", "words", lambda p, s: list(s.words)),
    _view("commands", "action text documents", commands_view),
)
