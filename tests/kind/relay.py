"""A way to the container engine that a test can cut and open again, as if the engine was stopped and started."""

from __future__ import annotations

import os
import socket
import threading
from contextlib import suppress
from pathlib import Path

__all__ = ["Relay", "engine_socket"]


def engine_socket() -> str:
    """Path of Docker's socket."""
    return os.environ.get("DOCKER_HOST", "unix:///var/run/docker.sock").removeprefix("unix://")


class Relay:
    """Listens at `path` and passes on what comes to Docker's socket and back."""

    def __init__(self, path: Path) -> None:
        self._path, self._connections = path, set[socket.socket]()
        self._listener: socket.socket | None = None

    def open(self) -> None:
        """Let everything through."""
        self._listener = socket.socket(socket.AF_UNIX)
        self._listener.bind(str(self._path))
        self._listener.listen(64)
        threading.Thread(target=self._accept, args=(self._listener,), daemon=True).start()

    def cut(self) -> None:
        """End what goes on, and refuse what comes."""
        listener, self._listener = self._listener, None
        if listener:
            self._path.unlink()
            for each in (listener, *self._connections):
                _end(each)

    def _accept(self, listener: socket.socket) -> None:
        with suppress(OSError):
            while True:
                near, _ = listener.accept()
                far = socket.socket(socket.AF_UNIX)
                far.connect(engine_socket())
                self._connections |= {near, far}
                for pair in ((near, far), (far, near)):
                    threading.Thread(target=self._pass_on, args=pair, daemon=True).start()

    def _pass_on(self, source: socket.socket, target: socket.socket) -> None:
        with suppress(OSError):
            while data := source.recv(65536):
                target.sendall(data)
            target.shutdown(socket.SHUT_WR)


def _end(connection: socket.socket) -> None:
    with suppress(OSError):
        connection.shutdown(socket.SHUT_RDWR)
    connection.close()
