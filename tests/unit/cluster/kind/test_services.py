"""Which Services are opened here, and a connection's way through the forwarder, without a cluster."""

from __future__ import annotations

import asyncio
import io
import json
import socket
import tarfile
from pathlib import Path
from typing import Any

import pytest

from labs.cluster.kind.forwarder import Forwarder, Stream
from labs.cluster.kind.loading import check_archive
from labs.cluster.kind.services import Backend, Exposed, backends, exposed, wants_address
from labs.errors import ImageError


def service(kind: str, *ports: dict[str, Any], **spec: Any) -> dict[str, Any]:
    return {"metadata": {"namespace": "n", "name": "s"}, "spec": {"type": kind, "ports": list(ports), **spec}}


def test_tcp_ports_of_outward_services_are_exposed() -> None:
    both = service(
        "LoadBalancer",
        {"port": 80, "nodePort": 30001, "name": "http"},
        {"port": 53, "protocol": "UDP"},
        externalTrafficPolicy="Local",
    )
    inside, leaving = service("ClusterIP", {"port": 80}), service("NodePort", {"port": 1})
    leaving["metadata"]["deletionTimestamp"] = "now"
    assert exposed([both, inside, leaving]) == (Exposed("n", "s", 80, "http", "LoadBalancer", 30001, True),)


def test_only_ready_pods_behind_the_named_port_get_traffic() -> None:
    def endpoint(pod: str, *, ready: bool) -> dict[str, Any]:
        return {"conditions": {"ready": ready}, "targetRef": {"kind": "Pod", "name": pod}, "nodeName": "w"}

    slices = [
        {
            "metadata": {"namespace": "n", "labels": {"kubernetes.io/service-name": name}},
            "ports": [{"name": "http", "port": 5000}, {"name": "metrics", "port": 9090}],
            "endpoints": [endpoint(f"{name}-1", ready=True), endpoint(f"{name}-2", ready=False)],
        }
        for name in ("s", "other")
    ]
    assert backends(slices, Exposed("n", "s", 80, "http", "NodePort")) == (Backend("s-1", 5000, "w"),)


@pytest.mark.parametrize(
    ("spec", "ingress", "wants"),
    [
        ({}, [], True),
        ({"loadBalancerClass": "other"}, [], False),
        ({}, [{"ip": "192.0.2.1"}], False),
        ({"type": "NodePort"}, [], False),
    ],
)
def test_address_is_given_only_where_nobody_else_does(spec: Any, ingress: Any, wants: bool) -> None:
    found = service("LoadBalancer", **{key: value for key, value in spec.items() if key != "type"})
    found["spec"].update(spec)
    found["status"] = {"loadBalancer": {"ingress": ingress}}
    assert wants_address(found) is wants


ONE = Exposed("n", "s", 80, "", "LoadBalancer", 30001)


def test_each_connection_is_dialled_anew_and_ports_are_kept() -> None:
    asyncio.run(_forward())


async def _forward() -> None:
    dialled: list[Exposed] = []

    async def shout(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write((await reader.read()).upper())
        await writer.drain()
        writer.close()
        await writer.wait_closed()

    server = await asyncio.start_server(shout, "127.0.0.1", 0)

    async def dial(one: Exposed) -> Stream:
        dialled.append(one)
        return await asyncio.open_connection(*server.sockets[0].getsockname())

    forwarder = Forwarder(dial, {})
    assert await forwarder.update([ONE]) and not await forwarder.update([ONE])
    port = forwarder.ports[ONE.key]
    for _ in range(2):
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        writer.write(b"hello")
        writer.write_eof()
        assert await reader.read() == b"HELLO"
        writer.close()
        await writer.wait_closed()
    assert dialled == [ONE, ONE]
    assert await forwarder.update([]) and forwarder.ports == {}
    with pytest.raises(OSError):
        await asyncio.open_connection("127.0.0.1", port)
    again = Forwarder(dial, {ONE.key: port})
    await again.update([ONE])
    assert again.ports == {ONE.key: port}
    for each in (forwarder, again):
        await each.close()
    server.close()
    await server.wait_closed()


def test_taken_port_and_failed_dial() -> None:
    asyncio.run(_refused())


async def _refused() -> None:
    async def dial(one: Exposed) -> Stream:
        raise ConnectionRefusedError

    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        forwarder = Forwarder(dial, {ONE.key: taken.getsockname()[1]})
        await forwarder.update([ONE])
        assert forwarder.ports[ONE.key] != taken.getsockname()[1]
    reader, writer = await asyncio.open_connection("127.0.0.1", forwarder.ports[ONE.key])
    with pytest.raises(ConnectionResetError):
        await reader.read()
    writer.transport.abort()
    await forwarder.close()


def archive(path: Path, *, layers: int) -> Path:
    """What `docker save` writes, with one layer listed and so many there."""
    manifest = [{"Config": "c.json", "RepoTags": ["x:1"], "Layers": ["1/layer.tar"]}]
    contents = {"c.json": b"{}", "manifest.json": json.dumps(manifest).encode()}
    contents |= {f"{number}/layer.tar": b"x" * 40000 for number in range(1, layers + 1)}
    with tarfile.open(path, "w") as file:
        for name, data in contents.items():
            header = tarfile.TarInfo(name)
            header.size = len(data)
            file.addfile(header, io.BytesIO(data))
    return path


def test_whole_and_broken_archives(tmp_path: Path) -> None:
    whole = archive(tmp_path / "whole.tar", layers=1)
    assert check_archive(whole) == ("x:1",)
    cut = tmp_path / "cut.tar"
    cut.write_bytes(whole.read_bytes()[:20000])
    for path in (cut, archive(tmp_path / "lacking.tar", layers=0), tmp_path / "none.tar", Path(__file__)):
        with pytest.raises(ImageError, match="docker save"):
            check_archive(path)
