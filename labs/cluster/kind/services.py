"""Which Services are opened on this machine, and where their traffic goes; pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

__all__ = ["Backend", "Exposed", "backends", "exposed", "wants_address"]

Json = Mapping[str, Any]
_KINDS = ("LoadBalancer", "NodePort")


@dataclass(frozen=True)
class Exposed:
    """One TCP port of a Service that is reached from outside the cluster; `node_port` 0: it has none."""

    namespace: str
    service: str
    port: int
    name: str
    kind: str
    node_port: int = 0
    local: bool = False

    @property
    def key(self) -> str:
        """What its port on this machine is remembered by."""
        return f"{self.namespace}/{self.service}/{self.port}"


@dataclass(frozen=True)
class Backend:
    """A ready endpoint: its Pod, the container's port, its node."""

    pod: str
    port: int
    node: str


def exposed(services: Iterable[Json]) -> tuple[Exposed, ...]:
    """Every TCP port of every LoadBalancer and NodePort Service."""
    return tuple(
        Exposed(
            namespace=service["metadata"]["namespace"],
            service=service["metadata"]["name"],
            port=int(port["port"]),
            name=port.get("name", ""),
            kind=service["spec"]["type"],
            node_port=int(port.get("nodePort") or 0),
            local=service["spec"].get("externalTrafficPolicy") == "Local",
        )
        for service in services
        if service["spec"].get("type") in _KINDS and not service["metadata"].get("deletionTimestamp")
        for port in service["spec"].get("ports") or ()
        if port.get("protocol", "TCP") == "TCP"
    )


def backends(slices: Iterable[Json], one: Exposed) -> tuple[Backend, ...]:
    """Ready endpoints of a Service's port, as its EndpointSlices list them."""
    return tuple(
        Backend(endpoint["targetRef"]["name"], int(port["port"]), endpoint.get("nodeName", ""))
        for each in slices
        if each["metadata"]["namespace"] == one.namespace
        and (each["metadata"].get("labels") or {}).get("kubernetes.io/service-name") == one.service
        for port in each.get("ports") or ()
        if (port.get("name") or "") == one.name and port.get("port")
        for endpoint in each.get("endpoints") or ()
        if (endpoint.get("conditions") or {}).get("ready", True)
        and (endpoint.get("targetRef") or {}).get("kind") == "Pod"
    )


def wants_address(service: Json) -> bool:
    """Whether a LoadBalancer has no address yet and leaves it to the cluster's default to give it one."""
    spec, status = service["spec"], service.get("status") or {}
    return (
        spec.get("type") == "LoadBalancer"
        and not spec.get("loadBalancerClass")
        and not (status.get("loadBalancer") or {}).get("ingress")
        and not service["metadata"].get("deletionTimestamp")
    )
