"""Registration: lay one picture on another as exactly as they allow, and measure what is left.

A copy is the same light on the same sensor: once it is laid over the other, every textured block agrees and none has
moved. A second shot of the same room may correlate as well, but parallax moves its blocks by fractions of a pixel in
different directions, and no flat transform takes that back. So the displacement that remains tells them apart.

Gauss-Newton over a homography, coarse to fine, on blocks of the first picture. Each block has a gain and an offset of
its own (fades, filters, vignettes) and weighs as much as it correlates (captions, watermarks and overlays drop out).
Slopes are taken from the first picture only (inverse composition), so a block's part of the normal equations is worked
out once a picture and not once a step.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from image_release.deduplicating.matching import Candidate
from image_release.fingerprinting import Print, blur

Floats = NDArray[np.float32]
Doubles = NDArray[np.float64]

BLOCK = 8
"""Side of a block in pixels of the working picture."""
LEVELS = ((2.0, 2), (1.0, 1), (0.6, 1))
"""Coarse to fine: blur in pixels of the working picture, and by how much the picture is then reduced."""
SCHEDULE = (0, 0, 0, 0, 1, 1, 1, 2, 2)
"""Which level each step works on."""
LAST_COARSE = SCHEDULE.index(1) - 1
BENDS_FROM = 3
"""Step from which perspective is fitted too."""
LEAST_TO_BEND = 10
"""Textured blocks from which perspective is believed: the few marks of a bare wall fit whatever eight numbers say."""
LEAST_BLOCKS = 6
LEAST_CORRELATION = 0.4
"""Median over the textured blocks, after the coarse steps: below it the finer ones are not worth their time. Of 4,135
true pairs 10 were below it, and all but lost; of the others a quarter."""
LEAST_TEXTURE = 9.0
"""Variance of a block, grey levels squared, for it to have a say there."""
MOST_STEP = 0.08
"""Of half the longer side: larger steps are shortened."""
STIFF = (1e-4, 1e-3, 1e-3, 1e-4, 1e-3, 1e-3, 2e-2, 2e-2)
"""How little each parameter is believed without evidence: shift, scale and shear, perspective."""
PARAMETERS = len(STIFF)


@dataclass(frozen=True, slots=True, eq=False)
class Level:
    """One picture at one blur, in `n` blocks of `p` pixels each."""

    x: Floats
    """(n, p): where each pixel lies, in units of half the longer side, from the middle; so `y`."""
    y: Floats
    centred: Floats
    """(n, p): brightness, the mean of the block taken away."""
    mean: Floats
    power: Floats
    """(n,): variance."""
    jacobian: Floats
    """(n, p, 8): how brightness changes with each parameter of the fit."""
    normal: Floats
    """(n, 8, 8): the block's part of the normal matrix."""
    step: int
    """Pixels of the working picture from one pixel to the next."""
    corners: Floats
    """(height * width, 4): what bilinear sampling needs of each pixel in one row."""
    size: tuple[int, int]
    """Height and width in its own pixels."""


