"""Collages: one image that shows two photographs, side by side or one inside the other.

Such an image agrees with both photographs, each in a part of its own, so it would link them. Two copies of one
photograph agree with a third copy in parts that overlap, unless they are crops that have nothing in common.
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import islice
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from image_release.dedup.groups import ImageGroups
from image_release.dedup.prepared_image import MIDDLE, PreparedImage
from image_release.dedup.registration import LEAST_TEXTURE, Registered

Floats = NDArray[np.floating]
Part = NDArray[np.bool_]
"""(CELLS, CELLS): in which cells of an image another one agrees with it."""

CELLS = 16
"""Number of cells into which an image is divided, across as well as down."""
AGREES = 0.5
"""Correlation from which a block agrees."""
LEAST_SHARED = 0.1
"""Minimum share of the smaller of two parts that lies in the other one too, so that both may show one photograph."""
LEAST_CELLS = 8
"""Minimum number of cells of a part; less says nothing."""
MOST_ASKED = 3
"""Number of pairs of images across two groups that are asked whether an image links them as a collage."""


class AlignedPairs(Protocol):
    """Pairs of a hotel's images, by index."""

    def partners(self, image: int) -> list[int]:
        """The images that are a candidate pair with an image, most agreeing matches first."""

    def are_strangers(self, one: int, other: int) -> bool:
        """Whether hardly anything in two images agrees."""

    def agreeing_parts(self, one: int, other: int) -> tuple[Part, Part] | None:
        """The parts of the two images of a candidate pair that agree; None if they cannot be aligned."""


def is_linked_by_collage(groups: ImageGroups, pairs: AlignedPairs, pair: tuple[int, int]) -> bool:
    """Whether an image of a pair that would join two groups shows two photographs, one of each group.

    Then there are an image of either group that agree with different parts of it, and not with each other. An image
    that a person joined with others is no collage.
    """
    for image, other in (pair, pair[::-1]):
        if groups.decided(image):
            continue
        strangers = _strangers(pairs, image, set(groups.part_of(image)), set(groups.part_of(other)))
        if any(_show_different_parts(pairs, image, *each) for each in islice(strangers, MOST_ASKED)):
            return True
    return False


def parts_that_agree(one: PreparedImage, registered: Registered, *, mirrored: bool) -> tuple[Part, Part]:
    """The part of each image of a registered pair that agrees with the other image; `one` is the first image."""
    mine, theirs = one.level(MIDDLE), registered.levels[MIDDLE]
    agrees = theirs.inside & (mine.variance > LEAST_TEXTURE) & (theirs.correlation > AGREES)
    (height, width), (other_height, other_width) = one.shape, theirs.size
    x, y = (at.reshape(mine.centred.shape)[agrees] * np.float32(one.half) for at in mine.positions[:2])
    across, down = (at[agrees] for at in theirs.at)
    across = other_width - across if mirrored else across
    return _part(x / width + 0.5, y / height + 0.5), _part(across / other_width, down / other_height)


def share_a_part(one: Part, other: Part) -> bool:
    """Whether two parts of one image overlap. If one of them is too small to say, they do."""
    smaller = min(int(one.sum()), int(other.sum()))
    return smaller < LEAST_CELLS or int((one & other).sum()) >= LEAST_SHARED * smaller


def _strangers(pairs: AlignedPairs, image: int, mine: set[int], theirs: set[int]) -> Iterator[tuple[int, int]]:
    """Yield an image of one group and one of another that match with an image, and not with each other."""
    known = pairs.partners(image)
    here, there = ([other for other in known if other in group] for group in (mine, theirs))
    return ((one, other) for one in here for other in there if pairs.are_strangers(one, other))


def _show_different_parts(pairs: AlignedPairs, image: int, one: int, other: int) -> bool:
    """Whether two images agree with different parts of a third one."""
    parts = [found[0] for at in (one, other) if (found := pairs.agreeing_parts(image, at))]
    return len(parts) > 1 and not share_a_part(*parts)


def _part(x: Floats, y: Floats) -> Part:
    """The cells that positions (0…1 across and down) fill at least half as densely as the densest cell."""
    column, row = (np.clip(at * CELLS, 0, CELLS - 1).astype(np.intp) for at in (x, y))
    counted = np.bincount((row * CELLS + column).ravel(), minlength=CELLS**2).reshape(CELLS, CELLS)
    return np.asarray((counted > 0) & (2 * counted >= counted.max()))
