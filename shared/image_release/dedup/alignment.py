"""Laying the copies of one photograph over one of them, the reference, so that they can be compared block by block.

The rough transform on which keypoints agree is exact enough for that: with refined ones the best image was chosen no
better, at several times the cost.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from image_release.dedup.matching import CandidatePair, candidate_pairs
from image_release.dedup.registration import BLOCK, in_blocks
from image_release.fingerprint import Fingerprint, blur
from image_release.values import ImageFacts

Floats = NDArray[np.float32]
Doubles = NDArray[np.float64]

STEEPEST = 4
"""So many pixels of a block say how steep its edges are."""
SCENE_FINENESS = 2.5
"""Mean second difference, grey levels, least, of a block that shows something: bars and blurred margins have less."""
SOFTENED = 0.7
"""Blur of every copy, pixels of its working picture: sampling softens all but the reference, which must not count."""
LEAST_AREA = 0.05


@dataclass(frozen=True, slots=True, eq=False)
class Copy:
    """A copy in `n` blocks of the reference."""

    inside: NDArray[np.bool_]
    """(n,): the block lies wholly in the copy; nowhere, where the two cannot be laid over each other."""
    centred: Floats
    """(n, 64): brightness, the mean of the block taken away."""
    mean: Floats
    deviation: Floats
    steepness: Floats
    """(n,): of the steepest pixels of a block."""
    shown: float
    """Logarithm of how much of the scene it shows, the reference 1: blocks of one colour are no scene."""
    density: float
    """Logarithm of the file's pixels on a pixel of the reference's working picture."""
    zoom: float
    """Logarithm of the scale of its working picture against the reference's."""
    aspect: float
    """Logarithm of how much wider than the reference it is, of one height."""
    turn: float
    """Radians against the reference."""
    mirrored: bool


@dataclass(frozen=True, slots=True, eq=False)
class _Blocks:
    centred: Floats
    mean: Floats
    deviation: Floats
    steepness: Floats
    scene: NDArray[np.bool_]
    """(n,): the block shows something."""

    @classmethod
    def of(cls, picture: Floats) -> _Blocks:
        blocks, slopes = in_blocks(picture, BLOCK), in_blocks(_slopes(picture), BLOCK)
        mean = blocks.mean(axis=1)
        centred = blocks - mean[:, None]
        deviation = np.sqrt(np.einsum("np,np->n", centred, centred) / BLOCK**2)
        steepness = np.partition(slopes, -STEEPEST, axis=1)[:, -STEEPEST:].mean(axis=1)
        return cls(centred, mean, deviation, steepness, in_blocks(_bends(picture), BLOCK).mean(axis=1) > SCENE_FINENESS)


def lay_copies(fingerprints: Sequence[Fingerprint], facts: Sequence[ImageFacts], reference: int) -> list[Copy]:
    """Lay every copy over the reference."""
    grey = _softened(fingerprints[reference])
    blocks = _Blocks.of(grey)
    others = [index for index in range(len(fingerprints)) if index != reference]
    found = candidate_pairs([fingerprints[reference], *(fingerprints[index] for index in others)], with_image=0)
    fits = {others[candidate.other - 1]: candidate for candidate in found}
    return [
        _itself(blocks, fingerprints[index], facts[index])
        if index == reference
        else _laid(grey, blocks, fits.get(index), fingerprints[index], facts[index])
        for index in range(len(fingerprints))
    ]


def _itself(blocks: _Blocks, fingerprint: Fingerprint, facts: ImageFacts) -> Copy:
    return Copy(
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
    )


def _laid(
    grey: Floats, mine: _Blocks, candidate: CandidatePair | None, fingerprint: Fingerprint, facts: ImageFacts
) -> Copy:
    if candidate is None:
        return _apart(mine, fingerprint, facts)
    theirs = _softened(fingerprint)
    theirs = theirs[:, ::-1] if candidate.mirrored else theirs
    back = candidate.affine  # takes their pixels to the reference's
    transform = np.linalg.inv(np.vstack([back, [0, 0, 1]]))[:2]
    values, pixels_inside = _sampled(theirs, transform, grey.shape)
    laid, share_inside = _Blocks.of(values), in_blocks(pixels_inside, BLOCK).mean(axis=1)
    linear = transform[:, :2]
    across, along = (max(float(np.hypot(*linear[:, axis])), 1e-6) for axis in (0, 1))
    area = max(abs(float(np.linalg.det(linear))), LEAST_AREA)
    return Copy(
        inside=share_inside >= 1,
        centred=laid.centred,
        mean=laid.mean,
        deviation=laid.deviation,
        steepness=laid.steepness,
        shown=_shown(mine, share_inside, _outside(theirs, back, grey.shape) / area),
        density=_density(fingerprint, facts) + math.log(area),
        zoom=math.log(area) / 2,
        aspect=math.log(across / along),
        turn=math.atan2(linear[1, 0] - linear[0, 1], linear[0, 0] + linear[1, 1]),
        mirrored=candidate.mirrored,
    )


