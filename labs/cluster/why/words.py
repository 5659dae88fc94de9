"""The same in a sentence or a few lines, for hints and a terminal. Pure."""

from __future__ import annotations

from collections.abc import Iterator

from labs.cluster.why.explanation import Column, Device, Explanation, Selector

__all__ = ["device_lines", "in_short", "summary", "table"]

_PHRASES = {
    "taint": "with a taint that the Pod does not tolerate",
    "selector": "that the Pod's selector or affinity does not choose",
    "cordon": "closed for new Pods (cordoned)",
    "ports": "whose port is taken",
    "pods": "with as many Pods as it takes",
    "spread": "where the Pods would not be spread as it asks",
    "pod affinity": "whose Pods are not the right neighbours",
    "claim": "without the devices that the Pod claims",
    "volumes": "where its volume cannot be",
}


def in_short(explained: Explanation) -> str:
    """``2 nodes without enough nvidia.com/gpu, 1 with a taint…``, by what the scheduler meets first; "" when one is right."""
    if explained.feasible:
        return ""
    counts: dict[str, int] = {}
    for row in explained.rows:
        counts[row.first] = counts.get(row.first, 0) + 1
    titles = {column.key: column.title for column in explained.columns}
    ordered = sorted(counts.items(), key=lambda one: -one[1])
    parts = [f"{count} {_PHRASES.get(titles[key], f'without enough {titles[key]}')}" for key, count in ordered]
    return f"Of {len(explained.rows)} nodes: {', '.join(parts)}" if parts else "There is no node"


def table(explained: Explanation) -> Iterator[str]:
    """A line for each node with a mark in each column."""
    widths = [max(len(column.title), 1) for column in explained.columns]
    first = max([len(row.node) for row in explained.rows] + [len("node")])
    yield _line("node".ljust(first), (column.title for column in explained.columns), widths)
    for row in explained.rows:
        marks = ("✕" if row.reasons.get(column.key) else "✓" for column in explained.columns)
        yield _line(row.node.ljust(first), marks, widths)


def summary(explained: Explanation) -> Iterator[str]:
    """Below a table: each reason in the scheduler's words, with the nodes it is about."""
    for column in explained.columns:
        reasons: dict[str, list[str]] = {}
        for row in explained.rows:
            for cause in row.reasons.get(column.key, ()):
                reasons.setdefault(cause.reason, []).append(row.node + (f" ({cause.detail})" if cause.detail else ""))
        yield from (f"✕ {_heading(column)}: {reason}: {', '.join(nodes)}" for reason, nodes in reasons.items())


def device_lines(device: Device) -> Iterator[str]:
    """A device, who has it, and under it what each request's selectors say."""
    held = f"held by the claim {device.held_by}" if device.held_by else "free"
    yield f"{', '.join(device.nodes) or 'no node'}: {device.device} of {device.driver} is {held}"
    for verdict in device.requests:
        yield f"  {'✓' if verdict.fits else '✕'} request {verdict.request} of the claim {verdict.claim}"
        yield from (f"      {_condition(each)}" for each in verdict.selectors)
        yield from (f"      ✕ {taint} is a taint that it does not tolerate" for taint in verdict.taints)


def _line(node: str, cells: Iterator[str], widths: list[int]) -> str:
    return "  ".join((node, *(cell.ljust(width) for cell, width in zip(cells, widths, strict=True)))).rstrip()


def _heading(column: Column) -> str:
    return f"{column.title} (before any node is looked at)" if column.key.startswith("early ") else column.title


def _condition(one: Selector) -> str:
    failed = f": {one.error}" if one.error else ""
    return f"{'✓' if one.matches else '✕'} {one.expression or 'the class'} ({one.source}){failed}"
