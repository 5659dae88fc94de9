"""One try of an exercise in a namespace of its own: apply, wait for the verdicts, leave nothing behind."""

from __future__ import annotations

import queue
import secrets
import time
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

from labs import manifest
from labs.checks import Snapshot, Verdict
from labs.course.finishing import in_any_case
from labs.course.fleets import recreate
from labs.course.giving import Identity, give
from labs.course.grader import Grader
from labs.course.model import Exercise
from labs.course.settling import settled, steady
from labs.errors import LabsError, NotJudged
from labs.kube import ApiError, Client

__all__ = ["Refusal", "Trial", "trial"]

Verdicts = tuple[Verdict, ...]
_SETTLE_SECONDS = 120.0
_STEADY_SECONDS = 20.0
_SLACK_SECONDS = 30.0
_LABEL = {"labs.k8s-ml/try": "true"}
_CLASS = "scheduling.k8s.io/v1/PriorityClass"
_RIGHTS = 'is forbidden: User "'
_TYPED_PATCH = "failed to create typed patch object"


class Refusal(LabsError):
    """The API server refused an object; `what` has its own words."""


@dataclass
class Trial:
    """A namespace with what the exercise gives, judged from the first moment."""

    client: Client
    exercise: Exercise
    namespace: str
    _grader: Grader
    _news: queue.SimpleQueue[Verdicts | Snapshot]
    _created: list[Mapping[str, Any]]
    _aside: list[Mapping[str, Any]] = field(default_factory=list)

    def apply(self, objects: Iterable[Mapping[str, Any]]) -> None:
        """Apply objects in their order; raises `Refusal`, or `NotJudged` when it is not the objects' fault."""
        for each in objects:
            try:
                self._make_room(each)
                applied = self.client.apply(each, self.namespace)
            except ApiError as error:
                raise self._explained(error, each) from error
            if applied.result == "created":
                self._created.append(applied.obj)

    def _make_room(self, obj: Mapping[str, Any]) -> None:
        """Put aside, until the end, a priority class of that name that others have made: it cannot be changed."""
        name = str((obj.get("metadata") or {}).get("name"))
        if obj.get("kind") != "PriorityClass" or name.startswith("system-"):
            return
        living = self.client.get(_CLASS, name)
        if living is not None and living["metadata"]["uid"] not in {each["metadata"]["uid"] for each in self._created}:
            self.client.delete(living, wait=True)
            self._aside.append(living)

    def restart(self) -> None:
        """Let the time of every check begin now."""
        self._grader.restart()

    def settle(self) -> None:
        """Wait until nothing is on its way any more, at most two minutes; then until counted calls are all answered."""
        self._until(settled, _SETTLE_SECONDS)
        if any(probe.target == "counter" for check in self.exercise.checks for probe in check.probes):
            self._until(steady, _STEADY_SECONDS)

    def _until(self, holds: Callable[[Snapshot], bool], seconds: float) -> None:
        deadline = time.monotonic() + seconds
        while (left := deadline - time.monotonic()) > 0:
            try:
                news = self._news.get(timeout=left)
            except queue.Empty:
                return
            if isinstance(news, Snapshot) and holds(news):
                return

    def judge(self, decided: Callable[[Verdicts], bool]) -> Verdicts:
        """The first verdicts that decide; raises `NotJudged` when the cluster cannot be trusted to have shown all."""
        limit = max(check.within + check.hold for check in self.exercise.checks) + _SLACK_SECONDS
        deadline = time.monotonic() + limit
        last: Verdicts = ()
        while (left := deadline - time.monotonic()) > 0:
            try:
                news = self._news.get(timeout=left)
            except queue.Empty:
                break
            if isinstance(news, Snapshot):
                continue
            last = news
            if decided(last):
                self._trusted()
                return last
        self._trusted()
        raise NotJudged(
            what=f"{self.exercise.id} was not decided within {limit:.0f} s",
            why="; ".join(f"{verdict.title}: {verdict.state}" for verdict in last) or "No check was judged",
            next_step="Run `labs status`, then try again",
        )

    def _trusted(self) -> None:
        try:
            nodes = self.client.list("Node")
        except LabsError as error:
            raise NotJudged(
                what="The cluster stopped answering", why=str(error), next_step="Run `labs status`, then try again"
            ) from error
        if fault := self._grader.fault:
            raise NotJudged(what="The cluster could not be tried out", why=str(fault), next_step="Try again")
        if not any(_ready(node) for node in nodes):
            raise NotJudged(
                what="No node of the cluster is ready",
                why="What the checks saw says nothing about your manifest",
                next_step="Run `labs status`, then try again",
            )

    def _explained(self, error: ApiError, obj: Mapping[str, Any]) -> LabsError:
        kind = str(obj.get("kind"))
        served = error.code != 404 or (str(obj.get("apiVersion")), kind) not in _kinds(self.exercise.solution)
        if served and (_refuses(error) or _TYPED_PATCH in str(error)):
            name = (obj.get("metadata") or {}).get("name", "without a name")
            return Refusal(what=f"The API server refuses {kind} {name}: {error.status.get('message') or error}")
        return NotJudged(
            what=f"The cluster did not take {kind}: {error}",
            why="This is not the fault of the manifest",
            next_step="Run `labs status`, then try again",
        )

    def remove(self) -> None:
        """Remove the namespace and what was created outside of it."""
        self._grader.stop()
        for obj in reversed(self._created):
            if not obj["metadata"].get("namespace"):
                _delete(self.client, obj)
        for obj in self._aside:
            recreate(self.client, obj)
        self.client.delete_namespace(self.namespace, wait=True)


