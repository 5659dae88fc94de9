"""The check of `deployment/readiness`, on hand-made Pods."""

from __future__ import annotations

from typing import Any

import pytest

from labs.lessons.deployment.checks import ready_when_loaded
from tests.unit.checks.workloads import answered, deployment, pod, replica_set, world

Json = dict[str, Any]


def loading(ready_at: str, *, needs: str = "8") -> Json:
    """A ready Pod whose container has run since 10:00:00 and needs so many seconds for its weights."""
    made = pod("a")
    made["spec"]["containers"][0]["env"] = [{"name": "MODEL_LOAD_SECONDS", "value": needs}]
    made["status"]["conditions"][0]["lastTransitionTime"] = f"2026-01-01T{ready_at}Z"
    made["status"]["containerStatuses"][0]["state"] = {"running": {"startedAt": "2026-01-01T10:00:00Z"}}
    return made


def asked(**more: Any) -> Json:
    return answered("a") | {"path": "/readyz", "failures": 0, **more}


@pytest.mark.parametrize(
    ("there", "row", "state", "found"),
    [
        (loading("10:00:08"), asked(), "pass", "each time"),
        (loading("10:00:09"), asked(), "pass", "each time"),
        (loading("10:00:09"), asked(failures=2), "fail", "answered 2 times that it is not"),
        (loading("10:00:01"), asked(), "fail", "ready 1 seconds after its start, and its weights need 8"),
        (loading("10:00:01", needs="0"), asked(), "pass", "each time"),
        (loading("09:59:01"), asked(), "pass", "each time"),
        (pod("a", ready=False), asked(), "wait", "0 of 1"),
    ],
)
def test_who_was_called_ready_too_early(there: Json, row: Json, state: str, found: str) -> None:
    finding = ready_when_loaded(world(deployment(1), replica_set(), there, probes=(row,)), "serve")
    assert (finding.state, found in finding.found) == (state, True), finding
