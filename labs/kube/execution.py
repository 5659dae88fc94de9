"""Commands inside containers."""

from __future__ import annotations

import json
import time
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import urllib3
import websocket
from kubernetes.client import ApiClient, CoreV1Api
from kubernetes.client.exceptions import ApiException
from kubernetes.stream import stream
from kubernetes.stream.ws_client import ERROR_CHANNEL

from labs.kube.errors import ApiError, unreachable
from labs.kube.transport import Transport

__all__ = ["ExecResult", "run_in_container"]


@dataclass(frozen=True)
class ExecResult:
    """What a command printed, and its exit code; -1 when it did not end in time."""

    stdout: str
    stderr: str
    exit_code: int


def run_in_container(
    transport: Transport, pod: str, container: str, command: Sequence[str], namespace: str, timeout: float
) -> ExecResult:
    """Run a command and wait. It has a client of its own: the library changes the client while it streams."""
    api = CoreV1Api(ApiClient(transport.api.configuration))
    try:
        channel: Any = stream(
            api.connect_get_namespaced_pod_exec,
            pod,
            namespace,
            container=container,
            command=list(command),
            stdin=False,
            stdout=True,
            stderr=True,
            tty=False,
            _preload_content=False,
        )
    except ApiException as error:
        raise ApiError.from_body(error.status or 500, error.body or str(error.reason)) from error
    except (urllib3.exceptions.HTTPError, websocket.WebSocketException, OSError) as error:
        raise unreachable(error) from error
    try:
        return _collect(channel, time.monotonic() + timeout)
    finally:
        channel.close()
        channel.sock.shutdown()


def _collect(channel: Any, deadline: float) -> ExecResult:
    out, errors = "", ""
    while channel.is_open() and (left := deadline - time.monotonic()) > 0:
        channel.update(timeout=min(left, 1.0))
        out += channel.read_stdout(timeout=0) if channel.peek_stdout(timeout=0) else ""
        errors += channel.read_stderr(timeout=0) if channel.peek_stderr(timeout=0) else ""
    if channel.is_open():
        return ExecResult(out, errors, -1)
    return ExecResult(out, errors, _exit_code(channel.read_channel(ERROR_CHANNEL)))


def _exit_code(text: str) -> int:
    status = json.loads(text or "{}")
    if status.get("status") == "Success":
        return 0
    for cause in (status.get("details") or {}).get("causes") or ():
        if cause.get("reason") == "ExitCode":
            return int(cause["message"])
    raise ApiError({"code": 500, **status})
