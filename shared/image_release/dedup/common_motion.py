"""How much of two pictures moves together: a second shot shows most patches again, displaced like their neighbours.

In another room with the same furniture, patches are found here and there only. In two pictures of one template the
frame is found exactly and the rest is not. Patches are larger than the blocks of registration and are looked for
further away, so that the parallax of a step of the camera does not matter. It is measured both ways.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from image_release.dedup.blocks import BLOCK
from image_release.dedup.prepared_image import COARSEST, LEVELS, PreparedImage
from image_release.dedup.quantiles import logarithm, quantiles
from image_release.dedup.registration import align_blocks

Floats = NDArray[np.float32]
Doubles = NDArray[np.float64]
Booleans = NDArray[np.bool_]

SIDE = BLOCK // LEVELS[COARSEST][1]
"""Side of a block at the coarsest level, in its pixels. A patch is two by two blocks; patches overlap by half."""
REACH = 5
"""Number of pixels of the coarsest level, in either direction, within which a patch is looked for."""
FOUND, LOST = 0.8, 0.5
"""Correlation above which a patch is found, and below which it plainly is not."""
NEARER = 0.01
"""How much correlation a pixel of distance costs, so that the nearest of equal places is taken."""
LEAST_TEXTURE = 25.0
"""Minimum variance of a patch that counts, in grey levels squared."""
LEAST_CONTRAST = 0.12
"""Minimum deviation of a patch that counts, as a share of the deviation of the image."""
LEAST_INSIDE = 0.7
"""Minimum share of a patch's blocks that lie in the other image."""
LEAST_NEIGHBOURS = 3
"""Minimum number of neighbours of a patch that are found, for it to be compared with them."""
MOST_APART = 1.1
"""Maximum distance of a patch's displacement from the median of its neighbours', in pixels of the coarsest level."""
REGIONS = 4
"""Number of regions across, and down, in which patches are counted."""
LEAST_IN_REGION = 3
"""Minimum number of patches of a region that has a share."""
DRAWN = 0.15
"""Share of an image from which on a single tone tells that it is drawn: paper, or a plain ground."""
DOUBT = 6
"""Number of patches that is added to a total, so that a share of few patches is small."""
ADDED = 0.02
"""Is added to a share before its logarithm is taken."""


@dataclass(frozen=True, slots=True, eq=False)
class _Patches:
    """The patches (rows, columns) of one image, as they are found in another one."""

    textured: Booleans
    inside: Booleans
    """Whether the patch lies in the other image."""
    correlation: Floats
    """Correlation at the best place."""
    displacement: Floats
    """(2, rows, columns): how far that place is across and down, in pixels of the coarsest level."""


def common_motion(one: PreparedImage, other: PreparedImage, transform: Doubles) -> dict[str, float]:
    """Features of a coarsely aligned pair, by name: the least, most or mean of both ways.

    `transform` takes units of half the longer side of `one` to pixels of `other`, as an alignment has it.
    """
    back = np.linalg.inv(transform @ one.to_units()) @ np.linalg.inv(other.to_units())
    ways = _one_way(one, other, transform), _one_way(other, one, back / back[2, 2])
    values = {name: [way[name] for way in ways] for name in ways[0]}
    return (
        {f"least_{name}": min(values[name]) for name in ("together", "together_inside", "drawn")}
        | {f"most_{name}": max(values[name]) for name in ("together", "together_inside", "count", "regions")}
        | {
            f"mean_{name}": sum(values[name]) / len(ways)
            for name in ("smooth", "lost", "unlike", "unlike_75", "worst_regions", "half_regions", "drawn")
        }
    )


def _one_way(one: PreparedImage, other: PreparedImage, transform: Doubles) -> dict[str, float]:
    """What of `one` is found in `other`."""
    patches = _patches(one, other, transform)
    used = patches.textured & patches.inside
    found = used & (patches.correlation > FOUND)
    together = _like_neighbours(found, patches.displacement)
    count, unlike = int(together.sum()), 1 - patches.correlation
    return {
        "together": _share(count + 1, patches.textured),
        "together_inside": _share(count + 1, used),
        "count": math.log(count + 3),
        "regions": float((_in_regions(together) > 1).mean()),
        "smooth": _share(count + 2, found),
        "lost": _share(int((used & (patches.correlation < LOST)).sum()) + 1, used),
        "unlike": logarithm(quantiles(unlike[together], (50,))[0] if count else 1 - FOUND, ADDED),
        "unlike_75": logarithm(quantiles(unlike[used], (75,))[0] if used.any() else 1 - LOST, ADDED),
        "worst_regions": _of_regions(together, used, 25),
        "half_regions": _of_regions(together, patches.textured, 50),
        "drawn": math.log(max(one.most_of_one_tone(), DRAWN) / DRAWN),
    }


def _share(count: int, among: Booleans) -> float:
    """The logarithm of a share of some patches, drawn towards 0 where these are few."""
    return logarithm(count / (int(among.sum()) + DOUBT), ADDED)


