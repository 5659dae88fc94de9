"""Our Pod in `labs-system`, which calls Services as any other Pod would. It outlives exercises and serves them all."""

from __future__ import annotations

import hashlib
import inspect
import threading
from collections.abc import Mapping
from typing import Any

from labs.course import caller_program
from labs.errors import LabsError
from labs.kube import ApiError, Client
from labs.kube.streams import until

__all__ = ["Caller"]

Json = dict[str, Any]
NAMESPACE, NAME = "labs-system", "caller"
_SOURCE = inspect.getsource(caller_program)
_MARK = "labs.k8s-ml/program"
_READY_SECONDS = 90.0
_lock = threading.Lock()


class Caller:
    """The Pod, made on first use. Thread-safe; every method raises LabsError when the cluster does not play along."""

    def __init__(self, client: Client) -> None:
        self._client = client
        self._there = False

    def call(self, host: str, port: int, path: str, calls: int) -> Json:
        """Several calls on new connections: calls, ok, pods, versions, errors."""
        return self._ask("call", {"host": host, "port": port, "path": path, "calls": calls})

    def count(self, host: str, port: int, path: str, since: int) -> Json:
        """Keep counting: now, next, calls [[time, version, pod, error]] that have ended since."""
        return self._ask("count", {"host": host, "port": port, "path": path, "since": since})

    def _ask(self, verb: str, query: Mapping[str, object]) -> Json:
        target = f"/api/v1/namespaces/{NAMESPACE}/pods/{NAME}:{caller_program.PORT}/proxy/{verb}"
        with _lock:
            if not self._there:
                self._ensure()
                self._there = True
        try:
            return self._client.transport.ask("GET", target, query=query).data
        except LabsError:
            self._there = False
            raise

    def _ensure(self) -> None:
        """Make the Pod, anew when it runs another program or has ended, and wait until it is ready."""
        self._client.ensure_namespace(NAMESPACE)
        living = self._client.get("Pod", NAME, NAMESPACE)
        if living is not None and not _usable(living):
            self._client.delete(living, grace=0, wait=True)
            living = None
        if living is None:
            self._create()
        pods = f"/api/v1/namespaces/{NAMESPACE}/pods"
        until(self._client.transport, pods, NAME, _ready, "our Pod that calls Services", _READY_SECONDS)

    def _create(self) -> None:
        try:
            self._client.transport.ask("POST", f"/api/v1/namespaces/{NAMESPACE}/pods", body=_pod())
        except ApiError as error:
            if error.code != 409:
                raise


def _mark() -> str:
    return hashlib.sha256(_SOURCE.encode()).hexdigest()[:16]


def _pod() -> Json:
    container = {
        "name": "caller",
        "image": "python:3.10",
        "imagePullPolicy": "IfNotPresent",
        "command": ["python", "-u", "-c", _SOURCE],
        "readinessProbe": {"httpGet": {"path": "/ready", "port": caller_program.PORT}, "periodSeconds": 1},
    }
    spec = {
        "containers": [container],
        "automountServiceAccountToken": False,
        "enableServiceLinks": False,
        "terminationGracePeriodSeconds": 1,
        "tolerations": [{"operator": "Exists"}],
    }
    meta = {"name": NAME, "namespace": NAMESPACE, "labels": {"app": NAME, _MARK: _mark()}}
    return {"apiVersion": "v1", "kind": "Pod", "metadata": meta, "spec": spec}


def _usable(pod: Json) -> bool:
    meta = pod["metadata"]
    ended = pod.get("status", {}).get("phase") in ("Succeeded", "Failed")
    return not ended and not meta.get("deletionTimestamp") and (meta.get("labels") or {}).get(_MARK) == _mark()


def _ready(pod: Json | None) -> bool:
    conditions = ((pod or {}).get("status") or {}).get("conditions") or ()
    return any(each["type"] == "Ready" and each["status"] == "True" for each in conditions)
