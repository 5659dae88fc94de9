"""Quantities as Kubernetes writes them."""

from __future__ import annotations

import re
from decimal import Decimal

__all__ = ["quantity", "size"]

_FACTORS = {
    "": Decimal(1),
    "m": Decimal(1) / 1000,
    **{unit: Decimal(1000) ** power for power, unit in enumerate("kMGTPE", 1)},
    **{f"{unit}i": Decimal(1024) ** power for power, unit in enumerate("KMGTPE", 1)},
}
_QUANTITY = re.compile(r"([+-]?(?:[0-9]+\.?[0-9]*|\.[0-9]+)(?:[eE][+-]?[0-9]+)?)([kKMGTPEm]i?)?")


def quantity(text: str) -> Decimal:
    """The value of ``500m``, ``400Mi`` or ``1e3``; raises ValueError for what is no quantity."""
    found = _QUANTITY.fullmatch(text.strip())
    if found is None or (found[2] or "") not in _FACTORS:
        raise ValueError(f"{text} is no quantity")
    return Decimal(found[1]) * _FACTORS[found[2] or ""]


def size(text: str) -> int:
    """Whole bytes of ``40Gi``; raises ValueError for what is no quantity."""
    return int(quantity(text))
