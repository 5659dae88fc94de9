"""Asks the engine whether this machine can run the pocket cluster: `pocket probe --json`."""

from __future__ import annotations

import json
import subprocess

from labs.cluster.model import Finding
from labs.cluster.pocket.engine import Engine
from labs.errors import ClusterError

__all__ = ["preflight", "probe"]


def probe(engine: Engine, *, seconds: float = 10.0) -> tuple[Finding, ...]:
    """All findings; raises ClusterError when the program cannot be run or says nothing usable."""
    try:
        answer = subprocess.run(
            [engine.pocket, "probe", "--json"],
            capture_output=True,
            stdin=subprocess.DEVNULL,
            timeout=seconds,
            check=False,
        )
        rows = json.loads(answer.stdout)
        return tuple(
            Finding(
                name=str(row["name"]),
                ok=bool(row["ok"]),
                required=bool(row.get("required")),
                found=str(row.get("found") or ""),
                why=str(row.get("why") or ""),
                next_step=str(row.get("next") or ""),
            )
            for row in rows
        )
    except (OSError, subprocess.TimeoutExpired, ValueError, KeyError, TypeError) as error:
        raise ClusterError(
            what="The engine's program does not run on this machine",
            why=f"{engine.pocket}: {error}",
            next_step="Run `labs engine build`; where programs may not be run from the cache folder, set LABS_CACHE_DIR",
        ) from error


def preflight(engine: Engine) -> None:
    """Raise one ClusterError that names everything that is missing."""
    missing = [finding for finding in probe(engine) if finding.required and not finding.ok]
    if missing:
        raise ClusterError(
            what="This machine does not allow the pocket cluster: "
            + "; ".join(f"{one.name}: {one.found or 'missing'}" for one in missing),
            why="; ".join(one.why for one in missing if one.why),
            next_step=" ".join(one.next_step for one in missing if one.next_step) or "Run `labs doctor`",
        )
