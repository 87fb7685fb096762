"""Regions in which two aligned images differ, pixel by pixel: which are marks, and which are things that moved.

A chair that was moved is as small as a caption, and a block of eight pixels cannot tell one from the other. So the
second image is brought to the tones of the first one by a smooth curve, and the two are subtracted. What differs by
more than noise and edges explain is cut into regions. A mark is thin, flat, straight or black and white, or it fills a
plate at a side of the image. A thing stands within the image, is thick, has soft edges and several tones.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from image_release.dedup.blocks import AGREES, mean_products, whole_image
from image_release.dedup.pixels import mean_near, slopes
from image_release.dedup.prepared_image import FINEST, Level, PreparedImage
from image_release.dedup.quantiles import quantiles
from image_release.dedup.registration import AlignedBlocks, Registered, pixels_inside
from image_release.dedup.weights import Weights, none_of

Floats = NDArray[np.float32]
Doubles = NDArray[np.float64]
Flags = NDArray[np.bool_]

LEAST_SCORE = -1.0
"""Minimum score of a pair whose regions are looked at: below it, the pair is two photographs anyway."""
LEAST_BLOCKS = 12
"""Minimum number of blocks that lie in both images for bringing one to the tones of the other."""
STANDS_OUT = 1.5
"""Multiple of what noise and contrast explain from which a block stands out."""
TONE_ROUNDS = 5
"""Number of rounds in which the curve of tones is fitted; what it does not explain counts less in each."""
PER_STEEPNESS = 0.9
"""Difference that a shift explains, in grey levels for each grey level a pixel of steepness."""
STRIKING, NOTABLE, MOST_NOTABLE = 2.0, 1.2, 4.0
"""Multiples of what noise and edges explain: from which a difference is striking, is notable at all, and counts no
more."""
CELL, LEAST_IN_CELL = 4, 3
"""Side of a cell in pixels, and the number of striking pixels from which it belongs to a region."""
LEAST_PIXELS = 12
"""Minimum number of striking pixels of a region."""
MOST_REGIONS = 4
"""Maximum number of regions that are looked at: those that differ most."""
MARGIN = 6
"""Width of the surroundings of a region, in pixels."""
NEAR_SIDE = 3
"""Distance from a side, in pixels, up to which a region touches it."""
STEP, TOLERANCE = 6, 8
"""Width of a class of brightness, and how far from the most frequent class a pixel still has its brightness."""
FRAMED, FILLED, EDGE, AROUND = 0.5, 0.78, 6, 2
"""Of a plate that covers a part of an image: the minimum shares of each side of its box that is an edge and of the box
that differs, the minimum steepness of an edge in grey levels a pixel, and how far an edge is from the side at most."""
NEARLY_WHITE, NEARLY_BLACK = 235, 18
"""Grey levels above and below which marks often are."""


@dataclass(frozen=True, slots=True, eq=False)
class _AlignedImage:
    """One of the two images, or the part of it around a region, in the tones of the first one."""

    pixels: Floats
    across: Floats
    down: Floats

    @classmethod
    def of(cls, pixels: Floats) -> _AlignedImage:
        return cls(pixels, *slopes(pixels))

    def around(self, box: tuple[slice, slice]) -> _AlignedImage:
        """The part of the image in a box."""
        return _AlignedImage(self.pixels[box], self.across[box], self.down[box])

    def energy(self) -> Floats:
        """Square of the steepness."""
        return self.across * self.across + self.down * self.down


@dataclass(frozen=True, slots=True, eq=False)
class _Differing:
    """Where two aligned images differ."""

    one: _AlignedImage
    other: _AlignedImage
    inside: Flags
    """The pixels that lie in both images."""
    unexplained: Floats
    """The difference as a multiple of what noise and edges explain."""
    noise: float
    contrast: float
    """Standard deviation of the first image, in grey levels."""


def after_a_look(score: float, one: PreparedImage, registered: Registered, weights: Weights) -> float:
    """The score of a pair after a look at the regions in which it differs: a thing in one of them speaks against it."""
    if score < LEAST_SCORE:
        return score
    marks = [weights.score(region) for region in changed_regions(one, registered)]
    return none_of((score, min(marks))) if marks else score


def changed_regions(one: PreparedImage, registered: Registered) -> list[dict[str, float]]:
    """The features of each region in which the two images of a registered pair differ; most differing ones first.

    A plate with straight sides that covers a part of an image is left out: it is a mark, whatever it shows.
    """
    if not _differs(one.level(FINEST), registered.levels[FINEST]):
        return []
    differing = _differing(one, registered)
    striking = differing.unexplained > STRIKING
    return [
        _features(differing, striking, region, box)
        for region, box in _regions(striking, differing.unexplained)
        if not _is_plate(differing, striking[box] & region, box)
    ]


def _differs(mine: Level, aligned: AlignedBlocks) -> bool:
    """Whether any block differs so much that a look at the pixels is worth its time: a quarter of all copies do."""
    inside = aligned.inside
    if inside.sum() < LEAST_BLOCKS:
        return False
    correlation = np.clip(aligned.correlation[inside], 0, 1)
    gains = aligned.gain[inside & (aligned.correlation > AGREES)]
    gain = float(np.median(gains)) if len(gains) else 1.0
    here, there = mine.variance[inside], mean_products(aligned.centred, aligned.centred)[inside] * np.float32(gain**2)
    left = np.sqrt(np.maximum(here, there) * (1 - correlation**2))
    explained = 1.5 * np.median(left) + 2 + 0.25 * np.sqrt(np.minimum(here, there))
    return bool((left > STANDS_OUT * explained).any())


def _differing(one: PreparedImage, registered: Registered) -> _Differing:
    """Compare two images pixel by pixel."""
    mine, aligned = one.level(FINEST), registered.levels[FINEST]
    here = _whole(one, mine.centred + mine.mean[:, None])
    there = _whole(one, aligned.centred + aligned.mean[:, None])
    inside = np.asarray(whole_image(pixels_inside(aligned), one.shape), np.bool_)
    curve = _curve(mine.mean, aligned.mean, aligned.inside, one.blocks)
    there = np.where(inside, _toned(there, curve), here)
    ones, others = _AlignedImage.of(here), _AlignedImage.of(there)
    difference = np.abs(here - there)
    noise = 1.5 * quantiles(difference[inside][::4], (50,))[0] + 1.5
    explained = np.sqrt(np.minimum(ones.energy(), others.energy()))
    explained = noise + PER_STEEPNESS * mean_near(explained)
    difference /= explained
    unexplained = mean_near(difference) * _least_near(inside)
    return _Differing(ones, others, inside, unexplained, noise, float(here[inside].std()))


def _whole(one: PreparedImage, blocks: Floats) -> Floats:
    return np.asarray(whole_image(blocks, one.shape), np.float32)


def _curve(here: Floats, there: Floats, inside: Flags, blocks: tuple[int, int]) -> Doubles:
    """(9,): the tone curve and the smooth change over the image that take `there` closest to `here`, block by block.

    A filter, a vignette and another exposure are such curves. Blocks that no curve explains hardly count.
    """
    terms = np.hstack([_places(*blocks), _powers(there)])[inside].astype(np.float64)
    wanted, weight = here[inside].astype(np.float64), np.ones(int(inside.sum()))
    penalty = np.diag([0.001, *[0.3] * 5, *[0.001] * 3])
    found = np.zeros(terms.shape[1])
    for _ in range(TONE_ROUNDS):
        weighted = terms * weight[:, None]
        found[:] = np.linalg.solve(terms.T @ weighted + penalty, weighted.T @ wanted)
        left = np.abs(wanted - terms @ found)
        weight = 1 / (1 + (left / (2.25 * np.median(left) + 1.5)) ** 2) ** 2
    return found


def _toned(pixels: Floats, curve: Doubles) -> Floats:
    """The pixels (height, width) after a curve of `_curve`."""
    smooth = (_places(*pixels.shape) @ curve[:6].astype(np.float32)).reshape(pixels.shape)
    tone = pixels / np.float32(128) - np.float32(1)
    first, second, third = (np.float32(each) for each in curve[6:])
    return np.asarray(smooth + tone * (first + tone * (second + tone * third)))


def _powers(values: Floats) -> Floats:
    tone = values / np.float32(128) - np.float32(1)
    return np.stack([tone, tone**2, tone**3], axis=1)


@lru_cache(32)
def _places(rows: int, columns: int) -> Floats:
    """(rows * columns, 6): the terms of a smooth change over an image."""
    y, x = (np.mgrid[:rows, :columns] + 0.5) / np.array((rows, columns))[:, None, None] * 2 - 1
    return np.stack([np.ones(y.size), *(each.ravel() for each in (x, y, x * y, x * x, y * y))], 1).astype(np.float32)


def _regions(striking: Flags, unexplained: Floats) -> Iterator[tuple[Flags, tuple[slice, slice]]]:
    """The largest regions: which pixels of a box are in the region's cells, and the box, which has a margin."""
    height, width = striking.shape
    cells = striking.reshape(height // CELL, CELL, width // CELL, CELL).sum(axis=(1, 3))
    labels = _connected(cells >= LEAST_IN_CELL)
    excess = (np.clip(unexplained - NOTABLE, 0, MOST_NOTABLE) * striking).reshape(
        height // CELL, CELL, width // CELL, CELL
    )
    mass = np.bincount(labels.ravel(), excess.sum(axis=(1, 3)).ravel())
    mass[0] = 0
    for label in np.argsort(-mass, kind="stable")[:MOST_REGIONS]:
        found = labels == label
        if mass[label] == 0 or cells[found].sum() < LEAST_PIXELS:
            continue
        (top, bottom), (left, right) = (_ends(found, axis) for axis in (0, 1))
        box = (
            slice(max(0, top * CELL - MARGIN), min(height, bottom * CELL + MARGIN)),
            slice(max(0, left * CELL - MARGIN), min(width, right * CELL + MARGIN)),
        )
        yield np.repeat(np.repeat(found, CELL, 0), CELL, 1)[box], box


def _connected(cells: Flags) -> NDArray[np.int32]:
    """A number for each cell: 0 for those that are not set, the same number for those that touch, if by a corner."""
    rows, columns = cells.shape
    padded = np.zeros((rows + 2, columns + 2), np.int32)
    labels = padded[1:-1, 1:-1]
    labels[:] = np.where(cells, np.arange(1, cells.size + 1).reshape(cells.shape), 0)
    while True:
        down = np.maximum(np.maximum(padded[:-2], padded[2:]), padded[1:-1])
        most = np.maximum(np.maximum(down[:, :-2], down[:, 2:]), down[:, 1:-1])
        most *= cells
        if (most == labels).all():
            return labels
        labels[:] = most


def _features(differing: _Differing, striking: Flags, region: Flags, box: tuple[slice, slice]) -> dict[str, float]:
    """What tells a mark from a thing in one region; of features of each image there is the higher one."""
    found = striking[box] & region
    (top, bottom), (left, right) = (_ends(found, axis) for axis in (0, 1))
    count = float(found.sum())
    one, other = differing.one.around(box), differing.other.around(box)
    difference = _AlignedImage.of(one.pixels - other.pixels)
    excess = np.clip(differing.unexplained[box][found] - NOTABLE, 0, MOST_NOTABLE)
    changed = difference.pixels[found]
    tight = (slice(top, bottom), slice(left, right))
    sides = one, other
    deviations = [float(side.pixels[region].std()) for side in sides]
    return {
        "pixels": math.log(count),
        "strength": math.log(float(excess.mean()) + 0.1),
        "filled": count / ((bottom - top) * (right - left)),
        "height": math.log(bottom - top),
        "width": (right - left) / striking.shape[1],
        "touches": float(_sides_touched(differing.inside, box, tight)),
        "thick": float(_least_near(found).sum()) / count,
        "one_way": abs(float(np.sign(changed).mean())),
        "amount": math.log(float(np.abs(changed).mean()) / (differing.contrast + 1) + 0.02),
        "noise": math.log(differing.noise),
        "alike": _correlation(one.pixels[region], other.pixels[region], *deviations),
        "own": min(_goes_with(difference, one, found), _goes_with(difference, other, found, sign=-1)),
        "straight": max(_straight(side, found) for side in sides),
        "directed": max(_directed(side, found) for side in sides),
        "extreme": max(_at_the_ends(side.pixels[found]) for side in sides),
        "flat": max(_largest_share(side.pixels[region]) for side in sides),
        "plate": max(_plate(side.pixels, tight) for side in sides),
        "contrast": math.log(max(deviations) + 2),
    }


def _ends(flags: Flags, axis: int) -> tuple[int, int]:
    """The first row (axis 0) or column (axis 1) with a flag, and the one after the last."""
    at = np.flatnonzero(flags.any(axis=1 - axis))
    return int(at[0]), int(at[-1]) + 1


def _sides_touched(inside: Flags, box: tuple[slice, slice], tight: tuple[slice, slice]) -> int:
    """How many sides of the first image, or of what lies in both, a region touches."""
    touched = 0
    for axis, (whole, part) in enumerate(zip(box, tight, strict=True)):
        least, most = _ends(inside, axis)
        touched += whole.start + part.start - least <= NEAR_SIDE
        touched += most - whole.start - part.stop <= NEAR_SIDE
    return touched


def _correlation(one: Floats, other: Floats, deviation: float, other_deviation: float) -> float:
    """Correlation of two images in a region, drawn towards 0."""
    covariance = float(np.mean((one - one.mean()) * (other - other.mean())))
    return covariance / math.sqrt((deviation**2 + 9) * (other_deviation**2 + 9))


def _goes_with(difference: _AlignedImage, side: _AlignedImage, found: Flags, sign: int = 1) -> float:
    """How far the slopes of the difference are those of one image: a mark's are those of the image that has it."""
    shared = float(np.sum((difference.across * side.across + difference.down * side.down)[found]))
    squares = float(difference.energy()[found].sum()) + 50
    return sign * shared / math.sqrt(squares * (float(side.energy()[found].sum()) + 50))


def _straight(side: _AlignedImage, found: Flags) -> float:
    """How far the slopes lie along the sides of the image, 0…1."""
    across, down = np.abs(side.across[found]), np.abs(side.down[found])
    return float((np.abs(across - down) / (across + down + 2)).mean())


def _directed(side: _AlignedImage, found: Flags) -> float:
    """How much steeper the image is across than down, or down than across, as a logarithm."""
    across, down = (float((slope[found] ** 2).mean()) + 2 for slope in (side.across, side.down))
    return abs(math.log(across / down))


def _at_the_ends(values: Floats) -> float:
    """Share of the values that are nearly white or nearly black."""
    return float(((values > NEARLY_WHITE) | (values < NEARLY_BLACK)).mean())


def _largest_share(values: Floats) -> float:
    """Largest share of the values in one class of brightness."""
    classes = ((values - values.min()) / (2 * STEP)).astype(np.intp)
    return float(np.bincount(classes).max()) / len(values)


def _plate(pixels: Floats, tight: tuple[slice, slice]) -> float:
    """How much more often the most frequent brightness of a region is within it than around it."""
    classes = np.bincount(np.clip(pixels[tight] / STEP, 0, 255 // STEP).astype(np.intp).ravel(), minlength=2)
    level = (float(np.argmax(classes[:-1] + classes[1:])) + 1) * STEP
    alike = np.abs(pixels - np.float32(level)) <= TOLERANCE
    within, everywhere = float(alike[tight].sum()), float(alike.sum())
    around = alike.size - alike[tight].size
    return float(within / alike[tight].size - ((everywhere - within) / around if around else 0.0))


def _is_plate(differing: _Differing, found: Flags, box: tuple[slice, slice]) -> bool:
    """Whether a region fills its box, and the box ends at an edge on all four sides."""
    (top, bottom), (left, right) = (_ends(found, axis) for axis in (0, 1))
    if found.sum() < FILLED * (bottom - top) * (right - left):
        return False
    tight = (slice(top, bottom), slice(left, right))
    one, other = differing.one.around(box), differing.other.around(box)
    return max(_framed(one, other, tight), _framed(other, one, tight)) > FRAMED


def _framed(side: _AlignedImage, other: _AlignedImage, tight: tuple[slice, slice]) -> float:
    """The least share of a side of a region's box along which one image has an edge that the other one has not.

    A plate ends at straight lines on all four sides, whatever it shows; things do not.
    """
    rows, columns = tight
    down = (np.abs(side.down) - np.abs(other.down) > EDGE)[:, columns]
    across = (np.abs(side.across) - np.abs(other.across) > EDGE)[rows].T
    ends = ((down, rows.start), (down, rows.stop - 1), (across, columns.start), (across, columns.stop - 1))
    return min(float(lines[max(0, at - AROUND) : at + AROUND + 1].mean(axis=1).max()) for lines, at in ends)


def _least_near(flags: Flags) -> Flags:
    """Which pixels are set with all their neighbours in a square of three pixels a side."""
    rows = flags.copy()
    rows[1:] &= flags[:-1]
    rows[:-1] &= flags[1:]
    least = rows.copy()
    least[:, 1:] &= rows[:, :-1]
    least[:, :-1] &= rows[:, 1:]
    return least
