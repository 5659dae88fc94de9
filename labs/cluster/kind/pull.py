"""The node image: fetched by us before kind needs it, because kind is silent for minutes meanwhile."""

from __future__ import annotations

import re
import time
from collections import deque

from labs.cluster.follow import follow
from labs.cluster.kind.containers import ContainerEngine
from labs.cluster.model import Progress, Step
from labs.errors import ClusterError

__all__ = ["PullProgress", "ensure_image"]

_NO_NETWORK = (
    "no such host",
    "i/o timeout",
    "connection refused",
    "network is unreachable",
    "Client.Timeout",
    "TLS handshake",
)


def ensure_image(engine: ContainerEngine, reference: str, progress: Progress) -> None:
    """Pull the image when it is missing, layer by layer shown; raises ClusterError. An interrupt ends the pull."""
    if engine.has_image(reference):
        return
    progress(Step("node image", "running", f"fetching {_short(reference)} (about 400 MB, once)"))
    began, said, shown = time.monotonic(), deque([""], maxlen=1), PullProgress()

    def on_line(line: str) -> None:
        if line.strip():
            said.append(line.strip())
        if shown.add(line):
            progress(Step("node image", "running", shown.words, shown.fraction))

    if follow([engine.program, "pull", reference], on_line):
        raise _refused(reference, said[0])
    progress(Step("node image", "ready", "node image fetched", None, time.monotonic() - began))


class PullProgress:
    """Counts layers from what `docker pull` prints where there is no terminal."""

    def __init__(self) -> None:
        self._layers: dict[str, bool] = {}

    def add(self, line: str) -> bool:
        """Take one line in; whether it was about a layer."""
        found = re.match(r"([0-9a-f]{12}): (.+)", line.strip())
        if found is None:
            return False
        self._layers[found[1]] = self._layers.get(found[1], False) or found[2] in ("Pull complete", "Already exists")
        return True

    @property
    def words(self) -> str:
        """For people."""
        return f"{sum(self._layers.values())}/{len(self._layers)} layers fetched"

    @property
    def fraction(self) -> float:
        """0 to 1."""
        return sum(self._layers.values()) / max(len(self._layers), 1)


def _refused(reference: str, said: str) -> ClusterError:
    if any(words in said for words in _NO_NETWORK):
        why = f"The registry cannot be reached: {said}"
    elif "toomanyrequests" in said:
        why = f"The registry allows no more downloads from this address for now: {said}"
    else:
        why = said or "The container engine gave no reason"
    return ClusterError(
        what=f"The node image {_short(reference)} is not here and cannot be fetched",
        why=why,
        next_step="Get on a network that reaches the registry, or load the image from a file (docker load), or name "
        "another one with LABS_KIND_NODE_IMAGE, or run `labs up --cluster pocket`",
    )


def _short(reference: str) -> str:
    return reference.partition("@")[0]
