"""Answers that go on: watches until something holds, and logs."""

from __future__ import annotations

import codecs
import contextlib
import json
import threading
import time
from collections.abc import Callable, Iterator
from typing import Any

import urllib3

from labs.errors import ClusterError
from labs.kube.errors import ApiError, unreachable
from labs.kube.transport import Transport

__all__ = ["lines", "read_log", "until", "watch_events"]

Json = dict[str, Any]
_UNTIL_SECONDS = 90.0
_WATCH_SECONDS = 300
_SLACK_SECONDS = 20
_LOG_IDLE_SECONDS = 3600.0
_PIECE = 65536
_CANNOT_FOLLOW = "failed to create fsnotify watcher"
"""The kubelet writes this into the log that it sends (pkg/kubelet/kuberuntime/logs, ReadLogs), instead of refusing."""


def lines(response: Any) -> Iterator[str]:
    """The lines of an answer as they come. Raises ClusterError when the connection breaks."""
    decoder, rest = codecs.getincrementaldecoder("utf-8")("replace"), ""
    try:
        while piece := response.read1(_PIECE):
            *whole, rest = (rest + decoder.decode(piece)).split("\n")
            yield from whole
    except (urllib3.exceptions.HTTPError, OSError, ValueError) as error:
        raise unreachable(error) from error
    if rest:
        yield rest


def watch_events(
    transport: Transport,
    path: str,
    version: str,
    *,
    name: str = "",
    seconds: int = _WATCH_SECONDS,
    opened: Callable[[Any], None] = lambda response: None,
) -> Iterator[tuple[str, Json]]:
    """Events ``(type, object)`` after a resource version, until the server ends the watch.

    Raises ApiError; code 410 means that the version is too old and the list has to be read again.
    """
    query = {
        "watch": "true",
        "resourceVersion": version,
        "allowWatchBookmarks": "true",
        "timeoutSeconds": seconds,
        "fieldSelector": f"metadata.name={name}" if name else None,
    }
    with transport.open("GET", path, query=query, read_seconds=seconds + _SLACK_SECONDS) as response:
        opened(response)
        for line in lines(response):
            event = _event(line)
            if event["type"] == "ERROR":
                raise ApiError(event["object"])
            yield event["type"], event["object"]


def _event(line: str) -> Json:
    """An event of a watch; one that was cut off with its connection is a ClusterError."""
    try:
        event: Json = json.loads(line)
    except ValueError as error:
        raise unreachable(error) from error
    return event


def until(
    transport: Transport,
    path: str,
    name: str,
    holds: Callable[[Json | None], bool],
    what: str,
    seconds: float = _UNTIL_SECONDS,
) -> None:
    """Watch one object until `holds` of it (None: there is none). Raises ClusterError when that takes too long."""
    deadline = time.monotonic() + seconds
    while (left := deadline - time.monotonic()) > 0:
        found = transport.ask("GET", path, query={"fieldSelector": f"metadata.name={name}"}).data
        if holds(next(iter(found["items"]), None)):
            return
        with contextlib.suppress(ApiError):
            version = found["metadata"]["resourceVersion"]
            for kind, obj in watch_events(transport, path, version, name=name, seconds=max(1, int(left))):
                if kind != "BOOKMARK" and holds(None if kind == "DELETED" else obj):
                    return
    raise ClusterError(
        what=f"Waited {seconds:.0f} s in vain for {what}",
        why="The cluster is busy, or a part of it is not well",
        next_step="Run `labs status`, then try again",
    )


def read_log(
    transport: Transport,
    namespace: str,
    pod: str,
    container: str,
    *,
    follow: bool,
    previous: bool,
    on_line: Callable[[str], None],
    stop: threading.Event,
) -> None:
    """Read one attempt's log; returns at its end or soon after `stop`. Raises ClusterError when a node cannot follow it."""
    path = f"/api/v1/namespaces/{namespace}/pods/{pod}/log"
    query = {"container": container, "follow": "true" if follow else None, "previous": "true" if previous else None}
    with transport.open("GET", path, query=query, accept="*/*", read_seconds=_LOG_IDLE_SECONDS) as response:
        if follow:
            _end_with(stop, response)
        try:
            for line in lines(response):
                if stop.is_set():
                    return
                if follow and line.startswith(_CANNOT_FOLLOW):
                    raise _no_watches(line)
                on_line(line)
        except ClusterError:
            if not stop.is_set():
                raise


def _no_watches(line: str) -> ClusterError:
    return ClusterError(
        what="The node cannot follow a log",
        why=f"Its kubelet says: {line}",
        next_step="Raise fs.inotify.max_user_instances, or end other programs that watch files",
    )


def _end_with(stop: threading.Event, response: Any) -> None:
    """Break the connection off when `stop` is set: a read that waits for more is not woken otherwise."""

    def wait() -> None:
        stop.wait()
        shut(response)

    threading.Thread(target=wait, name="labs-log-end", daemon=True).start()


def shut(response: Any) -> None:
    """Break off an answer that another thread may be reading."""
    with contextlib.suppress(Exception):
        response.shutdown()