def _apart(mine: _Blocks, fingerprint: Fingerprint, facts: ImageFacts) -> Copy:
    """A copy that shares too few points with the reference: nothing is known of the two."""
    nothing = np.zeros(len(mine.mean), np.float32)
    return Copy(
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
    )


def _shown(mine: _Blocks, share_inside: Floats, gained: float) -> float:
    """Logarithm of the scene that a copy shows over what the reference shows."""
    total = max(float(mine.scene.sum()), 1.0)
    lost = float(((1 - share_inside) * mine.scene).sum())
    return math.log((max(total - lost, 1.0) + gained) / total)


def _outside(theirs: Floats, back: Doubles, shape: tuple[int, ...]) -> float:
    """Number of their blocks that show something which lies outside the reference."""
    rows, columns = theirs.shape[0] // BLOCK, theirs.shape[1] // BLOCK
    y, x = (np.mgrid[0:rows, 0:columns].reshape(2, -1) + 0.5) * BLOCK
    at_x, at_y = (row[0] * x + row[1] * y + row[2] for row in back)
    outside = (at_x < 0) | (at_y < 0) | (at_x > shape[1]) | (at_y > shape[0])
    if not outside.any():
        return 0.0
    return float((outside & _Blocks.of(theirs).scene).sum())


def _density(fingerprint: Fingerprint, facts: ImageFacts) -> float:
    left, top, right, bottom = fingerprint.working.inside
    return math.log(facts.pixels * (right - left) * (bottom - top) / fingerprint.working.grey.size)


def _softened(fingerprint: Fingerprint) -> Floats:
    return blur(fingerprint.working.grey.astype(np.float32), SOFTENED)


def _bends(picture: Floats) -> Floats:
    """Second differences across and down."""
    bends = np.zeros_like(picture)
    bends[1:-1] += np.abs(2 * picture[1:-1] - picture[:-2] - picture[2:])
    bends[:, 1:-1] += np.abs(2 * picture[:, 1:-1] - picture[:, :-2] - picture[:, 2:])
    return bends


def _slopes(picture: Floats) -> Floats:
    slopes = np.zeros_like(picture)
    slopes[:-1] += np.abs(np.diff(picture, axis=0))
    slopes[:, :-1] += np.abs(np.diff(picture, axis=1))
    return slopes


def _sampled(picture: Floats, transform: Doubles, shape: tuple[int, ...]) -> tuple[Floats, NDArray[np.bool_]]:
    """Bilinear samples where `transform` takes each pixel of `shape`, edges repeated, and which of them lie inside."""
    (a, b, c), (d, e, f) = transform.astype(np.float32)
    x = np.arange(shape[1], dtype=np.float32) + np.float32(0.5)
    y = (np.arange(shape[0], dtype=np.float32) + np.float32(0.5))[:, None]
    at_x, at_y = a * x + (b * y + (c - np.float32(0.5))), d * x + (e * y + (f - np.float32(0.5)))
    height, width = picture.shape
    near_x, near_y = np.clip(at_x, 0, width - 1), np.clip(at_y, 0, height - 1)
    inside = (np.abs(near_x - at_x) <= 0.5) & (np.abs(near_y - at_y) <= 0.5)  # noqa: PLR2004 - half a pixel
    left, top = np.minimum(near_x.astype(np.int32), width - 2), np.minimum(near_y.astype(np.int32), height - 2)
    near_x, near_y = near_x - left, near_y - top
    pixels, at = picture.ravel(), top * width + left
    upper = pixels[at] + near_x * (pixels[at + 1] - pixels[at])
    at += width
    lower = pixels[at] + near_x * (pixels[at + 1] - pixels[at])
    return upper + near_y * (lower - upper), inside
