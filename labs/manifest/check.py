"""The local checks: what can be said about a manifest before a cluster is asked."""

from __future__ import annotations

from labs.manifest.diagnostic import Diagnostic
from labs.manifest.document import ParsedFile
from labs.manifest.schema import SchemaLookup

__all__ = ["check"]


def check(
    parsed: ParsedFile, *, schema: SchemaLookup | None = None, namespace: str | None = None, single: bool = False
) -> tuple[Diagnostic, ...]:
    """All findings about a parsed file, the syntax ones included, in the order of the text."""
    return parsed.diagnostics
