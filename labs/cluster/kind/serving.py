"""The cluster's background process: opens its Services on 127.0.0.1, gives LoadBalancers an address, ends with the cluster.

`python -m labs.cluster.kind.serving FOLDER`, started and ended by `labs.cluster.kind.agent`.
"""

from __future__ import annotations

import asyncio
import signal
import sys
import threading
import time
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any

from labs.cluster.files import read_json, write_json
from labs.cluster.kind.agent import LOCK
from labs.cluster.kind.create import Kind
from labs.cluster.kind.dialing import Dialer, reachable
from labs.cluster.kind.forwarder import Forwarder
from labs.cluster.kind.metrics import install_metrics
from labs.cluster.kind.program import ensure_kind
from labs.cluster.kind.recipe import cluster_name
from labs.cluster.kind.services import Backend, Exposed, backends, exposed, wants_address
from labs.cluster.kind.state import Record, engine_of, read_record
from labs.cluster.locks import exclusive
from labs.errors import Busy, ClusterError, LabsError
from labs.kube import Client, Reflector
from labs.paths import cache_dir

__all__ = ["main"]

_LOST_SECONDS = 60.0
_TICK_SECONDS = 5.0
_SERVICES, _SLICES = "v1/Service", "discovery.k8s.io/v1/EndpointSlice"
_STATUS = {"status": {"loadBalancer": {"ingress": [{"ip": "127.0.0.1", "ipMode": "Proxy"}]}}}


def main(arguments: Sequence[str]) -> int:
    """Run until SIGTERM, or until the cluster is gone."""
    folder = Path(arguments[0])
    try:
        with exclusive(folder / LOCK, what="forwarding"):
            asyncio.run(_Agent(folder).run())
    except Busy:
        return 0
    return 0


class _Agent:
    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._changed, self._stop = asyncio.Event(), asyncio.Event()
        self._record = read_record(folder) or Record()
        self._client = Client.from_kubeconfig(
            folder / "kubeconfig", identity=self._record.identity or None, cache_dir=cache_dir()
        )

    async def run(self) -> None:
        loop = asyncio.get_running_loop()
        for number in (signal.SIGTERM, signal.SIGINT):
            loop.add_signal_handler(number, self._end)
        nodes = await self._reachable_nodes()
        self._loop = loop
        self._reflector = Reflector(self._client, [_SERVICES, _SLICES], "", self._wake)
        self._forwarder = Forwarder(
            Dialer(self._client, nodes, self._backends).dial, (read_json(self._folder / "ports.json") or {})
        )
        self._reflector.start()
        metrics = threading.Thread(target=self._install_metrics, name="labs-metrics", daemon=True)
        metrics.start()
        try:
            await self._follow()
        finally:
            self._reflector.stop()
            await self._forwarder.close()
            (self._folder / "forwards.json").unlink(missing_ok=True)

    def _install_metrics(self) -> None:
        try:
            kind = Kind(ensure_kind(), engine_of(self._folder), cluster_name(), self._folder / "kubeconfig")
        except ClusterError:  # no engine answers any more; the next `up` starts us again
            return
        install_metrics(kind, self._client, self._folder)

    def _wake(self) -> None:
        with suppress(RuntimeError):  # the loop has ended before the reflector's threads
            self._loop.call_soon_threadsafe(self._changed.set)

    def _end(self) -> None:
        self._stop.set()
        self._changed.set()

    async def _follow(self) -> None:
        seen = time.monotonic()
        while not self._stop.is_set():
            self._changed.clear()
            if self._reflector.synced:
                await self._update()
            if self._reflector.connected:
                seen = time.monotonic()
            if time.monotonic() - seen > _LOST_SECONDS and await asyncio.to_thread(_is_gone, self._folder):
                return
            with suppress(TimeoutError):
                async with asyncio.timeout(_TICK_SECONDS):
                    await self._changed.wait()

    async def _update(self) -> None:
        services = self._reflector.objects()["Service"]
        if await self._forwarder.update(exposed(services)):
            self._write()
        waiting = [each for each in services if wants_address(each)]
        if waiting and not await asyncio.to_thread(_other_provider):
            for service in waiting:
                await asyncio.to_thread(self._give_address, service)

    def _write(self) -> None:
        ports = self._forwarder.ports
        forwards = [_entry(one, ports[key]) for key, one in sorted(self._forwarder.open.items())]
        write_json(self._folder / "ports.json", ports)
        write_json(self._folder / "forwards.json", {"schema": 1, "forwards": forwards})

    def _give_address(self, service: dict[str, Any]) -> None:
        meta = service["metadata"]
        path = f"/api/v1/namespaces/{meta['namespace']}/services/{meta['name']}/status"
        with suppress(LabsError):  # it may be gone meanwhile; the next change comes by here again
            self._client.transport.ask("PATCH", path, body=_STATUS, content_type="application/merge-patch+json")

    def _backends(self, one: Exposed) -> tuple[Backend, ...]:
        return backends(self._reflector.objects()["EndpointSlice"], one)

    async def _reachable_nodes(self) -> dict[str, str]:
        addresses = dict(self._record.addresses)
        with suppress(ClusterError):
            addresses = {node.name: node.address for node in engine_of(self._folder).nodes(cluster_name())}
        authority = str(self._client.transport.api.configuration.ssl_ca_cert)
        first = next((address for name, address in addresses.items() if name.endswith("-control-plane")), "")
        return addresses if first and await reachable(first, authority) else {}


def _entry(one: Exposed, host_port: int) -> dict[str, Any]:
    return {
        "namespace": one.namespace,
        "service": one.service,
        "port": one.port,
        "name": one.name,
        "kind": one.kind,
        "address": "127.0.0.1",
        "host_port": host_port,
    }


def _is_gone(folder: Path) -> bool:
    """Whether the engine answers and has no container of the cluster any more."""
    try:
        return not engine_of(folder).nodes(cluster_name())
    except ClusterError:
        return False


def _other_provider() -> bool:
    """Whether cloud-provider-kind runs here, which gives addresses itself."""
    for entry in Path("/proc").glob("[0-9]*"):
        with suppress(OSError):
            if (entry / "comm").read_text(encoding="utf-8").strip() == "cloud-provider-kind"[:15]:
                return True
    return False


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
