"""Checks as lessons write them: a word of the vocabulary with its settings, and how long it may take."""

from __future__ import annotations

from collections.abc import Mapping
from math import isfinite
from typing import Any

from labs.checks.model import Check
from labs.checks.words import WORDS, Evaluate, python_check

__all__ = ["CheckError", "parse_check"]

_COMMON = frozenset({"id", "title", "within", "hold"})
_PODS = frozenset({"v1/Pod"})
_KINDS = {"shared_volume_uuid": _PODS | {"v1/Node"}}


class CheckError(ValueError):
    """A check cannot be read; the text says what is wrong with it."""


def parse_check(spec: Mapping[str, Any]) -> Check:
    """A check from ``{id, title, within, hold, <word>: {…}}``, or with ``python: module:function`` and its settings beside.

    `within` and `hold` are seconds. Raises CheckError.
    """
    for key in ("id", "title", "within"):
        if key not in spec:
            raise CheckError(f"`{key}` is missing")
    try:
        evaluate, kinds = _evaluate(spec)
        within, hold = float(spec["within"]), float(spec.get("hold", 0))
    except (TypeError, ValueError, ImportError, AttributeError) as error:
        raise CheckError(str(error)) from error
    if not (isfinite(within) and within > 0 and isfinite(hold) and hold >= 0):
        raise CheckError("within is more than 0 seconds, hold is 0 or more")
    return Check(str(spec["id"]), str(spec["title"]), within, hold, evaluate, kinds)


def _evaluate(spec: Mapping[str, Any]) -> tuple[Evaluate, frozenset[str]]:
    rest = {key: value for key, value in spec.items() if key not in _COMMON}
    if "python" in rest:
        address, kinds = str(rest.pop("python")), rest.pop("kinds", None)
        if kinds is not None and (not isinstance(kinds, list) or not all(isinstance(each, str) for each in kinds)):
            raise CheckError("kinds is a list such as [v1/Pod]")
        return python_check(address, rest), _PODS if kinds is None else frozenset(kinds)
    words = sorted(rest)
    if len(words) != 1 or words[0] not in WORDS:
        raise CheckError(f"it needs one of {', '.join(sorted(WORDS))} or python; it has {', '.join(words) or 'none'}")
    word, known = WORDS[words[0]]
    settings = rest[words[0]]
    if not isinstance(settings, Mapping) or not known.issuperset(settings):
        raise CheckError(f"{words[0]} knows {', '.join(sorted(known)) or 'no settings'}")
    if "kind" in settings:
        return word(settings), frozenset({f"{settings.get('api', 'v1')}/{settings['kind']}"})
    return word(settings), _KINDS.get(words[0], _PODS)
