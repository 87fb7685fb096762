"""Cues of marks, pixel by pixel: which of two aligned copies shows something of its own where they differ.

A block of eight pixels is larger than a line of small text. So the copies are brought to one contrast and subtracted;
what differs by more than noise and edges explain is looked at. A mark adds edges to the copy that has it, and the
difference has the shape of that copy there and not of the other. A bar or a plate has few grey levels, and straight
edges.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache

import numpy as np
from numpy.typing import NDArray

from image_release.dedup.pixels import mean_near, slopes
from image_release.dedup.quantiles import quantiles

Floats = NDArray[np.float32]
Flags = NDArray[np.bool_]

LEAST_PIXELS = 800
"""Minimum number of pixels that two copies must have in common to be compared."""
WIDE = 10
"""Distance, in pixels, over which a slow change of brightness is taken out of the difference of two copies."""
MOST_SLOW = 25
"""Maximum difference, in grey levels, that counts for the slow change."""
PER_STEEPNESS = 0.9
"""Difference that a shift explains, in grey levels for each grey level a pixel of steepness."""
STRIKING, NOTABLE, MOST_NOTABLE = 2.0, 1.2, 4.0
"""Multiples of what noise and edges explain: from which a difference is striking, is notable at all, and counts no
more."""
MANY = 40
"""Number of striking pixels from which their cues count in full."""
FEW, SOME, LOTS = 20, 80, 300
"""Numbers of pixels with the most of their own."""
STEP = 12.0
"""Width of a class of brightness, in grey levels, for the largest share of one."""
NEARLY_WHITE, NEARLY_BLACK = 235, 18
"""Grey levels above and below which marks often are."""
PLAIN = 3.5
"""Multiple of what noise and edges explain from which a difference is plain."""
LEAST_SPREAD, MOST_SPREAD = 4.0, 1.5
"""Grey levels that are added to a spread of brightness, and maximum logarithm of the ratio of two that counts."""

MARK_CUES = (
    "marks.spread", "marks.spread_plainly",
    "marks.own", "marks.own_few", "marks.own_some", "marks.own_lots", "marks.alone", "marks.alone_softly",
    "marks.modal", "marks.extreme", "marks.ends", "marks.energy", "marks.straight", "marks.lighter",
)  # fmt: skip


@dataclass(frozen=True, slots=True, eq=False)
class _Side:
    """One of the two copies, at the contrast that both are brought to."""

    pixels: Floats
    plain: Floats
    """The pixels as they were."""
    across: Floats
    down: Floats
    energy: Floats
    """Square of the steepness."""
    steepness: Floats

    @classmethod
    def of(cls, pixels: Floats, plain: Floats) -> _Side:
        across, down = slopes(pixels)
        energy = across * across + down * down
        return cls(pixels, plain, across, down, energy, np.sqrt(energy))


def mark_cues(one: Floats, other: Floats, gain: float, sure: Flags, both: Flags) -> Mapping[str, float]:
    """Cues of `one` beside `other` (height, width); those of `other` beside `one` are the same with the other sign.

    `gain` is the ratio of their contrasts. `sure` are the pixels that plainly agree, `both` those that lie in both.
    """
    if both.sum() < LEAST_PIXELS:
        return dict.fromkeys(MARK_CUES, 0.0)
    root = np.float32(math.sqrt(gain))
    mine, theirs = one / root, other * root
    theirs += np.float32(_middle((mine - theirs)[sure]))
    ones, others = _Side.of(mine, one), _Side.of(theirs, other)
    difference = mine - theirs
    difference -= _mean_far(np.clip(difference, -MOST_SLOW, MOST_SLOW))
    noise = 1.5 * _middle(np.abs(difference[both])) + 1.5
    explained = noise + PER_STEEPNESS * mean_near(np.minimum(ones.steepness, others.steepness))
    unexplained = mean_near(np.abs(difference) / explained) * both
    weight = np.clip(unexplained - NOTABLE, 0, MOST_NOTABLE)
    own = weight * (ones.steepness - others.steepness) / (ones.steepness + others.steepness + 4)
    ordered = np.sort(mean_near(own)[both])
    along = slopes(difference)
    return {
        "marks.own": 3 * float(ordered.mean()),
        "marks.own_few": _ends(ordered, FEW),
        "marks.own_some": _ends(ordered, SOME),
        "marks.own_lots": _ends(ordered, LOTS),
        "marks.alone_softly": _alone(ones, others, along, weight)[0],
        "marks.spread": _spread(ones, others, unexplained > STRIKING),
        "marks.spread_plainly": _spread(ones, others, unexplained > PLAIN),
        **_striking(ones, others, difference, along, unexplained > STRIKING, both),
    }


def _striking(
    one: _Side, other: _Side, difference: Floats, along: tuple[Floats, Floats], striking: Flags, both: Flags
) -> dict[str, float]:
    """Cues of the pixels that differ strikingly; they count less where there are few."""
    count = int(striking.sum())
    if count < FEW // 2:
        return dict.fromkeys(("marks.alone", *MARK_CUES[8:]), 0.0)
    sure = min(1.0, math.sqrt(count / MANY))
    alone, energy = _alone(one, other, along, striking.astype(np.float32))

    def both_ways(value: float, their_value: float) -> float:
        return sure * (value - their_value)

    return {
        "marks.alone": sure * alone,
        "marks.energy": sure * energy,
        "marks.modal": both_ways(*(_largest_share(side.pixels[striking]) for side in (one, other))),
        "marks.extreme": both_ways(*(_from_the_middle(side.plain, striking, both) for side in (one, other))),
        "marks.ends": both_ways(*(_at_the_ends(side.plain[striking]) for side in (one, other))),
        "marks.straight": both_ways(*(_straight(side, striking) for side in (one, other))),
        "marks.lighter": sure * max(-1.0, min(1.0, float(difference[striking].mean()) / 40)),
    }


def _spread(one: _Side, other: _Side, differs: Flags) -> float:
    """Logarithm of the spread of brightness of the differing pixels in `one` over that in `other`.

    A plate has less of it than what it covers, also if that shines through. Letters have more; what they add to a copy
    is in the other cues.
    """
    count = int(differs.sum())
    if count < FEW // 2:
        return 0.0
    mine, theirs = (float(side.pixels[differs].std()) + LEAST_SPREAD for side in (one, other))
    return min(1.0, math.sqrt(count / MANY)) * max(-MOST_SPREAD, min(MOST_SPREAD, math.log(mine / theirs)))


def _alone(one: _Side, other: _Side, along: tuple[Floats, Floats], weight: Floats) -> tuple[float, float]:
    """How much more the slopes of the difference are those of `one` than those of `other`, and their energies' ratio.

    If `one` is `other` with a mark, the difference is the mark: it goes with `one`, and has nothing to do with `other`.
    """
    squares = float(np.vdot(weight, along[0] * along[0] + along[1] * along[1])) + 50
    found = 0.0
    energies = []
    for side in (one, other):
        shared = float(np.vdot(weight, along[0] * side.across + along[1] * side.down))
        energies.append(float(np.vdot(weight, side.energy)) + 50)
        found += shared / math.sqrt(squares * energies[-1])
    return found, math.log(energies[0] / energies[1])


def _middle(values: Floats) -> float:
    """Median of every fourth of the values (n,), n ≥ 1."""
    return quantiles(values[::4], (50,))[0]


def _ends(ordered: Floats, count: int) -> float:
    """Mean of the `count` largest plus mean of the `count` smallest of the ordered values."""
    count = min(count, len(ordered) // 2)
    return float(ordered[-count:].mean() + ordered[:count].mean())


def _largest_share(values: Floats) -> float:
    """Largest share of the values in one class of brightness."""
    classes = ((values - values.min()) / STEP).astype(np.intp)
    return float(np.bincount(classes).max()) / len(values)


def _from_the_middle(plain: Floats, striking: Flags, both: Flags) -> float:
    """Mean distance of the striking pixels from the median brightness, in 40 grey levels."""
    return float(np.abs(plain[striking] - np.float32(_middle(plain[both]))).mean()) / 40


def _at_the_ends(values: Floats) -> float:
    """Share of the values that are nearly white or nearly black."""
    return float(((values > NEARLY_WHITE) | (values < NEARLY_BLACK)).mean())


def _straight(side: _Side, striking: Flags) -> float:
    """How far the slopes of the striking pixels lie along the sides of the image, 0…1."""
    across, down = np.abs(side.across[striking]), np.abs(side.down[striking])
    return float((np.abs(across - down) / (across + down + 2)).mean())


def _mean_far(pixels: Floats) -> Floats:
    """Mean over a square of WIDE pixels to each side; the outermost pixels are repeated beyond the edges."""
    height, width = pixels.shape
    return np.asarray(_share_of_neighbours(height) @ pixels @ _share_of_neighbours(width).T)


@cache
def _share_of_neighbours(length: int) -> Floats:
    """(length, length): how much each pixel of a line counts in the mean around each other one."""
    shares = np.zeros((length, length), np.float32)
    for away in range(-WIDE, WIDE + 1):
        shares[np.arange(length), np.clip(np.arange(length) + away, 0, length - 1)] += 1 / (2 * WIDE + 1)
    return shares
