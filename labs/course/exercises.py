"""Reads the folder of one exercise."""

from __future__ import annotations

import re
from collections.abc import Iterable
from pathlib import Path

from labs import manifest
from labs.checks import Check, parse_check
from labs.cluster.gpus import Fleet, FleetError, parse_fleet
from labs.course.errors import Problems
from labs.course.fields import Fields, read_fields
from labs.course.model import Accept, Exercise, Question, Reject
from labs.course.questions import read_question
from labs.errors import LabsError

__all__ = ["FILES", "FOLDERS", "HINTS", "read_exercise"]

FILES = frozenset({"exercise.yaml", "starter.yaml", "solution.yaml", "given.yaml"})
FOLDERS = frozenset({"accept", "reject"})
HINTS = 4
SERVER = "server"
_LEAST_REJECTS = 5
_HEADER = re.compile(r"\A# fails: (?P<fails>\S+)\n# says: (?P<says>\S.*)\n")
_AFTER = re.compile(r"^# after: (?P<name>\S+)\n", re.MULTILINE)


def read_exercise(folder: Path, lesson: str, problems: Problems) -> Exercise | None:
    """The exercise in a folder, or None when it cannot be used; every mistake is noted."""
    fields = read_fields(folder / "exercise.yaml", problems)
    if fields is None:
        return None
    ident = f"{lesson}/{folder.name}"
    checks = _checks(fields)
    known = frozenset(check.id for check in checks)
    if (written := fields.text("id")) not in ("", ident):
        fields.problem(f"`id: {written}` does not fit its folder", f"Write `id: {ident}`")
    exercise = Exercise(
        id=ident,
        title=fields.text("title"),
        goal=fields.text("goal"),
        minutes=fields.number("minutes"),
        core=fields.flag("core"),
        starter=_manifest(folder / "starter.yaml", problems),
        solution=_manifest(folder / "solution.yaml", problems),
        checks=checks,
        hints=_hints(fields),
        debrief=fields.text("debrief"),
        form=_form(fields),
        accept=tuple(_accepts(folder, problems)),
        reject=tuple(_rejects(folder, known, problems)),
        folder=folder,
        given=_manifest(folder / "given.yaml", problems) if (folder / "given.yaml").exists() else "",
        images=fields.texts("images", needed=False),
        begins_with=fields.text("begins_with", ""),
        changes_given=fields.flag("changes_given"),
        predict=_question(fields, "predict", ident, known),
        explain=_question(fields, "explain", ident, known),
        fleet=_fleet(fields),
    )
    fields.done()
    if exercise.starter and exercise.starter == exercise.solution:
        problems.add(folder / "starter.yaml", "is the solution", "Take away what the learner has to find")
    return exercise


def _checks(fields: Fields) -> tuple[Check, ...]:
    found: list[Check] = []
    for each in fields.mappings("checks"):
        try:
            found.append(parse_check(each.rest()))
        except (LabsError, ValueError, TypeError, KeyError) as error:
            each.problem(f"the check cannot be read: {error}", "Write it as `labs.checks` describes")
    for check in {check.id for check in found if sum(other.id == check.id for other in found) > 1}:
        fields.problem(f"two checks are named {check}", "Give each its own id")
    return tuple(found)


def _hints(fields: Fields) -> tuple[str, ...]:
    hints = fields.texts("hints")
    if hints and len(hints) != HINTS:
        fields.problem(
            f"there are {len(hints)} hints, not {HINTS}",
            "Write where to look, the concept, part of the YAML, the solution's difference",
        )
    return hints


def _form(fields: Fields) -> tuple[manifest.FieldSpec, ...]:
    found = []
    for each in fields.mappings("form", needed=False):
        try:
            found.append(manifest.FieldSpec.from_mapping(each.rest()))
        except LabsError as error:
            each.problem(str(error).rstrip("."), "Mend the field")
    return tuple(found)


def _fleet(fields: Fields) -> Fleet | None:
    declared = fields.mapping("fleet")
    if declared is None:
        return None
    try:
        return parse_fleet(declared.rest())
    except FleetError as error:
        for each in error.problems:
            declared.problem(each, error.next_step)
        return None


def _question(fields: Fields, key: str, ident: str, checks: frozenset[str]) -> Question | None:
    asked = fields.mapping(key)
    return read_question(asked, f"{ident}/{key}", after=ident, checks=checks) if asked else None


def _accepts(folder: Path, problems: Problems) -> Iterable[Accept]:
    files = _yaml_files(folder / "accept")
    if not files:
        problems.add(folder / "accept", "has no other right answer", "Add one as accept/<what-differs>.yaml")
    for file in files:
        text = _manifest(file, problems)
        yield Accept(file.stem, text, _after(text, folder, file, problems))


def _rejects(folder: Path, checks: frozenset[str], problems: Problems) -> Iterable[Reject]:
    files = _yaml_files(folder / "reject")
    if len(files) < _LEAST_REJECTS:
        problems.add(folder / "reject", f"has {len(files)} wrong answers", f"Write at least {_LEAST_REJECTS}")
    for file in files:
        text = _manifest(file, problems)
        header = _HEADER.match(text)
        if header is None:
            problems.add(file, "does not say what must fail", "Begin with `# fails: <check>` and `# says: <words>`")
            continue
        if header["fails"] not in checks | {SERVER}:
            known = ", ".join(sorted(checks | {SERVER}))
            problems.add(file, f"names the unknown check {header['fails']}", f"Known are: {known}")
        after = _after(text, folder, file, problems)
        yield Reject(file.stem, text, header["fails"], header["says"].strip(), after)


def _after(text: str, folder: Path, file: Path, problems: Problems) -> str:
    """What `# after: starter` names: another manifest of the exercise, without its suffix."""
    named = _AFTER.match(_HEADER.sub("", text))
    if named is None:
        return ""
    before = folder / f"{named['name']}.yaml"
    if not before.is_file():
        problems.add(file, f"comes after {before.name}, which is not there", "Name a manifest of this exercise")
        return ""
    return _manifest(before, problems)


def _yaml_files(folder: Path) -> list[Path]:
    return sorted(folder.glob("*.yaml")) if folder.is_dir() else []


def _manifest(file: Path, problems: Problems) -> str:
    try:
        text = file.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        problems.add(file, f"cannot be read: {error}", "Create it")
        return ""
    parsed = manifest.parse(text)
    broken = [each for each in parsed.diagnostics if each.severity == "error"]
    if broken:
        problems.add(file, f"line {broken[0].span.start.line}: {broken[0].message}", "Mend the YAML")
    elif not parsed.documents:
        problems.add(file, "has no object", "Write a manifest")
    return text
