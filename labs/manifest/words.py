"""Names for things in messages, and the nearest of several names."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from labs.manifest.paths import Token

__all__ = ["kind_of", "nearest", "noun", "schema_path"]

_ITEMS = {
    "containers": "A container",
    "initContainers": "An init container",
    "ephemeralContainers": "An ephemeral container",
    "env": "An environment variable",
    "ports": "A port",
    "volumes": "A volume",
    "volumeMounts": "A volume mount",
    "tolerations": "A toleration",
}


def noun(tokens: Sequence[Token], kind: str) -> str:
    """How to begin a sentence about the object at a path: "A container", "A Pod", "**metadata**"."""
    names = [token for token in tokens if isinstance(token, str)]
    if not names:
        return f"{'An' if kind[:1] in 'AEIOU' else 'A'} {kind}" if kind else "An object"
    if tokens and not isinstance(tokens[-1], str) and names[-1] in _ITEMS:
        return _ITEMS[names[-1]]
    if names[-1] == "spec":
        owner = "Pod" if len(names) > 1 and names[-2] == "template" else kind
        return f"The **spec** of a {owner}"
    return f"**{names[-1]}**" if isinstance(tokens[-1], str) else f"An item of **{names[-1]}**"


def schema_path(tokens: Sequence[Token]) -> str:
    """A path as the schema knows it, without indexes."""
    return ".".join(token for token in tokens if isinstance(token, str))


def kind_of(value: object) -> str:
    """What a JSON value is, in a learner's words."""
    if value is None:
        return "empty"
    if isinstance(value, bool):
        return "true or false"
    if isinstance(value, int | float):
        return "a number"
    return "text" if isinstance(value, str) else "a list" if isinstance(value, list) else "a mapping"


def nearest(word: str, names: Iterable[str]) -> str:
    """The name that was probably meant, "" when none is near: at most one slip in three letters, two at most."""
    best, least = "", min(2, max(1, len(word) // 3)) + 0.5
    for name in names:
        if name == word:
            continue
        if abs(len(name) - len(word)) > 2:
            continue
        away = 0.25 if name.lower() == word.lower() else _distance(word.lower(), name.lower())
        if away < least:
            best, least = name, away
    return best


def _distance(one: str, other: str) -> int:
    """Edits between two words; two neighbouring letters exchanged count as one (optimal string alignment)."""
    before: list[int] = []
    last = list(range(len(other) + 1))
    for i, a in enumerate(one, 1):
        row = [i]
        for j, b in enumerate(other, 1):
            least = min(last[j] + 1, row[j - 1] + 1, last[j - 1] + (a != b))
            if i > 1 and j > 1 and a == other[j - 2] and one[i - 2] == b:
                least = min(least, before[j - 2] + 1)
            row.append(least)
        before, last = last, row
    return last[-1]
