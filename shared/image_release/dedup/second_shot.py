"""Statistics that tell a second shot of a scene from a copy of the first.

In a copy, nothing has moved and nothing is lit in another way; captions and watermarks lie on top of it. In a second
shot, blocks that have texture in both images disagree, agree again a few pixels away, or drift with their neighbours;
their contrast changes from block to block; and a camera that turned has bent the picture by an amount that the blocks
leave no doubt about. Shares are drawn towards a small value, so that a bare wall with few blocks proves nothing.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from image_release.dedup.blocks import AGREES, BLOCK, DISAGREES, mean_products, whole_image
from image_release.dedup.displacement import block_sums, neighbourhood_sums
from image_release.dedup.prepared_image import FINEST, MIDDLE, Level, PreparedImage
from image_release.dedup.quantiles import log_quantiles, logarithm
from image_release.dedup.registration import AlignedBlocks, Registered, residual
from image_release.dedup.texture import MIDDLE_SHARE, least_variance

Floats = NDArray[np.float32]
Doubles = NDArray[np.float64]
Booleans = NDArray[np.bool_]
Indices = NDArray[np.intp]

PARTLY = 0.5
"""Correlation above which a block partly agrees."""
DOUBT = 5
"""Number of blocks that is added to a total, so that a share of few blocks is small."""
REACH = 4
"""Number of pixels of the working image, in either direction, within which a block is looked for."""
MOST_LOOKED_FOR = 60
"""Maximum number of blocks that are looked for; of more, evenly spread ones are taken."""
FOUND, BETTER = 0.8, 0.25
"""Minimum correlation of a block that is found elsewhere, and how much it has to exceed the one in its own place."""
LEAST_FOR_GAINS = 12
"""Minimum number of agreeing blocks for fitting how contrast changes over the image."""
BEND, SKEW_AND_BEND = (6, 7), (2, 4, 6, 7)
"""Indices of perspective, and of what else cropping and resizing leave at 0, among the parameters of the fit."""


@dataclass(frozen=True, slots=True, eq=False)
class _Texture:
    """Which of the `n` blocks of the middle level have texture in one image, and in both."""

    mine: Booleans
    either: Booleans
    both: Booleans
    theirs_variance: Floats
    """(n,): variance of the second image's block, at the contrast of the first one."""
    gain: float
    """Factor from the second image's contrast to the first one's, over all agreeing blocks."""

    @classmethod
    def of(cls, one: PreparedImage, middle: AlignedBlocks) -> _Texture:
        """Compare the variances of all blocks with the least that counts."""
        least, variance = MIDDLE_SHARE * least_variance(one), one.level(MIDDLE).variance
        mine = middle.inside & (variance > least)
        agreeing = mine & (middle.correlation > AGREES)
        gain = float(np.median(middle.gain[agreeing])) if agreeing.sum() > 3 else 1.0  # noqa: PLR2004 - blocks
        gain = min(max(gain, 0.2), 5.0)
        theirs_variance = mean_products(middle.centred, middle.centred) * np.float32(gain**2)
        theirs = middle.inside & (theirs_variance > least)
        return cls(mine, mine | theirs, mine & theirs, theirs_variance, gain)


def second_shot_statistics(one: PreparedImage, registered: Registered) -> dict[str, float]:
    """The statistics, by name; all are logarithms."""
    middle, finest = registered.levels[MIDDLE], registered.levels[FINEST]
    texture = _Texture.of(one, middle)
    return {
        **_contradictions(one, middle, texture),
        **_gains_left(one, middle, texture),
        **_found_elsewhere(one, middle, texture.mine),
        **_drift(one, finest, middle.correlation),
        **_bend(one, registered, middle.correlation),
    }


def _contradictions(one: PreparedImage, middle: AlignedBlocks, texture: _Texture) -> dict[str, float]:
    """How many blocks have texture in one image only, and how many contradict each other, alone or together."""
    mine = one.level(MIDDLE)
    either, both = int(texture.either.sum()), int(texture.both.sum())
    contradicting = int((texture.both & (middle.correlation < DISAGREES)).sum())
    theirs_variance = mean_products(middle.centred, middle.centred)
    covariance = middle.correlation * np.sqrt(mine.variance * theirs_variance + 4) * np.float32(texture.gain)
    own = np.stack([covariance, mine.variance, texture.theirs_variance, texture.either.astype(np.float32)])
    covariance, one_variance, other_variance, textured = neighbourhood_sums(one, middle.inside, own)
    clear = texture.either & (textured > 2)  # noqa: PLR2004 - blocks of the nine
    together = (covariance / np.sqrt(one_variance * other_variance + 4))[clear] if clear.any() else np.full(1, 0.5)
    return {
        "one_sided": logarithm((either - both + 1) / (either + DOUBT), 0.02),
        "contradicting": logarithm((contradicting + 0.5) / (both + DOUBT), 0.02),
        **log_quantiles("together", 1 - together, 0.01, (90, 98)),
    }


