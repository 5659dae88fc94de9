"""The same manifests on kind and on pocket come to the same end for the same reasons."""

from __future__ import annotations

import json
import re
import secrets
import time
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest

from labs.checks import Snapshot
from labs.course.settling import settled
from labs.errors import LabsError
from labs.kube import ApiError, Client
from tests.kind.parity_cases import CASES, Case

Json = Mapping[str, Any]
SECONDS = 180.0
QUIET_SECONDS = 12.0
AT_ONCE = 8
ROOT = Path(__file__).resolve().parents[2]
NOT_COMPARED = frozenset({"Pulling", "Pulled", "StandIn", "Scheduled", "SuccessfulCreate", "ProvisioningSucceeded"})
"""Events about where an image comes from and what is random; the rest has to be the same."""
PASSING = frozenset(
    {"Created", "Started", "Killing", "BackOff", "WaitForFirstConsumer", "ExternalProvisioning", "NodeNotReady"}
)
"""Events of which a cluster may show one more or less by the moment of looking."""


@pytest.fixture(scope="module")
def outcomes(
    kind_client: Client, client: Client, request: pytest.FixtureRequest
) -> Iterator[dict[str, tuple[Json, Json]]]:
    """What each chosen case ended as on kind and on pocket."""
    calls = [getattr(item, "callspec", None) for item in request.session.items]
    cases = [call.params["case"] for call in calls if call and isinstance(call.params.get("case"), Case)]
    with ThreadPoolExecutor(AT_ONCE) as pool:
        found = pool.map(lambda case: (case.name, _compare(kind_client, client, case)), cases)
        yield dict(found)


@pytest.mark.timeout(600)
@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_kind_and_pocket_come_to_the_same_end(outcomes: dict[str, tuple[Json, Json]], case: Case) -> None:
    on_kind, on_pocket = outcomes[case.name]
    if case.differs:
        assert on_kind != on_pocket, "they are the same now: no difference to be listed any more"
        return
    assert on_pocket == on_kind


def test_every_difference_is_documented() -> None:
    page = (ROOT / "docs" / "parity.md").read_text(encoding="utf-8")
    missing = [case.name for case in CASES if case.differs and f"| {case.name} |" not in page]
    assert not missing
    assert f"{len(CASES)} cases" in page


def _compare(kind: Client, pocket: Client, case: Case) -> tuple[Json, Json]:
    """Both ends, as soon as both have come to rest as is expected, else as they are after a while."""
    space = f"parity-{secrets.token_hex(4)}"
    with ThreadPoolExecutor(2) as pool:
        refusals = list(pool.map(lambda client: _apply(client, space, case), (kind, pocket)))
    try:
        if any(refusals):
            return {"refused": refusals[0]}, {"refused": refusals[1]}
        return _rest(kind, pocket, space, differ=bool(case.differs))
    finally:
        for client in (kind, pocket):
            with suppress(LabsError):
                client.delete_namespace(space, wait=False)


def _apply(client: Client, space: str, case: Case) -> str:
    client.ensure_namespace(space)
    try:
        for each in case.objects:
            client.apply(each, space)
    except ApiError as error:
        return re.sub(r"\s+", " ", str(error.status.get("message")))
    return ""


def _rest(kind: Client, pocket: Client, space: str, *, differ: bool) -> tuple[Json, Json]:
    """Both ends as soon as they rest and compare as is expected, else as they are when time is up."""
    deadline = time.monotonic() + SECONDS
    seen: tuple[Json, Json] = {}, {}
    while True:
        (kind_rests, on_kind), (pocket_rests, on_pocket) = (_state(client, space) for client in (kind, pocket))
        if seen != (on_kind, on_pocket):
            seen, since = (on_kind, on_pocket), time.monotonic()
        quiet = time.monotonic() - since > QUIET_SECONDS and _came_to_something(on_kind, on_pocket)
        if ((kind_rests and pocket_rests) or quiet) and (on_kind != on_pocket) is differ:
            return seen
        if time.monotonic() > deadline:
            return seen
        time.sleep(1)


