"""Trains both versions of the model on scikit-learn's digits and writes their weights, which are committed.

Needs scikit-learn; the server does not. Run it in this folder: `python train.py`.
"""

from __future__ import annotations

import numpy as np
from sklearn.datasets import load_digits
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import train_test_split
from sklearn.neural_network import MLPClassifier

LARGEST = 16.0  # of a pixel


def main() -> None:
    """v1 is one linear layer, v2 has a hidden one; both are kept as (weights, bias) per layer."""
    images, digits = load_digits(return_X_y=True)
    train, test, train_digits, test_digits = train_test_split(images / LARGEST, digits, random_state=0)
    linear = LogisticRegression(max_iter=2000).fit(train, train_digits)
    deep = MLPClassifier((32,), max_iter=2000, random_state=0).fit(train, train_digits)
    layers = {"v1": ([linear.coef_.T], [linear.intercept_]), "v2": (deep.coefs_, deep.intercepts_)}
    for version, (weights, biases) in layers.items():
        arrays = {f"weights{i}": one.astype(np.float32) for i, one in enumerate(weights)}
        arrays |= {f"bias{i}": one.astype(np.float32) for i, one in enumerate(biases)}
        np.savez_compressed(f"weights-{version}.npz", **arrays)
    print("accuracy", {"v1": linear.score(test, test_digits), "v2": deep.score(test, test_digits)})


if __name__ == "__main__":
    main()
