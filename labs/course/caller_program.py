"""What runs in our Pod in `labs-system`: calls Services on new connections and says who answered. Standard library only.

    GET /call?host=H&port=P&path=/version&calls=60          calls now, ten at a time
    GET /count?host=H&port=P&path=/version&since=0          keeps 50 calls a second going for as long as somebody asks

`/count` answers with the calls that have ended since: [time, version, pod, error], and with this machine's `now`.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import socket
import sys
import time
from collections import deque
from typing import Any
from urllib.parse import parse_qsl, urlsplit

SECONDS = 2.0
PORT = 8080
RATE = 50.0
AT_ONCE = 10
FIRST = 3
KEPT = 20_000
FORGET_SECONDS = 15.0
STALLED_SECONDS = 0.5


async def call(host: str, port: int, path: str, name: str = "") -> tuple[str, str, str]:
    """One GET on a new connection: version and pod that the answer names, and what went wrong ("" when nothing)."""
    try:
        return await asyncio.wait_for(_call(host, port, path, name or host), SECONDS)
    except TimeoutError:
        return "", "", f"no answer within {SECONDS:.0f} s"
    except socket.gaierror:
        return "", "", "no such name"
    except ConnectionRefusedError:
        return "", "", "connection refused"
    except (OSError, asyncio.IncompleteReadError):
        return "", "", "connection broken off"


async def _call(host: str, port: int, path: str, name: str) -> tuple[str, str, str]:
    reader, writer = await asyncio.open_connection(host, port, family=socket.AF_INET)
    try:
        writer.write(f"GET {path} HTTP/1.1\r\nHost: {name}\r\nConnection: close\r\n\r\n".encode())
        status, body = _parts(await reader.read(65536))
        while chunk := await reader.read(65536):
            body += chunk
    finally:
        writer.close()
    if status != 200:
        return "", "", f"HTTP {status}" if status else "connection broken off"
    return _named(body)


def _parts(text: bytes) -> tuple[int, bytes]:
    head, _, body = text.partition(b"\r\n\r\n")
    words = head.split(None, 2)
    return (int(words[1]) if len(words) > 1 and words[1].isdigit() else 0), body


def _named(body: bytes) -> tuple[str, str, str]:
    start, end = body.find(b"{"), body.rfind(b"}")
    with contextlib.suppress(ValueError):
        found = json.loads(body[start : end + 1])
        if isinstance(found, dict) and found.get("pod"):
            return str(found.get("version", "")), str(found["pod"]), ""
    return "", "", "an answer that names no Pod"


async def several(host: str, port: int, path: str, calls: int) -> dict[str, Any]:
    """Many calls, ten at a time: how many answered, by pod, version and error. When the first few all fail, no more."""
    found: dict[str, Any] = {"calls": 0, "ok": 0, "pods": {}, "versions": {}, "errors": {}}

    async def one() -> None:
        version, pod, error = await call(host, port, path)
        found["calls"] += 1
        found["ok"] += not error
        for key, name in (("errors", error),) if error else (("pods", pod), ("versions", version)):
            found[key][name] = found[key].get(name, 0) + 1

    await asyncio.gather(*(one() for _ in range(min(calls, FIRST))))
    while found["ok"] and found["calls"] < calls:
        await asyncio.gather(*(one() for _ in range(min(calls - found["calls"], AT_ONCE))))
    return found


class Counter:
    """Begins a call every 20 ms; what has ended is kept in order."""

    def __init__(self, host: str, port: int, path: str) -> None:
        self.ended: deque[tuple[float, str, str, str]] = deque(maxlen=KEPT)
        self.first = 0
        self.asked = time.monotonic()
        self._host, self._port, self._path = host, port, path
        self._address, self._lag_at = "", 0.0
        self._running = set[asyncio.Task[None]]()
        self.task = asyncio.ensure_future(self._run())

    def since(self, number: int) -> dict[str, Any]:
        """The calls after the first `number` that ended."""
        self.asked = time.monotonic()
        kept = list(self.ended)[max(0, number - self.first) :]
        return {"now": time.time(), "next": self.first + len(self.ended), "calls": kept}

    async def _run(self) -> None:
        due = time.monotonic()
        resolving = asyncio.ensure_future(self._resolve())
        try:
            while time.monotonic() - self.asked < FORGET_SECONDS:
                late = time.monotonic() - due
                if late > STALLED_SECONDS:
                    self._lag_at, due = time.monotonic(), time.monotonic()
                if self._address:
                    self._begin()
                due += 1 / RATE
                await asyncio.sleep(max(0.0, due - time.monotonic()))
        finally:
            resolving.cancel()

    def _begin(self) -> None:
        task = asyncio.ensure_future(self._one())
        self._running.add(task)
        task.add_done_callback(self._running.discard)

    async def _one(self) -> None:
        at, began = time.time(), time.monotonic()
        version, pod, error = await call(self._address, self._port, self._path, self._host)
        if error.startswith("no answer") and self._lag_at >= began:
            return  # it was this program that had no time
        if len(self.ended) == KEPT:
            self.first += 1
        self.ended.append((at, version, pod, error))

    async def _resolve(self) -> None:
        """The Service's address, asked for anew each second: names are not what is being counted."""
        while True:
            with contextlib.suppress(OSError):
                found = await asyncio.get_running_loop().getaddrinfo(self._host, self._port, family=socket.AF_INET)
                self._address = str(found[0][4][0])
            await asyncio.sleep(1)


class Server:
    """Answers GETs; one counter for each address that is counted."""

    def __init__(self) -> None:
        self._counters: dict[tuple[str, int, str], Counter] = {}

    async def handle(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with contextlib.suppress(OSError, asyncio.IncompleteReadError, asyncio.LimitOverrunError):
            head = await reader.readuntil(b"\r\n\r\n")
            status, answer = await self._answer(head.split()[1].decode())
            body = json.dumps(answer).encode()
            kind = "Content-Type: application/json\r\nConnection: close"
            writer.write(f"HTTP/1.1 {status}\r\n{kind}\r\nContent-Length: {len(body)}\r\n\r\n".encode() + body)
            await writer.drain()
        writer.close()

    async def _answer(self, target: str) -> tuple[str, Any]:
        address = urlsplit(target)
        query = dict(parse_qsl(address.query))
        if address.path not in ("/call", "/count"):
            return "200 OK", {"ready": True}
        try:
            where = (query["host"], int(query["port"]), query["path"])
            if address.path == "/call":
                return "200 OK", await several(*where, int(query["calls"]))
            return "200 OK", self._count(where, int(query["since"]))
        except (KeyError, ValueError) as error:
            return "400 Bad Request", {"error": str(error)}

    def _count(self, where: tuple[str, int, str], since: int) -> dict[str, Any]:
        counter = self._counters.get(where)
        if counter is None or counter.task.done():
            counter = self._counters[where] = Counter(*where)
        return counter.since(since)


async def main() -> None:
    """Serve until the Pod ends."""
    server = await asyncio.start_server(Server().handle, "0.0.0.0", PORT)
    async with server:
        await server.serve_forever()


if __name__ == "__main__":
    sys.exit(asyncio.run(main()))