def _came_to_something(*ends: Json) -> bool:
    """Whether nothing is merely still about to begin: what stays Pending has a warning that says why."""
    pending = [any(pod["phase"] == "Pending" for pod in each["pods"]) for each in ends]
    warned = [any(kind == "Warning" for kind, _ in each["events"]) for each in ends]
    return all(warning or not waits for warning, waits in zip(warned, pending, strict=True))


def _state(client: Client, space: str) -> tuple[bool, Json]:
    """Whether a namespace has come to rest, and what is compared of it."""
    pods = client.list("Pod", space)
    deployments = client.list("apps/v1/Deployment", space)
    jobs = client.list("batch/v1/Job", space)
    events = client.list("v1/Event", space)
    hidden = NOT_COMPARED | PASSING | _overcome(pods)
    reasons = {(each["type"], each["reason"]) for each in events if each["reason"] not in hidden}
    rests = settled(Snapshot({"Pod": tuple(pods), "Deployment": tuple(deployments)})) or not pods
    ended = all(_finished(each) for each in jobs)
    return rests and ended and bool(pods or events or deployments), {
        "pods": sorted((_pod(client, each) for each in pods), key=lambda pod: json.dumps(pod, sort_keys=True)),
        "deployments": [_conditions(each) for each in deployments],
        "jobs": [_conditions(each) for each in jobs],
        "events": sorted(reasons),
    }


def _overcome(pods: Sequence[Json]) -> set[str]:
    """Reasons of what kept Pods from starting, and no longer does: on a busy machine any may meet them for a moment."""
    found = {"FailedCreate"} if pods else set()
    for pod in pods:
        if _condition(pod, "PodScheduled") == "True":
            found.add("FailedScheduling")
        if pod["status"].get("phase") != "Pending" or _condition(pod, "PodReadyToStartContainers") == "True":
            found |= {"FailedMount", "FailedCreatePodSandBox"}
    return found


def _pod(client: Client, pod: Json) -> Json:
    status = pod.get("status") or {}
    statuses = (*(status.get("initContainerStatuses") or ()), *(status.get("containerStatuses") or ()))
    return {
        "phase": status.get("phase"),
        "reason": status.get("reason"),
        "class": status.get("qosClass"),
        "conditions": _conditions(pod),
        "containers": {each["name"]: _container(client, pod, each) for each in statuses},
    }


def _container(client: Client, pod: Json, status: Json) -> Json:
    """A crash-looping container is running, ended or waiting by turns: what it ended with stands for all three."""
    state = dict(status.get("state") or {})
    last = (status.get("lastState") or {}).get("terminated") or state.get("terminated")
    again = int(status.get("restartCount") or 0) > 0
    waiting = (state.get("waiting") or {}).get("reason", "")
    return {
        "state": "restarting"
        if again
        else waiting.replace("ErrImagePull", "ImagePullBackOff") or next(iter(state), ""),
        "ended": (last.get("reason"), last.get("exitCode"), _message(last)) if last else None,
        "log": "" if waiting or again else _log(client, pod, status["name"]),
    }


def _message(ended: Json) -> str:
    """Without the names of the parts of containerd that have passed it on."""
    return re.sub(r"^.*(?=unable to start container process)", "", ended.get("message", "")).removesuffix(": unknown")


def _log(client: Client, pod: Json, container: str) -> str:
    meta = pod["metadata"]
    path = f"/api/v1/namespaces/{meta['namespace']}/pods/{meta['name']}/log"
    try:
        with client.transport.open("GET", path, query={"container": container}, accept="*/*") as response:
            text: bytes = response.read()
    except LabsError:
        return ""
    return text.decode(errors="replace").replace(str(meta["name"]), "NAME").rstrip("\n")


def _condition(obj: Json, name: str) -> str:
    found = (obj.get("status") or {}).get("conditions") or ()
    return next((each["status"] for each in found if each["type"] == name), "")


def _conditions(obj: Json) -> dict[str, tuple[str, str]]:
    found = (obj.get("status") or {}).get("conditions") or ()
    return {
        each["type"]: (each["status"], each.get("reason", ""))
        for each in found
        if each["type"] != "PodReadyToStartContainers"
    }


def _finished(job: Json) -> bool:
    return {"Complete", "Failed"} & _conditions(job).keys() != set()
