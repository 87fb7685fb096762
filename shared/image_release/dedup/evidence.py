"""Evidence: statistics of a registered pair, and the score that says how likely it shows the same photograph.

The statistics are those that separated copies from look-alikes on a labelled corpus. The score is a logistic regression
over their logarithms (`weights`). A score above 0 speaks for the same photograph, below 0 against it.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from image_release.dedup.blocks import BLOCK
from image_release.dedup.matching import CandidatePair
from image_release.dedup.prepared_image import COARSEST, FINEST, MIDDLE, PreparedImage
from image_release.dedup.quantiles import quantiles
from image_release.dedup.registration import (
    LEAST_TEXTURE,
    AlignedBlocks,
    Alignment,
    Registered,
    pixels_inside,
    residual,
    textured_blocks,
)

Floats = NDArray[np.float32]
Doubles = NDArray[np.float64]

LEAST_TEXTURED = 5
"""Minimum number of blocks that a statistic is computed from; with fewer, all blocks inside both images are used."""
LEAST_DEVIATION = 3.0
"""Grey levels: a block that varies less holds noise only, whatever the contrast of the image."""
PLAIN_SHARE = 0.06
"""Share of the image's contrast: a block that varies less is too plain to be compared."""
MIDDLE_SHARE = 0.6
"""Factor on the minimum variance at the middle level, which is smoother than the finest one."""
GOOD, BAD = 0.7, 0.3
"""Correlation above which a block plainly agrees, and below which it plainly disagrees."""
QUANTILES = (10, 25, 50, 75, 90)
"""Percentiles of the blocks' values that are statistics."""
ACROSS_DOWN = [0, 3]
"""Indices of the two shifts among the parameters of the fit."""


@dataclass(frozen=True, slots=True)
class Evidence:
    """Why an image was joined with `other` (SHA-256).

    By method `registration`, `distance` is the median displacement of textured blocks that registration left, in pixels
    of the working image; by method `hashes` it is a number of bits, and nothing else is known. `overlap` is
    the share of the smaller image that the other covers. `score` is the log-odds of the same photograph.
    """

    other: str
    method: str
    distance: float
    overlap: float
    score: float
    mirrored: bool = False


@dataclass(frozen=True, slots=True, eq=False)
class Displacements:
    """The shift that would make each of the `n` blocks of the middle level fit best, after registration."""

    alone: Floats
    """(n,): length of the shift, in pixels of the working image."""
    pooled: Floats
    """(n,): the same for the block together with its eight neighbours."""
    explained: Floats
    """(n,): share of the block's residual that the shift removes, 0…1."""
    explained_pooled: Floats
    """(n,): the same for the block together with its eight neighbours."""


def statistics(
    one: PreparedImage, other: PreparedImage, pair: CandidatePair, registered: Registered, displaced: Displacements
) -> dict[str, float]:
    """The statistics that the score is computed from, by name; all are logarithms, the scale without its sign."""
    coarse, middle, fine = registered.levels
    coarse_variance, fine_variance = one.level(COARSEST).variance, one.level(FINEST).variance
    least = least_variance(one)
    textured = _or_all(well_textured(one, middle), middle.inside)
    textured_fine = _or_all(fine.inside & (fine_variance > least), fine.inside)
    textured_coarse = _or_all(coarse.inside & (coarse_variance > 0.3 * least), coarse.inside)
    pooled = displaced.pooled[textured]
    shared_one, shared_other = overlaps(one, other, registered)
    correlation = middle.correlation[textured]
    gains = np.log(np.clip(middle.gain[textured], 0.05, 20))
    weight = np.clip(correlation, 0.01, 1) ** 2
    found = {
        "agreeing": _log(pair.agreeing),
        "agreeing_share": _log(pair.agreeing / max(pair.matches, 1)),
        "agreeing_density": _log(pair.agreeing / max(shared_one, 0.05)),
        "overlap_one": _log(shared_one, 0.02),
        "overlap_other": _log(shared_other, 0.02),
        "overlap": _log(min(shared_one, shared_other), 0.02),
        "textured": _log(float(textured.sum()), 1),
        "textured_fine": _log(float(textured_fine.sum()), 1),
        "global": _log(1 - _global(one, fine), 0.01),
        "good": _log(1 - float((correlation > GOOD).mean()), 0.02),
        "bad": _log(float((correlation < BAD).mean()), 0.02),
        "still": _log(1 - float((pooled < 0.2).mean()), 0.02),  # noqa: PLR2004 - pixels
        "moved": _log(float(np.average(pooled, weights=weight)), 0.02),
        "gain_spread": _log(float(np.ptp(quantiles(gains, (25, 75)))), 0.02),
        **_shape(registered.transform, one.half),
    }
    for name, values, added in (
        ("fine", 1 - fine.correlation[textured_fine], 0.01),
        ("middle", 1 - correlation, 0.01),
        ("coarse", 1 - coarse.correlation[textured_coarse], 0.01),
        ("alone", displaced.alone[textured], 0.02),
        ("pooled", pooled, 0.02),
        ("explained", displaced.explained[textured], 0.01),
        ("explained_pooled", displaced.explained_pooled[textured], 0.003),
    ):
        found |= _spread(name, values, added)
    return found


