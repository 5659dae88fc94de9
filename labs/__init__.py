"""Interactive labs: Kubernetes for machine learning, on a real cluster beside the notebook."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from labs.ui import exercise, explain, practice, predict, recall, solution

__all__ = ["exercise", "explain", "practice", "predict", "recall", "solution"]


def __getattr__(name: str) -> Any:
    if name not in __all__:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module("labs.ui"), name)


def __dir__() -> list[str]:
    return __all__
