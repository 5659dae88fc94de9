"""The local checks: what can be said about a manifest before a cluster is asked."""

from __future__ import annotations

import re
from collections.abc import Iterator

from labs.manifest.data import Found, to_data, walk
from labs.manifest.diagnostic import Diagnostic, Fix
from labs.manifest.document import Document, ParsedFile
from labs.manifest.fields import check_fields
from labs.manifest.paths import format_path
from labs.manifest.rules import course, structure
from labs.manifest.schema import SchemaLookup
from labs.manifest.text import Edit, Span
from labs.manifest.words import nearest

__all__ = ["check"]

_NAME = re.compile(r"[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*")
_FREE_NAMES = {"Role", "ClusterRole", "RoleBinding", "ClusterRoleBinding"}
_OLD_CLAIMS = re.compile(r"resource\.k8s\.io/v1(alpha|beta)\d+")
_POD_RESOURCES = ("cpu", "memory", "hugepages-")


def check(
    parsed: ParsedFile, *, schema: SchemaLookup | None = None, namespace: str | None = None, single: bool = False
) -> tuple[Diagnostic, ...]:
    """All findings about a parsed file, the syntax ones included, in the order of the text.

    `schema` adds the checks of fields and kinds, `namespace` is the one the objects must go to, `single` allows one
    object only.
    """
    found = list(parsed.diagnostics)
    if not parsed.documents and parsed.ok:
        found.append(structure.EmptyText.at(parsed.lines.span(0, 0), "There is no object here yet."))
    for document in parsed.documents:
        found += _document(document, schema, namespace)
    if single and len(parsed.documents) > 1:
        words = f"Here begins object number 2 of {len(parsed.documents)}."
        found.append(course.SeveralObjects.at(parsed.documents[1].span, words))
    return tuple(sorted(found, key=lambda d: (d.span.start.offset, d.code)))


def _document(document: Document, schema: SchemaLookup | None, namespace: str | None) -> Iterator[Diagnostic]:
    if not isinstance(document.root, dict):
        kind = "a list" if isinstance(document.root, list) else "a single value"
        yield structure.NotAnObject.at(document.span, f"This is {kind}, not an object.")
        return
    yield from _basics(document)
    yield from _name(document)
    if namespace is not None:
        yield from _namespace(document, namespace)
    if schema is not None:
        yield from _kind(document, schema)
        yield from check_fields(document, schema)
    else:
        yield from _env(document)
    yield from _course(document)


def _basics(document: Document) -> Iterator[Diagnostic]:
    for path in ("apiVersion", "kind", "metadata.name"):
        value = document.value(path)
        if value is not None and (value != "" or path == "metadata.name"):
            continue
        if path == "metadata.name" and document.value("metadata.generateName"):
            continue
        parent, span = document.nearest(path)
        where = "The object" if path != "metadata.name" else "The object's **metadata**" if parent else "The object"
        yield structure.MissingBasics.at(
            span, f"{where} has no **{path.rpartition('.')[2] if parent else path}**.", path=path
        )


def _name(document: Document) -> Iterator[Diagnostic]:
    name, span = document.name, document.span_of("metadata.name")
    if span is None or document.kind in _FREE_NAMES:
        return
    if document.value("metadata.name") is not None and not name and document.value("metadata.name") != "":
        return
    if not _NAME.fullmatch(name) or len(name) > 253:
        better = re.sub(r"[^a-z0-9.]+", "-", name.lower()).strip("-.")
        fix = None
        found = document.found("metadata.name")
        if found and found.node.kind == "scalar" and not found.shared and _NAME.fullmatch(better):
            fix = Fix(f"Change it to {better}", (Edit(found.node.start, found.node.end, better),))
        words = f"`{name}` cannot be a name." if name else "The name is empty."
        yield structure.BadName.at(span, words, path="metadata.name", fix=fix)


def _namespace(document: Document, namespace: str) -> Iterator[Diagnostic]:
    span = document.span_of("metadata.namespace")
    if span is None or document.namespace in ("", namespace):
        return
    words = f"The object asks for the namespace **{document.namespace}**; this exercise lives in **{namespace}**."
    found = document.found("metadata.namespace")
    fix = None
    if found and found.node.kind == "scalar" and not found.shared:
        fix = Fix(f"Change it to {namespace}", (Edit(found.node.start, found.node.end, namespace),))
    yield course.OtherNamespace.at(span, words, path="metadata.namespace", fix=fix)


