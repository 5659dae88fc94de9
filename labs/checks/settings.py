"""The settings of a check as its YAML has them."""

from __future__ import annotations

from collections.abc import Mapping

__all__ = ["counted", "labels", "number", "text", "words", "words_list"]


def text(settings: Mapping[str, object], key: str, default: str | None = None) -> str:
    """A text that is not empty; raises ValueError when it is missing and there is no default."""
    value = settings.get(key, default)
    if not isinstance(value, str) or (not value and default is None):
        raise ValueError(f"{key} is missing or no text")
    return value


def number(settings: Mapping[str, object], key: str, default: int | None = None) -> int:
    """A whole number; raises ValueError when it is missing and there is no default."""
    value = settings.get(key, default)
    if not isinstance(value, int) or isinstance(value, bool):
        raise ValueError(f"{key} is missing or no number")
    return value


def labels(settings: Mapping[str, object], key: str = "labels") -> dict[str, str]:
    """Labels, none by default; raises ValueError for anything but texts."""
    value = settings.get(key, {})
    if not isinstance(value, Mapping) or not all(isinstance(each, str) for pair in value.items() for each in pair):
        raise ValueError(f"{key} are names with texts")
    return dict(value)


def counted(number: int, thing: str) -> str:
    """``1 Pod``, ``3 Pods``."""
    return f"{number} {thing}{'' if number == 1 else 's'}"


def words_list(settings: Mapping[str, object], key: str) -> tuple[str, ...]:
    """Texts, at least one; raises ValueError for anything else."""
    value = settings.get(key)
    if not isinstance(value, list) or not value or not all(isinstance(each, str) and each for each in value):
        raise ValueError(f"{key} is a list of texts")
    return tuple(value)


def words(found: Mapping[str, str]) -> str:
    """Labels as people write them: ``app=inference, track=canary``."""
    return ", ".join(f"{name}={value}" for name, value in sorted(found.items())) or "no labels"
