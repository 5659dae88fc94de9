"""What the rows of a prober remember from round to round."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

from labs.checks import Probe
from labs.course.probing import Prober
from labs.kube import ApiError
from tests.unit.checks.workloads import deployment, pod, replica_set, world


def test_only_answers_count_as_failures_of_a_pod() -> None:
    answers = iter([503, 0, 503])

    def open_(*words: object, **more: object) -> Any:
        """Says no with this code, or nothing in time."""
        if code := next(answers):
            raise ApiError({"code": code, "message": "no"})
        raise TimeoutError

    client: Any = SimpleNamespace(transport=SimpleNamespace(open=open_))
    snapshot = world(deployment(1), replica_set(), pod("a"))
    prober: Prober
    seen: list[tuple[int, int]] = []

    def changed() -> None:
        row = prober.rows()[0]
        seen.append((row["status"], row["failures"]))
        prober.stop() if len(seen) == 3 else prober.wake()

    probe = Probe("pods", "serve", port=5000, path="/readyz")
    prober = Prober(client, "labs-test", [probe], lambda: snapshot, changed)
    prober.start()
    prober._thread.join(30)
    assert seen == [(503, 1), (0, 1), (503, 2)]