def _gains_left(one: PreparedImage, middle: AlignedBlocks, texture: _Texture) -> dict[str, float]:
    """How much contrast changes from block to block in a way that neither tone nor place explains.

    A filter changes contrast by brightness, and a vignette by place. A lamp or a shadow does it block by block.
    """
    used = texture.mine & (middle.correlation > AGREES)
    if used.sum() < LEAST_FOR_GAINS:
        return {"gain_left_50": logarithm(0.05, 0.01), "gain_left_90": logarithm(0.15, 0.01)}
    rows, columns = one.blocks
    row, column = np.divmod(np.flatnonzero(used), columns)
    x, y = (column + 0.5) / columns * 2 - 1, (row + 0.5) / rows * 2 - 1
    tone = middle.mean[used].astype(np.float64) / 128 - 1
    smooth = np.stack([np.ones_like(tone), tone, tone**2, x, y, x**2 + y**2], axis=1)
    gains = np.log(np.clip(middle.gain[used].astype(np.float64), 0.05, 20))
    weight = np.ones_like(gains)
    for _ in range(2):
        weighted = smooth * weight[:, None]
        left = gains - smooth @ np.linalg.solve(smooth.T @ weighted + 0.1 * np.eye(6), weighted.T @ gains)
        weight = 1 / (1 + (left / (1.5 * np.median(np.abs(left)) + 0.02)) ** 2)
    return log_quantiles("gain_left", np.abs(left).astype(np.float32), 0.01, (50, 90))


def _found_elsewhere(one: PreparedImage, middle: AlignedBlocks, textured: Booleans) -> dict[str, float]:
    """How many of the blocks that disagree in their own place agree a few pixels away, as things do that moved."""
    rows, columns = one.blocks
    row, column = np.divmod(np.flatnonzero(textured & (middle.correlation < AGREES)), columns)
    inner = (row > 0) & (row < rows - 1) & (column > 0) & (column < columns - 1)
    row, column = row[inner], column[inner]
    count, total = len(row), int(textured.sum()) + DOUBT
    if count > MOST_LOOKED_FOR:
        taken = np.linspace(0, count - 1, MOST_LOOKED_FOR).astype(np.intp)
        row, column = row[taken], column[taken]
    found, better = 0.0, 0.0
    if count:
        block = row * columns + column
        whole = np.asarray(whole_image(middle.centred + middle.mean[:, None], one.shape), np.float32)
        best = _best_nearby(one.level(MIDDLE), whole, row, column, block)
        gained = best - middle.correlation[block]
        found = float(((best > FOUND) & (gained > BETTER)).sum())
        better = float(np.clip(gained, 0, 1).sum()) * count / len(row)
    return {
        "elsewhere": logarithm((found + 0.5) / (len(row) + 2 * DOUBT), 0.1),
        "elsewhere_gain": logarithm((better + 0.5) / total, 0.05),
    }


def _best_nearby(
    mine: Level, whole: Floats, row: NDArray[np.intp], column: NDArray[np.intp], block: NDArray[np.intp]
) -> Floats:
    """(m,): highest correlation of each block with the second image, at its own place and up to REACH pixels away."""
    places = np.lib.stride_tricks.sliding_window_view(whole, (BLOCK, BLOCK))
    steps = np.arange(-REACH, REACH + 1)
    at = places[(row * BLOCK)[:, None, None] + steps[:, None], (column * BLOCK)[:, None, None] + steps]
    at = at.reshape(len(block), len(steps) ** 2, BLOCK * BLOCK)
    at = at - at.mean(axis=2, keepdims=True)
    covariance = (at @ mine.centred[block][:, :, None])[:, :, 0] / BLOCK**2
    variance = np.einsum("msp,msp->ms", at, at) / BLOCK**2
    found: Floats = (covariance / np.sqrt(variance * mine.variance[block][:, None] + 4)).max(axis=1)
    return found


