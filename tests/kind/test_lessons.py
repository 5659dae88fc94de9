"""The lessons on kind: the same manifests, the same checks, the same verdicts."""

from __future__ import annotations

import re

from labs.course import catalogue, prove
from labs.kube import Client

REJECTS = 2
HERE = frozenset({"python:3.10", "docker.io/library/python:3.10"})
NOWHERE = re.compile(r"image: *(pyhton|python3|Python|mymodel|python:3\.10\")")


def chosen(exercise: str, manifest: str) -> bool:
    """The starter, the solution and the first wrong answers whose images a closed machine has, or that exist nowhere."""
    task = next(each for each in catalogue().exercises() if each.id == exercise)
    texts = {f"reject/{each.name}": each.text for each in task.reject}
    usable = [name for name, text in texts.items() if _usable(text)]
    return manifest in ("starter", "solution") or manifest in usable[:REJECTS]


def _usable(text: str) -> bool:
    return NOWHERE.search(text) is not None or set(re.findall(r"image: *(\S+)", text)) <= HERE


def test_exercises_are_judged_on_kind_as_on_pocket(kind_client: Client) -> None:
    ids = [each.id for each in catalogue().exercises() if each.lesson in ("welcome", "pod")]
    proofs = prove(kind_client, ids, chosen=chosen)
    assert len(proofs) >= 4 * len(ids)
    wrong = [str(proof) for proof in proofs if proof.problem]
    assert not wrong, "\n".join(wrong)
