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
from image_release.dedup.evidence import overlaps
from image_release.dedup.prepared_image import FINEST, PreparedImage
from image_release.dedup.registration import LEAST_TEXTURE, AlignedBlocks, Registered, align_blocks, pixels_inside

Floats = NDArray[np.float32]
Doubles = NDArray[np.float64]
Flags = NDArray[np.bool_]

AGREES = 0.6
"""Correlation from which a block belongs to the part that agrees."""
LEAST_BLOCKS = 8
"""Minimum number of blocks of that part; with fewer nothing is said."""
FULL = 0.25
"""A column of blocks belongs to the part if it has this share of the agreeing blocks that the fullest columns have."""
LEAST_BEYOND = 0.1
"""Minimum share of the image that lies beyond a side of the part; with less the part reaches the image's own side."""
LEAST_UNLIKE = 0.3
"""Minimum share of the blocks beyond a side that disagree or are not in the other image. A plain sky is neither."""
OFF, BEFORE, AFTER = 3, 12, 4
"""In which pixels a seam is looked for: by how many the end of the other image may be off, and how many before and
after the first column of the part."""
STEP, OPEN, CONTINUES = 1.7, 0.15, 0.3
"""Of a seam: the minimum step across it, as a multiple of what is usual in the part; the maximum share of the line that
is open, where the step is less than half of the usual one; and the correlation of the two sides from which something
continues across it. A post or a shelf is open at some places."""
ALL_ALIKE, COVERED = 0.03, 0.95
"""Share of blocks that disagree below which, and share of an image that is in the other one above which, the image
shows nothing else."""
HALF, SHARED = 0.5, 0.7
"""Share of a line that has to be in the other image, and the share of the step there from which both have the edge."""
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
    other: Floats
    """The other image, brought to the pixels of this one."""
    inside: Flags
    """Which pixels are in the other image."""
    agrees: Flags
    """Which blocks agree with the other image."""
    unlike: Flags
    """Which blocks disagree with it, or are not in it."""
    textured: Flags

    def turned(self, times: int) -> _Seen:
        """The image after quarter turns."""
        return _Seen(
            pixels=np.rot90(self.pixels, times),
            other=np.rot90(self.other, times),
            inside=np.rot90(self.inside, times),
            agrees=np.rot90(self.agrees, times),
            unlike=np.rot90(self.unlike, times),
            textured=np.rot90(self.textured, times),
        )

    def rows(self, first: int, end: int) -> _Seen:
        """Some rows of blocks of the image."""
        lines, rows = slice(first * BLOCK, end * BLOCK), slice(first, end)
        return _Seen(
            pixels=self.pixels[lines],
            other=self.other[lines],
            inside=self.inside[lines],
            agrees=self.agrees[rows],
            unlike=self.unlike[rows],
            textured=self.textured[rows],
        )


def is_shown_beside_others(one: PreparedImage, other: PreparedImage, registered: Registered, *, mirrored: bool) -> bool:
    """Whether one of two registered images is a collage that shows the other one, or a part of it, beside others."""
    aligned = registered.levels[FINEST]
    is_alike = (aligned.inside & (aligned.correlation < DISAGREES)).mean() < ALL_ALIKE
    here, there = overlaps(one, other, registered)
    if not (is_alike and here > COVERED) and _is_collage(one, aligned):
        return True
    if is_alike and there > COVERED:
        return False
    mirror = np.array([[-1, 0, other.shape[1]], [0, 1, 0], [0, 0, 1]]) if mirrored else np.eye(3)
    back = np.linalg.inv(registered.transform) @ mirror @ np.linalg.inv(other.to_units())
    return _is_collage(other, align_blocks(other, one, FINEST, back, mirrored=False))


def _is_collage(image: PreparedImage, aligned: AlignedBlocks) -> bool:
    """Whether the part that agrees ends at a seam wherever the image goes on, with a picture beyond one of them."""
    mine = image.level(FINEST)
    textured = mine.variance > LEAST_TEXTURE
    compared, inside = aligned.inside & textured, pixels_inside(aligned)
    agrees = compared & (aligned.correlation > AGREES)
    unlike = (compared & (aligned.correlation < DISAGREES)) | ~inside.any(axis=1)
    if agrees.sum() < LEAST_BLOCKS or unlike.mean() < LEAST_BEYOND * LEAST_UNLIKE:
        return False
    return _ends_at_seams(
        _Seen(
            pixels=image.grey[: image.blocks[0] * BLOCK, : image.blocks[1] * BLOCK],
            other=np.asarray(whole_image(aligned.centred + aligned.mean[:, None], image.shape), np.float32),
            inside=np.asarray(whole_image(inside, image.shape), np.bool_),
            agrees=agrees.reshape(image.blocks),
            unlike=unlike.reshape(image.blocks),
            textured=textured.reshape(image.blocks),
        )
    )


