"""Puts into a fresh namespace what an exercise gives."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Any

from labs import manifest
from labs.checks import Snapshot
from labs.course.model import Exercise
from labs.course.settling import settled
from labs.kube import Client
from labs.kube.streams import until

__all__ = ["Identity", "give", "identity"]

Json = Mapping[str, Any]
Identity = tuple[str, str]
"""Kind and name of an object."""
_SETTLE_SECONDS = 90.0


def identity(obj: Json) -> Identity:
    """Kind and name."""
    return str(obj.get("kind")), str((obj.get("metadata") or {}).get("name"))


def give(client: Client, exercise: Exercise, namespace: str, without: Collection[Identity] = ()) -> None:
    """Apply the given objects in their order, but not those in `without`, which the learner brings herself.

    An object with a namespace of its own goes there. One that is named again waits until its first version has come to rest; a Pod of
    an exercise with a fleet has come to rest before the learner's ask for cards. Raises the API server's error.
    """
    given: set[Identity] = set()
    for document in manifest.parse(exercise.given).documents:
        own, place = identity(document.data), document.namespace or namespace
        if own in without and place == namespace:
            continue
        if own in given:
            _wait(client, document.data, place)
        given.add(own)
        if document.kind == "Namespace":
            client.ensure_namespace(own[1])
        else:
            client.apply(document.data, place)
            if exercise.fleet is not None and document.kind == "Pod":
                _wait(client, document.data, place)


def _wait(client: Client, obj: Json, namespace: str) -> None:
    kind, name = identity(obj)
    path = client.resource(obj).path(namespace)
    rests = f"{kind} {name} to come to rest"
    until(client.transport, path, name, lambda living: _rests(kind, living), rests, _SETTLE_SECONDS)


def _rests(kind: str, living: Json | None) -> bool:
    return living is not None and settled(Snapshot({kind: (living,)}))
