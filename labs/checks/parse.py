"""Checks as lessons write them: a word of the vocabulary with its settings, and how long it may take."""

from __future__ import annotations

from collections.abc import Mapping
from math import isfinite
from typing import Any

from labs.checks.model import Check
from labs.checks.probes import Probe
from labs.checks.vocabulary import WORDS
from labs.checks.words import Evaluate, python_check

__all__ = ["CheckError", "parse_check"]

_COMMON = frozenset({"id", "title", "within", "hold"})
_PODS = frozenset({"v1/Pod"})
_PROBED_HOLD = 3


class CheckError(ValueError):
    """A check cannot be read; the text says what is wrong with it."""


def parse_check(spec: Mapping[str, Any]) -> Check:
    """A check from ``{id, title, within, hold, <word>: {…}}``, or with ``python: module:function`` and its settings beside.

    `within` and `hold` are seconds; what is tried out holds three by default, so that one look in passing decides nothing.
    A Python check may name `kinds` to watch and `probes`, each a mapping with the
    fields of `labs.checks.probes.Probe`. Raises CheckError.
    """
    for key in ("id", "title", "within"):
        if key not in spec:
            raise CheckError(f"`{key}` is missing")
    try:
        evaluate, kinds, probes = _evaluate(spec)
        within, hold = float(spec["within"]), float(spec.get("hold", _PROBED_HOLD if probes else 0))
    except (TypeError, ValueError, KeyError, ImportError, AttributeError) as error:
        raise CheckError(str(error)) from error
    if not (isfinite(within) and within > 0 and isfinite(hold) and hold >= 0):
        raise CheckError("within is more than 0 seconds, hold is 0 or more")
    return Check(str(spec["id"]), str(spec["title"]), within, hold, evaluate, kinds, probes)


def _evaluate(spec: Mapping[str, Any]) -> tuple[Evaluate, frozenset[str], frozenset[Probe]]:
    rest = {key: value for key, value in spec.items() if key not in _COMMON}
    if "python" in rest:
        return _python(rest)
    words = sorted(rest)
    if len(words) != 1 or words[0] not in WORDS:
        raise CheckError(f"it needs one of {', '.join(sorted(WORDS))} or python; it has {', '.join(words) or 'none'}")
    word, settings = WORDS[words[0]], rest[words[0]]
    if not isinstance(settings, Mapping) or not word.settings.issuperset(settings):
        raise CheckError(f"{words[0]} knows {', '.join(sorted(word.settings)) or 'no settings'}")
    kinds = word.kinds
    if "kind" in settings:
        kinds = frozenset({f"{settings.get('api', 'v1')}/{settings['kind']}"})
    return word.evaluate(settings), kinds, frozenset(word.probes(settings))


def _python(rest: dict[str, Any]) -> tuple[Evaluate, frozenset[str], frozenset[Probe]]:
    address, kinds, probes = str(rest.pop("python")), rest.pop("kinds", None), rest.pop("probes", [])
    if kinds is not None and (not isinstance(kinds, list) or not all(isinstance(each, str) for each in kinds)):
        raise CheckError("kinds is a list such as [v1/Pod]")
    watched = _PODS if kinds is None else frozenset(kinds)
    return python_check(address, rest), watched, frozenset(Probe(**each) for each in probes)
