"""A small API server on 127.0.0.1 whose watches are driven by the test: real sockets, no cluster."""

from __future__ import annotations

import json
import queue
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

from labs.kube import Client

Json = dict[str, Any]
PODS = "/api/v1/namespaces/lab/pods"
SECONDS = 10.0
"""The longest that a test waits for anything."""

_CORE = {
    "items": [
        {
            "metadata": {"name": ""},
            "versions": [
                {
                    "version": "v1",
                    "resources": [{"resource": "pods", "responseKind": {"kind": "Pod"}, "scope": "Namespaced"}],
                }
            ],
        }
    ]
}


def pod(name: str, version: int) -> Json:
    """A Pod of that resource version; its UID is its name."""
    return {"metadata": {"name": name, "uid": name, "resourceVersion": str(version)}}


class ApiServer:
    """`pods` and `version` are what a list shows; `send` puts an event or raw bytes into the open watch, None ends it."""

    def __init__(self) -> None:
        self.pods: list[Json] = []
        self.version = 1
        self.lists = 0
        self.watches: queue.Queue[str] = queue.Queue()
        self._pieces: queue.Queue[bytes | None] = queue.Queue()
        outer = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                outer.answer(self)

            def log_message(self, *args: object) -> None: ...

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.port = self._server.server_address[1]
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.05,), daemon=True)
        self._thread.start()

    def send(self, kind: str, obj: Json) -> None:
        """An event into the watch that is open."""
        self.raw(json.dumps({"type": kind, "object": obj}).encode() + b"\n")

    def raw(self, piece: bytes | None) -> None:
        """Bytes into the watch that is open; None breaks it off."""
        self._pieces.put(piece)

    def watched(self) -> str:
        """Wait for the next watch; the resource version that it asked for."""
        return self.watches.get(timeout=SECONDS)

    def close(self) -> None:
        """End every watch and the server."""
        for _ in range(8):
            self._pieces.put(None)
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()

    def answer(self, handler: BaseHTTPRequestHandler) -> None:
        """Serve one request."""
        parts = urlsplit(handler.path)
        query = parse_qs(parts.query)
        if parts.path == PODS and "watch" in query:
            self._watch(handler, query["resourceVersion"][0])
        elif parts.path == PODS:
            self.lists += 1
            _whole(handler, {"metadata": {"resourceVersion": str(self.version)}, "items": self.pods})
        elif parts.path == "/api/v1/namespaces/kube-system":
            _whole(handler, {"metadata": {"uid": "this-cluster"}})
        else:
            _whole(handler, _CORE if parts.path == "/api" else {"items": []})

    def _watch(self, handler: BaseHTTPRequestHandler, version: str) -> None:
        handler.send_response(200)
        handler.end_headers()
        handler.wfile.flush()
        self.watches.put(version)
        while (piece := self._pieces.get()) is not None:
            handler.wfile.write(piece)
            handler.wfile.flush()


def _whole(handler: BaseHTTPRequestHandler, data: Json) -> None:
    body = json.dumps(data).encode()
    handler.send_response(200)
    handler.send_header("Content-Length", str(len(body)))
    handler.end_headers()
    handler.wfile.write(body)


def client_of(port: int, folder: Path, identity: str | None = None) -> Client:
    """A client of the server at that port."""
    file = folder / "kubeconfig"
    named = {"name": "test"}
    data = {
        "current-context": "test",
        "clusters": [{**named, "cluster": {"server": f"http://127.0.0.1:{port}"}}],
        "users": [{**named, "user": {}}],
        "contexts": [{**named, "context": {"cluster": "test", "user": "test"}}],
    }
    file.write_text(json.dumps(data))
    return Client.from_kubeconfig(file, identity=identity, cache_dir=folder)


class Changes:
    """Waits, as the `changed` of a Reflector, until something holds."""

    def __init__(self) -> None:
        self._condition = threading.Condition()

    def __call__(self) -> None:
        with self._condition:
            self._condition.notify_all()

    def until(self, holds: Callable[[], bool]) -> None:
        """Wait until it holds; fail when it never does."""
        with self._condition:
            assert self._condition.wait_for(holds, timeout=SECONDS)


@contextmanager
def serving() -> Iterator[ApiServer]:
    """A server for one test."""
    server = ApiServer()
    try:
        yield server
    finally:
        server.close()
