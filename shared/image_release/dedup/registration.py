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
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from image_release.dedup.matching import CandidatePair
from image_release.fingerprint import Fingerprint, blur

Floats = NDArray[np.float32]
Doubles = NDArray[np.float64]

BLOCK = 8
"""Side of a block in pixels of the working picture."""
LEVELS = ((2.0, 2), (1.0, 1), (0.6, 1))
"""Coarse to fine: blur in pixels of the working picture, and by how much the picture is then reduced."""
COARSE = ((0, 3, False), (0, 1, True))
FINER = ((1, 3, True), (2, 2, True))
"""Which level is worked on, how many steps at most, and whether perspective is fitted too."""
COARSEST, MIDDLE, FINEST = range(len(LEVELS))
STILL = 5e-4
"""Of half the longer side, 0.04 pixels: after a step no larger than this the next level follows."""
LEAST_TO_BEND = 10
"""Textured blocks from which perspective is believed: the few marks of a bare wall fit whatever eight numbers say."""
LEAST_BLOCKS = 6
LEAST_TEXTURE = 9.0
"""Variance of a block, grey levels squared, for it to have a say there."""
MOST_STEP = 0.08
"""Of half the longer side: larger steps are shortened."""
STIFF = (1e-4, 1e-3, 1e-3, 1e-4, 1e-3, 1e-3, 2e-2, 2e-2)
"""How little each parameter is believed without evidence: shift, scale and shear, perspective."""
PARAMETERS = len(STIFF)


@dataclass(frozen=True, slots=True, eq=False)
class Level:
    """One picture at one blur as others are laid on it: `n` blocks of `p` pixels each."""

    places: Floats
    """(3, n * p): where each pixel lies across and down, in units of half the longer side from the middle; and 1."""
    rims: Floats
    """(3, 4 * n): the same of the four corners of each block."""
    centred: Floats
    """(n, p): brightness, the mean of the block taken away."""
    mean: Floats
    power: Floats
    """(n,): variance."""
    slopes: Floats
    """(2, n, p): how brightness changes with a shift across and down by one unit."""
    normal: Floats
    """(n, 8, 8): the block's part of the normal matrix."""


@dataclass(frozen=True, slots=True, eq=False)
class Samples:
    """One picture at one blur as it is laid on others."""

    corners: Floats
    """(height * width, 4): what bilinear sampling needs of each pixel in one row."""
    size: tuple[int, int]
    """Height and width in its own pixels."""
    step: int
    """Pixels of the working picture from one pixel to the next."""


