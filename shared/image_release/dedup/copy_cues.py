"""Compare the copies of one photograph: the cues from which the best image is chosen.

Each cue is a plain number under the name `theme.cue`. Fitted weights say which way it counts, and how much
(`best_image`). There are three kinds of cues. Single cues describe one copy; they mean something only beside the same
cue of another copy. Pair cues are measured between two aligned copies: which one shows more, and which one has edges or
is smooth where the two disagree. Odd cues tell which of three or more copies differs from the others; with two copies
this cannot be known.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

from image_release.dedup.alignment import AlignedCopy, align_copies
from image_release.dedup.blocks import BLOCK, mean_products, whole_image
from image_release.dedup.border_cues import BORDER_CUES, FRAMED, PlacedFile, border_cues
from image_release.dedup.change_cues import CHANGE_CUES, change_cues
from image_release.dedup.mark_cues import MARK_CUES, mark_cues
from image_release.dedup.quantiles import quantiles
from image_release.fingerprint import BAND_MIDDLES, Fingerprint
from image_release.values import ImageFacts

Floats = NDArray[np.float32]
Flags = NDArray[np.bool_]

MOST_WITNESSES = 8
"""Maximum number of other copies that a copy is compared with: the first ones."""
LEAST_SHARED = 12
"""Minimum number of blocks that two copies must have in common to be compared."""
STANDARD_ASPECTS = tuple(math.log(aspect) for aspect in (1.0, 5 / 4, 4 / 3, 3 / 2, 16 / 9))
"""Logarithms of the aspect ratios of cameras and websites; a crop, a bar or a stretch rarely leads to one of them."""
CAMERA_ASPECTS = tuple(math.log(aspect) for aspect in (4 / 3, 3 / 2))
"""The same of cameras alone; websites stretch and crop to the other ones."""
ASPECT_REACH = 0.06
"""Maximum distance from a standard aspect that counts, as a logarithm."""
MOST_AT_THE_END = 0.15
"""Maximum root of the share of black or white pixels that counts. If there are more, the photograph shows night or
snow."""
LIKE_SCALE = 0.12
"""Maximum logarithm of the zoom at which the edges of two copies are compared; sampling at another scale changes them.
"""
MOST_STEEPER = 0.5
"""Maximum logarithm of the ratio of two copies' steepness that counts."""
MOST_PEAK = 0.15
"""Maximum difference between the peaks of two copies that counts."""
PEAK_REACH = 0.4
"""Logarithm of the ratio of two drafts' scales from which their peaks are not compared: the smaller one has lost its
grain."""
RATIOS = (-0.5, 0.0, 0.5, 1.0)
"""Bounds between the classes of blocks that disagree: logarithm of one copy's contrast in the block over the other's.
"""
LOG_FREQUENCIES = np.log(BAND_MIDDLES)
FINEST = 0.45
"""Frequency of the finest detail that is compared, in cycles a pixel of the coarser draft."""
COARSER = {"finest": 0.0, "finer": 0.35, "fine": 0.75}
"""By how much coarser than FINEST the compared details are, as a logarithm."""
COARSEST = 1.6
"""The same for the detail that the power of the others is divided by."""
SLOPES = ((5, 3), (3, 1), (1, 0), (7, 3))
"""Pairs of bands between which the slope of the spectrum is measured."""
USUAL_SLOPE = -0.8
"""Slope of an ordinary photograph, in log10 of the power."""
CLOSE_CUES = (*MARK_CUES, *CHANGE_CUES, *BORDER_CUES)
"""Cues of two copies that are compared closely."""


