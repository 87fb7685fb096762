"""From what registration left to one score: how sure it is that two images show the same photograph.

The statistics are those that separated copies from look-alikes on a labelled corpus; the score is a logistic regression
over their logarithms (`weights`). A score above 0 speaks for the same photograph, below 0 against it.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from image_release.dedup.matching import CandidatePair
from image_release.dedup.quantiles import quantiles
from image_release.dedup.registration import (
    BLOCK,
    COARSEST,
    FINEST,
    LEAST_TEXTURE,
    MIDDLE,
    Laid,
    Registered,
    Rough,
    Sheet,
    pixels_inside,
    residual,
    textured_blocks,
    to_units,
)

Floats = NDArray[np.float32]
Doubles = NDArray[np.float64]
LEAST_TEXTURED = 5
LEAST_DEVIATION = 3.0
"""Grey levels: what varies less is noise, whatever the picture's contrast."""
PLAIN_SHARE = 0.06
"""Of a picture's contrast: a block that varies less is too plain to say anything."""
MIDDLE_SHARE = 0.6
"""Of the finest level's variance: the middle one is smoother."""
GOOD, BAD = 0.7, 0.3
"""Correlation of a block that plainly agrees, and of one that plainly does not."""
QUANTILES = (10, 25, 50, 75, 90)
ACROSS_DOWN = [0, 3]
"""The two shifts among the parameters of the fit."""


@dataclass(frozen=True, slots=True)
class Evidence:
    """Why an image was joined with `other` (SHA-256).

    `distance` is the median displacement of textured blocks that registration left, in pixels of the working picture;
    `overlap` the share of the smaller picture that the other covers; `score` the log-odds of being the same photograph.
    """

    other: str
    method: str
    distance: float
    overlap: float
    score: float
    mirrored: bool = False


@dataclass(frozen=True, slots=True, eq=False)
class Moved:
    """How far each block of the middle level still has to move to fit best, (n,) in pixels of the working picture.

    And which share of its residual that takes away; both alone, and pooled with its eight neighbours.
    """

    alone: Floats
    pooled: Floats
    explained: Floats
    explained_pooled: Floats


