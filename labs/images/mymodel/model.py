"""The model: digits of 8×8 pixels (0 to 16 each), recognised by one or two layers of weights. Only NumPy is needed."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from numpy.typing import NDArray

PIXELS = 64
_LARGEST = 16.0


class Model:
    """Weights that were loaded from a file."""

    def __init__(self, file: Path) -> None:
        with np.load(file) as arrays:
            count = len(arrays.files) // 2
            self._layers = [(arrays[f"weights{i}"], arrays[f"bias{i}"]) for i in range(count)]

    def predict(self, pixels: NDArray[np.float64]) -> tuple[int, float]:
        """The digit and its probability. `pixels` has the shape (64,)."""
        values = pixels / _LARGEST
        for weights, bias in self._layers[:-1]:
            values = np.maximum(values @ weights + bias, 0)
        weights, bias = self._layers[-1]
        scores = values @ weights + bias
        shares = np.exp(scores - scores.max())
        digit = int(shares.argmax())
        return digit, float(shares[digit] / shares.sum())
