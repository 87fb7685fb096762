"""Align the copies of one photograph with one of them, the reference, so that they can be compared block by block.

The affine transform on which the keypoints agree is exact enough for this. With registered transforms the best image
was chosen no better, at several times the cost.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from image_release.dedup.blocks import BLOCK, in_blocks, mean_products, subtract_means
from image_release.dedup.matching import CandidatePair, candidate_pairs
from image_release.dedup.sampling import sample, within
from image_release.fingerprint import Fingerprint, blur
from image_release.values import ImageFacts

Floats = NDArray[np.float32]
Doubles = NDArray[np.float64]
Pixels = NDArray[np.floating]
"""An image (height, width) in grey levels."""

STEEPEST = 4
"""Number of steepest pixels of a block whose mean slope is its steepness."""
SCENE_FINENESS = 2.5
"""Minimum mean second difference, in grey levels, of a block that shows something. Bars and blurred margins have less.
"""
SOFTENED = 0.7
"""Blur of every copy, in pixels of its working image. Sampling softens every copy but the reference; after this blur
the difference no longer counts."""
LEAST_AREA = 0.05
"""Minimum ratio of the areas of a copy and the reference that is believed."""


@dataclass(frozen=True, slots=True, eq=False)
class AlignedCopy:
    """A copy as the `n` blocks of the reference show it."""

    inside: NDArray[np.bool_]
    """(n,): the block lies wholly in the copy. All false where the two cannot be aligned."""
    centred: Floats
    """(n, 64): brightness minus the mean of the block, in grey levels."""
    mean: Floats
    """(n,): mean brightness of the block, in grey levels."""
    deviation: Floats
    """(n,): standard deviation of the block's brightness, in grey levels."""
    steepness: Floats
    """(n,): mean slope of the steepest pixels of the block, in grey levels a pixel."""
    shown: float
    """Logarithm of how much of the scene the copy shows; the reference shows 1. Blocks of one colour are no scene."""
    density: float
    """Logarithm of the number of the file's pixels for each pixel of the reference's working image."""
    zoom: float
    """Logarithm of the scale of the copy's working image over that of the reference's."""
    aspect: float
    """Logarithm of the copy's aspect ratio over that of the reference."""
    turn: float
    """Angle between the copy and the reference, in radians."""
    mirrored: bool
    to_reference: Doubles | None
    """(3, 3): from pixels of the copy's working image to those of the reference's. None where they are not aligned."""


@dataclass(frozen=True, slots=True, eq=False)
class _Blocks:
    """Statistics of the `n` blocks of one image; the fields are those of AlignedCopy."""

    centred: Floats
    mean: Floats
    deviation: Floats
    steepness: Floats
    scene: NDArray[np.bool_]
    """(n,): the block shows something."""

    @classmethod
    def of(cls, pixels: Pixels) -> _Blocks:
        """Compute the statistics of an image."""
        blocks, slopes = in_blocks(pixels, BLOCK), in_blocks(_slopes(pixels), BLOCK)
        mean = subtract_means(blocks)
        deviation = np.sqrt(mean_products(blocks, blocks))
        steepness = np.partition(slopes, -STEEPEST, axis=1)[:, -STEEPEST:].mean(axis=1)
        scene = in_blocks(_second_differences(pixels), BLOCK).mean(axis=1) > SCENE_FINENESS
        return cls(blocks, mean, deviation, steepness, scene)


def align_copies(fingerprints: Sequence[Fingerprint], facts: Sequence[ImageFacts], reference: int) -> list[AlignedCopy]:
    """Align every copy with the one whose index is `reference`, and describe all of them in its blocks, in order."""
    grey = _softened(fingerprints[reference])
    blocks = _Blocks.of(grey)
    others = [index for index in range(len(fingerprints)) if index != reference]
    found = candidate_pairs([fingerprints[reference], *(fingerprints[index] for index in others)], with_image=0)
    pairs = {others[pair.other - 1]: pair for pair in found}
    return [
        _reference(blocks, fingerprints[index], facts[index])
        if index == reference
        else _aligned(grey, blocks, pairs.get(index), fingerprints[index], facts[index])
        for index in range(len(fingerprints))
    ]


def _reference(blocks: _Blocks, fingerprint: Fingerprint, facts: ImageFacts) -> AlignedCopy:
    return AlignedCopy(
        inside=np.ones(len(blocks.mean), np.bool_),
        centred=blocks.centred,
        mean=blocks.mean,
        deviation=blocks.deviation,
        steepness=blocks.steepness,
        shown=0.0,
        density=_density(fingerprint, facts),
        zoom=0.0,
        aspect=0.0,
        turn=0.0,
        mirrored=False,
        to_reference=np.eye(3),
    )