def _patches(one: PreparedImage, other: PreparedImage, transform: Doubles) -> _Patches:
    """Look for each patch of `one` in `other`."""
    level, aligned = one.level(COARSEST), align_blocks(one, other, COARSEST, transform, mirrored=False)
    rows, columns = one.blocks
    mine, theirs = (_whole(each.centred + each.mean[:, None] - 128, rows, columns) for each in (level, aligned))
    padded = np.pad(theirs, REACH, mode="edge")
    displaced = np.lib.stride_tricks.sliding_window_view(padded, mine.shape)
    mean, other_mean = _patch_means(mine[None]), _means_at_all_places(padded)
    variance = np.maximum(_patch_means(mine[None] ** 2) - mean**2, 0)
    other_variance = np.maximum(_means_at_all_places(padded**2) - other_mean**2, 0)
    covariance = _patch_means(displaced * mine) - mean * other_mean
    correlation = covariance / np.sqrt(variance * other_variance + 4)
    steps = np.arange(-REACH, REACH + 1)
    distance = np.hypot(steps[:, None], steps).astype(np.float32).reshape(-1, 1, 1)
    best = (correlation - NEARER * distance).argmax(axis=0)
    down, across = np.divmod(best, len(steps))
    return _Patches(
        textured=variance[0] > max(LEAST_TEXTURE, (LEAST_CONTRAST * one.contrast) ** 2),
        inside=_of_four(aligned.inside.reshape(1, rows, columns))[0] > LEAST_INSIDE,
        correlation=np.take_along_axis(correlation, best[None], axis=0)[0],
        displacement=np.stack([across, down]).astype(np.float32) - REACH,
    )


def _whole(blocks: Floats, rows: int, columns: int) -> Floats:
    """Put the blocks of the coarsest level together again."""
    return blocks.reshape(rows, columns, SIDE, SIDE).transpose(0, 2, 1, 3).reshape(rows * SIDE, columns * SIDE)


def _patch_means(images: Floats) -> Floats:
    """(k, rows, columns): the mean of each patch of some images (…, height, width)."""
    width = images.shape[-1]
    # Slices are added, and a matrix of ones is multiplied, because numpy adds along short axes slowly.
    lines = images[..., 0::SIDE, :] + images[..., 1::SIDE, :]
    for line in range(2, SIDE):
        lines += images[..., line::SIDE, :]
    blocks = lines.reshape(-1, width) @ np.repeat(np.eye(width // SIDE, dtype=np.float32), SIDE, axis=0)
    return _of_four(blocks.reshape(-1, lines.shape[-2], width // SIDE)) / np.float32(SIDE * SIDE)


def _means_at_all_places(padded: Floats) -> Floats:
    """(k, rows, columns): the mean of each patch of an image that is padded by REACH, displaced by each step."""
    sums = np.pad(padded.astype(np.float64), ((1, 0), (1, 0))).cumsum(axis=0).cumsum(axis=1)
    side, whole = 2 * SIDE, tuple(length - 2 * REACH - 2 * SIDE + 1 for length in padded.shape)
    boxes = sums[side:, side:] - sums[:-side, side:] - sums[side:, :-side] + sums[:-side, :-side]
    places = np.lib.stride_tricks.sliding_window_view(boxes / side**2, whole)[:, :, ::SIDE, ::SIDE]
    return places.reshape(-1, *places.shape[2:]).astype(np.float32)


def _of_four(blocks: NDArray[np.generic]) -> Floats:
    """The mean of every two by two neighbouring blocks (k, rows, columns)."""
    values = blocks.astype(np.float32)
    values = values[:, 1:] + values[:, :-1]
    return np.asarray((values[:, :, 1:] + values[:, :, :-1]) / 4, np.float32)


def _like_neighbours(found: Booleans, displacement: Floats) -> Booleans:
    """Which of the patches that are found are displaced as the median of their neighbours that are found."""
    padded = np.pad(np.where(found, displacement, np.nan), ((0, 0), (1, 1), (1, 1)), constant_values=np.nan)
    around = np.lib.stride_tricks.sliding_window_view(padded, (3, 3), axis=(1, 2)).reshape(*displacement.shape, 9)
    around = np.sort(np.delete(around, 4, axis=3), axis=3)  # places without a neighbour come last
    count = (~np.isnan(around[0])).sum(axis=2)
    enough = found & (count >= LEAST_NEIGHBOURS)
    near, number = around[:, enough], count[enough]
    each = np.arange(len(number))
    median = (near[:, each, (number - 1) // 2] + near[:, each, number // 2]) / 2
    together = np.zeros_like(found)
    together[enough] = np.hypot(*(displacement[:, enough] - median)) <= MOST_APART
    return together


def _in_regions(patches: Booleans) -> Floats:
    """(REGIONS, REGIONS): number of patches in each region of the picture."""
    rows, columns = patches.shape
    counted = np.zeros((REGIONS, REGIONS), np.float32)
    row, column = np.nonzero(patches)
    np.add.at(counted, (row * REGIONS // rows, column * REGIONS // columns), 1)
    return counted


def _of_regions(together: Booleans, among: Booleans, percent: float) -> float:
    """The share of the patches `among` that move together: a percentile of the shares of the regions."""
    there = _in_regions(among)
    counts = there >= LEAST_IN_REGION
    shares = ((_in_regions(together) + 0.3) / (there + 1.5))[counts]
    return logarithm(quantiles(shares, (percent,))[0] if len(shares) else 0.3, ADDED)
