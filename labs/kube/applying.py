"""Apply, dry run and preview.

An object that is not there is created as `kubectl apply` creates it, with the annotation that lets a later `kubectl
apply` see which fields were removed. One that is there is applied by the server (server-side apply), after the fields
that earlier client-side applies own were made ours, so that fields that the text does not have any more go away whichever
of the two was used before. (Kubernetes documentation, "Server-Side Apply": upgrading from client-side apply.)
"""

from __future__ import annotations

import contextlib
import copy
import json
import re
import secrets
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

from labs.kube.discovery import Resource
from labs.kube.errors import ApiError
from labs.kube.transport import Answer, Transport

__all__ = ["Applied", "DryRun", "Preview", "apply", "dry_run_create", "preview"]

Json = dict[str, Any]
MANAGER = "kubectl"
CLIENT_SIDE = "kubectl-client-side-apply"
LAST_APPLIED = "kubectl.kubernetes.io/last-applied-configuration"
_APPLY = "application/apply-patch+yaml"
_JSON_PATCH = "application/json-patch+json"
_TYPED_PATCH = "failed to create typed patch object"
_LONG_NAME = 40
_SCRATCH_LENGTH = 10
_ADDRESSABLE = re.compile(r"(?!\.{1,2}$)[A-Za-z0-9._:-]+")
_ATTEMPTS = 5


@dataclass(frozen=True)
class Applied:
    """The object as the cluster holds it now, and what an apply did to it."""

    obj: Json
    result: Literal["created", "configured", "unchanged"]
    warnings: tuple[str, ...] = ()


@dataclass(frozen=True)
class DryRun:
    """The object as it would be created, or the Status that refuses it."""

    obj: Json | None
    status: Json | None
    warnings: tuple[str, ...] = ()


@dataclass(frozen=True)
class Preview:
    """The living object (None: there is none) and what it would become, or the Status that refuses it."""

    live: Json | None
    merged: Json | None
    status: Json | None


def apply(
    transport: Transport, resource: Resource, obj: Mapping[str, Any], namespace: str, *, force: bool = False
) -> Applied:
    """Create or change one object. Raises ApiError; code 409 is a conflict with somebody else's change."""
    wanted = _placed(obj, resource, namespace)
    live = _live(transport, resource, wanted, namespace)
    if live is None:
        return _create(transport, resource, wanted, namespace)
    live = _take_over(transport, resource, live, namespace)
    answer = _patch(transport, resource, wanted, namespace, {"force": "true" if force else None})
    same = _content(answer.data, wanted) == _content(live, wanted)
    return Applied(answer.data, "unchanged" if same else "configured", answer.warnings)


