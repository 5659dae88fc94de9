"""Which kinds a cluster serves and under which paths, from its aggregated discovery: two requests, kept in a file."""

from __future__ import annotations

import json
import os
import threading
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import urllib3
from kubernetes.client.exceptions import ApiException

from labs.kube.errors import ApiError, unreachable

__all__ = ["Discovery", "Resource"]

_SECONDS = (3.0, 30.0)
_AGGREGATED = "application/json;g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList"


@dataclass(frozen=True)
class Resource:
    """One kind: `api_version` such as ``apps/v1``, `plural` such as ``deployments``."""

    api_version: str
    kind: str
    plural: str
    namespaced: bool

    def path(self, namespace: str | None = None, name: str | None = None) -> str:
        """The path of one object, or of all of a namespace, or of the whole cluster."""
        root = f"/api/{self.api_version}" if "/" not in self.api_version else f"/apis/{self.api_version}"
        place = f"/namespaces/{namespace}" if namespace and self.namespaced else ""
        return f"{root}{place}/{self.plural}" + (f"/{name}" if name else "")


class Discovery:
    """Looked up when first needed, and again when a kind is not known (a new definition may have come)."""

    def __init__(self, client: Any, cache_file: str | None) -> None:
        self._client = client
        self._file = Path(cache_file) if cache_file else None
        self._lock = threading.Lock()
        self._known: tuple[Resource, ...] = ()
        self._fresh = False

    def all(self) -> Sequence[Resource]:
        """Every kind that is served."""
        with self._lock:
            if not self._known:
                self._known = self._cached() or self._asked()
            return self._known

    def find(self, kind: str, api_version: str = "") -> Resource:
        """The resource of a kind; without a version the core group is preferred. Raises ApiError (404)."""
        found = _pick(self.all(), kind, api_version)
        if found is None and not self._fresh:
            with self._lock:
                self._known = self._asked()
            found = _pick(self._known, kind, api_version)
        if found is None:
            name = f"{api_version}/{kind}" if api_version else kind
            raise ApiError({"code": 404, "reason": "NotFound", "message": f"this cluster serves no kind {name}"})
        return found

    def _cached(self) -> tuple[Resource, ...]:
        if self._file is None:
            return ()
        try:
            return tuple(Resource(**each) for each in json.loads(self._file.read_text()))
        except (OSError, ValueError, TypeError):
            return ()

    def _asked(self) -> tuple[Resource, ...]:
        found: list[Resource] = []
        for path in ("/api", "/apis"):
            found += _resources(self._read(path))
        self._fresh = True
        if self._file is not None:
            _write(self._file, json.dumps([asdict(each) for each in found]))
        return tuple(found)

    def _read(self, path: str) -> Mapping[str, Any]:
        header = {"Accept": _AGGREGATED}
        try:
            answer = self._client.request("GET", path, header_params=header, serialize=False, _request_timeout=_SECONDS)
            data: Mapping[str, Any] = json.loads(answer.read())
        except ApiException as error:
            raise ApiError.from_body(error.status or 500, error.body) from error
        except (urllib3.exceptions.HTTPError, ValueError) as error:
            raise unreachable(error) from error
        return data


def _write(path: Path, text: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    new = path.with_suffix(f".{os.getpid()}-{threading.get_ident()}")
    new.write_text(text)
    new.replace(path)


def _resources(data: Mapping[str, Any]) -> list[Resource]:
    found = []
    for group in data.get("items", ()):
        name = group["metadata"].get("name", "")
        for version in group.get("versions", ()):
            api_version = f"{name}/{version['version']}" if name else version["version"]
            for each in version.get("resources", ()):
                kind = each.get("responseKind", {}).get("kind") or ""
                if kind:
                    found.append(Resource(api_version, kind, each["resource"], each.get("scope") == "Namespaced"))
    return found


def _pick(known: Sequence[Resource], kind: str, api_version: str) -> Resource | None:
    fitting = [each for each in known if each.kind == kind and api_version in ("", each.api_version)]
    core = [each for each in fitting if "/" not in each.api_version]
    return next(iter(core or fitting), None)