def _drift(one: PreparedImage, finest: AlignedBlocks, correlation: Floats) -> dict[str, float]:
    """How far blocks are shifted together with their neighbours once no homography takes up more, and how surely."""
    level = one.level(FINEST)
    used = finest.inside & (correlation > PARTLY) & (level.variance > 4)  # noqa: PLR2004 - grey levels squared
    sums = np.where(used, block_sums(one, FINEST, finest), 0).astype(np.float64) / (level.variance + 6)
    xx, yy, xy, rx, ry, squares, count = neighbourhood_sums(one, used, np.vstack([_flattened(one, sums), used]))
    clear = used & (count > 2)  # noqa: PLR2004 - blocks of the nine
    if not clear.any():
        return {"drift_50": logarithm(0.1, 0.01), "drift_sure_90": logarithm(10, 0.3)}
    believed = 0.02 * (xx + yy) + count * BLOCK * BLOCK * 0.0125
    across, down = xx + believed, yy + believed
    determinant = np.maximum(across * down - xy * xy, 1e-12)
    right, under = (down * rx - xy * ry) / determinant, (across * ry - xy * rx) / determinant
    length = np.hypot(right, under)[clear]
    sure = ((rx * right + ry * under) / np.maximum(squares, 1e-6) * count * (BLOCK * BLOCK / 2))[clear]
    return {**log_quantiles("drift", length, 0.01, (50,)), **log_quantiles("drift_sure", sure, 0.3, (90,))}


def _flattened(one: PreparedImage, sums: Doubles) -> Doubles:
    """The sums of the blocks after the homography that takes up most of their shifts together."""
    xx, yy, xy, rx, ry, squares = sums
    across, down = _derivatives(one.blocks, one.half)
    normal = (across * xx) @ across.T + (across * xy) @ down.T + (down * xy) @ across.T + (down * yy) @ down.T
    normal += np.eye(8) * (1e-3 * np.trace(normal) / 8 + 1e-9)
    common = np.linalg.solve(normal, across @ rx + down @ ry)
    dx, dy = common @ across, common @ down
    squares = squares - 2 * (dx * rx + dy * ry) + xx * dx * dx + 2 * xy * dx * dy + yy * dy * dy
    return np.stack([xx, yy, xy, rx - xx * dx - xy * dy, ry - xy * dx - yy * dy, squares])


@lru_cache(32)
def _derivatives(blocks: tuple[int, int], half: float) -> tuple[Doubles, Doubles]:
    """(8, n) each: how far each parameter of a homography shifts each block, across and down."""
    rows, columns = blocks
    row, column = np.divmod(np.arange(rows * columns), columns)
    x, y = (column + 0.5 - columns / 2) * BLOCK / half, (row + 0.5 - rows / 2) * BLOCK / half
    ones, none = np.ones_like(x), np.zeros_like(x)
    return (
        np.stack([ones, x, y, none, none, none, x * x, x * y]),
        np.stack([none, none, none, ones, x, y, x * y, y * y]),
    )


def _bend(one: PreparedImage, registered: Registered, correlation: Floats) -> dict[str, float]:
    """How surely the transform has perspective, or anything that cropping and resizing do not do, and how much at most.

    The blocks say how exactly each parameter is known: as exactly as a change of it would make them disagree.
    """
    finest, level = registered.levels[FINEST], one.level(FINEST)
    used = finest.inside & (correlation > DISAGREES)
    weight = np.where(used, np.clip(correlation, 0.02, 1) ** 2 / (level.variance + 6), 0)
    normal = np.tensordot(weight, level.normal, axes=1).astype(np.float64)
    normal += np.eye(8) * (1e-6 * np.trace(normal) + 1e-6)
    left = residual(level, finest)
    noise = float(weight @ np.einsum("np,np->n", left, left)) / max(int(used.sum()) * (BLOCK * BLOCK - 1), 1)
    transform = registered.transform @ np.linalg.inv(one.to_units())
    transform /= transform[2, 2]
    across, down = (value if abs(value) > 1e-6 else 1.0 for value in (transform[0, 0], transform[1, 1]))  # noqa: PLR2004
    skew = np.array([transform[0, 1] / across, transform[1, 0] / down, -transform[2, 0], -transform[2, 1]])
    bend = skew[2:]
    bend_known = _known(normal, BEND)
    doubt = math.sqrt(max(noise, 1e-3) * float(np.trace(np.linalg.inv(bend_known))))
    return {
        "bend_sure": logarithm(float(bend @ bend_known @ bend) / max(noise, 1e-6) / 2, 1),
        "skew_sure": logarithm(float(skew @ _known(normal, SKEW_AND_BEND) @ skew) / max(noise, 1e-6) / 4, 1),
        "bend_most": logarithm(min(float(np.hypot(*bend)) + 2 * doubt, 1.0), 0.002),
    }


def _known(normal: Doubles, parameters: tuple[int, ...]) -> Doubles:
    """What the blocks know of some parameters when all others are free: the Schur complement of the normal matrix."""
    others = [number for number in range(len(normal)) if number not in parameters]
    wanted = list(parameters)
    taken = normal[np.ix_(wanted, others)] @ np.linalg.solve(
        normal[np.ix_(others, others)], normal[np.ix_(others, wanted)]
    )
    return np.asarray(normal[np.ix_(wanted, wanted)] - taken)
