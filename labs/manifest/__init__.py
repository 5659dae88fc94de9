"""Manifests: text ↔ nodes ↔ edits ↔ diagnostics, without any input or output."""

from __future__ import annotations

from labs.manifest.check import check
from labs.manifest.diagnostic import Diagnostic, Fix, Severity, render
from labs.manifest.document import MAX_LENGTH, Document, ParsedFile, parse, to_json
from labs.manifest.form import FieldSpec, FormField, FormState, form_fields, set_field
from labs.manifest.paths import format_path, parse_path
from labs.manifest.schema import FieldSchema, GroupVersionKind, SchemaLookup
from labs.manifest.server import from_status, merged
from labs.manifest.splice import editable, insert, remove, set_value
from labs.manifest.text import Edit, Lines, Position, Span, apply_edits, from_utf16, to_utf16

__all__ = [
    "MAX_LENGTH",
    "Diagnostic",
    "Document",
    "Edit",
    "FieldSchema",
    "FieldSpec",
    "Fix",
    "FormField",
    "FormState",
    "GroupVersionKind",
    "Lines",
    "ParsedFile",
    "Position",
    "SchemaLookup",
    "Severity",
    "Span",
    "apply_edits",
    "check",
    "editable",
    "form_fields",
    "format_path",
    "from_status",
    "from_utf16",
    "insert",
    "merged",
    "parse",
    "parse_path",
    "remove",
    "render",
    "set_field",
    "set_value",
    "to_json",
    "to_utf16",
]
