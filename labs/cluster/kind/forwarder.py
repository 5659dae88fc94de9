"""Listens on 127.0.0.1 for every exposed port of a Service and passes each connection on, dialled anew."""

from __future__ import annotations

import asyncio
import socket
import struct
import zlib
from collections.abc import Awaitable, Callable, Iterable, Mapping
from contextlib import suppress

from labs.cluster.kind.services import Exposed

__all__ = ["Dial", "Forwarder", "Stream"]

Stream = tuple[asyncio.StreamReader, asyncio.StreamWriter]
Dial = Callable[[Exposed], Awaitable[Stream]]

_ADDRESS = "127.0.0.1"
_FIRST_PORT, _PORTS = 20000, 10000
_TRIED = 50
_PIECE = 65536


class Forwarder:
    """Runs on one event loop. `ports`: by `Exposed.key`, what was used before and is used again when it is free."""

    def __init__(self, dial: Dial, ports: Mapping[str, int]) -> None:
        self._dial = dial
        self._ports = dict(ports)
        self._open: dict[str, tuple[Exposed, asyncio.Server]] = {}
        self._tasks: set[asyncio.Task[None]] = set()

    @property
    def ports(self) -> dict[str, int]:
        """The ports in use by key."""
        return {key: self._ports[key] for key in self._open}

    @property
    def open(self) -> dict[str, Exposed]:
        """What is being forwarded by key."""
        return {key: one for key, (one, _) in self._open.items()}

    async def update(self, wanted: Iterable[Exposed]) -> bool:
        """Open what is new, close what is gone; whether anything changed."""
        now = {one.key: one for one in wanted}
        changed = False
        for key in self._open.keys() - now.keys():
            self._open.pop(key)[1].close()
            changed = True
        for key, one in now.items():
            known = self._open.get(key)
            if known is None:
                self._open[key] = (one, await self._listen(key))
            else:
                self._open[key] = (one, known[1])
            changed = changed or known is None or known[0] != one
        return changed

    async def close(self) -> None:
        """End all listeners and connections."""
        for _, server in self._open.values():
            server.close()
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    async def _listen(self, key: str) -> asyncio.Server:
        def accepted(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            task = asyncio.get_running_loop().create_task(self._pass_on(key, reader, writer))
            self._tasks.add(task)
            task.add_done_callback(self._tasks.discard)

        for port in self._candidates(key):
            with suppress(OSError):
                server = await asyncio.start_server(accepted, _ADDRESS, port)
                self._ports[key] = server.sockets[0].getsockname()[1]
                return server
        raise OSError(f"no port on {_ADDRESS} is free")

    def _candidates(self, key: str) -> Iterable[int]:
        """The port it had, else one that follows from its name, else any."""
        start = zlib.crc32(key.encode())
        if key in self._ports:
            yield self._ports[key]
        yield from (_FIRST_PORT + (start + each) % _PORTS for each in range(_TRIED))
        yield 0

    async def _pass_on(self, key: str, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        known = self._open.get(key)
        try:
            if known is None:
                raise ConnectionRefusedError
            far_reader, far_writer = await self._dial(known[0])
        except OSError:
            _refuse(writer)
            return
        try:
            await asyncio.gather(_pump(reader, far_writer), _pump(far_reader, writer))
        except OSError:
            _refuse(writer)
        finally:
            for each in (far_writer, writer):
                each.close()
                with suppress(OSError):
                    await each.wait_closed()


async def _pump(source: asyncio.StreamReader, target: asyncio.StreamWriter) -> None:
    while piece := await source.read(_PIECE):
        target.write(piece)
        await target.drain()
    with suppress(OSError):
        target.write_eof()


def _refuse(writer: asyncio.StreamWriter) -> None:
    """End it with a reset, as a refused connection to the Service would look."""
    found = writer.get_extra_info("socket")
    with suppress(OSError):
        found.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    writer.transport.abort()
