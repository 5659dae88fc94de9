"""Whose fault it is when a try goes wrong: the manifest's (1) or ours (3)."""

from __future__ import annotations

import queue
import re
from pathlib import Path
from typing import Any

import pytest

from labs.checks import Verdict
from labs.course import load
from labs.course.trial import Refusal, Trial, objects_of
from labs.errors import ClusterError, LabsError, NotJudged
from labs.kube import ApiError

POD = {"apiVersion": "v1", "kind": "Pod", "metadata": {"name": "talker"}}
READY = {"status": {"conditions": [{"type": "Ready", "status": "True"}]}}
SICK = {"status": {"conditions": [{"type": "Ready", "status": "Unknown"}]}}


class Client:
    """Refuses every apply with one error, and has these nodes."""

    def __init__(self, error: LabsError | None = None, nodes: list[Any] | None = None) -> None:
        self.error, self.nodes = error, nodes

    def apply(self, obj: object, namespace: str) -> None:
        if self.error:
            raise self.error

    def list(self, kind: str) -> list[Any]:
        if self.nodes is None:
            raise ClusterError(what="The cluster does not answer")
        return self.nodes


class Grader:
    """One that may say why it could not try anything out."""

    def __init__(self, fault: LabsError | None) -> None:
        self.fault = fault


def one(tiny: Path, client: Client, fault: LabsError | None = None) -> Trial:
    exercise = load(tiny).lessons[0].exercises[0]
    return Trial(client, exercise, "ns", Grader(fault), queue.SimpleQueue(), [])  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("code", "message", "kind", "raised"),
    [
        (422, "spec.containers: Required value", "Pod", Refusal),
        (400, "json: cannot unmarshal", "Pod", Refusal),
        (500, "failed to create typed patch object: .spec.comand", "Pod", Refusal),
        (404, "no matches for kind", "Pot", Refusal),
        (404, "no matches for kind", "Pod", NotJudged),
        (500, "etcdserver: request timed out", "Pod", NotJudged),
        (429, "too many requests", "Pod", NotJudged),
        (401, "Unauthorized", "Pod", NotJudged),
        (403, 'pods "a" is forbidden: User "labs" cannot create resource', "Pod", NotJudged),
        (403, 'pods "a" is forbidden: no PriorityClass with name labs-nobody was found', "Pod", Refusal),
    ],
)
def test_a_refusal_is_told_from_a_fault(
    tiny: Path, code: int, message: str, kind: str, raised: type[LabsError]
) -> None:
    client = Client(ApiError({"code": code, "message": message}))
    with pytest.raises(raised, match=re.escape(message.split(":")[0])):
        one(tiny, client).apply([{**POD, "kind": kind}])


@pytest.mark.parametrize("nodes", [None, [], [SICK]])
def test_a_sick_cluster_is_never_the_learners_fault(tiny: Path, nodes: list[Any] | None) -> None:
    trial = one(tiny, Client(nodes=nodes))
    trial._news.put((Verdict("says", "It says", "red", False, "", "", "", 0.0),))
    with pytest.raises(NotJudged):
        trial.judge(lambda verdicts: True)


def test_what_could_not_be_tried_out_is_never_the_learners_fault(tiny: Path) -> None:
    trial = one(tiny, Client(nodes=[READY]), ClusterError(what="Our Pod does not answer"))
    trial._news.put((Verdict("says", "It says", "red", False, "", "", "", 0.0),))
    with pytest.raises(NotJudged, match="Our Pod does not answer"):
        trial.judge(lambda verdicts: True)


def test_verdicts_of_a_sound_cluster_count(tiny: Path) -> None:
    trial = one(tiny, Client(nodes=[SICK, READY]))
    trial._news.put((Verdict("says", "It says", "red", False, "", "", "", 0.0),))
    assert trial.judge(lambda verdicts: True)[0].state == "red"


def test_a_list_is_taken_apart_and_each_namespace_has_its_line() -> None:
    text = "apiVersion: v1\nkind: List\nitems:\n- kind: Pod\n  metadata:\n    name: a\n    namespace: b\n"
    ((item, line),) = objects_of(text)
    assert (item["kind"], line) == ("Pod", 7)