def coarse_features(one: PreparedImage, pair: CandidatePair, coarse: Alignment) -> dict[str, float]:
    """Features that decide, after coarse alignment, whether to refine a pair."""
    mine, aligned = one.level(COARSEST), coarse.blocks
    textured = textured_blocks(mine, aligned, LEAST_TEXTURE)
    textured = _or_all(textured, aligned.inside)
    correlation = aligned.correlation[textured]
    return {
        "agreeing": _log(pair.agreeing),
        "agreeing_share": _log(pair.agreeing / max(pair.matches, 1)),
        "step": _log(coarse.last_step),
        "inside": _log(float(aligned.inside.mean()), 0.02),
        "textured": _log(float(textured.sum()), 1),
        "good": _log(1 - float((correlation > GOOD).mean()), 0.02),
        "bad": _log(float((correlation < BAD).mean()), 0.02),
        **_shape(coarse.transform @ one.to_units(), one.half),
        **_spread("coarse", 1 - correlation, 0.01),
        **_spread("alone", _solved(_sums(one, COARSEST, aligned))[textured], 0.02),
    }


def least_variance(one: PreparedImage) -> float:
    """Minimum variance of a block of the finest level that is worth comparing, in grey levels squared."""
    return max(LEAST_DEVIATION, PLAIN_SHARE * one.contrast) ** 2


def well_textured(one: PreparedImage, aligned: AlignedBlocks) -> NDArray[np.bool_]:
    """(n,): the blocks of the middle level that lie in both images and have enough texture, measured by `one`."""
    return textured_blocks(one.level(MIDDLE), aligned, MIDDLE_SHARE * least_variance(one))


def displacements(one: PreparedImage, registered: Registered) -> Displacements:
    """Measure how far the blocks of `one` are still displaced."""
    aligned = registered.levels[MIDDLE]
    own = _sums(one, MIDDLE, aligned)
    pooled = _pooled(one, aligned, own)
    return Displacements(_solved(own), _solved(pooled), _explained(own), _explained(pooled))


def _sums(one: PreparedImage, level: int, aligned: AlignedBlocks) -> Floats:
    """(6, n): the sums over each block that its displacement is solved from.

    They are the three entries of the normal matrix, the two of the right side, and the squared residual.
    """
    mine = one.level(level)
    left = residual(mine, aligned)
    # Slopes are kept for a shift of half the longer side; here the unit is one pixel.
    right_x, right_y = (np.einsum("np,np->n", left, slope) / one.half for slope in mine.slopes)
    normal = mine.normal[:, ACROSS_DOWN][:, :, ACROSS_DOWN] / one.half**2
    squares = np.einsum("np,np->n", left, left)
    return np.stack([normal[:, 0, 0], normal[:, 1, 1], normal[:, 0, 1], right_x, right_y, squares])


def _pooled(one: PreparedImage, aligned: AlignedBlocks, own: Floats) -> Floats:
    """(6, n): the sums of each block and its eight neighbours together."""
    rows, columns = one.blocks
    padded = np.pad(np.where(aligned.inside, own, 0).reshape(-1, rows, columns), ((0, 0), (1, 1), (1, 1)))
    down = padded[:, :-2] + padded[:, 1:-1] + padded[:, 2:]
    return np.asarray((down[:, :, :-2] + down[:, :, 1:-1] + down[:, :, 2:]).reshape(len(own), -1))


def overlaps(one: PreparedImage, other: PreparedImage, registered: Registered) -> tuple[float, float]:
    """The share of each image that the other one covers, 0…1."""
    return shared_parts(one, other, registered.levels[FINEST], registered.transform)


def shared_parts(
    one: PreparedImage, other: PreparedImage, aligned: AlignedBlocks, transform: Doubles
) -> tuple[float, float]:
    """The share of each image that the other one covers, 0…1; `transform` takes pixels of `one` to `other`."""
    covered = float(pixels_inside(aligned).mean())
    area = abs(float(np.linalg.det(transform))) / max(abs(float(transform[2, 2])) ** 3, 1e-9)
    pixels = covered * one.shape[0] * one.shape[1]
    return covered, min(1.0, pixels * area / (other.shape[0] * other.shape[1]))


