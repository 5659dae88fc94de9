"""Keeps what a namespace holds up to date: list, then watch, for each kind on a thread of its own."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Mapping, Sequence
from types import MappingProxyType
from typing import Any

from labs.errors import LabsError
from labs.kube.client import Client
from labs.kube.errors import ApiError
from labs.kube.streams import shut, watch_events

__all__ = ["Reflector"]

Json = dict[str, Any]
_FIRST_PAUSE, _LONGEST_PAUSE = 0.2, 5.0
_SHORT_SECONDS = 1.0
"""A watch that ends sooner counts as failed, so that a server that ends each at once is not asked without a pause."""


class Reflector:
    """Watches kinds (``v1/Pod``, ``apps/v1/Deployment``) of one namespace; `changed` is called from its threads.

    After a broken connection it comes back by itself, reading the list anew where the server has forgotten the version
    (410). What it holds meanwhile stays as it was; `connected` tells.
    """

    def __init__(self, client: Client, kinds: Sequence[str], namespace: str, changed: Callable[[], None]) -> None:
        self._changed = changed
        self._lock = threading.Lock()
        self._stop = threading.Event()
        self._kinds = [_Kind(self, client, kind, namespace) for kind in dict.fromkeys(kinds)]

    def start(self) -> None:
        """Begin to list and watch."""
        for kind in self._kinds:
            threading.Thread(target=kind.run, name=f"labs-watch-{kind.name}", daemon=True).start()

    def stop(self) -> None:
        """End all threads soon; idempotent."""
        self._stop.set()
        for kind in self._kinds:
            kind.end()

    @property
    def synced(self) -> bool:
        """Whether every kind was listed once."""
        with self._lock:
            return all(kind.synced for kind in self._kinds)

    @property
    def connected(self) -> bool:
        """Whether every kind is being watched right now."""
        with self._lock:
            return all(kind.connected for kind in self._kinds)

    def objects(self) -> Mapping[str, tuple[Json, ...]]:
        """All objects by kind (``Pod``), oldest first. They are shared: do not change them."""
        with self._lock:
            return MappingProxyType({kind.name: kind.snapshot() for kind in self._kinds})


class _Kind:
    def __init__(self, owner: Reflector, client: Client, kind: str, namespace: str) -> None:
        self._owner, self._client, self._kind, self._namespace = owner, client, kind, namespace
        self.name = kind.rpartition("/")[2]
        self.synced = self.connected = False
        self._objects: dict[str, Json] = {}
        self._response: Any = None

    def snapshot(self) -> tuple[Json, ...]:
        return tuple(sorted(self._objects.values(), key=lambda obj: obj["metadata"].get("creationTimestamp", "")))

    def end(self) -> None:
        with self._owner._lock:
            response = self._response
        if response is not None:
            shut(response)

    def run(self) -> None:
        pause, version = _FIRST_PAUSE, ""
        while not self._owner._stop.is_set():
            began = time.monotonic()
            try:
                version = self._follow(version or self._list())
            except ApiError as error:
                version = ""
                self._lost(synced=error.code == 404)
            except LabsError:
                self._lost()
            if time.monotonic() - began > _SHORT_SECONDS:
                pause = _FIRST_PAUSE
            self._owner._stop.wait(pause)
            pause = min(2 * pause, _LONGEST_PAUSE)

    def _lost(self, *, synced: bool = False) -> None:
        with self._owner._lock:
            self.connected = False
            self.synced = self.synced or synced
        self._owner._changed()

    def _list(self) -> str:
        resource = self._client.resource(self._kind)
        data = self._client.transport.ask("GET", resource.path(self._namespace)).data
        named = {"apiVersion": resource.api_version, "kind": resource.kind}
        with self._owner._lock:
            self._objects = {each["metadata"]["uid"]: {**named, **each} for each in data["items"]}
            self.synced = True
        self._owner._changed()
        return str(data["metadata"]["resourceVersion"])

    def _follow(self, version: str) -> str:
        path = self._client.resource(self._kind).path(self._namespace)
        for kind, obj in watch_events(self._client.transport, path, version, opened=self._opened):
            version = obj["metadata"]["resourceVersion"]
            if kind == "BOOKMARK":
                continue
            with self._owner._lock:
                if kind == "DELETED":
                    self._objects.pop(obj["metadata"]["uid"], None)
                else:
                    self._objects[obj["metadata"]["uid"]] = obj
            self._owner._changed()
        return version

    def _opened(self, response: Any) -> None:
        with self._owner._lock:
            self._response = response
            self.connected = True
        if self._owner._stop.is_set():
            shut(response)