class Sheet:
    """A working picture prepared for registration: at each blur and in each part, when it is first asked for."""

    def __init__(self, fingerprint: Fingerprint) -> None:
        self._grey = fingerprint.working.grey.astype(np.float32)
        self.shape: tuple[int, int] = (self._grey.shape[0], self._grey.shape[1])
        self.contrast = float(self._grey.std())
        self.half = max(self.shape) / 2
        self.blocks = (self.shape[0] // BLOCK, self.shape[1] // BLOCK)
        self._blurred: dict[int, Floats] = {}
        self._levels: dict[int, Level] = {}
        self._samples: dict[tuple[int, bool], Samples] = {}

    def level(self, number: int) -> Level:
        """The picture at one blur, in blocks."""
        if number not in self._levels:
            step = LEVELS[number][1]
            self._levels[number] = self._in_blocks(_reduced(self._picture(number), step), step)
        return self._levels[number]

    def samples(self, number: int, *, mirrored: bool) -> Samples:
        """The picture at one blur, ready to be sampled; mirrored for mirrored candidates."""
        if (number, mirrored) not in self._samples:
            step, picture = LEVELS[number][1], self._picture(number)
            picture = _reduced(picture[:, ::-1] if mirrored else picture, step)
            self._samples[number, mirrored] = Samples(_corners(picture), (picture.shape[0], picture.shape[1]), step)
        return self._samples[number, mirrored]

    def _picture(self, number: int) -> Floats:
        if number not in self._blurred:
            self._blurred[number] = blur(self._grey, LEVELS[number][0])
        return self._blurred[number]

    def _in_blocks(self, picture: Floats, step: int) -> Level:
        blocks = in_blocks(picture, BLOCK // step)
        mean = blocks.mean(axis=1)
        blocks -= mean[:, None]
        # A step of one unit is `half` pixels of the working picture, `half / step` of this one.
        slopes = np.stack([in_blocks(slope, BLOCK // step) for slope in np.gradient(picture)[::-1]])
        slopes *= np.float32(self.half / step)
        places, rims = _places(self.shape, step)
        return Level(
            places=places,
            rims=rims,
            centred=blocks,
            mean=mean,
            power=np.einsum("np,np->n", blocks, blocks) / np.float32(blocks.shape[1]),
            slopes=slopes,
            normal=_normal(places, slopes),
        )


@dataclass(frozen=True, slots=True, eq=False)
class Laid:
    """One level of `other` laid over `one`, block by block."""

    inside: NDArray[np.bool_]
    """(n,): the block lies wholly in both pictures."""
    size: tuple[int, int]
    """Height and width of the other picture, in pixels."""
    at: tuple[Floats, Floats]
    """(n, p) each: pixels of the other picture, across and down, that lie on those of the first."""
    theirs: Floats
    """(n, p), centred."""
    their_mean: Floats
    correlation: Floats
    gain: Floats


@dataclass(frozen=True, slots=True, eq=False)
class Rough:
    """How far the coarsest level brought a pair."""

    fit: Doubles
    """(3, 3): from units of half the longer side of `one` to pixels of `other`."""
    laid: Laid
    """Before the last step."""
    last_step: float
    """Of half the longer side: a copy lies still by now."""


@dataclass(frozen=True, slots=True, eq=False)
class Registered:
    """`transform` (3, 3) takes pixels of `one` to pixels of `other` (mirrored first, if the candidate is)."""

    transform: Doubles
    laid: tuple[Laid, ...]
    """At each blur."""


def lay_roughly(one: Sheet, other: Sheet, candidate: CandidatePair) -> Rough | None:
    """Refine a candidate's transform at the coarsest level; None where too little of them lies on each other."""
    fit = np.linalg.inv(np.vstack([candidate.affine, [0, 0, 1]])) @ np.linalg.inv(to_units(one))
    return _stepped(one, other, fit, COARSE, mirrored=candidate.mirrored)


def register(one: Sheet, other: Sheet, candidate: CandidatePair, rough: Rough) -> Registered | None:
    """Refine what was laid roughly at the finer levels; None where too little of the pictures lies on each other."""
    finer = _stepped(one, other, rough.fit, FINER, mirrored=candidate.mirrored)
    if finer is None:
        return None
    laid = tuple(lay(one, other, level, finer.fit, mirrored=candidate.mirrored) for level in range(len(LEVELS)))
    if min(here.inside.sum() for here in laid) < LEAST_BLOCKS:
        return None
    return Registered(finer.fit @ to_units(one), laid)


def to_units(one: Sheet) -> Doubles:
    """(3, 3): from pixels of a working picture to units of half its longer side, from its middle."""
    height, width = one.shape
    return np.array([[1 / one.half, 0, -width / 2 / one.half], [0, 1 / one.half, -height / 2 / one.half], [0, 0, 1]])


def _stepped(
    one: Sheet, other: Sheet, fit: Doubles, phases: tuple[tuple[int, int, bool], ...], *, mirrored: bool
) -> Rough | None:
    """Gauss-Newton steps, each level until it stands still."""
    for level, most, bends in phases:
        mine = one.level(level)
        for _ in range(most):
            laid = lay(one, other, level, fit, mirrored=mirrored)
            if laid.inside.sum() < LEAST_BLOCKS:
                return None
            bent = bends and textured_blocks(mine, laid, LEAST_TEXTURE).sum() >= LEAST_TO_BEND
            step = _step(mine, laid, PARAMETERS if bent else PARAMETERS - 2)
            fit = fit @ _as_transform(step)
            fit /= fit[2, 2]
            if np.abs(step).max() <= STILL:
                break
    return Rough(fit, laid, float(np.abs(step).max()))


def lay(one: Sheet, other: Sheet, level: int, fit: Doubles, *, mirrored: bool) -> Laid:
    """Sample `other` where `fit` says that each pixel of `one` lies."""
    mine, theirs = one.level(level), other.samples(level, mirrored=mirrored)
    at_x, at_y = _moved(fit, mine.places, theirs.step)
    rims = _within(*_moved(fit, mine.rims, theirs.step), theirs.size)
    values = _sampled(theirs.corners, theirs.size, at_x, at_y).reshape(mine.centred.shape)
    mean = values.mean(axis=1)
    values -= mean[:, None]
    pixels = np.float32(mine.centred.shape[1])
    power = np.einsum("np,np->n", values, values) / pixels
    shared = np.einsum("np,np->n", mine.centred, values) / pixels
    return Laid(
        inside=np.asarray(rims.reshape(-1, 4).all(axis=1)),
        size=theirs.size,
        at=(at_x.reshape(values.shape), at_y.reshape(values.shape)),
        theirs=values,
        their_mean=mean,
        correlation=shared / np.sqrt(mine.power * power + 4),
        gain=shared / (power + 1),
    )


def pixels_inside(laid: Laid) -> NDArray[np.bool_]:
    """(n, p): which pixels of the first picture lie in the other."""
    return _within(*laid.at, laid.size)


def residual(mine: Level, laid: Laid) -> Floats:
    """(n, p): what a block of `one` has that the other, with its gain, has not."""
    left: Floats = -np.clip(laid.gain, 0.05, 8)[:, None] * laid.theirs
    left += mine.centred
    return left


def textured_blocks(mine: Level, laid: Laid, least_power: float) -> NDArray[np.bool_]:
    """(n,): the blocks that lie in both pictures and have enough in them to compare."""
    return np.asarray(laid.inside & (mine.power > least_power))


def _step(mine: Level, laid: Laid, parameters: int) -> Doubles:
    """(8,): one Gauss-Newton step, in units of half the longer side."""
    weight = laid.inside * np.clip(laid.correlation, 0.02, 1) ** 2 / (mine.power + 6)
    normal = np.tensordot(weight, mine.normal, axes=1).astype(np.float64)[:parameters, :parameters]
    normal += np.diag(np.array(STIFF[:parameters]) * (np.trace(normal) / parameters) + 1e-9)
    left = residual(mine, laid)
    left *= weight[:, None]
    step = np.zeros(PARAMETERS)
    step[:parameters] = np.linalg.solve(normal, _towards(mine, left)[:parameters])
    step *= min(1.0, MOST_STEP / max(float(np.abs(step).max()), 1e-9))
    return step


def _as_transform(step: Doubles) -> Doubles:
    """(3, 3): a step, to be applied before the fit."""
    return np.array([[1 + step[1], step[2], step[0]], [step[4], 1 + step[5], step[3]], [-step[6], -step[7], 1.0]])


def _normal(places: Floats, slopes: Floats) -> Floats:
    """(n, 8, 8): products of how brightness changes with each parameter of the fit, the block's mean taken away."""
    x, y = (part.reshape(slopes.shape[1:]) for part in places[:2])
    across, down = slopes
    outwards = across * x + down * y
    jacobian = np.empty((len(x), PARAMETERS, x.shape[1]), np.float32)
    for number, slope in enumerate((across, down)):
        jacobian[:, 3 * number] = slope
        np.multiply(slope, x, out=jacobian[:, 3 * number + 1])
        np.multiply(slope, y, out=jacobian[:, 3 * number + 2])
    np.multiply(outwards, x, out=jacobian[:, 6])
    np.multiply(outwards, y, out=jacobian[:, 7])
    sums = jacobian.sum(axis=2)
    normal: Floats = jacobian @ jacobian.transpose(0, 2, 1)
    normal -= sums[:, :, None] * (sums / np.float32(x.shape[1]))[:, None]
    return normal


def _towards(mine: Level, weighted: Floats) -> Doubles:
    """(8,): residual times Jacobian, which is too large to keep; a block's residual has no mean to be taken away."""
    across, down = weighted.reshape(-1) * mine.slopes.reshape(2, -1)
    along, (x, y) = mine.places @ np.stack([across, down]).T, mine.places[:2]
    outwards = across * x
    outwards += down * y
    sums = (along[2, 0], along[0, 0], along[1, 0], along[2, 1], along[0, 1], along[1, 1], outwards @ x, outwards @ y)
    return np.array(sums, np.float64)


def _reduced(picture: Floats, step: int) -> Floats:
    if step == 1:
        return picture
    height, width = picture.shape[0] // step, picture.shape[1] // step
    whole = picture[: height * step, : width * step]
    # Slices are added because numpy is slow along an axis of two.
    small = np.zeros((height, width), np.float32)
    for row, column in np.ndindex(step, step):
        small += whole[row::step, column::step]
    small /= step**2
    return small


def in_blocks(values: NDArray[np.generic], side: int) -> Floats:
    """(n, side * side): the pixels of each whole block."""
    rows, columns = values.shape[0] // side, values.shape[1] // side
    whole = values[: rows * side, : columns * side].reshape(rows, side, columns, side)
    return np.ascontiguousarray(whole.transpose(0, 2, 1, 3).reshape(rows * columns, side * side), np.float32)


@lru_cache(32)
def _places(shape: tuple[int, int], step: int) -> tuple[Floats, Floats]:
    """`Level.places` and `Level.rims` of pictures of one shape, of which a hotel has few."""
    side, half = BLOCK // step, max(shape) / 2
    y, x = ((np.mgrid[: shape[0] // step, : shape[1] // step] + 0.5) * step - np.array(shape)[:, None, None] / 2) / half
    places = np.stack([in_blocks(part, side) for part in (x, y, np.ones_like(x))])
    rims = places[:, :, [0, side - 1, side * (side - 1), side * side - 1]]
    return places.reshape(3, -1), np.ascontiguousarray(rims.reshape(3, -1))


def _corners(picture: Floats) -> Floats:
    """Value, slopes to the right and down, and their difference, for each pixel: bilinear sampling in one look-up."""
    corners = np.zeros((*picture.shape, 4), np.float32)
    corners[..., 0] = picture
    np.subtract(picture[:, 1:], picture[:, :-1], out=corners[:, :-1, 1])
    np.subtract(picture[1:], picture[:-1], out=corners[:-1, :, 2])
    np.subtract(corners[1:, :, 1], corners[:-1, :, 1], out=corners[:-1, :, 3])
    return corners.reshape(-1, 4)


def _moved(fit: Doubles, places: Floats, step: int) -> tuple[Floats, Floats]:
    """Where the fit takes places, in pixels of a level of the other picture."""
    across, down, depth = fit.astype(np.float32) @ places
    if fit[2, 0] or fit[2, 1]:
        np.maximum(depth, np.float32(1e-3), out=depth)
        across /= depth
        down /= depth
    if step != 1:
        across *= np.float32(1 / step)
        down *= np.float32(1 / step)
    across -= np.float32(0.5)
    down -= np.float32(0.5)
    return across, down


def _within(x: Floats, y: Floats, size: tuple[int, int]) -> NDArray[np.bool_]:
    """Which places lie in a picture of `size`: its pixels reach half a pixel from their middles."""
    height, width = size
    return np.asarray((x >= -0.5) & (x <= width - 0.5) & (y >= -0.5) & (y <= height - 0.5))  # noqa: PLR2004 - pixels


def _sampled(corners: Floats, size: tuple[int, int], x: Floats, y: Floats) -> Floats:
    """Bilinear samples, edges repeated."""
    height, width = size
    near_x, near_y = np.clip(x, 0, width - 1), np.clip(y, 0, height - 1)
    left, top = near_x.astype(np.int32), near_y.astype(np.int32)
    near_x -= left
    near_y -= top
    top *= width
    top += left
    found = corners.take(top, axis=0)
    samples = found[:, 3] * near_y
    samples += found[:, 1]
    samples *= near_x
    near_y *= found[:, 2]
    samples += near_y
    samples += found[:, 0]
    return np.asarray(samples)
