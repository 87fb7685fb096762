"""Registration: align two images as exactly as they allow, and measure what remains different.

A copy is the same light on the same sensor. Once it is aligned, every textured block agrees and no block is displaced.
A second shot of the same room may correlate just as well, but parallax displaces its blocks by fractions of a pixel in
different directions, and no homography removes that. So the remaining displacement tells copies and second shots apart.

The method is Gauss-Newton over a homography, coarse to fine, on blocks of the first image. Each block has its own gain
and offset, which absorb fades, filters and vignettes. Each block weighs as much as it correlates, so captions,
watermarks and overlays drop out. Slopes are taken from the first image only (inverse composition: Baker and Matthews,
2004), so a block's part of the normal equations is computed once an image and not once a step.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from image_release.dedup.blocks import mean_products, subtract_means
from image_release.dedup.matching import CandidatePair
from image_release.dedup.prepared_image import COARSEST, FINEST, LEVELS, MIDDLE, PARAMETERS, Level, PreparedImage
from image_release.dedup.sampling import within

Floats = NDArray[np.float32]
Doubles = NDArray[np.float64]
Phase = tuple[int, int, bool]
"""A level, the maximum number of steps on it, and whether perspective may be fitted too."""

COARSE: tuple[Phase, ...] = ((COARSEST, 3, False), (COARSEST, 1, True))
"""Phases of the coarse alignment."""
FINER: tuple[Phase, ...] = ((MIDDLE, 3, True), (FINEST, 2, True))
"""Phases that follow it, for pairs that are worth their time."""
STILL = 5e-4
"""A phase ends after a step that is no larger than this, in units of half the longer side (0.04 pixels)."""
LEAST_TO_BEND = 10
"""Minimum number of textured blocks for fitting perspective. The few marks of a bare wall would fit any perspective."""
LEAST_BLOCKS = 6
"""Minimum number of blocks that must lie in both images; with fewer, the registration is given up."""
LEAST_TEXTURE = 9.0
"""Minimum variance of a block that counts as textured, in grey levels squared."""
MOST_STEP = 0.08
"""Maximum length of a step, in units of half the longer side; longer ones are shortened."""
RIDGE = np.array((1e-4, 1e-3, 1e-3, 1e-4, 1e-3, 1e-3, 2e-2, 2e-2))
"""Ridge of each parameter, as a share of the mean diagonal of the normal matrix: for either axis the shift and two of
scale and shear, then perspective."""


@dataclass(frozen=True, slots=True, eq=False)
class AlignedBlocks:
    """The second image of a pair at one level, sampled where each of the `n` blocks of the first image lies in it."""

    inside: NDArray[np.bool_]
    """(n,): the block lies wholly in both images."""
    size: tuple[int, int]
    """Height and width of the second image at this level, in pixels."""
    at: tuple[Floats, Floats]
    """(n, p) each: x and y of the sampled positions, in pixels of the second image."""
    centred: Floats
    """(n, p): sampled brightness minus the mean of the block, in grey levels."""
    mean: Floats
    """(n,): mean of the sampled brightness, in grey levels."""
    correlation: Floats
    """(n,): correlation of the block with the first image's, slightly drawn towards 0."""
    gain: Floats
    """(n,): factor from the second image's contrast to the first one's."""


@dataclass(frozen=True, slots=True, eq=False)
class Alignment:
    """How far some phases brought the alignment of a pair."""

    transform: Doubles
    """(3, 3): from units of half the longer side of the first image to pixels of the second."""
    blocks: AlignedBlocks
    """The blocks as they were before the last step."""
    last_step: float
    """Largest parameter of the last step, in units of half the longer side: close to 0 where the fit has converged."""


@dataclass(frozen=True, slots=True, eq=False)
class Registered:
    """A pair that was registered at all levels."""

    transform: Doubles
    """(3, 3): from pixels of the first image to pixels of the second, which is mirrored first if the pair is."""
    levels: tuple[AlignedBlocks, ...]
    """The aligned blocks at each of LEVELS."""


def align_coarsely(one: PreparedImage, other: PreparedImage, pair: CandidatePair) -> Alignment | None:
    """Refine a pair's affine transform at the coarsest level; None if too few blocks lie in both images."""
    transform = np.linalg.inv(np.vstack([pair.affine, [0, 0, 1]])) @ np.linalg.inv(one.to_units())
    return _refined(one, other, transform, COARSE, mirrored=pair.mirrored)


def register(one: PreparedImage, other: PreparedImage, pair: CandidatePair, coarse: Alignment) -> Registered | None:
    """Refine a coarse alignment at the finer levels; None if too few blocks lie in both images."""
    finer = _refined(one, other, coarse.transform, FINER, mirrored=pair.mirrored)
    if finer is None:
        return None
    levels = tuple(
        align_blocks(one, other, level, finer.transform, mirrored=pair.mirrored) for level in range(len(LEVELS))
    )
    if min(aligned.inside.sum() for aligned in levels) < LEAST_BLOCKS:
        return None
    return Registered(finer.transform @ one.to_units(), levels)


