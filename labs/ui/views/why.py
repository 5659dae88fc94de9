"""The table "Why is it Pending?": a row for each node, a column for each kind of reason, and each device that a claim could have."""

from __future__ import annotations

from typing import Any

from labs.cluster.why import Column, Device, Explanation, Row, in_short
from labs.ui.store import State, Waiting

__all__ = ["why_view"]


def why_view(state: State) -> dict[str, Any]:
    """What the panel shows; empty where no Pod waits."""
    waiting = state.waiting
    if waiting is None:
        return {}
    head = {"pod": waiting.pod, "event": waiting.said, "others": list(waiting.others)}
    explained = waiting.explained
    if explained is None:
        return {**head, "what": waiting.what, "next": waiting.next_step, "columns": [], "rows": [], "devices": []}
    return {
        **head,
        "what": _words(waiting, explained),
        "next": "",
        "columns": [column.title for column in explained.columns],
        "rows": [_row(row, explained.columns) for row in explained.rows],
        "devices": [_device(device) for device in explained.devices],
    }


def _words(waiting: Waiting, explained: Explanation) -> str:
    if explained.waits:
        return "The scheduler does not try it yet: " + "; ".join(wait.reason for wait in explained.waits)
    if explained.feasible:
        return f"{', '.join(explained.feasible)} would be right for it now: the scheduler is about to try again."
    return in_short(explained) + "."


def _row(row: Row, columns: tuple[Column, ...]) -> dict[str, Any]:
    return {"node": row.node, "cells": [_cell(row, column.key) for column in columns]}


def _cell(row: Row, key: str) -> dict[str, Any]:
    causes = row.reasons.get(key, ())
    words = ", ".join(cause.reason.removeprefix("node(s) ") for cause in causes)
    return {
        "words": words,
        "detail": ", ".join(cause.detail for cause in causes if cause.detail),
        "first": row.first == key,
    }


def _device(device: Device) -> dict[str, Any]:
    conditions = [
        {
            "ok": one.matches,
            "text": one.expression or one.source,
            "note": one.error or f"{one.source}, request {verdict.request}",
        }
        for verdict in device.requests
        for one in verdict.selectors
    ]
    taints = [
        {"ok": False, "text": taint, "note": "a taint"} for verdict in device.requests for taint in verdict.taints
    ]
    return {
        "node": ", ".join(device.nodes),
        "device": device.device,
        "held": device.held_by,
        "fits": any(verdict.fits for verdict in device.requests),
        "conditions": conditions + taints,
    }
