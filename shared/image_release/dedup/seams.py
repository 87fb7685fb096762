"""Seams: straight lines at which one picture ends and another one begins, as in a collage.

A collage shows a photograph, or a part of it, beside other pictures. The photograph agrees with its part of the collage
as a copy does. But that part ends at seams: there is an edge along the whole line, nothing continues across it, and
what lies beyond is a picture, not the margin, caption or bar of a copy. A crop has no seams: where it ends, the whole
photograph goes on.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from image_release.dedup.blocks import BLOCK, DISAGREES, whole_image
from image_release.dedup.prepared_image import FINEST, PreparedImage
from image_release.dedup.registration import LEAST_TEXTURE, Registered, align_blocks, pixels_inside

Floats = NDArray[np.float32]
Doubles = NDArray[np.float64]
Flags = NDArray[np.bool_]

AGREES = 0.6
"""Correlation from which a block belongs to the part that agrees."""
LEAST_BLOCKS = 8
"""Minimum number of blocks of that part; with fewer nothing is said."""
FULL = 0.25
"""Share of the fullest columns of blocks that agree from which a column belongs to the part."""
LEAST_BEYOND = 0.1
"""Minimum share of the image that lies beyond a side of the part; with less the part reaches the image's own side."""
LEAST_UNLIKE = 0.3
"""Minimum share of the blocks beyond a side that disagree or are not in the other image. A plain sky is neither."""
OFF, BEFORE, AFTER = 3, 12, 4
"""In which pixels a seam is looked for: by how many the end of the other image may be off, and how many before and
after the first column of the part."""
STEP, STRONG, CONTINUES = 1.7, 0.4, 0.35
"""Of a seam: the minimum step across it, as a multiple of what is usual in the part; the minimum share of the line with
twice that; and the correlation of both sides from which something continues across it."""
ACROSS, USUAL, SMOOTH = 3, slice(4, 13), 9
"""Between which columns a step is measured; which steps behind a seam are usual in the part; and over how many pixels
along a line brightness is smoothed, so that its details remain."""
BESIDE, TEXTURED, UNLIKE, RICH = 0.25, 0.4, 0.5, 0.12
"""Of a picture beside the part: the minimum share of the image's width or height; the minimum shares of its blocks that
have texture, and that are unlike; and the minimum share of the image with other tones than the two main ones in it."""
ONE_TONE, NEAR_TONE = 9, 6
"""Number of grey levels that count as one tone, and how far from a main tone other ones begin."""


@dataclass(frozen=True, slots=True, eq=False)
class _Seen:
    """An image beside another one, turned so that the side that is asked for is on the left."""

    pixels: Floats
    inside: Flags
    """Which pixels are in the other image."""
    agrees: Flags
    """Which blocks agree with the other image."""
    unlike: Flags
    """Which blocks disagree with it, or are not in it."""
    textured: Flags

    def turned(self, times: int) -> _Seen:
        """The image after quarter turns."""
        every = (self.pixels, self.inside, self.agrees, self.unlike, self.textured)
        return _Seen(*(np.rot90(each, times) for each in every))


def is_shown_beside_others(one: PreparedImage, other: PreparedImage, registered: Registered, *, mirrored: bool) -> bool:
    """Whether one of two registered images is a collage that shows the other one, or a part of it, beside others."""
    mirror = np.array([[-1, 0, other.shape[1]], [0, 1, 0], [0, 0, 1]]) if mirrored else np.eye(3)
    back = np.linalg.inv(registered.transform) @ mirror
    return _is_collage(_seen(one, other, registered.transform, mirrored=mirrored)) or _is_collage(
        _seen(other, one, back, mirrored=False)
    )


def _seen(image: PreparedImage, other: PreparedImage, transform: Doubles, *, mirrored: bool) -> _Seen:
    mine = image.level(FINEST)
    aligned = align_blocks(image, other, FINEST, transform @ np.linalg.inv(image.to_units()), mirrored=mirrored)
    inside, textured = pixels_inside(aligned), mine.variance > LEAST_TEXTURE
    compared = aligned.inside & textured
    unlike = (compared & (aligned.correlation < DISAGREES)) | ~inside.any(axis=1)
    return _Seen(
        pixels=image.grey[: image.blocks[0] * BLOCK, : image.blocks[1] * BLOCK],
        inside=np.asarray(whole_image(inside, image.shape), np.bool_),
        agrees=(compared & (aligned.correlation > AGREES)).reshape(image.blocks),
        unlike=unlike.reshape(image.blocks),
        textured=textured.reshape(image.blocks),
    )