@contextmanager
def trial(client: Client, exercise: Exercise, brought: Collection[Identity] = ()) -> Iterator[Trial]:
    """A trial in a fresh namespace, which is removed on the way out, whatever happens.

    What the exercise gives is there, but for the objects that are `brought`. An exercise with a fleet needs it before.
    """
    namespace = f"{exercise.namespace()}-try-{secrets.token_hex(3)}"
    news: queue.SimpleQueue[Verdicts | Snapshot] = queue.SimpleQueue()
    grader = Grader(client, exercise, namespace)
    one = Trial(client, exercise, namespace, grader, news, [])
    try:
        client.ensure_namespace(namespace, labels=_LABEL)
        give(client, exercise, namespace, brought)
        grader.start(news.put, news.put)
        yield one
    finally:
        in_any_case(one.remove)  # a cluster that does not answer keeps the namespace; `labs reset` removes it


def _refuses(error: ApiError) -> bool:
    """Whether it is the object that is refused; 403 comes from admission, too, not only where our own rights end."""
    ours = error.code in (401, 408, 429) or (error.code == 403 and _RIGHTS in str(error.status.get("message")))
    return 400 <= error.code < 500 and not ours


def objects_of(text: str) -> list[tuple[dict[str, Any], int]]:
    """The objects of a manifest, those of a List one by one, each with the line of its namespace (0: none)."""
    found = []
    for document in manifest.parse(text).documents:
        data = dict(document.data)
        if data.get("kind") == "List" and isinstance(data.get("items"), list):
            for index, item in enumerate(data["items"]):
                found.append((dict(item), _line(document, f"items[{index}].metadata.namespace")))
        else:
            found.append((data, _line(document, "metadata.namespace")))
    return found


def _line(document: manifest.Document, path: str) -> int:
    span = document.span_of(path)
    return span.start.line if span else 0


def _kinds(text: str) -> frozenset[tuple[str, str]]:
    return frozenset((str(data.get("apiVersion")), str(data.get("kind"))) for data, _ in objects_of(text))


def _ready(node: Mapping[str, Any]) -> bool:
    conditions: Sequence[Mapping[str, Any]] = node.get("status", {}).get("conditions", [])
    return any(each["type"] == "Ready" and each["status"] == "True" for each in conditions)


def _delete(client: Client, obj: Mapping[str, Any]) -> None:
    try:
        client.delete(obj, grace=0)
    except ApiError as error:
        if error.code != 404:
            raise