def dry_run_create(transport: Transport, resource: Resource, obj: Mapping[str, Any], namespace: str) -> DryRun:
    """Ask the server to create the object under a name that nobody uses, without doing it."""
    wanted = _placed(obj, resource, namespace)
    name, mark, hidden = wanted["metadata"].get("name"), secrets.token_hex(_SCRATCH_LENGTH // 2), ""
    if isinstance(name, str) and name:
        # The first and last character and a length that is too much stay for the server to judge.
        hidden = name[1 : 1 + _SCRATCH_LENGTH] if len(name) > _LONG_NAME else ""
        wanted["metadata"]["name"] = name[0] + mark + name[1 + len(hidden) :]
    query = {"dryRun": "All", "fieldValidation": "Strict", "fieldManager": MANAGER}
    try:
        answer = transport.ask("POST", resource.path(namespace), body=wanted, query=query)
    except ApiError as error:
        return DryRun(None, _renamed(error.status, mark, hidden))
    return DryRun(_renamed(answer.data, mark, hidden), None, answer.warnings)


def preview(transport: Transport, resource: Resource, obj: Mapping[str, Any], namespace: str) -> Preview:
    """What the object is, and what an apply would make of it; nothing is changed."""
    wanted = _placed(obj, resource, namespace)
    live = _live(transport, resource, wanted, namespace)
    if live is None:
        tried = dry_run_create(transport, resource, obj, namespace)
        return Preview(None, tried.obj, tried.status)
    try:
        answer = _patch(transport, resource, wanted, namespace, {"dryRun": "All", "force": "true"})
    except ApiError as error:
        return Preview(live, None, error.status)
    return Preview(live, answer.data, None)


def _placed(obj: Mapping[str, Any], resource: Resource, namespace: str) -> Json:
    placed = copy.deepcopy(dict(obj))
    meta = placed.get("metadata")
    placed["metadata"] = dict(meta) if isinstance(meta, Mapping) else {}
    if resource.namespaced:
        placed["metadata"].setdefault("namespace", namespace)
    return placed


def _live(transport: Transport, resource: Resource, obj: Json, namespace: str) -> Json | None:
    """The object of that name; None also for a name that no object can have, which the server refuses on create."""
    name = obj["metadata"].get("name")
    if not isinstance(name, str) or not _ADDRESSABLE.fullmatch(name):
        return None
    try:
        return transport.ask("GET", resource.path(namespace, name)).data
    except ApiError as error:
        if error.code == 404:
            return None
        raise


def _noted(obj: Json) -> Json:
    """The object with the note of what was applied, as kubectl writes it: compact JSON with one line end."""
    noted = copy.deepcopy(obj)
    notes = dict(noted["metadata"].get("annotations") or {})
    notes.pop(LAST_APPLIED, None)
    plain = copy.deepcopy(obj)
    plain["metadata"] = {**plain["metadata"], "annotations": notes}
    text = json.dumps(plain, separators=(",", ":"), sort_keys=True, ensure_ascii=False) + "\n"
    noted["metadata"]["annotations"] = {**notes, LAST_APPLIED: text}
    return noted


def _content(obj: Json, wanted: Json) -> Json:
    """What an apply is about: neither the status nor the server's notes on versions and owners, nor a controller's own.

    (An annotation that an apply removes shows in the note of what was applied.)
    """
    meta = {key: value for key, value in obj["metadata"].items() if key not in ("managedFields", "resourceVersion")}
    named = {LAST_APPLIED, *(wanted["metadata"].get("annotations") or ())}
    notes = {key: value for key, value in (meta.get("annotations") or {}).items() if key in named}
    with contextlib.suppress(KeyError, ValueError):
        notes[LAST_APPLIED] = json.loads(notes[LAST_APPLIED])
    rest = {key: value for key, value in obj.items() if key not in ("metadata", "status")}
    return {**rest, "metadata": {**meta, "annotations": notes}}


def _create(transport: Transport, resource: Resource, obj: Json, namespace: str) -> Applied:
    query = {"fieldManager": CLIENT_SIDE, "fieldValidation": "Strict"}
    body = _noted(obj) if _notable(obj) else obj
    answer = transport.ask("POST", resource.path(namespace), body=body, query=query)
    return Applied(answer.data, "created", answer.warnings)


def _notable(obj: Json) -> bool:
    """Whether annotations can be added: not where what stands there is of a wrong type, which the server explains."""
    notes = obj["metadata"].get("annotations")
    return notes is None or isinstance(notes, Mapping)


def _patch(transport: Transport, resource: Resource, obj: Json, namespace: str, query: Mapping[str, object]) -> Answer:
    path = resource.path(namespace, obj["metadata"]["name"])
    body = _noted(obj) if _notable(obj) else obj
    try:
        return transport.ask("PATCH", path, body=body, query={"fieldManager": MANAGER, **query}, content_type=_APPLY)
    except ApiError as error:
        if _TYPED_PATCH not in str(error.status.get("message")):
            raise
        explained = dry_run_create(transport, resource, obj, namespace).status
        raise ApiError(explained) if explained else error from error


def _take_over(transport: Transport, resource: Resource, live: Json, namespace: str) -> Json:
    """Make the fields of client-side applies ours; the object afterwards. When it changes meanwhile, look again."""
    for _ in range(_ATTEMPTS):
        merged = _merged_managers(live)
        if merged is None:
            break
        try:
            return _hand_over(transport, resource, live, merged, namespace)
        except ApiError as error:
            if error.code not in (409, 422):
                raise
        live = _live(transport, resource, live, namespace) or live
    return live


def _hand_over(transport: Transport, resource: Resource, live: Json, merged: list[Json], namespace: str) -> Json:
    """Write who manages what, if nothing has changed since `live` was read."""
    meta = live["metadata"]
    patch = [
        {"op": "replace", "path": "/metadata/managedFields", "value": merged},
        {"op": "replace", "path": "/metadata/resourceVersion", "value": meta["resourceVersion"]},
    ]
    return transport.ask("PATCH", resource.path(namespace, meta["name"]), body=patch, content_type=_JSON_PATCH).data


def _merged_managers(live: Json) -> list[Json] | None:
    """Who manages what, with client-side entries turned into, or united with, our own; None when there are none.

    Of theirs only what the last apply wrote becomes ours: what the server filled in then has to stay, as it does for
    kubectl (the pull policy of `:latest`).
    """
    meta = live["metadata"]
    entries: Sequence[Json] = meta.get("managedFields") or []
    written = _last_applied(meta)
    old = [each for each in entries if each.get("manager") == CLIENT_SIDE and _plain(each, "Update")]
    if not old:
        return None
    ours = [each for each in entries if each.get("manager") == MANAGER and _plain(each, "Apply")]
    base = copy.deepcopy(ours[-1]) if ours else {**copy.deepcopy(old[-1]), "fieldsV1": {}}
    for each in old:
        fields = each.get("fieldsV1") or {}
        base["fieldsV1"] = _united(base.get("fieldsV1") or {}, _within(fields, written) if written else fields)
    base |= {"manager": MANAGER, "operation": "Apply"}
    return [each for each in entries if each not in old and each not in ours] + [base]


def _plain(entry: Json, operation: str) -> bool:
    return entry.get("operation") == operation and not entry.get("subresource")


def _last_applied(meta: Json) -> Any:
    """What the last client-side apply wrote, or None where that is not noted."""
    with contextlib.suppress(ValueError):
        return json.loads((meta.get("annotations") or {}).get(LAST_APPLIED, "null"))
    return None


def _within(fields: Json, value: Any) -> Json:
    """The fields (`fieldsV1`: ``f:name``, ``k:{"name":"main"}`` for items, ``v:"text"``) that the value has."""
    kept: Json = {}
    for key, inner in fields.items():
        kind, _, name = key.partition(":")
        if key == ".":
            kept[key] = inner
        elif kind == "f" and isinstance(value, Mapping) and name in value:
            kept[key] = _within(inner, value[name])
        elif kind in "kv" and isinstance(value, list):
            item = next((each for each in value if _is_item(each, json.loads(name))), None)
            if item is not None:
                kept[key] = _within(inner, item)
    return kept


def _is_item(item: Any, key: Any) -> bool:
    """Whether an item has these keys; one that it does not write was filled in by the server."""
    if isinstance(key, Mapping) and isinstance(item, Mapping):
        return all(item.get(name, value) == value for name, value in key.items())
    return bool(item == key)


def _united(one: Json, other: Json) -> Json:
    """Both sets of fields (`fieldsV1`: nested keys)."""
    united = dict(one)
    for key, value in other.items():
        united[key] = _united(united.get(key) or {}, value) if isinstance(value, dict) else value
    return united


def _renamed(data: Any, mark: str, hidden: str) -> Any:
    """The data with `hidden` for the mark in every text: the name as it was."""
    if isinstance(data, str):
        return data.replace(mark, hidden)
    if isinstance(data, dict):
        return {key: _renamed(value, mark, hidden) for key, value in data.items()}
    return [_renamed(each, mark, hidden) for each in data] if isinstance(data, list) else data
