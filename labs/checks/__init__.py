"""What an exercise asks of the cluster: pure predicates on snapshots of its state."""

from __future__ import annotations

from labs.checks.model import Check, Finding, LogAttempt, Snapshot, Verdict
from labs.checks.parse import CheckError, parse_check
from labs.checks.probes import Probe
from labs.checks.tracker import Tracker

__all__ = ["Check", "CheckError", "Finding", "LogAttempt", "Probe", "Snapshot", "Tracker", "Verdict", "parse_check"]
