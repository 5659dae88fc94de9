"""Follows the log of every attempt of every container of a namespace's Pods."""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Callable, Iterator, Mapping
from typing import Any, Protocol

from labs.checks import LogAttempt
from labs.errors import LabsError

__all__ = ["LogFollower", "LogSource"]

Key = tuple[str, str, int]
"""UID of the Pod, name of the container, number of the attempt (0: the first)."""

_MOST_LINES = 20_000
_STATUSES = ("initContainerStatuses", "containerStatuses", "ephemeralContainerStatuses")
_AGAIN_SECONDS = 1.0


class LogSource(Protocol):
    """The part of `labs.kube.Client` that is needed here."""

    def logs(
        self,
        pod: str,
        container: str,
        *,
        namespace: str,
        follow: bool,
        previous: bool,
        on_line: Callable[[str], None],
        stop: threading.Event,
    ) -> object: ...


class _Attempt:
    """What one attempt has printed; `ended` is set when its container has, `complete` when everything was read."""

    def __init__(self, pod: str) -> None:
        self.pod = pod
        self.lines: deque[str] = deque(maxlen=_MOST_LINES)
        self.ended = threading.Event()
        self.complete = False


class LogFollower:
    """One thread for each attempt that has begun; `changed` is called from these threads."""

    def __init__(self, source: LogSource, namespace: str, changed: Callable[[], None]) -> None:
        self._source, self._namespace, self._changed = source, namespace, changed
        self._attempts: dict[Key, _Attempt] = {}
        self._lock = threading.Lock()
        self._stop = threading.Event()

    def see(self, pods: tuple[Mapping[str, Any], ...]) -> None:
        """Follow every attempt that these Pods show and that is not followed yet; forget Pods that are gone."""
        with self._lock:
            uids = {pod["metadata"]["uid"] for pod in pods}
            self._attempts = {key: each for key, each in self._attempts.items() if key[0] in uids}
            for pod in pods:
                for status in _statuses(pod):
                    self._see(pod, status)

    def attempts(self) -> tuple[LogAttempt, ...]:
        """Everything read so far."""
        with self._lock:
            return tuple(
                LogAttempt(uid, each.pod, container, number, tuple(each.lines), each.complete)
                for (uid, container, number), each in self._attempts.items()
            )

    def stop(self) -> None:
        """End all threads; returns at once."""
        self._stop.set()

    def _see(self, pod: Mapping[str, Any], status: Mapping[str, Any]) -> None:
        uid, name = pod["metadata"]["uid"], status["name"]
        number = int(status.get("restartCount", 0))
        state = status.get("state", {})
        if number:
            self._follow((uid, name, number - 1), pod["metadata"]["name"], ended=True, previous=True)
        if "running" in state or "terminated" in state:
            self._follow((uid, name, number), pod["metadata"]["name"], ended="terminated" in state)

    def _follow(self, key: Key, pod: str, *, ended: bool, previous: bool = False) -> None:
        known = self._attempts.get(key)
        attempt = known or _Attempt(pod)
        if ended:
            attempt.ended.set()
        if known is None:
            self._attempts[key] = attempt
            threading.Thread(target=self._read, args=(key, attempt, previous), name="labs-log", daemon=True).start()

    def _read(self, key: Key, attempt: _Attempt, previous: bool) -> None:
        """Read to the end; a log that cannot be followed is read again each second for as long as its container runs."""
        try:
            whole = self._stream(key, attempt, previous)
            while not whole and not self._stop.is_set():
                whole = attempt.ended.wait(_AGAIN_SECONDS)
                self._reread(key, attempt)
        except LabsError:
            self._failed(key, attempt)
            return
        attempt.complete = True
        self._changed()

    def _stream(self, key: Key, attempt: _Attempt, previous: bool) -> bool:
        """Take lines as they come; says whether the log was read to the attempt's end."""

        def add(line: str) -> None:
            with self._lock:
                attempt.lines.append(line)
            self._changed()

        try:
            self._ask(key, attempt, not previous, previous, add)
        except LabsError:
            if previous:
                raise
            return False
        return previous or attempt.ended.wait(_AGAIN_SECONDS)

    def _reread(self, key: Key, attempt: _Attempt) -> None:
        uid, container, number = key
        lines: list[str] = []
        self._ask(key, attempt, False, (uid, container, number + 1) in self._attempts, lines.append)
        with self._lock:
            attempt.lines = deque(lines, maxlen=_MOST_LINES)
        self._changed()

    def _ask(self, key: Key, attempt: _Attempt, follow: bool, previous: bool, on_line: Callable[[str], None]) -> None:
        self._source.logs(
            attempt.pod,
            key[1],
            namespace=self._namespace,
            follow=follow,
            previous=previous,
            on_line=on_line,
            stop=self._stop,
        )

    def _failed(self, key: Key, attempt: _Attempt) -> None:
        """A read that failed is tried once more while the attempt goes on; else it is complete as it stands."""
        if self._stop.wait(_AGAIN_SECONDS) or attempt.ended.is_set() or attempt.lines:
            attempt.complete = True
        else:
            with self._lock:
                if self._attempts.get(key) is attempt:
                    del self._attempts[key]
        self._changed()


def _statuses(pod: Mapping[str, Any]) -> Iterator[Mapping[str, Any]]:
    for key in _STATUSES:
        yield from pod.get("status", {}).get(key) or ()
