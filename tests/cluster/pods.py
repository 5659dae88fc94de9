"""Pods as tests make them, apply them and wait for them."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from labs.kube import Client
from labs.kube.streams import until
from tests.pocket import Pocket

Json = dict[str, Any]
SECONDS = 60.0


def container(*command: str, name: str = "main", image: str = "python:3.10", **more: Any) -> Json:
    """A container that runs this command."""
    return {"name": name, "image": image, "command": list(command), **more}


def pod(name: str, *containers: Json, **spec: Any) -> Json:
    """A Pod that does not restart and ends within a second."""
    settings = {"restartPolicy": "Never", "terminationGracePeriodSeconds": 1, **spec}
    return {
        "apiVersion": "v1",
        "kind": "Pod",
        "metadata": {"name": name},
        "spec": {"containers": [*containers], **settings},
    }


def seen(client: Client, namespace: str, name: str, holds: Callable[[Json], bool], what: str) -> Json:
    """The Pod as it is once `holds` of it."""
    found: list[Json] = []

    def look(living: Mapping[str, Any] | None) -> bool:
        if living is None or not holds(dict(living)):
            return False
        found.append(dict(living))
        return True

    until(client.transport, f"/api/v1/namespaces/{namespace}/pods", name, look, what, SECONDS)
    return found[0]


def ended(client: Client, namespace: str, obj: Json) -> Json:
    """The Pod after it was applied and has come to its end."""
    client.apply(obj, namespace)
    name = obj["metadata"]["name"]
    return seen(client, namespace, name, lambda one: one["status"]["phase"] in ("Succeeded", "Failed"), "its end")


def running(client: Client, namespace: str, obj: Json) -> Json:
    """The Pod after it was applied, with every container ready."""
    client.apply(obj, namespace)

    def ready(one: Json) -> bool:
        each = one["status"].get("containerStatuses") or []
        return bool(each) and all(status["ready"] for status in each)

    return seen(client, namespace, obj["metadata"]["name"], ready, "readiness")


def state(one: Json, index: int = 0) -> Json:
    """How a container of the Pod ended."""
    found: Json = one["status"]["containerStatuses"][index]["state"]["terminated"]
    return found


def said(cluster: Pocket, namespace: str, name: str, *words: str) -> str:
    """The Pod's log."""
    return cluster.kubectl("logs", "-n", namespace, name, *words)
