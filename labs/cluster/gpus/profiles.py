"""The cards that can be simulated, with the figures that NVIDIA's own tools report of them.

Sources: memory as `nvidia-smi` shows it (MiB, which is what gpu-feature-discovery labels); MIG profiles, their memory and
placements as `nvidia-smi mig -lgip` and `-lgipp` list them (NVIDIA's MIG user guide, "Supported MIG Profiles").
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

__all__ = ["PROFILES", "MigProfile", "Profile", "place"]


@dataclass(frozen=True)
class MigProfile:
    """A part of a card: `memory` in MiB, `starts` and `size` in the card's eight memory slices.

    `engines`: copy, decoder, encoder, jpeg, ofa; `number` is the GPU instance profile's id.
    """

    name: str
    number: int
    slices: int
    memory: int
    multiprocessors: int
    engines: tuple[int, int, int, int, int]
    starts: tuple[int, ...]
    size: int
    most: int = 7


@dataclass(frozen=True)
class Profile:
    """A kind of card: `product` as NVML names it, `memory` in MiB, `compute` its CUDA capability."""

    product: str
    memory: int
    compute: tuple[int, int]
    family: str
    architecture: str
    brand: str
    mig: tuple[MigProfile, ...] = ()

    def part(self, name: str) -> MigProfile | None:
        """The MIG profile of this name, or None."""
        return next((one for one in self.mig if one.name == name), None)


def place(profile: Profile, names: Sequence[str]) -> tuple[int, ...] | None:
    """Where each part begins on one card, or None when they do not fit beside one another."""
    parts = [part for part in map(profile.part, names) if part]
    if any(names.count(part.name) > part.most for part in parts):
        return None
    return _place(parts, frozenset())


def _place(parts: Sequence[MigProfile], used: frozenset[int]) -> tuple[int, ...] | None:
    if not parts:
        return ()
    first, *rest = parts
    for start in first.starts:
        wanted = frozenset(range(start, start + first.size))
        if not wanted & used:
            placed = _place(rest, used | wanted)
            if placed is not None:
                return start, *placed
    return None


_ANY, _PAIRS, _HALVES = (0, 1, 2, 3, 4, 5, 6), (0, 2, 4, 6), (0, 4)

_A100_40GB = (
    MigProfile("1g.5gb", 19, 1, 4864, 14, (1, 0, 0, 0, 0), _ANY, 1),
    MigProfile("1g.5gb+me", 20, 1, 4864, 14, (1, 1, 0, 1, 1), _ANY, 1, most=1),
    MigProfile("1g.10gb", 15, 1, 9856, 14, (1, 1, 0, 0, 0), _PAIRS, 2),
    MigProfile("2g.10gb", 14, 2, 9984, 28, (2, 1, 0, 0, 0), _PAIRS[:3], 2),
    MigProfile("3g.20gb", 9, 3, 20096, 42, (3, 2, 0, 0, 0), _HALVES, 4),
    MigProfile("4g.20gb", 5, 4, 20096, 56, (4, 2, 0, 0, 0), (0,), 4),
    MigProfile("7g.40gb", 0, 7, 40448, 98, (7, 5, 0, 1, 1), (0,), 8),
)
_A100_80GB = (
    MigProfile("1g.10gb", 19, 1, 9728, 14, (1, 0, 0, 0, 0), _ANY, 1),
    MigProfile("1g.10gb+me", 20, 1, 9728, 14, (1, 1, 0, 1, 1), _ANY, 1, most=1),
    MigProfile("1g.20gb", 15, 1, 19968, 14, (1, 1, 0, 0, 0), _PAIRS, 2),
    MigProfile("2g.20gb", 14, 2, 19968, 28, (2, 1, 0, 0, 0), _PAIRS[:3], 2),
    MigProfile("3g.40gb", 9, 3, 40192, 42, (3, 2, 0, 0, 0), _HALVES, 4),
    MigProfile("4g.40gb", 5, 4, 40192, 56, (4, 2, 0, 0, 0), (0,), 4),
    MigProfile("7g.80gb", 0, 7, 80896, 98, (7, 5, 0, 1, 1), (0,), 8),
)
_H100_80GB = (
    MigProfile("1g.10gb", 19, 1, 9984, 16, (1, 1, 0, 1, 0), _ANY, 1),
    MigProfile("1g.10gb+me", 20, 1, 9984, 16, (1, 1, 0, 1, 1), _ANY, 1, most=1),
    MigProfile("1g.20gb", 15, 1, 20096, 26, (1, 1, 0, 1, 0), _PAIRS, 2),
    MigProfile("2g.20gb", 14, 2, 20096, 32, (2, 2, 0, 2, 0), _PAIRS[:3], 2),
    MigProfile("3g.40gb", 9, 3, 40448, 60, (3, 3, 0, 3, 0), _HALVES, 4),
    MigProfile("4g.40gb", 5, 4, 40448, 64, (4, 4, 0, 4, 0), (0,), 4),
    MigProfile("7g.80gb", 0, 7, 81152, 132, (8, 7, 0, 7, 1), (0,), 8),
)

PROFILES = {
    "t4": Profile("Tesla T4", 15360, (7, 5), "turing", "Turing", "Nvidia"),
    "l40s": Profile("NVIDIA L40S", 46068, (8, 9), "ada-lovelace", "Ada Lovelace", "Nvidia"),
    "a100-40gb": Profile("NVIDIA A100-SXM4-40GB", 40960, (8, 0), "ampere", "Ampere", "Nvidia", _A100_40GB),
    "a100-80gb": Profile("NVIDIA A100-SXM4-80GB", 81920, (8, 0), "ampere", "Ampere", "Nvidia", _A100_80GB),
    "h100": Profile("NVIDIA H100 80GB HBM3", 81559, (9, 0), "hopper", "Hopper", "Nvidia", _H100_80GB),
}
"""By the name that a fleet uses."""
