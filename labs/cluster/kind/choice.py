"""Whether kind can be the cluster that nobody named, decided in two seconds, with the reason in words."""

from __future__ import annotations

import socket
import ssl
import threading
from urllib.parse import urlsplit

from labs.cluster.kind.containers import ContainerEngine, ask
from labs.cluster.kind.preflight import preflight
from labs.cluster.kind.program import kind_can_be_had
from labs.cluster.kind.recipe import node_image
from labs.errors import LabsError

__all__ = ["kind_is_possible"]

_DECIDE_SECONDS = 1.6
_CONNECT_SECONDS = 1.0


def kind_is_possible() -> tuple[bool, str]:
    """Yes or no, and why; no when that cannot be said in time."""
    answer: list[tuple[bool, str]] = []
    thread = threading.Thread(target=lambda: answer.append(_decide()), name="labs-choice", daemon=True)
    thread.start()
    thread.join(_DECIDE_SECONDS)
    return answer[0] if answer else (False, "the container engine does not answer in time")


def _decide() -> tuple[bool, str]:
    try:
        engine = ask()
        if not kind_can_be_had():
            return False, f"{engine.name} answers, but there is neither `kind` nor a Go to build it with"
        preflight(engine, 3)
    except LabsError as error:
        return False, error.what[:1].lower() + error.what[1:]
    if engine.has_image(node_image()):
        return True, f"{engine.name} answers and the node image is here"
    if _registry_answers(engine):
        return True, f"{engine.name} answers; the node image (about 400 MB) is fetched first"
    return False, f"{engine.name} answers, but the node image is not here and its registry cannot be reached"


def _registry_answers(engine: ContainerEngine) -> bool:
    """Whether the engine's default registry speaks TLS to us (a proxy of the engine's own is trusted to reach it)."""
    host = urlsplit(engine.index).hostname
    if engine.proxy or not host:
        return bool(engine.proxy)
    try:
        with (
            socket.create_connection((host, 443), timeout=_CONNECT_SECONDS) as plain,
            ssl.create_default_context().wrap_socket(plain, server_hostname=host),
        ):
            return True
    except OSError:
        return False