def evidence(
    other: str,
    pair: CandidatePair,
    registered: Registered,
    displaced: Displacements,
    found: dict[str, float],
    score: float,
) -> Evidence:
    """The evidence about a pair with the image `other`, from its statistics `found` and its score."""
    aligned = registered.levels[MIDDLE]
    textured = _or_all(aligned.inside & (aligned.correlation > BAD), aligned.inside)
    return Evidence(
        other=other,
        method="registration",
        distance=float(np.median(displaced.pooled[textured])),
        overlap=max(0.0, min(1.0, math.exp(found["overlap"]) - 0.02)),
        score=score,
        mirrored=pair.mirrored,
    )


def shifts(one: PreparedImage, registered: Registered) -> Floats:
    """(2, n): the shift across and down that would make each block, with its eight neighbours, fit best, in pixels."""
    aligned = registered.levels[MIDDLE]
    return _shift(_pooled(one, aligned, _sums(one, MIDDLE, aligned)))


def _solved(sums: Floats) -> Floats:
    """(n,): length of the displacement that explains a block's residual best, drawn towards 0, in pixels."""
    return np.asarray(np.hypot(*_shift(sums)), np.float32)


def _shift(sums: Floats) -> Floats:
    """(2, n): the displacement that explains a block's residual best, drawn towards 0, in pixels."""
    xx, yy, xy, rx, ry, _ = sums
    believed = 0.02 * (xx + yy) + BLOCK * BLOCK * 0.5
    one, two = xx + believed, yy + believed
    determinant = one * two - xy * xy
    return np.stack([(two * rx - xy * ry) / determinant, (one * ry - xy * rx) / determinant])


def _explained(sums: Floats) -> Floats:
    """(n,): share of a block's residual that a displacement removes: little of noise, most of a real displacement."""
    xx, yy, xy, rx, ry, squares = sums
    determinant = np.maximum(xx * yy - xy * xy, 1e-6 * xx * yy + 1e-6)
    taken = (yy * rx * rx - 2 * xy * rx * ry + xx * ry * ry) / determinant
    return np.asarray(np.clip(taken / np.maximum(squares, 1e-3), 0, 1), np.float32)


def _shape(transform: Doubles, half: float) -> dict[str, float]:
    """Statistics of a transform: turn, shear, change of aspect, perspective (bend) and scale."""
    transform = transform / transform[2, 2]
    linear = transform[:2, :2]
    turn = math.atan2(linear[1, 0] - linear[0, 1], linear[0, 0] + linear[1, 1])
    across, down = float(np.hypot(*linear[:, 0])), float(np.hypot(*linear[:, 1]))
    shear = abs(float(linear[:, 0] @ linear[:, 1])) / max(across * down, 1e-9)
    bend = float(np.hypot(transform[2, 0], transform[2, 1])) * half
    return {
        "turn": _log(abs(turn), 0.01),
        "shear": _log(shear, 0.01),
        "aspect": _log(abs(math.log(max(across, 1e-6) / max(down, 1e-6))), 0.01),
        "bend": _log(bend, 0.01),
        "scale": abs(math.log(max((across * down) ** 0.5, 1e-3))),
    }


def _global(one: PreparedImage, aligned: AlignedBlocks) -> float:
    """Correlation over all pixels that lie in both images."""
    mine, inside = one.level(FINEST), pixels_inside(aligned)
    here = (mine.centred + mine.mean[:, None])[inside]
    there = (aligned.centred + aligned.mean[:, None])[inside]
    if here.std() < 0.5 or there.std() < 0.5:  # noqa: PLR2004 - grey levels: nothing to correlate
        return 0.0
    return float(np.corrcoef(here, there)[0, 1])


def _spread(name: str, values: Floats, added: float) -> dict[str, float]:
    """Logarithms of the percentiles of some values, by name."""
    return {
        f"{name}_{percent}": _log(value, added)
        for percent, value in zip(QUANTILES, quantiles(values, QUANTILES), strict=True)
    }


def _or_all(wanted: NDArray[np.bool_], otherwise: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """`wanted` if it has enough blocks, else `otherwise`."""
    return wanted if wanted.sum() >= LEAST_TEXTURED else otherwise


def _log(value: float, added: float = 1e-3) -> float:
    """Logarithm of a value; `added` to it bounds the result where the value is 0."""
    return math.log(max(value, 0.0) + added)
