"""Which kinds of cluster there are, which one is meant, and which one was brought up last."""

from __future__ import annotations

import difflib
import os
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from labs.cluster.files import read_json, write_json
from labs.cluster.kind.choice import kind_is_possible
from labs.cluster.kind.provider import KindCluster
from labs.cluster.model import Cluster
from labs.cluster.pocket.provider import PocketCluster
from labs.errors import UsageError
from labs.paths import state_dir

__all__ = ["AUTO", "Choice", "choose", "current", "get", "known", "remember"]

AUTO = "auto"

_PROVIDERS: Mapping[str, Callable[[], Cluster]] = {"kind": KindCluster, "pocket": PocketCluster}
_PLANNED = frozenset({"context"})


@dataclass(frozen=True)
class Choice:
    """The cluster that is meant, and why in a line when nobody has named it."""

    name: str
    why: str = ""


def known() -> tuple[str, ...]:
    """Names that `get` accepts, apart from `auto`."""
    return tuple(_PROVIDERS)


def get(name: str | None = None) -> Cluster:
    """A cluster by name; None: as `choose` says. Raises UsageError."""
    return _PROVIDERS[choose(name).name]()


def choose(name: str | None = None) -> Choice:
    """The cluster named, else by $LABS_CLUSTER, else the one brought up last, else what this machine allows.

    Decided within two seconds. Raises UsageError for a name that is not known.
    """
    name = name or os.environ.get("LABS_CLUSTER") or current() or AUTO
    if name == AUTO:
        return _automatic()
    if name in _PROVIDERS:
        return Choice(name)
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


def current() -> str | None:
    """Name of the cluster brought up last, or None."""
    value = read_json(state_dir() / "current.json") or {}
    name = value.get("cluster")
    return name if isinstance(name, str) and name in _PROVIDERS else None


def remember(name: str) -> None:
    """Make `name` the one that is meant when none is named."""
    write_json(state_dir() / "current.json", {"schema": 1, "cluster": name})


def _automatic() -> Choice:
    possible, why = kind_is_possible()
    name, other = ("kind", "pocket") if possible else ("pocket", "kind")
    return Choice(name, f"{name} is used: {why} (choose yourself: --cluster {other})")