def _refined(
    one: PreparedImage, other: PreparedImage, transform: Doubles, phases: tuple[Phase, ...], *, mirrored: bool
) -> Alignment | None:
    """Make Gauss-Newton steps, phase by phase; each phase ends when its steps become small."""
    for level, most, bends in phases:
        mine = one.level(level)
        for _ in range(most):
            aligned = align_blocks(one, other, level, transform, mirrored=mirrored)
            if aligned.inside.sum() < LEAST_BLOCKS:
                return None
            bent = bends and textured_blocks(mine, aligned, LEAST_TEXTURE).sum() >= LEAST_TO_BEND
            step = _step(mine, aligned, PARAMETERS if bent else PARAMETERS - 2)
            transform = transform @ _as_transform(step)
            transform /= transform[2, 2]
            if np.abs(step).max() <= STILL:
                break
    return Alignment(transform, aligned, float(np.abs(step).max()))


def align_blocks(
    one: PreparedImage, other: PreparedImage, level: int, transform: Doubles, *, mirrored: bool
) -> AlignedBlocks:
    """Sample `other` where `transform` says that each pixel of `one` lies, and compare block by block."""
    mine, theirs = one.level(level), other.sampled(level, mirrored=mirrored)
    step = LEVELS[level][1]
    at_x, at_y = _mapped(transform, mine.positions, step)
    corners_inside = within(*_mapped(transform, mine.corner_positions, step), theirs.size)
    values = theirs.at(at_x, at_y).reshape(mine.centred.shape)
    mean = subtract_means(values)
    variance, covariance = mean_products(values, values), mean_products(mine.centred, values)
    return AlignedBlocks(
        inside=np.asarray(corners_inside.reshape(-1, 4).all(axis=1)),
        size=theirs.size,
        at=(at_x.reshape(values.shape), at_y.reshape(values.shape)),
        centred=values,
        mean=mean,
        correlation=covariance / np.sqrt(mine.variance * variance + 4),
        gain=covariance / (variance + 1),
    )


def pixels_inside(aligned: AlignedBlocks) -> NDArray[np.bool_]:
    """(n, p): which pixels of the first image lie in the second."""
    return within(*aligned.at, aligned.size)


def residual(mine: Level, aligned: AlignedBlocks) -> Floats:
    """(n, p): each block of the first image minus the second image's block times its gain, in grey levels."""
    left: Floats = -np.clip(aligned.gain, 0.05, 8)[:, None] * aligned.centred
    left += mine.centred
    return left


def textured_blocks(mine: Level, aligned: AlignedBlocks, least_variance: float) -> NDArray[np.bool_]:
    """(n,): the blocks that lie in both images and vary by more than `least_variance`, in grey levels squared."""
    return np.asarray(aligned.inside & (mine.variance > least_variance))


def _step(mine: Level, aligned: AlignedBlocks, parameters: int) -> Doubles:
    """(8,): one Gauss-Newton step over the first `parameters`, in units of half the longer side; the others are 0."""
    weight = aligned.inside * np.clip(aligned.correlation, 0.02, 1) ** 2 / (mine.variance + 6)
    normal = (weight @ mine.normal.reshape(len(weight), -1)).reshape(PARAMETERS, PARAMETERS)
    normal = normal.astype(np.float64)[:parameters, :parameters]
    diagonal = np.einsum("ii->i", normal)
    diagonal += RIDGE[:parameters] * (diagonal.sum() / parameters) + 1e-9
    left = residual(mine, aligned)
    left *= weight[:, None]
    step = np.zeros(PARAMETERS)
    step[:parameters] = np.linalg.solve(normal, _gradient(mine, left)[:parameters])
    step *= min(1.0, MOST_STEP / max(float(np.abs(step).max()), 1e-9))
    return step


def _as_transform(step: Doubles) -> Doubles:
    """(3, 3): a step as a transform, which is applied before the current one."""
    return np.array([[1 + step[1], step[2], step[0]], [step[4], 1 + step[5], step[3]], [-step[6], -step[7], 1.0]])


def _gradient(mine: Level, weighted: Floats) -> Doubles:
    """(8,): the weighted residual (n, p) times the Jacobian.

    The Jacobian itself is too large to keep. Its block means need not be removed here, because the residual of a block
    has a mean of 0.
    """
    across, down = weighted.reshape(-1) * mine.slopes.reshape(2, -1)
    # One product for each axis: a product of three rows by two columns takes three times as long.
    along_x, along_y = mine.positions @ across, mine.positions @ down
    across *= mine.positions[0]
    down *= mine.positions[1]
    across += down
    outwards = mine.positions[:2] @ across
    return np.array((*along_x[[2, 0, 1]], *along_y[[2, 0, 1]], *outwards), np.float64)


def _mapped(transform: Doubles, positions: Floats, step: int) -> tuple[Floats, Floats]:
    """Where positions of the first image lie in the second, in pixels of a level that is reduced by `step`."""
    across, down, depth = transform.astype(np.float32) @ positions
    if transform[2, 0] or transform[2, 1]:
        np.clip(depth, 1e-3, np.inf, out=depth)
        across /= depth
        down /= depth
    if step != 1:
        across *= np.float32(1 / step)
        down *= np.float32(1 / step)
    across -= np.float32(0.5)
    down -= np.float32(0.5)
    return across, down