class ComparedCopies:
    """The copies of one photograph and the cues of each, in order. The first copy is the reference.

    Each copy is compared with the first few others. In `cues` the CLOSE_CUES are 0: they cost most, and `closely`
    measures them, for two copies at a time.
    """

    def __init__(self, fingerprints: Sequence[Fingerprint], facts: Sequence[ImageFacts]) -> None:
        self._copies = align_copies(fingerprints, facts, 0)
        self._fingerprints = fingerprints
        self._shape = fingerprints[0].working.grey.shape
        copies = self._copies
        finenesses = [_fineness(copy, fingerprint) for copy, fingerprint in zip(copies, fingerprints, strict=True)]
        self.cues: list[dict[str, float]] = []
        for index, (fingerprint, fact) in enumerate(zip(fingerprints, facts, strict=True)):
            others = [other for other in range(len(copies)) if other != index][:MOST_WITNESSES]
            pairs = [pair_cues(copies[index], copies[other], fingerprint, fingerprints[other]) for other in others]
            self.cues.append(
                {
                    **single_cues(fingerprint, fact, finenesses[index] - min(finenesses)),
                    **{name: sum(pair[name] for pair in pairs) / len(pairs) for name in PAIR_CUES},
                    **odd_cues(index, others, copies, fingerprints),
                    **dict.fromkeys(CLOSE_CUES, 0.0),
                }
            )

    def closely(self, one: int, other: int) -> tuple[Mapping[str, float], Mapping[str, float]]:
        """Compare two copies, by their indices, closely: the CLOSE_CUES of each of them beside the other."""
        copies = self._copies[one], self._copies[other]
        both = copies[0].inside & copies[1].inside
        _, sure, gain = _agreement(*copies, both) if both.sum() >= LEAST_SHARED else (None, both, 1.0)
        mine, theirs, shared = self._pixels(one), self._pixels(other), self._in_pixels(both)
        found = {
            **mark_cues(mine, theirs, gain, self._in_pixels(sure), shared),
            **change_cues(mine, theirs, shared, copies[0].aspect - copies[1].aspect),
            **self._borders(one, other),
        }
        return found, {name: -value for name, value in found.items()}

    def _borders(self, one: int, other: int) -> dict[str, float]:
        files = []
        for index in (one, other):
            (height, width), place = self._fingerprints[index].working.grey.shape, self._copies[index].to_reference
            if place is None:
                return dict.fromkeys(BORDER_CUES, 0.0)
            files.append(PlacedFile((height, width), self._fingerprints[index].working.inside, place))
        return border_cues(*files)

    def _pixels(self, index: int) -> Floats:
        copy = self._copies[index]
        return whole_image(copy.centred + copy.mean[:, None], self._shape).astype(np.float32, copy=False)

    def _in_pixels(self, blocks: Flags) -> Flags:
        return whole_image(np.repeat(blocks[:, None], BLOCK * BLOCK, axis=1), self._shape).astype(np.bool_, copy=False)


def single_cues(fingerprint: Fingerprint, facts: ImageFacts, finer: float) -> dict[str, float]:
    """Cues of one copy; `finer` is the logarithm of its draft's scale over that of the coarsest copy.

    A smaller copy has lost the grain of its original, and must not be taken for cleaner because of that. So noise is
    reduced to what would be left of it at the scale of the coarsest copy, and a spectrum counts as flat only if it is
    flat at that scale too.
    """
    cues, spectrum = fingerprint.cues, fingerprint.cues.spectrum
    left, top, right, bottom = fingerprint.working.inside
    share = (right - left) * (bottom - top)
    framed = share < FRAMED
    found = {
        "size.bytes": math.log(max(facts.bytes, 1)),
        "size.pixels": math.log(facts.pixels),
        "quality.step": math.log(cues.step + 1),
        "quality.blockiness": min(2.0, cues.blockiness),
        "border.share": math.log(max(share, 0.05)),
        "border.framed": float(framed),
        "border.plain": framed * max(0.0, 1 - cues.border / 4),
        "border.corners": min(2.0, cues.corners / 20),
        "noise.flattest": max(0.0, math.log(cues.noise * math.exp(-finer) + 0.3) - 0.7),
        "colour.saturation": math.log(cues.saturation + 2),
        "colour.grey": float(cues.saturation < 3),  # noqa: PLR2004 - grey levels: JPEG's own error
        "colour.tint": cues.tint / 32,
        "tone.black": min(MOST_AT_THE_END, math.sqrt(cues.black)),
        "tone.white": min(MOST_AT_THE_END, math.sqrt(cues.white)),
        "tone.full": min(MOST_AT_THE_END, math.sqrt(cues.full)),
        "tone.spread": math.log(fingerprint.contrast + 4),
        "tone.dark": max(0.0, 80 - cues.brightness) / 40,
        "shape.inside": _from_standard(facts.width * (right - left), facts.height * (bottom - top)),
        "shape.frame": _from_standard(facts.width, facts.height)
        - _from_standard(facts.width * (right - left), facts.height * (bottom - top)),
        "shape.camera": _from_standard(facts.width * (right - left), facts.height * (bottom - top), CAMERA_ASPECTS),
    }
    for high, low in SLOPES:
        coarse = _power(spectrum, LOG_FREQUENCIES[high] - finer) - _power(spectrum, LOG_FREQUENCIES[low] - finer)
        slope = min(spectrum[high] - spectrum[low], coarse)
        found[f"sharpness.slope_{high}{low}"] = slope
        found[f"sharpness.slope_{high}{low}_squared"] = (slope - USUAL_SLOPE) ** 2
    return found