def statistics(
    one: Sheet, other: Sheet, candidate: CandidatePair, registered: Registered, moved: Moved
) -> dict[str, float]:
    """What the score is made of, all as logarithms but for the scale."""
    coarse, middle, fine = registered.laid
    coarse_power, fine_power = one.level(COARSEST).power, one.level(FINEST).power
    power = least_power(one)
    textured = _or_all(well_textured(one, middle), middle.inside)
    textured_fine = _or_all(fine.inside & (fine_power > power), fine.inside)
    textured_coarse = _or_all(coarse.inside & (coarse_power > 0.3 * power), coarse.inside)
    pooled = moved.pooled[textured]
    shared_one, shared_other = overlaps(one, other, registered)
    correlation = middle.correlation[textured]
    gains = np.log(np.clip(middle.gain[textured], 0.05, 20))
    weight = np.clip(correlation, 0.01, 1) ** 2
    found = {
        "agreeing": _log(candidate.agreeing),
        "agreeing_share": _log(candidate.agreeing / max(candidate.matches, 1)),
        "agreeing_density": _log(candidate.agreeing / max(shared_one, 0.05)),
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
    for name, values, least in (
        ("fine", 1 - fine.correlation[textured_fine], 0.01),
        ("middle", 1 - correlation, 0.01),
        ("coarse", 1 - coarse.correlation[textured_coarse], 0.01),
        ("alone", moved.alone[textured], 0.02),
        ("pooled", pooled, 0.02),
        ("explained", moved.explained[textured], 0.01),
        ("explained_pooled", moved.explained_pooled[textured], 0.003),
    ):
        found |= _spread(name, values, least)
    return found


def first_look(one: Sheet, candidate: CandidatePair, rough: Rough) -> dict[str, float]:
    """What tells, once a pair lies roughly over each other, whether the finer levels are worth their time."""
    mine, laid = one.level(COARSEST), rough.laid
    textured = textured_blocks(mine, laid, LEAST_TEXTURE)
    textured = _or_all(textured, laid.inside)
    correlation = laid.correlation[textured]
    return {
        "agreeing": _log(candidate.agreeing),
        "agreeing_share": _log(candidate.agreeing / max(candidate.matches, 1)),
        "step": _log(rough.last_step),
        "inside": _log(float(laid.inside.mean()), 0.02),
        "textured": _log(float(textured.sum()), 1),
        "good": _log(1 - float((correlation > GOOD).mean()), 0.02),
        "bad": _log(float((correlation < BAD).mean()), 0.02),
        **_shape(rough.fit @ to_units(one), one.half),
        **_spread("coarse", 1 - correlation, 0.01),
        **_spread("alone", _solved(_sums(one, COARSEST, laid))[textured], 0.02),
    }


def least_power(one: Sheet) -> float:
    """Variance from which a block of the finest level has enough in it to compare, grey levels squared."""
    return max(LEAST_DEVIATION, PLAIN_SHARE * one.contrast) ** 2


def well_textured(one: Sheet, laid: Laid) -> NDArray[np.bool_]:
    """(n,): the blocks of the middle level that lie in both pictures and have enough in them for this picture."""
    return textured_blocks(one.level(MIDDLE), laid, MIDDLE_SHARE * least_power(one))


def displacement(one: Sheet, registered: Registered) -> Moved:
    """How far the blocks of `one` still have to move."""
    own = _sums(one, MIDDLE, registered.laid[MIDDLE])
    pooled = _pooled(one, registered.laid[MIDDLE], own)
    return Moved(_solved(own), _solved(pooled), _explained(own), _explained(pooled))


def _sums(one: Sheet, level: int, laid: Laid) -> Floats:
    """(6, n): what the displacement of a block is worked out from."""
    mine = one.level(level)
    left = residual(mine, laid)
    # Slopes are kept for a step of half the longer side; here a step is one pixel.
    right_x, right_y = (np.einsum("np,np->n", left, slope) / one.half for slope in mine.slopes)
    normal = mine.normal[:, ACROSS_DOWN][:, :, ACROSS_DOWN] / one.half**2
    squares = np.einsum("np,np->n", left, left)
    return np.stack([normal[:, 0, 0], normal[:, 1, 1], normal[:, 0, 1], right_x, right_y, squares])


def _pooled(one: Sheet, laid: Laid, own: Floats) -> Floats:
    """(6, n): each block's sums and those of its eight neighbours."""
    rows, columns = one.blocks
    padded = np.pad(np.where(laid.inside, own, 0).reshape(-1, rows, columns), ((0, 0), (1, 1), (1, 1)))
    down = padded[:, :-2] + padded[:, 1:-1] + padded[:, 2:]
    return np.asarray((down[:, :, :-2] + down[:, :, 1:-1] + down[:, :, 2:]).reshape(len(own), -1))


def overlaps(one: Sheet, other: Sheet, registered: Registered) -> tuple[float, float]:
    """Which share of each picture the other covers."""
    covered = float(pixels_inside(registered.laid[FINEST]).mean())
    area = abs(float(np.linalg.det(registered.transform))) / max(abs(float(registered.transform[2, 2])) ** 3, 1e-9)
    pixels = covered * one.shape[0] * one.shape[1]
    return covered, min(1.0, pixels * area / (other.shape[0] * other.shape[1]))


def evidence(
    other: str, candidate: CandidatePair, registered: Registered, moved: Moved, found: dict[str, float], score: float
) -> Evidence:
    """The evidence that is kept of a join."""
    laid = registered.laid[MIDDLE]
    textured = _or_all(laid.inside & (laid.correlation > BAD), laid.inside)
    return Evidence(
        other=other,
        method="registration",
        distance=float(np.median(moved.pooled[textured])),
        overlap=max(0.0, min(1.0, math.exp(found["overlap"]) - 0.02)),
        score=score,
        mirrored=candidate.mirrored,
    )


def _solved(sums: Floats) -> Floats:
    """Length of the displacement that explains the residual of a block, drawn towards none."""
    xx, yy, xy, rx, ry, _ = sums
    believed = 0.02 * (xx + yy) + BLOCK * BLOCK * 0.5
    one, two = xx + believed, yy + believed
    determinant = one * two - xy * xy
    return np.asarray(np.hypot((two * rx - xy * ry) / determinant, (one * ry - xy * rx) / determinant), np.float32)


def _explained(sums: Floats) -> Floats:
    """Share of a block's residual that a displacement takes away: little of noise, most of what has really moved."""
    xx, yy, xy, rx, ry, squares = sums
    determinant = np.maximum(xx * yy - xy * xy, 1e-6 * xx * yy + 1e-6)
    taken = (yy * rx * rx - 2 * xy * rx * ry + xx * ry * ry) / determinant
    return np.asarray(np.clip(taken / np.maximum(squares, 1e-3), 0, 1), np.float32)


def _shape(transform: Doubles, half: float) -> dict[str, float]:
    """Turn, shear, change of aspect, perspective and scale of a transform."""
    transform = transform / transform[2, 2]
    linear = transform[:2, :2]
    turn = math.atan2(linear[1, 0] - linear[0, 1], linear[0, 0] + linear[1, 1])
    across, along = float(np.hypot(*linear[:, 0])), float(np.hypot(*linear[:, 1]))
    shear = abs(float(linear[:, 0] @ linear[:, 1])) / max(across * along, 1e-9)
    bend = float(np.hypot(transform[2, 0], transform[2, 1])) * half
    return {
        "turn": _log(abs(turn), 0.01),
        "shear": _log(shear, 0.01),
        "aspect": _log(abs(math.log(max(across, 1e-6) / max(along, 1e-6))), 0.01),
        "bend": _log(bend, 0.01),
        "scale": abs(math.log(max((across * along) ** 0.5, 1e-3))),
    }


def _global(one: Sheet, laid: Laid) -> float:
    """Correlation of all that lies in both pictures."""
    mine, inside = one.level(FINEST), pixels_inside(laid)
    here = (mine.centred + mine.mean[:, None])[inside]
    there = (laid.theirs + laid.their_mean[:, None])[inside]
    if here.std() < 0.5 or there.std() < 0.5:  # noqa: PLR2004 - grey levels: nothing to correlate
        return 0.0
    return float(np.corrcoef(here, there)[0, 1])


def _spread(name: str, values: Floats, least: float) -> dict[str, float]:
    return {
        f"{name}_{percent}": _log(value, least)
        for percent, value in zip(QUANTILES, quantiles(values, QUANTILES), strict=True)
    }


def _or_all(wanted: NDArray[np.bool_], otherwise: NDArray[np.bool_]) -> NDArray[np.bool_]:
    return wanted if wanted.sum() >= LEAST_TEXTURED else otherwise


def _log(value: float, least: float = 1e-3) -> float:
    return math.log(max(value, 0.0) + least)
