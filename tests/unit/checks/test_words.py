"""The vocabulary on hand-made snapshots, with the traps in which a learner would be judged wrongly."""

from __future__ import annotations

from typing import Any

import pytest

from labs.checks import Finding, Snapshot
from tests.unit.checks.snapshots import event, judged, log, pod, snap, status

ENDED = {"exitCode": 0, "reason": "Completed"}
START_ERROR = {"exitCode": 128, "reason": "StartError", "message": 'exec: "Hello from K8s": not found'}
PULL = {"reason": "ErrImagePull", "message": "no such image Hello from K8s"}
CRASHING = {"reason": "CrashLoopBackOff", "message": "back-off"}
HELLO = "Hello from K8s"


@pytest.mark.parametrize(
    ("state", "found", "snapshot"),
    [
        ("pass", "it is there", snap(pod())),
        ("wait", "no Pod named trainer", snap()),
        ("wait", "there is other", snap(pod("other"))),
        ("wait", "being deleted", snap(pod(deleting=True))),
        ("pass", "it is there", snap(pod(deleting=True), pod(uid="u2"))),
    ],
)
def test_exists(state: str, found: str, snapshot: Snapshot) -> None:
    finding = judged({"exists": {"kind": "Pod", "name": "trainer"}}, snapshot)
    assert finding.state == state
    assert found in finding.found


@pytest.mark.parametrize(
    ("state", "found", "snapshot"),
    [
        ("pass", "gone", snap()),
        ("pass", "gone", snap(pod("other"))),
        ("wait", "it is there", snap(pod())),
        ("wait", "being deleted", snap(pod(deleting=True))),
    ],
)
def test_absent(state: str, found: str, snapshot: Snapshot) -> None:
    finding = judged({"absent": {"kind": "Pod", "name": "trainer"}}, snapshot)
    assert (finding.state, found in finding.found) == (state, True)


SUCCEEDED = {"pod": "trainer", "phase": "Succeeded", "restarts": 0}
RUNNING = {"pod": "trainer", "phase": "Running", "restarts": 0}
DONE = status(terminated=ENDED)
RUNS = status(running={})
TWO = ({"name": "main"}, {"name": "side"})


