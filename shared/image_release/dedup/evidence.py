"""Evidence: statistics of a registered pair, and the score that says how likely it shows the same photograph.

The statistics are those that separated copies from look-alikes on labelled corpora. The score follows from logistic
regressions over their logarithms (`weights`). A score above 0 speaks for the same photograph, below 0 against it.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from image_release.dedup.blocks import AGREES, DISAGREES
from image_release.dedup.displacement import Displacements, block_sums, solved_shift
from image_release.dedup.matching import CandidatePair
from image_release.dedup.prepared_image import COARSEST, FINEST, MIDDLE, PreparedImage
from image_release.dedup.quantiles import log_quantiles, logarithm, quantiles
from image_release.dedup.registration import (
    LEAST_TEXTURE,
    AlignedBlocks,
    Alignment,
    Registered,
    pixels_inside,
    textured_blocks,
)
from image_release.dedup.second_shot import second_shot_statistics
from image_release.dedup.texture import least_variance, well_textured

Floats = NDArray[np.float32]
Doubles = NDArray[np.float64]

LEAST_TEXTURED = 5
"""Minimum number of blocks that a statistic is computed from; with fewer, all blocks inside both images are used."""


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
        "agreeing": logarithm(pair.agreeing),
        "agreeing_share": logarithm(pair.agreeing / max(pair.matches, 1)),
        "agreeing_density": logarithm(pair.agreeing / max(shared_one, 0.05)),
        "overlap_one": logarithm(shared_one, 0.02),
        "overlap_other": logarithm(shared_other, 0.02),
        "overlap": logarithm(min(shared_one, shared_other), 0.02),
        "textured": logarithm(float(textured.sum()), 1),
        "textured_fine": logarithm(float(textured_fine.sum()), 1),
        "global": logarithm(1 - _global(one, fine), 0.01),
        "good": logarithm(1 - float((correlation > AGREES).mean()), 0.02),
        "bad": logarithm(float((correlation < DISAGREES).mean()), 0.02),
        "still": logarithm(1 - float((pooled < 0.2).mean()), 0.02),  # noqa: PLR2004 - pixels
        "moved": logarithm(float(np.average(pooled, weights=weight)), 0.02),
        "gain_spread": logarithm(float(np.ptp(quantiles(gains, (25, 75)))), 0.02),
        **_shape(registered.transform, one.half),
        **second_shot_statistics(one, registered),
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
        found |= log_quantiles(name, values, added)
    return found


def coarse_features(one: PreparedImage, pair: CandidatePair, coarse: Alignment) -> dict[str, float]:
    """Features that decide, after coarse alignment, whether to refine a pair."""
    mine, aligned = one.level(COARSEST), coarse.blocks
    textured = textured_blocks(mine, aligned, LEAST_TEXTURE)
    textured = _or_all(textured, aligned.inside)
    correlation = aligned.correlation[textured]
    return {
        "agreeing": logarithm(pair.agreeing),
        "agreeing_share": logarithm(pair.agreeing / max(pair.matches, 1)),
        "step": logarithm(coarse.last_step),
        "inside": logarithm(float(aligned.inside.mean()), 0.02),
        "textured": logarithm(float(textured.sum()), 1),
        "good": logarithm(1 - float((correlation > AGREES).mean()), 0.02),
        "bad": logarithm(float((correlation < DISAGREES).mean()), 0.02),
        **_shape(coarse.transform @ one.to_units(), one.half),
        **log_quantiles("coarse", 1 - correlation, 0.01),
        **log_quantiles("alone", solved_shift(block_sums(one, COARSEST, aligned))[textured], 0.02),
    }


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
    textured = _or_all(aligned.inside & (aligned.correlation > DISAGREES), aligned.inside)
    return Evidence(
        other=other,
        method="registration",
        distance=float(np.median(displaced.pooled[textured])),
        overlap=max(0.0, min(1.0, math.exp(found["overlap"]) - 0.02)),
        score=score,
        mirrored=pair.mirrored,
    )


def _shape(transform: Doubles, half: float) -> dict[str, float]:
    """Statistics of a transform: turn, shear, change of aspect, perspective (bend) and scale."""
    transform = transform / transform[2, 2]
    linear = transform[:2, :2]
    turn = math.atan2(linear[1, 0] - linear[0, 1], linear[0, 0] + linear[1, 1])
    across, down = float(np.hypot(*linear[:, 0])), float(np.hypot(*linear[:, 1]))
    shear = abs(float(linear[:, 0] @ linear[:, 1])) / max(across * down, 1e-9)
    bend = float(np.hypot(transform[2, 0], transform[2, 1])) * half
    return {
        "turn": logarithm(abs(turn), 0.01),
        "shear": logarithm(shear, 0.01),
        "aspect": logarithm(abs(math.log(max(across, 1e-6) / max(down, 1e-6))), 0.01),
        "bend": logarithm(bend, 0.01),
        "scale": abs(math.log(max((across * down) ** 0.5, 1e-3))),
    }


def _global(one: PreparedImage, aligned: AlignedBlocks) -> float:
    """Correlation over all pixels that lie in both images."""
    mine, inside = one.level(FINEST), pixels_inside(aligned)
    here, there = mine.centred + mine.mean[:, None], aligned.centred + aligned.mean[:, None]
    here, there = (values.ravel() if inside.all() else values[inside] for values in (here, there))
    here -= here.mean()
    there -= there.mean()
    contrasts = math.sqrt(here @ here), math.sqrt(there @ there)
    if min(contrasts) < 0.5 * math.sqrt(len(here)):  # half a grey level: nothing to correlate
        return 0.0
    return float(here @ there) / (contrasts[0] * contrasts[1])


def _or_all(wanted: NDArray[np.bool_], otherwise: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """`wanted` if it has enough blocks, else `otherwise`."""
    return wanted if wanted.sum() >= LEAST_TEXTURED else otherwise
