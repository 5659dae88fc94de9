"""The few calls to the API server that are needed before there is a `labs.kube` client; standard library only."""

from __future__ import annotations

import base64
import http.client
import json
import os
import ssl
from contextlib import suppress
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import yaml

from labs.errors import ClusterError

__all__ = ["call", "identity_of"]


def identity_of(kubeconfig: Path, *, seconds: float = 5.0) -> str:
    """UID of the kube-system namespace: the cluster's identity."""
    return str(call(kubeconfig, "GET", "/api/v1/namespaces/kube-system", seconds=seconds)["metadata"]["uid"])


def call(kubeconfig: Path, method: str, path: str, *, seconds: float = 5.0) -> dict[str, Any]:
    """One request with the client certificate of our own kubeconfig; raises ClusterError unless it answers 2xx."""
    try:
        server, context = _open(kubeconfig)
        connection = http.client.HTTPSConnection(server, context=context, timeout=seconds)
        try:
            connection.request(method, path, headers={"Accept": "application/json"})
            response = connection.getresponse()
            body = response.read()
        finally:
            connection.close()
    except (OSError, http.client.HTTPException, KeyError, IndexError, ValueError, yaml.YAMLError) as error:
        raise ClusterError(
            what="The cluster's API server does not answer",
            why=f"{type(error).__name__}: {error}",
            next_step="Run `labs status`, then `labs down` and `labs up`",
        ) from error
    if response.status >= 300:
        raise ClusterError(
            what=f"The API server refused {method} {path} with {response.status}",
            why=body[:300].decode(errors="replace"),
            next_step="Run `labs down` and `labs up`",
        )
    value = json.loads(body) if body.startswith(b"{") else {}
    return value if isinstance(value, dict) else {}


def _open(kubeconfig: Path) -> tuple[str, ssl.SSLContext]:
    config = yaml.safe_load(kubeconfig.read_text(encoding="utf-8"))
    cluster, user = config["clusters"][0]["cluster"], config["users"][0]["user"]
    authority = base64.b64decode(cluster["certificate-authority-data"]).decode()
    context = ssl.create_default_context(cadata=authority)
    pair = base64.b64decode(user["client-certificate-data"]) + b"\n" + base64.b64decode(user["client-key-data"])
    _load(context, pair)
    return urlsplit(cluster["server"]).netloc, context


def _load(context: ssl.SSLContext, pair: bytes) -> None:
    """Hand certificate and key to OpenSSL by way of memory, never of the disk."""
    descriptor = os.memfd_create("client-certificate", os.MFD_CLOEXEC)
    try:
        os.write(descriptor, pair)
        context.load_cert_chain(f"/proc/self/fd/{descriptor}")
    finally:
        with suppress(OSError):
            os.close(descriptor)
