"""The learner's text as `labs.manifest` reads it, in the terms of the workbench."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from labs import manifest
from labs.ui.store import Action, Json, Problem
from labs.ui.vocabulary import description

IMMUTABLE = "L405"
RECREATE = Action("recreate", "Delete and create again")
CONTROLS = {"select": "enum", "env": "lines", "map": "lines", "port": "text"}


@dataclass(frozen=True)
class Draft:
    """One reading of a text."""

    text: str
    parsed: manifest.ParsedFile
    problems: tuple[Problem, ...]
    found: tuple[manifest.Diagnostic, ...] = ()

    @property
    def broken(self) -> bool:
        """Whether it has an error, so that it must not be applied."""
        return any(p.severity == "error" for p in self.problems)

    @property
    def objects(self) -> tuple[dict[str, Any], ...]:
        """The documents as plain data, in order."""
        return tuple(d.data for d in self.parsed.documents if d.data)

    @property
    def outline(self) -> tuple[Json, ...]:
        """Kind, name and first line of each document."""
        return tuple({"kind": d.kind, "name": d.name, "line": d.span.start.line} for d in self.parsed.documents)

    def nearest(self, index: int) -> int:
        """The index of a document that is there, next to `index`."""
        return max(0, min(index, len(self.parsed.documents) - 1))

    def document(self, index: int) -> tuple[str, str, str]:
        """``apiVersion``, ``kind`` and name of a document; empty where the text does not say."""
        found = self.parsed.documents[index : index + 1]
        return (found[0].api_version, found[0].kind, found[0].name) if found else ("", "", "")


def read(text: str, *, schema: Any, namespace: str | None, single: bool) -> Draft:
    """Parse and check locally; never raises on any text."""
    parsed = manifest.parse(text)
    found = manifest.check(parsed, schema=schema, namespace=namespace, single=single)
    return Draft(text, parsed, problems_of(found), found)


def problems_of(diagnostics: Iterable[manifest.Diagnostic]) -> tuple[Problem, ...]:
    """Diagnostics in the order of their place."""
    found = [
        Problem(
            code=d.code,
            severity=d.severity,
            message=d.message,
            line=d.span.start.line,
            start=d.span.start.offset,
            end=d.span.end.offset,
            why=d.why,
            next_step=d.next_step,
            fix_label=d.fix.label if d.fix else "",
            edits=tuple((e.start, e.end, e.text) for e in d.fix.edits) if d.fix else (),
        )
        for d in diagnostics
    ]
    return tuple(sorted(found, key=lambda p: (p.line, p.start)))


def refused(
    draft: Draft, obj: Mapping[str, Any], status: Mapping[str, Any], warnings: Sequence[str] = ()
) -> tuple[Problem, ...]:
    """The API server's refusal of one object at its lines; a fixed field gets the button that starts anew."""
    about = tuple(d for d in draft.parsed.documents if d.data is obj)
    parsed = replace(draft.parsed, documents=about)
    found = problems_of(manifest.from_status(parsed, status, tuple(warnings)))
    return tuple(replace(p, actions=(RECREATE,)) if p.code == IMMUTABLE else p for p in found)


def edited(text: str, edits: Iterable[tuple[int, int, str]]) -> str:
    """`text` with edits (start, end, replacement in code points) applied."""
    for start, end, new in sorted(edits, reverse=True):
        text = text[:start] + new + text[end:]
    return text


def form_of(draft: Draft, index: int, fields: Sequence[manifest.FieldSpec], schema: Any = None) -> tuple[Json, ...]:
    """The fields of one document with their present values; what a lesson does not explain, the cluster's schema does."""
    gvk = draft.document(index)[:2]
    state = manifest.form_fields(draft.parsed, index, fields, draft.found)
    return tuple(_field(f, f.spec.doc or description(schema, gvk, f.spec.path)) for f in state.fields)


def _field(field: manifest.FormField, doc: str) -> Json:
    spec = field.spec
    hint = f"empty, {field.reason}" if field.editable and field.reason else ""
    return {
        "path": spec.path,
        "label": spec.label,
        "kind": CONTROLS.get(spec.kind, spec.kind),
        "value": field.text,
        "placeholder": hint or spec.placeholder or spec.default,
        "default": spec.default,
        "options": list(spec.options),
        "editable": field.editable,
        "line": field.line,
        "reason": "" if field.editable else field.reason,
        "doc": doc,
        "mono": spec.mono or spec.kind == "list",
    }
