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

import numpy as np
from numpy.typing import NDArray

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

MARK_CUES = (
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
    steepness: Floats

    @classmethod
    def of(cls, pixels: Floats, plain: Floats) -> _Side:
        across, down = _slopes(pixels)
        return cls(pixels, plain, across, down, np.hypot(across, down))


def mark_cues(one: Floats, other: Floats, gain: float, sure: Flags, both: Flags) -> Mapping[str, float]:
    """Cues of `one` beside `other` (height, width); those of `other` beside `one` are the same with the other sign.

    `gain` is the ratio of their contrasts. `sure` are the pixels that plainly agree, `both` those that lie in both.
    """
    if both.sum() < LEAST_PIXELS:
        return dict.fromkeys(MARK_CUES, 0.0)
    root = np.float32(math.sqrt(gain))
    mine, theirs = one / root, other * root
    theirs += np.float32(quantiles((mine - theirs)[sure], (50,))[0])
    ones, others = _Side.of(mine, one), _Side.of(theirs, other)
    difference = mine - theirs
    difference -= _mean_around(np.clip(difference, -MOST_SLOW, MOST_SLOW), WIDE)
    noise = 1.5 * quantiles(np.abs(difference[both]), (50,))[0] + 1.5
    explained = noise + PER_STEEPNESS * _mean_around(np.minimum(ones.steepness, others.steepness), 1)
    unexplained = _mean_around(np.abs(difference) / explained, 1) * both
    weight = np.clip(unexplained - NOTABLE, 0, MOST_NOTABLE)
    own = _mean_around(weight * (ones.steepness - others.steepness) / (ones.steepness + others.steepness + 4), 1)[both]
    along = _slopes(difference)
    return {
        "marks.own": 3 * float(own.mean()),
        "marks.own_few": _ends(own, FEW),
        "marks.own_some": _ends(own, SOME),
        "marks.own_lots": _ends(own, LOTS),
        "marks.alone_softly": _alone(ones, others, along, weight)[0],
        **_striking(ones, others, difference, along, unexplained > STRIKING, both),
    }


def _striking(
    one: _Side, other: _Side, difference: Floats, along: tuple[Floats, Floats], striking: Flags, both: Flags
) -> dict[str, float]:
    """Cues of the pixels that differ strikingly; they count less where there are few."""
    count = int(striking.sum())
    if count < FEW // 2:
        return dict.fromkeys(("marks.alone", *MARK_CUES[6:]), 0.0)
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


def _alone(one: _Side, other: _Side, along: tuple[Floats, Floats], weight: Floats) -> tuple[float, float]:
    """How much more the slopes of the difference are those of `one` than those of `other`, and their energies' ratio.

    If `one` is `other` with a mark, the difference is the mark: it goes with `one`, and has nothing to do with `other`.
    """
    squares = float((weight * (along[0] ** 2 + along[1] ** 2)).sum()) + 50
    found = 0.0
    energies = []
    for side in (one, other):
        shared = float((weight * (along[0] * side.across + along[1] * side.down)).sum())
        energies.append(float((weight * side.steepness**2).sum()) + 50)
        found += shared / math.sqrt(squares * energies[-1])
    return found, math.log(energies[0] / energies[1])


def _ends(values: Floats, count: int) -> float:
    """Mean of the `count` largest plus mean of the `count` smallest of the values."""
    count = min(count, len(values) // 2)
    parts = np.partition(values, (count, len(values) - count))
    return float(parts[-count:].mean() + parts[:count].mean())


def _largest_share(values: Floats) -> float:
    """Largest share of the values in one class of brightness."""
    classes = ((values - values.min()) / STEP).astype(np.intp)
    return float(np.bincount(classes).max()) / len(values)


def _from_the_middle(plain: Floats, striking: Flags, both: Flags) -> float:
    """Mean distance of the striking pixels from the median brightness, in 40 grey levels."""
    return float(np.abs(plain[striking] - np.float32(quantiles(plain[both], (50,))[0])).mean()) / 40


def _at_the_ends(values: Floats) -> float:
    """Share of the values that are nearly white or nearly black."""
    return float(((values > NEARLY_WHITE) | (values < NEARLY_BLACK)).mean())


def _straight(side: _Side, striking: Flags) -> float:
    """How far the slopes of the striking pixels lie along the sides of the image, 0…1."""
    across, down = np.abs(side.across[striking]), np.abs(side.down[striking])
    return float((np.abs(across - down) / (across + down + 2)).mean())


def _slopes(pixels: Floats) -> tuple[Floats, Floats]:
    """(height, width) each: central differences across and down; 0 at the ends."""
    across, down = np.zeros_like(pixels), np.zeros_like(pixels)
    across[:, 1:-1] = (pixels[:, 2:] - pixels[:, :-2]) / 2
    down[1:-1] = (pixels[2:] - pixels[:-2]) / 2
    return across, down


def _mean_around(pixels: Floats, reach: int) -> Floats:
    """Mean over a square of `reach` pixels to each side; the outermost pixels are repeated beyond the edges."""
    wide = 2 * reach + 1
    for _ in ("down", "across"):
        padded = np.pad(pixels, [(reach, reach), (0, 0)], mode="edge")
        if reach == 1:
            summed = padded[:-2] + padded[1:-1] + padded[2:]
        else:
            sums = np.cumsum(padded, axis=0, dtype=np.float64)
            sums = np.concatenate([np.zeros_like(sums[:1]), sums])
            summed = (sums[wide:] - sums[:-wide]).astype(np.float32)
        pixels = np.ascontiguousarray(summed.T)
    return pixels / np.float32(wide * wide)
