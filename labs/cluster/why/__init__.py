"""Why a Pod waits: the scheduler's own filters, asked for every node of a cluster or of one that might be."""

from __future__ import annotations

from labs.cluster.why.asking import Why, explain
from labs.cluster.why.explanation import (
    Cause,
    Column,
    Device,
    Explanation,
    Row,
    Selector,
    Verdict,
    Wait,
)
from labs.cluster.why.hypothetical import with_fleet
from labs.cluster.why.program import ensure_program
from labs.cluster.why.snapshot import Snapshot, read_snapshot
from labs.cluster.why.words import device_lines, in_short, summary, table

__all__ = [
    "Cause",
    "Column",
    "Device",
    "Explanation",
    "Row",
    "Selector",
    "Snapshot",
    "Verdict",
    "Wait",
    "Why",
    "device_lines",
    "ensure_program",
    "explain",
    "in_short",
    "read_snapshot",
    "summary",
    "table",
    "with_fleet",
]
