"""`labs try`: judge manifest files in a fresh namespace."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

from labs import manifest
from labs.checks import Verdict
from labs.course.fleets import borrowed
from labs.course.giving import identity
from labs.course.model import Exercise
from labs.course.trial import Refusal, Verdicts, objects_of, trial
from labs.errors import UsageError
from labs.kube import Client

__all__ = ["Output", "TryReport", "try_files"]

PASSED, FAILED = 0, 1
_SIGNS = {"green": "✓", "red": "✕", "waiting": "…"}


class Output(Protocol):
    """Where a try says what it found: lines for people, mappings for programs."""

    def line(self, text: str = "") -> None: ...
    def result(self, value: Mapping[str, Any]) -> None: ...


@dataclass(frozen=True)
class TryReport:
    """`exit_code` 0: every check passes; 1: a check fails, or the API server refused (`refusal` has its words).

    What could not be read is a `UsageError` (exit code 2), what could not be judged a `NotJudged` (3).
    """

    exit_code: int
    verdicts: Verdicts = ()
    refusal: str = ""


def try_files(client: Client, exercise: Exercise, paths: Sequence[Path], out: Output) -> TryReport:
    """Apply the files in the order named, each settled before the next, and judge them in a namespace of their own."""
    texts = [(str(path), _read(path)) for path in paths]
    told: list[str] = []

    def waiting(words: str) -> None:
        if not told:
            out.line(f"… {words}")
            told.append(words)

    with borrowed(client, exercise, waiting=waiting):
        report = judge_texts(client, exercise, texts)
    if report.refusal:
        out.line(f"✕ {report.refusal}")
    for verdict in report.verdicts:
        for line in _lines(verdict):
            out.line(line)
    out.line(f"{exercise.id}: {'passed' if report.exit_code == PASSED else 'not reached'}")
    out.result(_data(exercise, report))
    return report


def judge_texts(client: Client, exercise: Exercise, texts: Sequence[tuple[str, str]], fails: str = "") -> TryReport:
    """Judge manifests given as (name, text); `fails` names the one check whose failure ends it (default: any).

    The fleet of the exercise, when it has one, is there already (`labs.course.fleets.borrowed`).
    Raises UsageError for what cannot be read and NotJudged for what cannot be judged.
    """
    files = [_objects(name, text, exercise) for name, text in texts]
    if exercise.begins_with and len(files) == 1:
        files.insert(0, [_tagged(each, exercise) for each in files[0]])
    brought = set() if exercise.changes_given else {identity(each) for objects in files for each in objects}

    def decided(verdicts: Verdicts) -> bool:
        red = any(verdict.state == "red" and fails in ("", verdict.check_id) for verdict in verdicts)
        return red or all(verdict.state == "green" for verdict in verdicts)

    with trial(client, exercise, brought) as one:
        try:
            for index, objects in enumerate(files):
                if index:
                    one.settle()
                one.apply(objects)
        except Refusal as refusal:
            return TryReport(FAILED, refusal=refusal.what)
        one.restart()
        verdicts = one.judge(decided)
    passed = all(verdict.state == "green" for verdict in verdicts)
    return TryReport(PASSED if passed else FAILED, verdicts)


def _read(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8")
    except OSError as error:
        raise UsageError(
            what=f"{path} cannot be read", why=str(error.strerror), next_step="Name a file that is there"
        ) from error
    except UnicodeDecodeError as error:
        raise UsageError(
            what=f"{path} cannot be read", why="It is not UTF-8 text", next_step="Save it as UTF-8"
        ) from error


def _objects(name: str, text: str, exercise: Exercise) -> list[dict[str, Any]]:
    for diagnostic in manifest.parse(text).diagnostics:
        if diagnostic.severity == "error":
            line = diagnostic.span.start.line
            raise UsageError(
                what=f"{name}, line {line}: {diagnostic.message}", why=diagnostic.why, next_step=diagnostic.next_step
            )
    return [_own(name, data, line, exercise) for data, line in objects_of(text)]


def _own(name: str, data: dict[str, Any], line: int, exercise: Exercise) -> dict[str, Any]:
    """The object without its namespace; the exercise's own is the only one it may name."""
    metadata = data.get("metadata")
    if not isinstance(metadata, dict) or not metadata.get("namespace"):
        return data
    if metadata["namespace"] != exercise.namespace():
        raise UsageError(
            what=f"{name}, line {line}: namespace {metadata['namespace']} is not the exercise's",
            why=f"{exercise.id} is judged in a namespace of its own",
            next_step=f"Remove the line, or write {exercise.namespace()}",
        )
    return data | {"metadata": {key: value for key, value in metadata.items() if key != "namespace"}}


def _tagged(value: Any, exercise: Exercise) -> Any:
    """The object with the tag that comes first for every image of the course."""
    if isinstance(value, list):
        return [_tagged(each, exercise) for each in value]
    if not isinstance(value, dict):
        return value
    found = {key: _tagged(each, exercise) for key, each in value.items()}
    image, _, _ = str(found.get("image", "")).partition(":")
    if image in {each.partition(":")[0] for each in exercise.images}:
        found["image"] = f"{image}:{exercise.begins_with}"
    return found


def _lines(verdict: Verdict) -> list[str]:
    lines = [f"{_SIGNS[verdict.state]} {verdict.title}"]
    if verdict.state != "green":
        told = (("expected", verdict.expected), ("found", verdict.found), ("look", verdict.look))
        lines += [f"    {label}: {text}" for label, text in told if text]
    return lines


def _data(exercise: Exercise, report: TryReport) -> dict[str, Any]:
    shown = ("check_id", "title", "state", "expected", "found", "look")
    return {
        "exercise": exercise.id,
        "passed": report.exit_code == PASSED,
        "refused": report.refusal,
        "checks": [{key: getattr(verdict, key) for key in shown} for verdict in report.verdicts],
    }
