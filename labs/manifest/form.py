"""Reading a document as a form: one value per field, and what the form may do with it."""

from __future__ import annotations

import json
import re
import shlex
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal, get_args

from labs.errors import ManifestError
from labs.manifest.data import to_data
from labs.manifest.diagnostic import Diagnostic
from labs.manifest.document import ParsedFile
from labs.manifest.splice import editable, remove, set_value

__all__ = ["FieldSpec", "FormField", "FormState", "form_fields", "set_field"]

Kind = Literal["text", "select", "list", "number", "env", "map", "port"]


@dataclass(frozen=True, slots=True)
class FieldSpec:
    """One field that a form shows; `kind` is the control, `default` what the cluster takes when it is empty.

    `list` is a list of words such as a command, `env` the variables of a container as lines NAME=value, `map` labels
    and selectors as such lines, `port` a number or a name (or a share such as 25%). `of` is the kind of object that has
    the field; empty: that of the exercise's first object.
    """

    path: str
    label: str
    kind: Kind = "text"
    default: str = ""
    options: tuple[str, ...] = ()
    doc: str = ""
    mono: bool = False
    placeholder: str = ""
    of: str = ""

    @classmethod
    def from_mapping(cls, raw: Mapping[str, Any]) -> FieldSpec:
        """From a lesson's YAML; raises ManifestError for an unknown key or kind."""
        kinds = get_args(Kind)
        unknown = sorted(raw.keys() - set(cls.__slots__))
        if unknown or not {"path", "label"} <= raw.keys() or raw.get("kind", "text") not in kinds:
            words = (
                f"unknown {', '.join(unknown)}"
                if unknown
                else f"a field needs path, label and a kind out of {', '.join(kinds)}"
            )
            raise ManifestError(what=f"The form field {raw.get('path', '')} is not valid", why=words)
        return cls(**{**raw, "options": tuple(str(option) for option in raw.get("options", ()))})


@dataclass(frozen=True, slots=True)
class FormField:
    """A field and its state: `value` is JSON, `text` the same as the control shows it.

    `line` is the 1-based line of its value, None when it is not written; `reason` says why it is not `editable`, or
    where the learner probably wrote it ("see line 10").
    """

    spec: FieldSpec
    value: Any
    text: str
    present: bool
    editable: bool
    line: int | None
    reason: str


@dataclass(frozen=True, slots=True)
class FormState:
    """All fields of one document."""

    fields: tuple[FormField, ...]

    def field(self, path: str) -> FormField:
        """The field at a path; KeyError when the form has none."""
        for field in self.fields:
            if field.spec.path == path:
                return field
        raise KeyError(path)


def form_fields(
    parsed: ParsedFile, doc: int, fields: Sequence[FieldSpec], diagnostics: Sequence[Diagnostic] = ()
) -> FormState:
    """The state of a form; with a text that is not YAML everything is shown empty and cannot be edited.

    `diagnostics` (from `check`) let an empty field point to the line where it was probably meant.
    """
    return FormState(tuple(_state(parsed, doc, spec, diagnostics) for spec in fields))


def _state(parsed: ParsedFile, doc: int, spec: FieldSpec, diagnostics: Sequence[Diagnostic]) -> FormField:
    if not parsed.ok:
        line = next(d.line for d in parsed.diagnostics if d.severity == "error")
        return FormField(spec, None, "", False, False, None, f"see line {line}")
    if doc >= len(parsed.documents):
        return FormField(spec, None, "", False, doc == 0, None, "")
    document = parsed.documents[doc]
    found = document.found(spec.path)
    reason = editable(document, spec.path)
    if found is None:
        meant = next((f"see line {d.line}" for d in diagnostics if d.meant == spec.path), "")
        return FormField(spec, None, "", False, not reason, None, reason or meant)
    value = to_data(found.node)[0]
    text = _shown(spec, value)
    if not reason and text is None:
        reason = "it is written in a form that only the text can show"
    line = document.lines.position(found.node.start).line
    return FormField(spec, value, text or "", value is not None, not reason, line, reason)


def _shown(spec: FieldSpec, value: Any) -> str | None:
    """The text of a control, None when the value does not fit into it."""
    if value is None:
        return ""
    if spec.kind == "env":
        return _env_text(value)
    if spec.kind == "map":
        return _map_text(value)
    if spec.kind == "list":
        return json.dumps(value, ensure_ascii=False) if isinstance(value, list) else None
    if isinstance(value, list | dict):
        return None
    return value if isinstance(value, str) else json.dumps(value)


def _map_text(value: Any) -> str | None:
    if not isinstance(value, dict) or any(
        isinstance(held, list | dict) or "\n" in str(held) for held in value.values()
    ):
        return None
    return "\n".join(f"{key}={held if isinstance(held, str) else json.dumps(held)}" for key, held in value.items())


def _env_text(value: Any) -> str | None:
    if not isinstance(value, list):
        return None
    lines = []
    for item in value:
        if not isinstance(item, dict) or not item.keys() <= {"name", "value"} or "\n" in str(item.get("value", "")):
            return None
        shown = item.get("value", "")
        lines.append(f"{item.get('name', '')}={shown if isinstance(shown, str) else json.dumps(shown)}")
    return "\n".join(lines)


def set_field(text: str, spec: FieldSpec, shown: str, doc: int = 0) -> str:
    """The text after the learner put `shown` into a control; an empty control removes the field.

    Raises ManifestError when the words do not fit the field or the place cannot be edited.
    """
    if not shown.strip():
        return remove(text, spec.path, doc)
    return set_value(text, spec.path, _parsed(spec, shown), doc)


def _parsed(spec: FieldSpec, shown: str) -> Any:
    if spec.kind == "number":
        if not re.fullmatch(r"\s*[-+]?[0-9]{1,18}\s*", shown):
            raise ManifestError(
                what=f"{spec.label} must be a whole number", next_step="Write digits only, for example 3."
            )
        return int(shown)
    if spec.kind == "list":
        return _words(spec, shown)
    if spec.kind == "env":
        return [dict(zip(("name", "value"), _pair(spec, line), strict=True)) for line in _lines(shown)]
    if spec.kind == "map":
        return dict(_pair(spec, line) for line in _lines(shown))
    if spec.kind == "port":
        return int(shown) if re.fullmatch(r"\s*[0-9]{1,9}\s*", shown) else shown.strip()
    return shown


def _words(spec: FieldSpec, shown: str) -> list[str]:
    """A list in brackets, else words as a shell would split them."""
    try:
        if shown.lstrip().startswith("["):
            items = json.loads(shown)
            if all(isinstance(item, str) for item in items):
                return list(items)
        else:
            return shlex.split(shown)
    except ValueError:
        pass
    example = '["python", "-c", "print(1)"]'
    raise ManifestError(what=f"{spec.label} is not a list of words", next_step=f"Write it as {example}.")


def _lines(shown: str) -> list[str]:
    return [line.strip() for line in shown.splitlines() if line.strip()]


def _pair(spec: FieldSpec, line: str) -> tuple[str, str]:
    name, equals, value = line.partition("=")
    if not equals or not name.strip():
        what = "variable" if spec.kind == "env" else "label"
        raise ManifestError(what=f"{spec.label}: “{line}” is no {what}", next_step="Write one NAME=value per line.")
    return name.strip(), value
