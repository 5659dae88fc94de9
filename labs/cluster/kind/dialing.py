"""How a Service is reached from this machine: at a node's address where those are reachable, else through the API server."""

from __future__ import annotations

import asyncio
import random
import ssl
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import urllib3
import websocket
from kubernetes.client import ApiClient, CoreV1Api
from kubernetes.client.exceptions import ApiException
from kubernetes.stream import portforward

from labs.cluster.kind.forwarder import Stream
from labs.cluster.kind.services import Backend, Exposed
from labs.kube import Client

__all__ = ["Dialer", "reachable"]

_CONNECT_SECONDS = 3.0
_API_PORT = 6443


class Dialer:
    """`nodes`: addresses by name, empty where they cannot be reached; `backends`: the ready endpoints now."""

    def __init__(
        self, client: Client, nodes: Mapping[str, str], backends: Callable[[Exposed], Sequence[Backend]]
    ) -> None:
        self._client, self._nodes, self._backends = client, dict(nodes), backends

    async def dial(self, one: Exposed) -> Stream:
        """A new connection to a ready Pod of the Service; raises OSError."""
        ready = self._backends(one)
        if not ready:
            raise ConnectionRefusedError(f"{one.service} has no ready endpoint")
        if self._nodes and one.node_port:
            return await self._by_node(one, {each.node for each in ready})
        return await self._by_api_server(one.namespace, random.choice(ready))

    async def _by_node(self, one: Exposed, with_endpoint: set[str]) -> Stream:
        names = [name for name in self._nodes if not one.local or name in with_endpoint]
        random.shuffle(names)
        failure: OSError = ConnectionRefusedError(f"no node for {one.service}")
        for name in names:
            try:
                async with asyncio.timeout(_CONNECT_SECONDS):
                    return await asyncio.open_connection(self._nodes[name], one.node_port)
            except OSError as error:  # a timeout is one, too
                failure = error
        raise failure

    async def _by_api_server(self, namespace: str, backend: Backend) -> Stream:
        pair = await asyncio.to_thread(self._forward, namespace, backend)
        return await asyncio.open_connection(sock=pair)

    def _forward(self, namespace: str, backend: Backend) -> Any:
        api = CoreV1Api(ApiClient(self._client.transport.api.configuration))
        try:
            channel: Any = portforward(
                api.connect_get_namespaced_pod_portforward, backend.pod, namespace, ports=str(backend.port)
            )
        except (ApiException, urllib3.exceptions.HTTPError, websocket.WebSocketException) as error:
            raise ConnectionRefusedError(f"{backend.pod} cannot be reached: {error}") from error
        return channel.socket(backend.port)._socket


async def reachable(address: str, authority: str) -> bool:
    """Whether the API server itself answers at a node's address, proven by its certificate (CA file `authority`)."""
    context = ssl.create_default_context(cafile=authority)
    try:
        async with asyncio.timeout(_CONNECT_SECONDS):
            _, writer = await asyncio.open_connection(address, _API_PORT, ssl=context, server_hostname=address)
    except (OSError, ssl.SSLError):
        return False
    writer.close()
    return True
