"""Which kinds of cluster there are, which one is meant, and which one was brought up last."""

from __future__ import annotations

import difflib
from collections.abc import Callable, Mapping

from labs.cluster.files import read_json, write_json
from labs.cluster.model import Cluster
from labs.cluster.pocket.provider import PocketCluster
from labs.errors import UsageError
from labs.paths import state_dir

__all__ = ["AUTO", "choose", "current", "get", "known", "remember"]

AUTO = "auto"

_PROVIDERS: Mapping[str, Callable[[], Cluster]] = {"pocket": PocketCluster}
_PLANNED = frozenset({"kind", "context"})


def known() -> tuple[str, ...]:
    """Names that `get` accepts, apart from `auto`."""
    return tuple(_PROVIDERS)


def get(name: str | None = None) -> Cluster:
    """A cluster by name; None: the one brought up last, else as `auto` chooses. Raises UsageError."""
    name = name or current() or AUTO
    name = choose() if name == AUTO else name
    if name in _PROVIDERS:
        return _PROVIDERS[name]()
    if name in _PLANNED:
        raise UsageError(
            what=f"A cluster of the kind `{name}` is not in this version yet",
            why=f"This version has: {', '.join(known())}",
            next_step="Leave `--cluster` away, or use `--cluster pocket`",
        )
    near = difflib.get_close_matches(name, known(), n=1)
    raise UsageError(
        what=f"There is no cluster named `{name}`",
        why=f"Known are: {AUTO}, {', '.join(known())}",
        next_step=f"Did you mean `--cluster {near[0]}`?" if near else "Leave `--cluster` away",
    )


def choose() -> str:
    """What `auto` means on this machine."""
    return "pocket"


def current() -> str | None:
    """Name of the cluster brought up last, or None."""
    value = read_json(state_dir() / "current.json") or {}
    name = value.get("cluster")
    return name if isinstance(name, str) and name in _PROVIDERS else None


def remember(name: str) -> None:
    """Make `name` the one that is meant when none is named."""
    write_json(state_dir() / "current.json", {"schema": 1, "cluster": name})
