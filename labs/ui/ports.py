"""What the workbench asks of other packages, so that tests can stand in where no cluster can be had."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any, Protocol

from labs.cluster.why import Explanation
from labs.manifest import FieldSpec
from labs.ui.store import ClusterView, Json


class AppliedLike(Protocol):
    """Answer to an apply: `result` is created, configured or unchanged."""

    obj: Json
    result: str
    warnings: Sequence[str]


class DryRunLike(Protocol):
    """Answer to a dry run: the object as it would be, or the Status that refuses it."""

    obj: Json | None
    status: Json | None
    warnings: Sequence[str]


class PreviewLike(Protocol):
    """The living object (None when there is none) and what it would become, or the Status that refuses it."""

    live: Json | None
    merged: Json | None
    status: Json | None


class ClientLike(Protocol):
    """The part of `labs.kube.Client` that the workbench uses."""

    server_version: Any

    def get(self, kind: str, name: str, namespace: str | None = None) -> dict[str, Any] | None: ...
    def list(self, kind: str, namespace: str | None = None) -> Any: ...
    def apply(self, obj: Mapping[str, Any], namespace: str, *, force: bool = False) -> AppliedLike: ...
    def dry_run_create(self, obj: Mapping[str, Any], namespace: str) -> DryRunLike: ...
    def preview(self, obj: Mapping[str, Any], namespace: str) -> PreviewLike: ...
    def delete(self, obj: Mapping[str, Any], *, grace: int | None = None, wait: bool = False) -> Any: ...
    def ensure_namespace(self, name: str) -> Any: ...
    def delete_namespace(self, name: str, wait: bool = True) -> Any: ...
    def schema(self) -> Any: ...
    def exec(
        self, pod: str, container: str, command: Sequence[str], *, namespace: str, timeout: float = 30.0
    ) -> Any: ...


class GraderLike(Protocol):
    """Watches the namespace and judges: both callbacks come from its own threads."""

    def start(self, on_verdicts: Callable[[Any], None], on_snapshot: Callable[[Any], None]) -> None: ...
    def stop(self) -> None: ...


class ExerciseLike(Protocol):
    """The part of `labs.course.Exercise` that the workbench uses."""

    @property
    def id(self) -> str: ...
    @property
    def title(self) -> str: ...
    @property
    def goal(self) -> str: ...
    @property
    def starter(self) -> str: ...
    @property
    def solution(self) -> str: ...
    @property
    def checks(self) -> Sequence[Any]: ...
    @property
    def hints(self) -> Sequence[str]: ...
    @property
    def several(self) -> bool: ...
    @property
    def debrief(self) -> str: ...
    @property
    def form(self) -> Sequence[FieldSpec]: ...
    def namespace(self) -> str: ...


class ConnectionLike(Protocol):
    """Finds the cluster and keeps telling where it is: `(view, client or None)`, from its own thread."""

    def subscribe(self, tell: Callable[[ClusterView, ClientLike | None], None]) -> Callable[[], None]: ...


class Course(Protocol):
    """What an exercise needs of `labs.course` once there is a cluster."""

    def grader(self, client: Any, exercise: Any, namespace: str) -> GraderLike: ...
    def nodes(self, client: Any, tell: Callable[[Sequence[Json]], None]) -> Callable[[], None]: ...
    def urls(self, namespace: str, services: Sequence[Json]) -> Mapping[str, str]: ...
    def why(self, client: Any, pod: Json) -> Explanation: ...
    def prepare(self, exercise: Any) -> None: ...
    def give(self, client: Any, exercise: Any, namespace: str) -> None: ...