@pytest.mark.parametrize(
    ("state", "found", "wanted", "snapshot"),
    [
        ("pass", "phase Succeeded", SUCCEEDED, snap(pod("trainer", DONE, phase="Succeeded", policy="Never"))),
        ("pass", "phase Succeeded", SUCCEEDED, snap(pod("trainer", DONE, phase="Succeeded", policy="OnFailure"))),
        # A container's own policy counts before the Pod's.
        (
            "pass",
            "phase Succeeded",
            SUCCEEDED,
            snap(pod("trainer", DONE, phase="Succeeded", containers=[{"name": "main", "restartPolicy": "Never"}])),
        ),
        (
            "wait",
            "phase Running",
            SUCCEEDED,
            snap(pod("trainer", RUNS, containers=[{"name": "main", "restartPolicy": "OnFailure"}])),
        ),
        (
            "wait",
            "phase Running",
            SUCCEEDED,
            snap(pod("trainer", RUNS, containers=[{"name": "main", "restartPolicyRules": [{"action": "Restart"}]}])),
        ),
        ("never", "restart policy Always", SUCCEEDED, snap(pod("trainer", RUNS))),
        (
            "never",
            "restart policy Always",
            SUCCEEDED,
            snap(
                pod(
                    "trainer",
                    RUNS,
                    policy="Never",
                    containers=[{"name": "main"}, {"name": "b", "restartPolicy": "Always"}],
                )
            ),
        ),
        # A sidecar always restarts, and does not keep a Pod from succeeding.
        (
            "pass",
            "phase Succeeded",
            SUCCEEDED,
            snap(
                pod(
                    "trainer",
                    DONE,
                    phase="Succeeded",
                    policy="Never",
                    initContainers=[{"name": "log", "restartPolicy": "Always"}],
                    init=[status("log", terminated=ENDED)],
                )
            ),
        ),
        (
            "never",
            "A restart is never forgotten",
            SUCCEEDED,
            snap(pod("trainer", status(restarts=1, running={}), policy="OnFailure")),
        ),
        (
            "never",
            "after 2 restarts",
            SUCCEEDED,
            snap(
                pod("trainer", DONE, phase="Succeeded", policy="OnFailure", init=[status("get", 2, terminated=ENDED)])
            ),
        ),
        ("never", "ended", SUCCEEDED, snap(pod("trainer", DONE, phase="Failed", policy="Never"))),
        ("wait", "being deleted", SUCCEEDED, snap(pod("trainer", RUNS, deleting=True))),
        ("wait", "phase Pending", SUCCEEDED, snap(pod(phase="Pending", policy="Never"))),
        ("pass", "phase Running", RUNNING, snap(pod("trainer", RUNS))),
        ("wait", "being deleted", RUNNING, snap(pod("trainer", RUNS, deleting=True))),
        ("pass", "phase Running", RUNNING, snap(pod("trainer", deleting=True), pod("trainer", RUNS, uid="u2"))),
        # Phase Running is said of a Pod while one of its containers crashes or is not up yet.
        ("wait", "phase Running", RUNNING, snap(pod("trainer", RUNS, containers=TWO))),
        (
            "wait",
            "CrashLoopBackOff",
            {"pod": "trainer", "phase": "Running"},
            snap(pod("trainer", RUNS, status("side", 3, waiting=CRASHING), containers=TWO)),
        ),
        ("never", "does not run again", RUNNING, snap(pod("trainer", DONE, phase="Succeeded", policy="Never"))),
        ("fail", "ErrImagePull", RUNNING, snap(pod("trainer", status(waiting=PULL), phase="Pending"))),
        ("pass", "phase Running", RUNNING, snap(pod("trainer", RUNS, init=[status("get", terminated=ENDED)]))),
        # A start that failed once and went well later is no trouble any more.
        (
            "wait",
            "phase Running",
            {"pod": "trainer", "phase": "Running"},
            snap(
                pod(
                    "trainer",
                    status(restarts=1, last={"terminated": START_ERROR}, running={}),
                    status("side", waiting={"reason": "ContainerCreating"}),
                    containers=TWO,
                )
            ),
        ),
        (
            "fail",
            "StartError",
            {"pod": "trainer", "phase": "Running"},
            snap(pod("trainer", status(restarts=1, last={"terminated": START_ERROR}, waiting=CRASHING))),
        ),
        (
            "fail",
            "0/3 nodes",
            RUNNING,
            snap(
                pod(
                    phase="Pending",
                    conditions=[{"type": "PodScheduled", "status": "False", "message": "0/3 nodes are available"}],
                )
            ),
        ),
    ],
)
def test_phase(state: str, found: str, wanted: dict[str, Any], snapshot: Snapshot) -> None:
    finding = judged({"phase": wanted}, snapshot)
    assert (finding.state, finding.found) == (state, finding.found)
    assert found in finding.found


