"""The program that calls Services, against a server on loopback."""

from __future__ import annotations

import asyncio
import json
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import ClassVar

import pytest

from labs.course.caller_program import Counter, Server, call, several


class Model(BaseHTTPRequestHandler):
    """Answers as the path says."""

    seen: ClassVar[list[tuple[str, int]]] = []

    def do_GET(self) -> None:
        self.seen.append(self.client_address)
        body = {"/version": b'{"version": "v1", "pod": "a"}', "/odd": b"[]"}.get(self.path, b"")
        self.send_response(200 if body else 404)
        self.end_headers()
        self.wfile.write(body)

    def log_request(self, code: int | str = "-", size: int | str = "-") -> None:
        """Say nothing."""


@pytest.fixture
def port() -> Iterator[int]:
    server = ThreadingHTTPServer(("127.0.0.1", 0), Model)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield server.server_address[1]
    server.shutdown()
    server.server_close()


def free_port() -> int:
    with ThreadingHTTPServer(("127.0.0.1", 0), Model) as server:
        return server.server_address[1]


@pytest.mark.parametrize(
    ("path", "answer"),
    [
        ("/version", ("v1", "a", "")),
        ("/odd", ("", "", "an answer that names no Pod")),
        ("/none", ("", "", "HTTP 404")),
    ],
)
def test_an_answer_is_read(port: int, path: str, answer: tuple[str, str, str]) -> None:
    assert asyncio.run(call("127.0.0.1", port, path)) == answer


def test_each_call_is_a_new_connection(port: int) -> None:
    Model.seen.clear()
    found = asyncio.run(several("127.0.0.1", port, "/version", 25))
    assert (found["calls"], found["ok"], found["pods"], found["versions"]) == (25, 25, {"a": 25}, {"v1": 25})
    assert len(set(Model.seen)) == 25


def test_nobody_there_is_asked_three_times() -> None:
    found = asyncio.run(several("127.0.0.1", free_port(), "/version", 60))
    assert (found["calls"], found["ok"], found["errors"]) == (3, 0, {"connection refused": 3})


def test_the_counter_goes_on_and_tells_each_call_once(port: int) -> None:
    async def counted() -> list[tuple[float, str, str, str]]:
        counter, number = Counter("127.0.0.1", port, "/version"), 0
        found: list[tuple[float, str, str, str]] = []
        while len(found) < 20:
            await asyncio.sleep(0.05)
            answer = counter.since(number)
            number = answer["next"]
            found += answer["calls"]
        counter.task.cancel()
        assert number == len(found)
        return found

    found = asyncio.run(asyncio.wait_for(counted(), 60))
    assert {each[1:] for each in found} == {("v1", "a", "")}


def test_the_server_answers_in_json(port: int) -> None:
    async def asked(target: str) -> tuple[str, object]:
        server = await asyncio.start_server(Server().handle, "127.0.0.1", 0)
        reader, writer = await asyncio.open_connection(*server.sockets[0].getsockname()[:2])
        writer.write(f"GET {target} HTTP/1.1\r\n\r\n".encode())
        head, _, body = (await reader.read()).partition(b"\r\n\r\n")
        writer.close()
        server.close()
        return head.split(b"\r\n")[0].decode(), json.loads(body)

    call_target = f"/call?host=127.0.0.1&port={port}&path=/version&calls=2"
    assert asyncio.run(asked("/ready")) == ("HTTP/1.1 200 OK", {"ready": True})
    assert asyncio.run(asked("/call?host=x"))[0].startswith("HTTP/1.1 400")
    found = asyncio.run(asked(call_target))[1]
    assert isinstance(found, dict) and (found["ok"], found["pods"]) == (2, {"a": 2})