def _kind(document: Document, schema: SchemaLookup) -> Iterator[Diagnostic]:
    version, kind = document.api_version, document.kind
    served = list(schema.kinds())
    if not version or not kind or not served or (version, kind) in served:
        return
    homes = [v for v, k in served if k == kind]
    if homes:
        words = f"A {kind} belongs to **{homes[0]}**, not to **{version}**."
        yield _renamed(document, "apiVersion", words, homes[0])
        return
    meant = nearest(kind, (k for v, k in served if v == version)) or nearest(kind, (k for _, k in served))
    words = f"The cluster knows no **{kind}**." + (f" Did you mean **{meant}**?" if meant else "")
    yield _renamed(document, "kind", words, meant)


def _renamed(document: Document, path: str, words: str, better: str) -> Diagnostic:
    span = document.span_of(path) or document.span
    fix = Fix(f"Change it to {better}", (Edit(span.start.offset, span.end.offset, better),)) if better else None
    step = f"Write `{path}: {better}`." if better else f"Compare `{path}` with an example of the lesson."
    return structure.UnknownKind.at(span, words, path=path, fix=fix, next_step=step)


def _env(document: Document) -> Iterator[Diagnostic]:
    """Without a schema: variables that are not text."""
    for found in walk(document.tree.root):
        names = [token for token in found.tokens if isinstance(token, str)]
        value = to_data(found.node)[0] if found.node.kind == "scalar" else None
        if names[-2:] == ["env", "value"] and isinstance(value, bool | int | float):
            span = _span(document, found)
            text = document.lines.text[span.start.offset : span.end.offset]
            fix = Fix("Put it into quotation marks", (Edit(span.start.offset, span.end.offset, f'"{text}"'),))
            words = f"An environment variable is text, and `{text}` is not."
            yield course.EnvNotText.at(span, words, path=format_path(found.tokens), fix=fix)


def _span(document: Document, found: Found) -> Span:
    return document.lines.span(found.node.start, found.node.end)


def _course(document: Document) -> Iterator[Diagnostic]:
    if _OLD_CLAIMS.fullmatch(document.api_version) and (span := document.span_of("apiVersion")):
        words = f"**{document.api_version}** is from before v1, and its requests have another shape."
        yield course.OldClaim.at(span, words, path="apiVersion")
    for found in walk(document.tree.root):
        names = [token for token in found.tokens if isinstance(token, str)]
        if not names:
            continue
        if names[-1] in ("hostPID", "hostIPC", "hostNetwork", "privileged"):
            yield from _reaches(document, found, names[-1])
        elif names[-1] == "memory" and names[-3:-1] in (["resources", "limits"], ["resources", "requests"]):
            yield from _millis(document, found)
        elif names[-2:] in (["resources", "limits"], ["resources", "requests"]) and "containers" not in str(names):
            yield from _pod_resources(document, found, names)


def _reaches(document: Document, found: Found, name: str) -> Iterator[Diagnostic]:
    if to_data(found.node)[0] is True:
        span = document.key_span_of(format_path(found.tokens)) or _span(document, found)
        words = f"**{name}** lets the container out of its own world."
        if name == "hostNetwork":
            words = (
                "**hostNetwork** gives the Pod the network of its node (in the pocket cluster: the cluster's network)."
            )
        yield course.ReachesNode.at(span, words, path=format_path(found.tokens))


def _millis(document: Document, found: Found) -> Iterator[Diagnostic]:
    value = to_data(found.node)[0]
    match = re.fullmatch(r"([0-9.]+)m", value) if isinstance(value, str) else None
    if match is None:
        return
    span, better = _span(document, found), f"{match[1]}Mi"
    fix = Fix(f"Change it to {better}", (Edit(span.start.offset, span.end.offset, better),))
    words = f"`{value}` of memory is {match[1]} thousandths of a byte. Did you mean **{better}**?"
    yield course.MillisOfMemory.at(span, words, path=format_path(found.tokens), fix=fix, next_step=f"Write `{better}`.")


def _pod_resources(document: Document, found: Found, names: list[str]) -> Iterator[Diagnostic]:
    data = to_data(found.node)[0]
    if names[-3:-2] != ["spec"] or not isinstance(data, dict) or document.kind == "PersistentVolumeClaim":
        return
    for name in data:
        path = format_path((*found.tokens, name))
        span = document.key_span_of(path)
        if span is not None and not name.startswith(_POD_RESOURCES) and name != "storage":
            words = f"**{name}** cannot be asked for by the Pod as a whole."
            yield course.ResourcesOnPod.at(span, words, path=path)
