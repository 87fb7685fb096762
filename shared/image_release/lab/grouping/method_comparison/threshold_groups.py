"""Groups images by a maximum distance: all images that a chain of close pairs connects form one group."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

Groups = tuple[int, ...]
"""For each image the number of its group, which is the index of the group's first image."""


def groups_at_thresholds(distances: NDArray[np.uint8], thresholds: Sequence[float]) -> list[Groups]:
    """The groups at each threshold, in one pass over all thresholds, which must be in ascending order.

    `distances` has the shape (n, n). Pairs at most as far apart as the threshold are joined.
    """
    group = list(range(len(distances)))
    found, joined_to = [], -1.0
    for threshold in thresholds:
        ones, others = np.nonzero(np.triu((distances > joined_to) & (distances <= threshold), 1))
        for one, other in zip(ones.tolist(), others.tolist(), strict=True):
            first, second = sorted((_root(group, one), _root(group, other)))
            group[second] = first
        joined_to = threshold
        found.append(tuple(_root(group, index) for index in range(len(group))))
    return found


def _root(group: list[int], index: int) -> int:
    while group[index] != index:
        group[index] = group[group[index]]
        index = group[index]
    return index