class Sheet:
    """A working picture prepared for registration; `flipped` serves mirrored candidates."""

    def __init__(self, print_: Print) -> None:
        self._grey = print_.working.grey.astype(np.float32)
        self.shape: tuple[int, int] = (self._grey.shape[0], self._grey.shape[1])
        self.contrast = float(self._grey.std())
        self.half = max(self.shape) / 2
        self.blocks = (self.shape[0] // BLOCK, self.shape[1] // BLOCK)

    @cached_property
    def _pictures(self) -> tuple[Floats, ...]:
        return tuple(blur(self._grey, sigma) for sigma, _ in LEVELS)

    @cached_property
    def levels(self) -> tuple[Level, ...]:
        """The picture at each blur, in blocks."""
        pairs = zip(self._pictures, LEVELS, strict=True)
        return tuple(self._level(_reduced(picture, step), step) for picture, (_, step) in pairs)

    @cached_property
    def flipped(self) -> tuple[Floats, ...]:
        """What sampling needs of the mirrored picture at each blur."""
        pairs = zip(self._pictures, LEVELS, strict=True)
        return tuple(_corners(_reduced(picture[:, ::-1], step)) for picture, (_, step) in pairs)

    def _level(self, picture: Floats, step: int) -> Level:
        side, (height, width) = BLOCK // step, picture.shape
        y, x = (np.mgrid[0:height, 0:width].astype(np.float32) + 0.5) * step
        slope_y, slope_x = np.gradient(picture)

        def in_blocks(values: Floats) -> Floats:
            rows, columns = self.blocks
            whole = values[: rows * side, : columns * side].reshape(rows, side, columns, side)
            return np.ascontiguousarray(whole.transpose(0, 2, 1, 3).reshape(rows * columns, side * side))

        blocks = in_blocks(picture)
        mean = blocks.mean(axis=1)
        centred = blocks - mean[:, None]
        x = in_blocks((x - self.shape[1] / 2) / np.float32(self.half))
        y = in_blocks((y - self.shape[0] / 2) / np.float32(self.half))
        # A step of one unit is `half` pixels of the working picture, `half / step` of this one.
        along_x, along_y = (
            in_blocks(np.asarray(slope, np.float32) * np.float32(self.half / step)) for slope in (slope_x, slope_y)
        )
        outwards = along_x * x + along_y * y
        columns = (along_x, along_x * x, along_x * y, along_y, along_y * x, along_y * y, outwards * x, outwards * y)
        jacobian = np.stack(columns, axis=2)
        jacobian -= jacobian.mean(axis=1, keepdims=True)
        return Level(
            x=x,
            y=y,
            centred=centred,
            mean=mean,
            power=(centred * centred).mean(axis=1),
            jacobian=jacobian,
            normal=jacobian.transpose(0, 2, 1) @ jacobian,
            step=step,
            corners=_corners(picture),
            size=(height, width),
        )


@dataclass(frozen=True, slots=True, eq=False)
class Laid:
    """One level of `other` laid over `one`, block by block."""

    inside: NDArray[np.bool_]
    """(n,): the block lies wholly in both pictures."""
    pixels_inside: NDArray[np.bool_]
    """(n, p)"""
    theirs: Floats
    """(n, p), centred."""
    their_mean: Floats
    correlation: Floats
    gain: Floats


@dataclass(frozen=True, slots=True, eq=False)
class Registered:
    """`transform` (3, 3) takes pixels of `one` to pixels of `other` (mirrored first, if the candidate is)."""

    transform: Doubles
    laid: tuple[Laid, ...]
    """At each blur."""


def register(one: Sheet, other: Sheet, candidate: Candidate) -> Registered | None:
    """Refine a candidate's transform; None where too little of the pictures lies over each other."""
    to_unit = np.array(
        [[1 / one.half, 0, -one.shape[1] / 2 / one.half], [0, 1 / one.half, -one.shape[0] / 2 / one.half], [0, 0, 1]]
    )
    fit = np.linalg.inv(np.vstack([candidate.affine, [0, 0, 1]])) @ np.linalg.inv(to_unit)
    for number, level in enumerate(SCHEDULE):
        laid = lay(one, other, level, fit, mirrored=candidate.mirrored)
        if laid.inside.sum() < LEAST_BLOCKS or (number == LAST_COARSE and _hopeless(one.levels[level], laid)):
            return None
        bends = number >= BENDS_FROM and _textured(one.levels[level], laid).sum() >= LEAST_TO_BEND
        fit = fit @ _correction(one.levels[level], laid, PARAMETERS if bends else PARAMETERS - 2)
        fit /= fit[2, 2]
    laid_all = tuple(lay(one, other, level, fit, mirrored=candidate.mirrored) for level in range(len(LEVELS)))
    if min(laid.inside.sum() for laid in laid_all) < LEAST_BLOCKS:
        return None
    return Registered(fit @ to_unit, laid_all)


def lay(one: Sheet, other: Sheet, level: int, fit: Doubles, *, mirrored: bool) -> Laid:
    """Sample `other` where `fit` says that each pixel of `one` lies."""
    mine, theirs = one.levels[level], other.levels[level]
    corners = other.flipped[level] if mirrored else theirs.corners
    (a, b, c), (d, e, f), (g, h, i) = fit.tolist()  # Python's numbers keep the arrays in single precision
    depth = np.float32(1) / np.maximum(g * mine.x + h * mine.y + i, np.float32(1e-3))
    at_x = (a * mine.x + b * mine.y + c) * depth
    at_y = (d * mine.x + e * mine.y + f) * depth
    if theirs.step != 1:
        at_x *= 1 / theirs.step
        at_y *= 1 / theirs.step
    values, pixels_inside = _sampled(corners, theirs.size, at_x - 0.5, at_y - 0.5)
    mean = values.mean(axis=1)
    values -= mean[:, None]
    power = np.einsum("np,np->n", values, values) / values.shape[1]
    shared = np.einsum("np,np->n", mine.centred, values) / values.shape[1]
    return Laid(
        inside=np.asarray(pixels_inside.all(axis=1)),
        pixels_inside=pixels_inside,
        theirs=values,
        their_mean=mean,
        correlation=shared / np.sqrt(mine.power * power + 4.0),
        gain=shared / (power + 1.0),
    )


def residual(mine: Level, laid: Laid) -> Floats:
    """(n, p): what a block of `one` has that the other, with its gain, has not."""
    left: Floats = mine.centred - np.clip(laid.gain, 0.05, 8)[:, None] * laid.theirs
    return left


def _correction(mine: Level, laid: Laid, parameters: int) -> Doubles:
    """One Gauss-Newton step, as a transform to be applied before the fit."""
    weight = np.where(laid.inside, np.clip(laid.correlation, 0.02, 1) ** 2, 0) / (mine.power + 6.0)
    normal = np.tensordot(weight, mine.normal, axes=1).astype(np.float64)[:parameters, :parameters]
    normal += np.diag(STIFF[:parameters]) * float(np.trace(normal)) / parameters + 1e-9 * np.eye(parameters)
    weighted = residual(mine, laid) * weight[:, None]
    right = weighted.reshape(-1) @ mine.jacobian.reshape(-1, PARAMETERS)
    step = np.zeros(PARAMETERS)
    step[:parameters] = np.linalg.solve(normal, right[:parameters].astype(np.float64))
    step *= min(1.0, MOST_STEP / max(float(np.abs(step).max()), 1e-9))
    return np.array([[1 + step[1], step[2], step[0]], [step[4], 1 + step[5], step[3]], [-step[6], -step[7], 1.0]])


def _hopeless(mine: Level, laid: Laid) -> bool:
    """Whether textured blocks disagree even where they were brought as near as they come."""
    textured = _textured(mine, laid)
    return bool(textured.any()) and float(np.median(laid.correlation[textured])) < LEAST_CORRELATION


def _textured(mine: Level, laid: Laid) -> NDArray[np.bool_]:
    return np.asarray(laid.inside & (mine.power > LEAST_TEXTURE))


def _reduced(picture: Floats, step: int) -> Floats:
    if step == 1:
        return picture
    height, width = picture.shape[0] // step, picture.shape[1] // step
    small: Floats = picture[: height * step, : width * step].reshape(height, step, width, step).mean(axis=(1, 3))
    return small


def _corners(picture: Floats) -> Floats:
    """Value, slopes to the right and down, and their difference, for each pixel: bilinear sampling in one look-up."""
    padded = np.pad(picture, ((0, 1), (0, 1)), mode="edge")
    here, right, below, across = padded[:-1, :-1], padded[:-1, 1:], padded[1:, :-1], padded[1:, 1:]
    return np.stack([here, right - here, below - here, across - right - below + here], axis=2).reshape(-1, 4)


def _sampled(corners: Floats, size: tuple[int, int], x: Floats, y: Floats) -> tuple[Floats, NDArray[np.bool_]]:
    """Bilinear samples, edges repeated, and which of them lie inside."""
    height, width = size
    near_x, near_y = np.clip(x, 0, width - 1), np.clip(y, 0, height - 1)
    inside = (np.abs(near_x - x) <= 0.5) & (np.abs(near_y - y) <= 0.5)  # noqa: PLR2004 - half a pixel
    left, top = near_x.astype(np.int32), near_y.astype(np.int32)
    near_x -= left
    near_y -= top
    found = corners.take(top * width + left, axis=0)
    samples: Floats = found[..., 0] + near_x * found[..., 1] + near_y * found[..., 2] + near_x * near_y * found[..., 3]
    return samples, np.asarray(inside)