@pytest.mark.parametrize(
    ("state", "found", "snapshot"),
    [
        ("pass", HELLO, snap(pod("trainer", RUNS), logs=[log("a", f"say: {HELLO}!")])),
        ("pass", HELLO, snap(pod("trainer", DONE, phase="Succeeded"), logs=[log(HELLO)])),
        # An earlier attempt, an init container, a crash loop: all are the Pod's log.
        ("pass", HELLO, snap(pod("trainer", status(restarts=1, waiting=CRASHING)), logs=[log(HELLO), log(attempt=1)])),
        ("pass", HELLO, snap(pod("trainer", RUNS), logs=[log(HELLO, container="get")])),
        ("pass", HELLO, snap(pod("trainer", RUNS), logs=[log(HELLO, complete=False)])),
        # Neither an older Pod of the name nor one that is going away.
        ("wait", "no line", snap(pod("trainer", RUNS, uid="u2"), logs=[log(HELLO)])),
        ("wait", "being deleted", snap(pod("trainer", RUNS, deleting=True), logs=[log(HELLO)])),
        ("wait", "there is other", snap(pod("other", RUNS), logs=[log(HELLO)])),
        # The text elsewhere: manifest, variable, event, error.
        ("wait", "no line", snap(pod("trainer", RUNS, containers=[{"name": "main", "args": [HELLO]}]))),
        (
            "wait",
            "last one",
            snap(pod("trainer", RUNS, containers=[{"name": "main", "args": [HELLO]}]), logs=[log("a")]),
        ),
        ("wait", "no line", snap(pod("trainer", RUNS), events=[event("Failed", message=HELLO)])),
        ("fail", "ErrImagePull", snap(pod("trainer", status(waiting=PULL), phase="Pending"))),
        ("never", "StartError", snap(pod("trainer", status(terminated=START_ERROR), phase="Failed"), logs=[log()])),
        (
            "wait",
            "SyntaxError",
            snap(
                pod("trainer", status(restarts=1, waiting=CRASHING)),
                logs=[
                    log(
                        '  File "<string>", line 1',
                        f'    print("{HELLO}"',
                        "         ^",
                        "SyntaxError: '(' was never closed",
                    )
                ],
            ),
        ),
        ("wait", "Hello from k8s", snap(pod("trainer", RUNS), logs=[log("Hello from k8s")])),
        ("wait", "no line", snap(pod("trainer", RUNS), logs=[log("Hello from", "K8s")])),
        # Ended, but only what was read whole can be judged for good.
        ("never", "has ended", snap(pod("trainer", DONE, phase="Succeeded"), logs=[log("a")])),
        ("wait", "last one", snap(pod("trainer", DONE, phase="Succeeded"), logs=[log("a", complete=False)])),
        ("wait", "no line", snap(pod("trainer", DONE, phase="Succeeded"))),
        (
            "wait",
            "last one",
            snap(
                pod("trainer", status(restarts=1, terminated=ENDED), phase="Succeeded"),
                logs=[log(complete=False), log("a", attempt=1)],
            ),
        ),
        # Main containers that never began have no log to wait for.
        (
            "never",
            "no line",
            snap(
                pod(
                    "trainer",
                    status(waiting={"reason": "PodInitializing"}),
                    phase="Failed",
                    init=[status("get", terminated={"exitCode": 1})],
                ),
                logs=[log(container="get")],
            ),
        ),
    ],
)
def test_logs_contain(state: str, found: str, snapshot: Snapshot) -> None:
    finding = judged({"logs_contain": {"pod": "trainer", "text": HELLO}}, snapshot)
    assert (finding.state, finding.found) == (state, finding.found)
    assert found in finding.found


@pytest.mark.parametrize(
    ("state", "found", "snapshot"),
    [
        ("pass", "seen", snap(pod(), events=[event("Pulled"), event("BackOff")])),
        ("wait", "Pulled", snap(pod(), events=[event("Pulled")])),
        ("wait", "none", snap(pod("other"), events=[event("BackOff", name="other")])),
        ("wait", "none", snap(pod(uid="u2"), events=[event("BackOff")])),
        ("wait", "none", snap(events=[event("BackOff")])),
        ("pass", "seen", snap(pod(), events=[event("BackOff", uid="d1", kind="Deployment")])),
    ],
)
def test_event_seen(state: str, found: str, snapshot: Snapshot) -> None:
    finding = judged({"event_seen": {"object": "trainer", "reason": "BackOff"}}, snapshot)
    assert (finding.state, found in finding.found) == (state, True)


def loud(snapshot: Snapshot, pod: str) -> Finding:
    """A check in Python."""
    return Finding("pass", pod, f"{len(snapshot.objects['Pod'])}")


def test_python() -> None:
    finding = judged({"python": f"{__name__}:loud", "pod": "trainer"}, snap(pod()))
    assert finding == Finding("pass", "trainer", "1")
