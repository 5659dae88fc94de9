"""Requests to one API server: plain data in, plain data out, a time limit on each."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import urllib3
from kubernetes import config
from kubernetes.client import ApiClient
from kubernetes.client.exceptions import ApiException
from kubernetes.dynamic import DynamicClient

from labs.errors import ClusterError
from labs.kube.discovery import Discovery
from labs.kube.errors import ApiError, unreachable

__all__ = ["CONNECT_SECONDS", "READ_SECONDS", "Answer", "Transport"]

CONNECT_SECONDS = 3.0
READ_SECONDS = 30.0
_POOL_SIZE = 32


@dataclass(frozen=True)
class Answer:
    """A whole answer: the body as data, and the texts of its Warning headers."""

    data: dict[str, Any]
    warnings: tuple[str, ...]


class Transport:
    """Thread-safe. Requests are never repeated: a change must not be made twice."""

    def __init__(self, kubeconfig: Path, cache_file: Path | None = None) -> None:
        try:
            api = config.new_client_from_config(config_file=str(kubeconfig))  # type: ignore[no-untyped-call]
        except (config.ConfigException, OSError) as error:
            raise ClusterError(
                what="The cluster's kubeconfig cannot be used",
                why=str(error),
                next_step="Run `labs up`, which writes it anew",
            ) from error
        api.configuration.connection_pool_maxsize = _POOL_SIZE
        api.configuration.retries = urllib3.Retry(total=False, redirect=0)
        api.configuration.no_proxy = "*"
        api.configuration.proxy = None
        self.api = ApiClient(api.configuration)
        self._dynamic: Any = DynamicClient(self.api, str(cache_file) if cache_file else None, Discovery)  # type: ignore[no-untyped-call]

    @property
    def discovery(self) -> Discovery:
        """The kinds that the cluster serves."""
        found: Discovery = self._dynamic.resources
        return found

    def ask(
        self,
        method: str,
        path: str,
        *,
        body: object = None,
        query: Mapping[str, object] | None = None,
        content_type: str = "application/json",
        accept: str = "application/json",
    ) -> Answer:
        """One request. Raises ApiError when it is refused, ClusterError when there is no answer."""
        with self.open(method, path, body=body, query=query, content_type=content_type, accept=accept) as response:
            try:
                text = response.read()
            except urllib3.exceptions.HTTPError as error:
                raise unreachable(error) from error
            warnings = tuple(response.headers.getlist("Warning"))
        try:
            data = json.loads(text) if text else {}
        except ValueError:
            data = {"text": text.decode(errors="replace")}
        return Answer(data, warnings)

    @contextmanager
    def open(
        self,
        method: str,
        path: str,
        *,
        body: object = None,
        query: Mapping[str, object] | None = None,
        content_type: str = "application/json",
        accept: str = "application/json",
        read_seconds: float = READ_SECONDS,
    ) -> Iterator[Any]:
        """One request whose answer is read piece by piece; the connection is given back, or closed when not read whole."""
        response = self._send(method, path, body, query, content_type, accept, read_seconds)
        try:
            yield response
        finally:
            response.close()
            response.release_conn()

    def _send(
        self,
        method: str,
        path: str,
        body: object,
        query: Mapping[str, object] | None,
        content_type: str,
        accept: str,
        read_seconds: float,
    ) -> Any:
        try:
            return self._dynamic.request(
                method,
                path,
                body=body,
                query_params=[(key, value) for key, value in (query or {}).items() if value is not None],
                header_params={"Accept": accept},
                content_type=content_type,
                serialize=False,
                _request_timeout=(CONNECT_SECONDS, read_seconds),
            )
        except ApiException as error:
            raise ApiError.from_body(error.status or 500, error.body) from error
        except urllib3.exceptions.HTTPError as error:
            raise unreachable(error) from error
