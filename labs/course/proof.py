"""Proves every exercise against a cluster: the starter fails, right answers pass, wrong ones fail with their message."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace

from labs.course.catalogue import catalogue, find
from labs.course.exercises import SERVER
from labs.course.fleets import borrowed
from labs.course.images import prepare
from labs.course.model import Exercise
from labs.course.tries import TryReport, judge_texts
from labs.errors import LabsError
from labs.kube import Client

__all__ = ["Proof", "prove"]

_AT_ONCE, _COUNTING_AT_ONCE = 8, 2
_WRONG_SECONDS, _WRONG_ROLLOUT_SECONDS = 30.0, 45.0
"""So long a wrong answer may stay undecided: what could still turn green after that is not waited for."""


@dataclass(frozen=True)
class Proof:
    """One manifest of one exercise; `problem` is empty when it was judged as it should be."""

    exercise: str
    manifest: str
    problem: str

    def __str__(self) -> str:
        return f"{self.exercise} {self.manifest}: {self.problem or 'as it should be'}"


@dataclass(frozen=True)
class _Case:
    exercise: Exercise
    manifest: str
    text: str
    passes: bool
    after: str = ""
    fails: str = ""
    says: str = ""


def prove(
    client: Client,
    ids: Sequence[str] = (),
    *,
    tell: Callable[[Proof], None] = lambda proof: None,
    chosen: Callable[[str, str], bool] = lambda exercise, manifest: True,
) -> tuple[Proof, ...]:
    """Judge every manifest of these exercises (default: of all), several at once, each in a fresh namespace.

    `chosen` leaves out manifests by exercise and name, such as ``starter`` or ``reject/no-image``. Those that count calls
    have a pool of their own, so that the counting does not suffer; those that need a GPU fleet come one after another.
    """
    exercises = [find(ident) for ident in ids] or list(catalogue().exercises())
    prepare(exercises)
    cases = [case for exercise in exercises for case in _cases(exercise) if chosen(exercise.id, case.manifest)]

    def work(case: _Case) -> Proof:
        proof = Proof(case.exercise.id, case.manifest, _problem(client, case))
        tell(proof)
        return proof

    with (
        ThreadPoolExecutor(_AT_ONCE) as many,
        ThreadPoolExecutor(_COUNTING_AT_ONCE) as few,
        ThreadPoolExecutor(1) as one,
    ):
        begun = [
            (few if case.exercise.begins_with else many).submit(work, case) for case in cases if not _needs_fleet(case)
        ]
        in_turn = [one.submit(_with_fleet, client, each, cases, work) for each in exercises if each.fleet is not None]
        return (*(each.result() for each in begun), *(proof for each in in_turn for proof in each.result()))


def _needs_fleet(case: _Case) -> bool:
    """Where the API server refuses the manifest and nothing is given, no Pod will ever hold a card."""
    return case.exercise.fleet is not None and not (case.fails == SERVER and not case.exercise.given)


def _with_fleet(
    client: Client, exercise: Exercise, cases: Iterable[_Case], work: Callable[[_Case], Proof]
) -> list[Proof]:
    """The proofs of one exercise, one after another on its fleet."""
    with borrowed(client, exercise):
        return [work(case) for case in cases if case.exercise.id == exercise.id and _needs_fleet(case)]


def _cases(exercise: Exercise) -> Iterable[_Case]:
    yield _Case(exercise, "starter", exercise.starter, passes=False)
    yield _Case(exercise, "solution", exercise.solution, passes=True)
    for right in exercise.accept:
        yield _Case(exercise, f"accept/{right.name}", right.text, passes=True, after=right.after)
    for wrong in exercise.reject:
        yield _Case(exercise, f"reject/{wrong.name}", wrong.text, False, wrong.after, wrong.fails, wrong.says)


def _problem(client: Client, case: _Case) -> str:
    try:
        before = [("after", case.after)] if case.after else []
        texts = [*before, (case.manifest, case.text)]
        exercise = case.exercise if case.passes else _hurried(case.exercise)
        report = judge_texts(client, exercise, texts, case.fails.replace(SERVER, ""))
    except LabsError as error:
        return f"it could not be judged: {error}"
    if case.passes:
        return "" if report.exit_code == 0 else f"it should pass: {_words(report)}"
    if report.exit_code == 0:
        return "it should fail and passes"
    return _wrongly_said(case, report) if case.fails else ""


def _hurried(exercise: Exercise) -> Exercise:
    """The exercise with less time for each check."""
    most = _WRONG_ROLLOUT_SECONDS if exercise.begins_with else _WRONG_SECONDS
    return replace(exercise, checks=tuple(replace(check, within=min(check.within, most)) for check in exercise.checks))


def _wrongly_said(case: _Case, report: TryReport) -> str:
    if case.fails == SERVER:
        said = report.refusal
    else:
        red = [each for each in report.verdicts if each.check_id == case.fails and each.state == "red"]
        said = " ".join(f"{each.expected} {each.found} {each.look}" for each in red)
    if not said:
        return f"{case.fails} should fail: {_words(report)}"
    return "" if case.says in said else f"it should say {case.says!r}: {said}"


def _words(report: TryReport) -> str:
    states = [f"{each.check_id} {each.state} ({each.expected}; {each.found})" for each in report.verdicts]
    return report.refusal or "; ".join(states)