PAIR_CUES = (
    "tone.contrast", "marks.extra", "marks.covered", "marks.hidden", "marks.flattened", "marks.roughened",
    "marks.steeper", "marks.steepest", *(f"marks.class_{number}" for number in range(len(RATIOS) + 1)),
    "whole.shown", "whole.shown_little", "noise.grain", "noise.smooth", "sharpness.edges",
    "sharpness.peak",
    *(f"sharpness.{name}" for name in COARSER),
)  # fmt: skip


def pair_cues(
    one: AlignedCopy, other: AlignedCopy, fingerprint: Fingerprint, other_fingerprint: Fingerprint
) -> dict[str, float]:
    """Cues of `one` beside `other`; all are 0 where the two have too few blocks in common."""
    both = one.inside & other.inside
    if both.sum() < LEAST_SHARED:
        return dict.fromkeys(PAIR_CUES, 0.0)
    correlation, sure, gain = _agreement(one, other, both)
    root = math.sqrt(gain)  # takes both to the mean contrast of the two
    mine, theirs = one.deviation[both] / root, other.deviation[both] * root
    steep, their_steep = one.steepness[both] / root, other.steepness[both] * root
    edges = _middle_ratio(one.steepness[sure] / root + 1, other.steepness[sure] * root + 1)
    shown = one.shown - other.shown
    finer = _fineness(one, fingerprint) - _fineness(other, other_fingerprint)
    of_one_scale = max(0.0, 1 - abs(finer) / PEAK_REACH)
    alike = max(abs(one.zoom), abs(other.zoom)) < LIKE_SCALE
    return {
        "tone.contrast": math.log(gain),
        "whole.shown": shown,
        "whole.shown_little": max(-1.0, min(1.0, 10 * shown)),
        "noise.grain": math.log((quantiles(mine, (10,))[0] + 0.5) / (quantiles(theirs, (10,))[0] + 0.5)),
        "noise.smooth": _grain(mine, theirs),
        "sharpness.edges": max(-MOST_STEEPER, min(MOST_STEEPER, math.log(edges))) if alike else 0.0,
        "sharpness.peak": of_one_scale
        * max(-MOST_PEAK, min(MOST_PEAK, fingerprint.cues.peak - other_fingerprint.cues.peak)),
        **_marks(mine, theirs, np.clip(correlation[both], 0, 1), np.log((steep / edges + 6) / (their_steep + 6))),
        **_detail(one, other, fingerprint, other_fingerprint),
    }


def _agreement(one: AlignedCopy, other: AlignedCopy, both: Flags) -> tuple[Floats, Flags, float]:
    """(n,) each: the correlation of the blocks, which ones plainly agree, and the ratio of their contrasts."""
    correlation = mean_products(one.centred, other.centred)
    correlation /= one.deviation * other.deviation + 2
    sure = both & (correlation > 0.7) & (one.deviation > 3) & (other.deviation > 2)  # noqa: PLR2004 - plainly the same block
    sure = sure if sure.sum() >= LEAST_SHARED // 2 else both
    return correlation, sure, _middle_ratio(one.deviation[sure] + 0.5, other.deviation[sure] + 0.5)


def odd_cues(
    index: int, others: Sequence[int], copies: Sequence[AlignedCopy], fingerprints: Sequence[Fingerprint]
) -> dict[str, float]:
    """How far a copy is from the median of the others, 0…1; all are 0 where fewer than three copies are aligned."""
    known = [other for other in others if copies[other].inside.any()]
    if len(known) < 2 or not copies[index].inside.any():  # noqa: PLR2004 - of two copies, either may be the odd one
        return dict.fromkeys(ODD_CUES, 0.0)

    def away(values: Mapping[int, float], most: float) -> float:
        return min(1.0, abs(values[index] - float(np.median([values[other] for other in known]))) / most)

    asked = [index, *known]
    inside = {each: copies[each].inside for each in asked}
    return {
        "tone.odd": away({each: float(copies[each].mean[inside[each]].mean()) for each in asked}, 64),
        "tone.odd_contrast": away(
            {each: math.log(float(copies[each].deviation[inside[each]].mean()) + 1) for each in asked}, 1
        ),
        "colour.odd": away({each: math.log(fingerprints[each].cues.saturation + 4) for each in asked}, 1),
        "shape.odd": away({each: copies[each].aspect for each in asked}, 0.25),
        "shape.odd_turn": away({each: copies[each].turn for each in asked}, 0.1),
        "shape.odd_way": away({each: float(copies[each].mirrored) for each in asked}, 1),
    }


