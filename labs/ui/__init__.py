"""The widgets of the course: the workbench of an exercise and the small ones of its other beats."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from labs.ui.beats import explain, practice, predict, recall
    from labs.ui.cell import Exercise, NotYet, exercise, solution

__all__ = ["Exercise", "NotYet", "exercise", "explain", "practice", "predict", "recall", "solution"]

_HOMES = {"labs.ui.beats": ("explain", "practice", "predict", "recall")}


def __getattr__(name: str) -> Any:
    if name not in __all__:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    home = next((module for module, names in _HOMES.items() if name in names), "labs.ui.cell")
    return getattr(import_module(home), name)