def _is_collage(seen: _Seen) -> bool:
    """Whether the part that agrees ends at a seam wherever the image goes on, with a picture beyond one of them."""
    if seen.agrees.sum() < LEAST_BLOCKS:
        return False
    sides = list(_sides(seen))
    seams = [_seam(side, begins) for side, begins in sides]
    return any(
        at is not None and _is_picture(side, at, begins) for (side, begins), at in zip(sides, seams, strict=True)
    ) and all(at is not None for at in seams)


def _sides(seen: _Seen) -> Iterator[tuple[_Seen, int]]:
    """Yield each side on which the image goes on with something else, and the column of blocks in which the part begins.

    Of the image only the rows of the part are left.
    """
    for times in range(4):
        side = seen.turned(times)
        top, bottom = _range(side.agrees.sum(axis=1))
        begins, _ = _range(side.agrees.sum(axis=0))
        rows, lines = slice(top, bottom), slice(top * BLOCK, bottom * BLOCK)
        beyond = side.unlike[rows, :begins]
        if begins * BLOCK >= LEAST_BEYOND * side.pixels.shape[1] and beyond.mean() >= LEAST_UNLIKE:
            yield _Seen(side.pixels[lines], side.inside[lines], side.agrees[rows], side.unlike[rows], side.textured), begins


def _range(counts: NDArray[np.intp]) -> tuple[int, int]:
    """The first row or column of blocks of the part, and the one after the last, from how many of each agree."""
    full = np.flatnonzero(counts >= max(1.0, FULL * float(np.sort(counts)[-3:].mean())))
    return int(full[0]), int(full[-1]) + 1


def _seam(side: _Seen, begins: int) -> int | None:
    """The column behind the seam at which the part begins; None if there is no seam."""
    pixels, first, last = side.pixels, begins * BLOCK, side.pixels.shape[1] - USUAL.stop
    ends = int((side.inside.mean(axis=0) > 0.5).argmax())  # noqa: PLR2004 - half
    columns = range(max(2, ends - OFF, first - BEFORE), min(first + AFTER + 1, last))
    if not columns:
        return None
    steps = np.abs(pixels[:, ACROSS:] - pixels[:, :-ACROSS])
    means = steps.mean(axis=0)
    start = max(columns, key=lambda column: float(means[column - 2])) - 2
    usual = float(steps[:, start + USUAL.start : start + USUAL.stop].mean()) + 1
    is_edge = means[start] >= STEP * usual and (steps[:, start] > 2 * usual).mean() >= STRONG
    return start + 2 if is_edge and _likeness(pixels[:, start], pixels[:, start + ACROSS]) < CONTINUES else None


def _likeness(one: Floats, other: Floats) -> float:
    """Correlation of the details of two lines, drawn towards 0."""
    here, there = (line - np.convolve(np.pad(line, SMOOTH // 2, "edge"), np.full(SMOOTH, 1 / SMOOTH), "valid") for line in (one, other))
    return float((here * there).mean() / np.sqrt((here.var() + 4) * (there.var() + 4)))


def _is_picture(side: _Seen, at: int, begins: int) -> bool:
    """Whether what lies beyond a seam is a picture of its own: large, of many tones, textured and unlike."""
    share = at / side.pixels.shape[1]
    if share < BESIDE or side.unlike[:, :begins].mean() < UNLIKE:
        return False
    blocks = side.textured[:, : max(1, at // BLOCK)]
    return bool(blocks.mean() >= TEXTURED and share * _rich(side.pixels[:, :at]) >= RICH)


def _rich(pixels: Floats) -> float:
    """Share of the pixels that have other tones than the two main ones."""
    tones = np.bincount(pixels.astype(np.uint8).ravel(), minlength=256) / pixels.size
    left = tones.copy()
    for _ in range(2):
        main = int(np.convolve(left, np.ones(ONE_TONE), "same").argmax())
        left[max(0, main - NEAR_TONE) : main + NEAR_TONE + 1] = 0
    return float(left.sum())