ODD_CUES = ("tone.odd", "tone.odd_contrast", "colour.odd", "shape.odd", "shape.odd_turn", "shape.odd_way")


def _marks(mine: Floats, theirs: Floats, correlation: Floats, steeper: Floats) -> dict[str, float]:
    """Cues of marks: where two copies disagree, which one has extra edges, and which one is smooth.

    A mark adds edges to one copy. A bar removes the texture of what it covers. `mine` and `theirs` are the contrasts
    (n,) of the blocks in common, in grey levels; `steeper` (n,) is the logarithm of the ratio of their steepness.
    """
    count = len(mine)
    unexplained = np.sqrt(1 - correlation**2)
    kept = np.clip(correlation * mine / np.maximum(theirs, 1), 0, 1)
    textured = theirs > 4  # noqa: PLR2004 - grey levels
    ratio = np.log((mine + 2) / (theirs + 2))
    rough = np.maximum(mine, theirs) > 4  # noqa: PLR2004
    disagree = rough & (correlation < 0.75)  # noqa: PLR2004
    plainly = rough & (correlation < 0.6)  # noqa: PLR2004
    counts = np.bincount(np.digitize(ratio[plainly], RATIOS), minlength=len(RATIOS) + 1)
    worst = np.sort(np.clip(np.where(disagree, steeper, 0), 0, 2))[-6:]
    return {
        "marks.extra": float(np.clip((mine - theirs) * unexplained - 1, 0, 12).sum()) / count / 4,
        "marks.covered": float((1 - kept)[textured].sum()) / max(float(textured.sum()), 10.0),
        "marks.hidden": 5 * float(((kept < 0.5) & (theirs > 5) & (ratio < 0)).sum()) / count,  # noqa: PLR2004
        "marks.flattened": 5 * float(((mine < 2) & (theirs > 6)).sum()) / count,  # noqa: PLR2004
        "marks.roughened": 5 * float(((theirs < 2) & (mine > 5)).sum()) / count,  # noqa: PLR2004
        "marks.steeper": 5 * float(np.clip(steeper, 0, 1.5)[disagree].sum()) / count,
        "marks.steepest": float(worst.mean()),
        **{f"marks.class_{number}": math.sqrt(float(found) / count) for number, found in enumerate(counts)},
    }


def _grain(mine: Floats, theirs: Floats) -> float:
    """Logarithm of the ratio of the contrasts where both are smoothest: noise that was added or smoothed away."""
    least = np.minimum(mine, theirs)
    smooth = least <= max(2.0, *quantiles(least, (15,)))
    return math.log(_middle_ratio(mine[smooth] + 0.5, theirs[smooth] + 0.5))


def _detail(
    one: AlignedCopy, other: AlignedCopy, fingerprint: Fingerprint, other_fingerprint: Fingerprint
) -> dict[str, float]:
    """Power of the finest detail that both files can hold, relative to coarser detail, of one copy minus the other."""
    sides = [
        (_fineness(copy, item), item.cues.spectrum) for copy, item in ((one, fingerprint), (other, other_fingerprint))
    ]
    finest = min(fineness for fineness, _ in sides) + math.log(FINEST)

    def power(coarser: float) -> float:
        mine, theirs = (_power(spectrum, finest - coarser - fineness) for fineness, spectrum in sides)
        return mine - theirs

    coarsest = power(COARSEST)
    return {f"sharpness.{name}": power(coarser) - coarsest for name, coarser in COARSER.items()}


def _fineness(copy: AlignedCopy, fingerprint: Fingerprint) -> float:
    """Logarithm of the scale of a copy's draft, on which its cues were measured, against the reference."""
    return copy.density / 2 + math.log(max(fingerprint.cues.scale, 1e-3))


def _power(spectrum: Sequence[float], log_frequency: float) -> float:
    """log10 of the power at a frequency, interpolated between the bands."""
    return float(np.interp(log_frequency, LOG_FREQUENCIES, spectrum))


def _middle_ratio(mine: Floats, theirs: Floats) -> float:
    """Median of the ratios of two arrays (n,)."""
    return math.exp(*quantiles(np.log(mine / theirs), (50,)))


def _from_standard(width: float, height: float, standards: Sequence[float] = STANDARD_ASPECTS) -> float:
    """Distance of an aspect ratio from the nearest standard one, as a logarithm, 0…0.06."""
    aspect = abs(math.log(max(width, 1) / max(height, 1)))
    return min(ASPECT_REACH, *(abs(aspect - standard) for standard in standards))
