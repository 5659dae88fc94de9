"""Apply, dry run and preview.

An object that is not there is created as `kubectl apply` creates it, with the annotation that lets a later `kubectl
apply` see which fields were removed. One that is there is applied by the server (server-side apply), after the fields
that earlier client-side applies own were made ours, so that fields that the text does not have any more go away whichever
of the two was used before. (Kubernetes documentation, "Server-Side Apply": upgrading from client-side apply.)
"""

from __future__ import annotations

import copy
import json
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
_NAME_LENGTH = 40


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
    if "name" not in wanted["metadata"]:
        return _create(transport, resource, wanted, namespace)
    live = _live(transport, resource, wanted, namespace)
    if live is None:
        return _create(transport, resource, wanted, namespace)
    live = _take_over(transport, resource, live, namespace)
    answer = _patch(transport, resource, wanted, namespace, {"force": "true" if force else None})
    same = answer.data["metadata"].get("resourceVersion") == live["metadata"].get("resourceVersion")
    return Applied(answer.data, "unchanged" if same else "configured", answer.warnings)


def dry_run_create(transport: Transport, resource: Resource, obj: Mapping[str, Any], namespace: str) -> DryRun:
    """Ask the server to create the object under a name that nobody uses, without doing it."""
    wanted = _placed(obj, resource, namespace)
    name, scratch = wanted["metadata"].get("name"), ""
    if isinstance(name, str) and name:
        scratch = f"{name[:_NAME_LENGTH].rstrip('-.')}-{secrets.token_hex(4)}"
        wanted["metadata"]["name"] = scratch
    query = {"dryRun": "All", "fieldValidation": "Strict", "fieldManager": MANAGER}
    try:
        answer = transport.ask("POST", resource.path(namespace), body=wanted, query=query)
    except ApiError as error:
        return DryRun(None, _renamed(error.status, scratch, str(name)))
    return DryRun(_renamed(answer.data, scratch, str(name)), None, answer.warnings)


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
    try:
        return transport.ask("GET", resource.path(namespace, obj["metadata"]["name"])).data
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
    """Make the fields of client-side applies ours; the object afterwards."""
    meta = live["metadata"]
    merged = _merged_managers(meta.get("managedFields") or [])
    if merged is None:
        return live
    patch = [
        {"op": "replace", "path": "/metadata/managedFields", "value": merged},
        {"op": "test", "path": "/metadata/resourceVersion", "value": meta["resourceVersion"]},
    ]
    path = resource.path(namespace, meta["name"])
    try:
        return transport.ask("PATCH", path, body=patch, content_type=_JSON_PATCH).data
    except ApiError as error:
        if error.code not in (409, 422):
            raise
        return live


def _merged_managers(entries: Sequence[Json]) -> list[Json] | None:
    """The list with client-side entries turned into, or united with, our own; None when there are none."""
    old = [each for each in entries if each.get("manager") == CLIENT_SIDE and _plain(each, "Update")]
    if not old:
        return None
    ours = [each for each in entries if each.get("manager") == MANAGER and _plain(each, "Apply")]
    base = copy.deepcopy((ours or old)[-1])
    for each in old:
        base["fieldsV1"] = _united(base.get("fieldsV1") or {}, each.get("fieldsV1") or {})
    base |= {"manager": MANAGER, "operation": "Apply"}
    return [each for each in entries if each not in old and each not in ours] + [base]


def _plain(entry: Json, operation: str) -> bool:
    return entry.get("operation") == operation and not entry.get("subresource")


def _united(one: Json, other: Json) -> Json:
    """Both sets of fields (`fieldsV1`: nested keys)."""
    united = dict(one)
    for key, value in other.items():
        united[key] = _united(united.get(key) or {}, value) if isinstance(value, dict) else value
    return united


def _renamed(data: Json, scratch: str, name: str) -> Json:
    if not scratch:
        return data
    renamed: Json = json.loads(json.dumps(data).replace(scratch, name.replace("\\", "").replace('"', "")))
    return renamed