def _aligned(
    grey: Floats, mine: _Blocks, pair: CandidatePair | None, fingerprint: Fingerprint, facts: ImageFacts
) -> AlignedCopy:
    """A copy in the blocks `mine` of the reference, whose pixels are `grey`."""
    if pair is None:
        return _unaligned(mine, fingerprint, facts)
    theirs = _softened(fingerprint)
    theirs = theirs[:, ::-1] if pair.mirrored else theirs
    back = pair.affine  # takes the copy's pixels, mirrored first if the pair is, to the reference's
    whole = np.vstack([back, [0, 0, 1]])
    mirror = np.array([[-1, 0, theirs.shape[1]], [0, 1, 0], [0, 0, 1]])
    transform = np.linalg.inv(whole)[:2]
    at_x, at_y = _mapped(transform, grey.shape)
    blocks = _Blocks.of(sample(theirs, at_x, at_y))
    share_inside = in_blocks(within(at_x, at_y, (theirs.shape[0], theirs.shape[1])), BLOCK).mean(axis=1)
    linear = transform[:, :2]
    across, down = (max(float(np.hypot(*linear[:, axis])), 1e-6) for axis in (0, 1))
    area = max(abs(float(np.linalg.det(linear))), LEAST_AREA)
    return AlignedCopy(
        inside=share_inside >= 1,
        centred=blocks.centred,
        mean=blocks.mean,
        deviation=blocks.deviation,
        steepness=blocks.steepness,
        shown=_shown(mine, share_inside, _outside(theirs, back, grey.shape) / area),
        density=_density(fingerprint, facts) + math.log(area),
        zoom=math.log(area) / 2,
        aspect=math.log(across / down),
        turn=math.atan2(linear[1, 0] - linear[0, 1], linear[0, 0] + linear[1, 1]),
        mirrored=pair.mirrored,
        to_reference=whole @ mirror if pair.mirrored else whole,
    )


def _unaligned(mine: _Blocks, fingerprint: Fingerprint, facts: ImageFacts) -> AlignedCopy:
    """A copy that shares too few points with the reference: only its density is known."""
    nothing = np.zeros(len(mine.mean), np.float32)
    return AlignedCopy(
        inside=nothing > 0,
        centred=np.zeros_like(mine.centred),
        mean=nothing,
        deviation=nothing,
        steepness=nothing,
        shown=0.0,
        density=_density(fingerprint, facts),
        zoom=0.0,
        aspect=0.0,
        turn=0.0,
        mirrored=False,
        to_reference=None,
    )


def _shown(mine: _Blocks, share_inside: Floats, gained: float) -> float:
    """Logarithm of the scene that a copy shows over what the reference shows; `gained` is in blocks of the reference.

    `share_inside` (n,) says which share of each block of the reference lies in the copy.
    """
    total = max(float(mine.scene.sum()), 1.0)
    lost = float(((1 - share_inside) * mine.scene).sum())
    return math.log((max(total - lost, 1.0) + gained) / total)


def _outside(theirs: Floats, back: Doubles, shape: tuple[int, ...]) -> float:
    """Number of the copy's blocks that show something and whose middles lie outside the reference."""
    rows, columns = theirs.shape[0] // BLOCK, theirs.shape[1] // BLOCK
    y, x = (np.mgrid[0:rows, 0:columns].reshape(2, -1) + 0.5) * BLOCK
    at_x, at_y = (row[0] * x + row[1] * y + row[2] for row in back)
    outside = (at_x < 0) | (at_y < 0) | (at_x > shape[1]) | (at_y > shape[0])
    if not outside.any():
        return 0.0
    return float((outside & _Blocks.of(theirs).scene).sum())


def _density(fingerprint: Fingerprint, facts: ImageFacts) -> float:
    """Logarithm of the number of the file's pixels for each pixel of its own working image."""
    left, top, right, bottom = fingerprint.working.inside
    return math.log(facts.pixels * (right - left) * (bottom - top) / fingerprint.working.grey.size)


def _softened(fingerprint: Fingerprint) -> Floats:
    return blur(fingerprint.working.grey.astype(np.float32), SOFTENED)


def _second_differences(pixels: Pixels) -> Pixels:
    """(height, width): absolute second differences, across plus down."""
    found = np.zeros_like(pixels)
    found[1:-1] += np.abs(2 * pixels[1:-1] - pixels[:-2] - pixels[2:])
    found[:, 1:-1] += np.abs(2 * pixels[:, 1:-1] - pixels[:, :-2] - pixels[:, 2:])
    return found


def _slopes(pixels: Pixels) -> Pixels:
    """(height, width): absolute first differences, across plus down."""
    slopes = np.zeros_like(pixels)
    slopes[:-1] += np.abs(np.diff(pixels, axis=0))
    slopes[:, :-1] += np.abs(np.diff(pixels, axis=1))
    return slopes


def _mapped(transform: Doubles, shape: tuple[int, ...]) -> tuple[Floats, Floats]:
    """(height, width) each: x and y where an affine transform takes the pixels of an image of `shape`."""
    (a, b, c), (d, e, f) = transform.astype(np.float32)
    x = np.arange(shape[1], dtype=np.float32) + np.float32(0.5)
    y = (np.arange(shape[0], dtype=np.float32) + np.float32(0.5))[:, None]
    return a * x + (b * y + (c - np.float32(0.5))), d * x + (e * y + (f - np.float32(0.5)))
