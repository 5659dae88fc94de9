"""The GPU fleet of an exercise: one at a time has it, over all processes; what others hold is put aside, never lost unsaid."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any

from labs.checks.gpus import extended_resources
from labs.cluster import get, gpus
from labs.cluster.gpus import Fleet
from labs.cluster.locks import exclusive, holder
from labs.course.catalogue import catalogue
from labs.course.copies import sets_node
from labs.course.finishing import in_any_case
from labs.course.model import Exercise
from labs.errors import LabsError, NotJudged
from labs.kube import ApiError, Client
from labs.paths import cluster_dir

__all__ = ["borrowed", "holders", "is_there", "put", "recreate", "turn"]

Json = Mapping[str, Any]
_ENDED = frozenset({"Succeeded", "Failed"})
_SERVER_FIELDS = frozenset({"creationTimestamp", "generation", "managedFields", "resourceVersion", "uid"})


@contextmanager
def turn(waiting: Callable[[str], None] = lambda words: None) -> Iterator[None]:
    """Hold the fleet of the current cluster; while another has it, `waiting` is told so five times a second and may raise to give up."""
    lock = cluster_dir(get().name) / "gpu-fleet.lock"
    words = "The GPU fleet is in use; waiting for its turn"

    def told() -> None:
        waiting(f"{words} (process {holder(lock) or '?'})")

    with exclusive(lock, waiting=told, what="the GPU fleet"):
        yield


def is_there(client: Client, exercise: Exercise, namespace: str) -> bool:
    """Whether the cards are those of the exercise, and no other exercise's Pods hold any."""
    return exercise.fleet is None or (_same(client, exercise.fleet) and not holders(client, namespace))


def holders(client: Client, namespace: str) -> list[Json]:
    """What holds cards in the namespaces of other exercises with a fleet: Pods, or what has made them."""
    places = {f"labs-{each.lesson}-" for each in catalogue().exercises() if each.fleet is not None}
    found: dict[tuple[str, str, str], Json] = {}
    for pod in client.list("Pod"):
        place = str(pod["metadata"]["namespace"])
        if place != namespace and place.startswith(tuple(places)) and _holds(pod):
            top = _maker(client, pod)
            found[place, top["kind"], top["metadata"]["name"]] = top
    return list(found.values())


def put(client: Client, exercise: Exercise, namespace: str, stop: threading.Event | None = None) -> list[Json]:
    """Let the nodes have the exercise's cards, and nobody else hold any of them; gives what had to be removed for it.

    When the cards change, what holds some in `namespace` itself goes, too: it was placed on others. Call it in a `turn`.
    Returns when the API shows the cards. Raises LabsError.
    """
    if exercise.fleet is None:
        return []
    same = _same(client, exercise.fleet)
    removed = holders(client, namespace if same else "")
    for each in removed:
        client.delete(each, grace=0, wait=True)
    if not same:
        gpus.set_fleet(client, exercise.fleet)
    gpus.wait_for_fleet(client, exercise.fleet, stop or threading.Event())
    return removed


@contextmanager
def borrowed(
    client: Client, exercise: Exercise, namespace: str = "", waiting: Callable[[str], None] = lambda words: None
) -> Iterator[None]:
    """The exercise's fleet for a try: afterwards the earlier one is back, and so is what held its cards."""
    if exercise.fleet is None:
        yield
        return
    with turn(waiting):
        try:
            before = gpus.fleet_of(client)
            aside = put(client, exercise, namespace)
        except LabsError as error:
            raise NotJudged(what=f"The GPU fleet of {exercise.id} could not be put there", why=str(error)) from error
        try:
            yield
        finally:
            in_any_case(lambda: _give_back(client, before, aside))


def _give_back(client: Client, before: Fleet, aside: list[Json]) -> None:
    if not _same(client, before):
        gpus.set_fleet(client, before)
    if aside:  # a Pod that comes before its cards is refused by the kubelet, for good
        gpus.wait_for_fleet(client, before, threading.Event())
    for each in aside:
        recreate(client, each)


def recreate(client: Client, obj: Json) -> None:
    """Create anew what was put aside; where somebody has done that already, or its namespace is gone, nothing happens."""
    path = client.resource(obj).path(obj["metadata"].get("namespace"))
    try:
        client.transport.ask("POST", path, body=_fresh(obj))
    except ApiError as error:
        if error.code not in (404, 409):
            raise


def _fresh(obj: Json) -> dict[str, Any]:
    """The object as it would be created anew: without what the server and the scheduler have put into it."""
    meta = {key: value for key, value in obj["metadata"].items() if key not in _SERVER_FIELDS}
    made = {**{key: value for key, value in obj.items() if key != "status"}, "metadata": meta}
    if obj["kind"] == "Pod" and not sets_node(obj):
        made["spec"] = {key: value for key, value in obj["spec"].items() if key != "nodeName"}
    return made


def _same(client: Client, fleet: Fleet) -> bool:
    return dict(gpus.fleet_of(client)) == dict(fleet)


def _holds(pod: Json) -> bool:
    if (pod.get("status") or {}).get("phase") in _ENDED:
        return False
    named = extended_resources(pod)
    return bool(pod["spec"].get("resourceClaims")) or any(name.startswith(gpus.VENDOR) for name in named)


def _maker(client: Client, obj: Json) -> Json:
    """The controller at the top: deleting the Pod alone would bring another."""
    owner = next((each for each in obj["metadata"].get("ownerReferences") or () if each.get("controller")), None)
    if owner is None:
        return obj
    try:
        found = client.get(f"{owner['apiVersion']}/{owner['kind']}", owner["name"], obj["metadata"]["namespace"])
    except ApiError:
        return obj
    return _maker(client, found) if found is not None else obj
