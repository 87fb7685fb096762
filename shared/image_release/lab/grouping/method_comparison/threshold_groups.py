"""Groups images by a maximum distance, as the product does by hashes: a chain of close pairs forms one group."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from image_release.dedup import ImageGroups, NearPair, join_near

Groups = tuple[int, ...]
"""For each image the number of its group, which is the index of the group's first image."""


def groups_at_thresholds(distances: NDArray[np.uint8], thresholds: Sequence[float]) -> list[Groups]:
    """The groups at each threshold, in one pass over all thresholds, which must be in ascending order.

    `distances` has the shape (n, n). Pairs at most as far apart as the threshold are joined.
    """
    groups = ImageGroups(len(distances))
    found, joined_to = [], -1.0
    for threshold in thresholds:
        ones, others = np.nonzero(np.triu((distances > joined_to) & (distances <= threshold), 1))
        near = [
            NearPair(*pair)
            for pair in zip(distances[ones, others].tolist(), ones.tolist(), others.tolist(), strict=True)
        ]
        join_near(groups, near, may_chain=True)
        joined_to = threshold
        found.append(tuple(min(groups.of(index)) for index in range(len(distances))))
    return found