def _ends_at_seams(seen: _Seen) -> bool:
    has_picture = False
    for side, begins in _sides(seen):
        seam = _seam(side, begins)
        if seam is None:
            return False
        has_picture = has_picture or _is_picture(side, seam, begins)
    return has_picture


def _sides(seen: _Seen) -> Iterator[tuple[_Seen, int]]:
    """Yield the rows of the part, and the column of blocks in which it begins, for each side with something beyond."""
    for times in range(4):
        side = seen.turned(times)
        begins, _ = _range(side.agrees.sum(axis=0))
        side = side.rows(*_range(side.agrees.sum(axis=1)))
        goes_on = begins * BLOCK >= LEAST_BEYOND * side.pixels.shape[1]
        if goes_on and side.unlike[:, :begins].mean() >= LEAST_UNLIKE:
            yield side, begins


def _range(counts: NDArray[np.intp]) -> tuple[int, int]:
    """The first row or column of blocks of the part, and the one after the last, from how many of each agree."""
    full = np.flatnonzero(counts >= max(1.0, FULL * float(np.sort(counts)[-3:].mean())))
    return int(full[0]), int(full[-1]) + 1


def _seam(side: _Seen, begins: int) -> int | None:
    """The column behind the seam at which the part begins; None if there is no seam."""
    first, last = begins * BLOCK, side.pixels.shape[1] - USUAL.stop - ACROSS
    ends = int((side.inside.mean(axis=0) > HALF).argmax())
    columns = range(max(2, ends - OFF, first - BEFORE), min(first + AFTER + 1, last))
    if not columns:
        return None
    steps = _steps(side.pixels)
    means = steps.mean(axis=0)
    at = max(columns, key=lambda column: float(means[column - 2])) - 2
    here, step = slice(at, at + ACROSS + 1), float(means[at])
    if side.inside[:, here].mean() > HALF and _steps(side.other)[:, at].mean() > SHARED * step:
        return None
    usual = float(steps[:, at + USUAL.start : at + USUAL.stop].mean()) + 1
    is_edge = step >= STEP * usual and (steps[:, at] < usual / 2).mean() < OPEN
    return at + 2 if is_edge and _likeness(side.pixels[:, at], side.pixels[:, at + ACROSS]) < CONTINUES else None


def _steps(pixels: Floats) -> Floats:
    """How much brighter or darker each pixel is than the one some columns before."""
    return np.asarray(np.abs(pixels[:, ACROSS:] - pixels[:, :-ACROSS]))


def _likeness(one: Floats, other: Floats) -> float:
    """Correlation of the details of two lines, drawn towards 0."""
    here, there = _details(one), _details(other)
    return float((here * there).mean() / np.sqrt((here.var() + 4) * (there.var() + 4)))


def _details(line: Floats) -> Doubles:
    smooth = np.convolve(np.pad(line, SMOOTH // 2, "edge"), np.full(SMOOTH, 1 / SMOOTH), "valid")
    return np.asarray(line - smooth, np.float64)


def _is_picture(side: _Seen, seam: int, begins: int) -> bool:
    """Whether what lies beyond a seam is a picture of its own: large, of many tones, textured and unlike."""
    share = seam / side.pixels.shape[1]
    if share < BESIDE or side.unlike[:, :begins].mean() < UNLIKE:
        return False
    textured = side.textured[:, : max(1, seam // BLOCK)]
    return bool(textured.mean() >= TEXTURED and share * _rich(side.pixels[:, :seam]) >= RICH)


def _rich(pixels: Floats) -> float:
    """Share of the pixels that have other tones than the two main ones."""
    tones = np.bincount(pixels.astype(np.uint8).ravel(), minlength=256) / pixels.size
    for _ in range(2):
        main = int(np.convolve(tones, np.ones(ONE_TONE), "same").argmax())
        tones[max(0, main - NEAR_TONE) : main + NEAR_TONE + 1] = 0
    return float(tones.sum())
