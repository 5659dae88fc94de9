"""One client of one cluster: plain objects in and out, with the effects that the shown kubectl commands have."""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import urllib3

from labs.errors import WrongCluster
from labs.kube import applying, streams
from labs.kube.applying import Applied, DryRun, Preview
from labs.kube.discovery import Resource
from labs.kube.errors import ApiError, unreachable
from labs.kube.execution import ExecResult, run_in_container
from labs.kube.openapi import OpenApi
from labs.kube.transport import Transport

__all__ = ["Client"]

Json = dict[str, Any]
_IDENTITY_PATH = "/api/v1/namespaces/kube-system"


class Client:
    """Thread-safe. Every method raises ApiError when the API server refuses and ClusterError when it does not answer."""

    def __init__(self, transport: Transport, identity: str | None, cache_dir: Path) -> None:
        self.transport = transport
        self._identity = identity
        self._schema = OpenApi(transport, cache_dir / "openapi")
        self._version = ""

    @classmethod
    def from_kubeconfig(cls, path: Path, *, identity: str | None = None, cache_dir: Path) -> Client:
        """A client of the cluster of a kubeconfig file; with `identity` (see `identity()`) of no other one.

        Raises WrongCluster when another cluster answers.
        """
        file = cache_dir / "discovery" / f"{identity}.json" if identity else None
        client = cls(Transport(path, file), identity, cache_dir)
        client.identity()
        return client

    def identity(self) -> str:
        """The UID of the namespace kube-system, which no other cluster has. Raises WrongCluster when it has changed."""
        found = str(self.transport.ask("GET", _IDENTITY_PATH).data["metadata"]["uid"])
        if self._identity not in (None, found):
            raise WrongCluster(
                what="Another cluster answers than the one that these labs made",
                why=f"Its identity is {found}, recorded is {self._identity}",
                next_step="Run `labs down` and `labs up`",
            )
        return found

    @property
    def server_version(self) -> str:
        """Such as ``v1.37.2``."""
        if not self._version:
            self._version = str(self.transport.ask("GET", "/version").data["gitVersion"])
        return self._version

    def resource(self, kind: str | Mapping[str, Any]) -> Resource:
        """The resource of ``Pod``, ``apps/v1/Deployment`` or of an object. Raises ApiError (404)."""
        if isinstance(kind, str):
            version, _, name = kind.rpartition("/")
            return self.transport.discovery.find(name, version)
        return self.transport.discovery.find(str(kind.get("kind", "")), str(kind.get("apiVersion", "")))

    def get(self, kind: str, name: str, namespace: str | None = None) -> Json | None:
        """One object, or None when there is none."""
        try:
            return self.transport.ask("GET", self.resource(kind).path(namespace, name)).data
        except ApiError as error:
            if error.code == 404:
                return None
            raise

    def list(self, kind: str, namespace: str | None = None, selector: str = "") -> list[Json]:
        """All objects of a kind, in a namespace or everywhere; `selector` chooses by labels."""
        resource = self.resource(kind)
        query = {"labelSelector": selector or None}
        data = self.transport.ask("GET", resource.path(namespace), query=query).data
        return [{"apiVersion": resource.api_version, "kind": resource.kind, **each} for each in data["items"]]

    def apply(self, obj: Mapping[str, Any], namespace: str, *, force: bool = False) -> Applied:
        """What `kubectl apply -n namespace` does; without `force` a change that somebody else made is an ApiError (409)."""
        return applying.apply(self.transport, self.resource(obj), obj, namespace, force=force)

    def dry_run_create(self, obj: Mapping[str, Any], namespace: str) -> DryRun:
        """Whether the object could be created, strictly read. Its name is not used, so that a living one is not in the way."""
        return applying.dry_run_create(self.transport, self.resource(obj), obj, namespace)

    def preview(self, obj: Mapping[str, Any], namespace: str) -> Preview:
        """What the object is and what an apply would make of it."""
        return applying.preview(self.transport, self.resource(obj), obj, namespace)

    def delete(self, obj: Mapping[str, Any], *, grace: int | None = None, wait: bool = False) -> None:
        """Delete an object of `metadata.namespace` (grace in seconds); one that is gone is no error. `wait` for its end."""
        meta = obj["metadata"]
        resource = self.resource(obj)
        if not isinstance(meta.get("name"), str) or not meta["name"]:
            raise ApiError(
                {"code": 422, "reason": "Invalid", "message": "metadata.name is missing: nothing was deleted"}
            )
        path = resource.path(meta.get("namespace"), meta["name"])
        query = {"propagationPolicy": "Background", "gracePeriodSeconds": grace}
        try:
            self.transport.ask("DELETE", path, query=query)
        except ApiError as error:
            if error.code != 404:
                raise
            return
        if wait:
            streams.until(
                self.transport,
                resource.path(meta.get("namespace")),
                meta["name"],
                lambda living: living is None,
                f"the end of {meta['name']}",
            )

    def ensure_namespace(self, name: str, labels: Mapping[str, str] | None = None) -> None:
        """Make the namespace ready for Pods: it is when its default ServiceAccount is there."""
        meta: Json = {"name": name, "labels": dict(labels or {})}
        living = self.get("Namespace", name)
        if living is not None and living["metadata"].get("deletionTimestamp"):
            self._gone(name)
            living = None
        if living is None:
            self._create_namespace(meta)
        accounts = f"/api/v1/namespaces/{name}/serviceaccounts"
        streams.until(self.transport, accounts, "default", lambda found: found is not None, f"the namespace {name}")

    def _create_namespace(self, meta: Json) -> None:
        try:
            self.transport.ask("POST", "/api/v1/namespaces", body={"metadata": meta})
        except ApiError as error:
            if error.code != 409:
                raise

    def delete_namespace(self, name: str, wait: bool = True) -> None:
        """Remove a namespace and everything in it; one that is gone is no error. Pods get no grace period."""
        for pod in self.list("Pod", name) if name else ():
            self.delete(pod, grace=0)
        self.delete({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": name}})
        if wait:
            self._gone(name)

    def _gone(self, name: str) -> None:
        streams.until(
            self.transport,
            "/api/v1/namespaces",
            name,
            lambda living: living is None,
            f"the end of the namespace {name}",
        )

    def logs(
        self,
        pod: str,
        container: str,
        *,
        namespace: str,
        follow: bool = False,
        previous: bool = False,
        on_line: Callable[[str], None],
        stop: threading.Event,
    ) -> None:
        """Read a container's log line by line until it ends, or until `stop`; with `follow` while the container runs."""
        streams.read_log(
            self.transport, namespace, pod, container, follow=follow, previous=previous, on_line=on_line, stop=stop
        )

    def exec(
        self, pod: str, container: str, command: Sequence[str], *, namespace: str, timeout: float = 30.0
    ) -> ExecResult:
        """Run a command in a container and wait for its end, at most `timeout` seconds."""
        return run_in_container(self.transport, pod, container, command, namespace, timeout)

    def schema(self) -> OpenApi:
        """The fields of every kind that is served (a `manifest.SchemaLookup`)."""
        return self._schema

    def explain(self, path: str) -> str:
        """What `kubectl explain pod.spec.restartPolicy` says in short: type and description."""
        return self._schema.explain(path)

    def proxy_get(self, pod: str, port: int, path: str, namespace: str) -> str:
        """GET an address of a Pod through the API server; the answer's text."""
        target = f"/api/v1/namespaces/{namespace}/pods/{pod}:{port}/proxy/{path.lstrip('/')}"
        with self.transport.open("GET", target, accept="*/*") as response:
            try:
                text: bytes = response.read()
            except urllib3.exceptions.HTTPError as error:
                raise unreachable(error) from error
        return text.decode(errors="replace")
