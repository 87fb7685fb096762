"""Explains in one sentence why two images were joined or kept apart."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

import numpy as np

from image_release.dedup import AlignedPair, Blocks, Difference, Explanation, grouping_method
from image_release.settings import GroupingSettings

AGREES = 0.7
"""Correlation above which a block clearly agrees."""
DISAGREES = 0.3
"""Correlation below which a block clearly disagrees."""
STILL_PX = 0.2
"""Displacement below which a block counts as not moved. The typical block of a copy moves by less than 0.15 pixels."""
SECOND_SHOT_PX = 0.3
"""Displacement of the typical block above which the pair looks like two shots."""
LEAST_MOVED = 0.25
"""Share of the blocks that are displaced if the camera moved; with fewer, it only turned."""
LIGHT_CHANGED = 16.0
"""Grey levels that one tone curve leaves, from which on the light of a block changed."""
CLEARLY_COPIES = 3.5
"""Score from which on two images look like copies. If they are apart, this is not because one is another shot."""
MIN_TEXTURED = 5
"""Minimum number of textured blocks; with fewer, all blocks inside both images count."""


class Reason(StrEnum):
    """Why two images are joined or apart."""

    DIRECTLY = "directly"
    BY_OTHERS = "by others"
    SAME_BYTES = "same bytes"
    APART = "apart"
    REJECTED = "rejected"


@dataclass(frozen=True, slots=True)
class Verdict:
    """The decision about a pair. `detail` says why an image was rejected before grouping."""

    reason: Reason
    detail: str = ""

    @property
    def joined(self) -> bool:
        """Whether the two are one picture."""
        return self.reason in (Reason.DIRECTLY, Reason.BY_OTHERS, Reason.SAME_BYTES)


def sentence(explanation: Explanation, verdict: Verdict, settings: GroupingSettings) -> str:
    """The sentence at the top of the page of a pair."""
    if verdict.reason is Reason.SAME_BYTES:
        return "Joined: the two files hold the same bytes."
    if verdict.reason is Reason.REJECTED:
        return f"Not compared: {verdict.detail}."
    if grouping_method(settings).compares_hashes:
        return _by_hashes(int(explanation.hash_distances.min()), verdict, settings)
    seen = observation(explanation)
    score = explanation.aligned.evidence.score if explanation.aligned else None
    if verdict.reason is Reason.BY_OTHERS:
        alone = "" if score is None else f"; on their own these two score {_number(score)}"
        if explanation.given_up(settings):
            alone = "; on their own these two are rejected after coarse alignment"
        return f"Joined through other images of the group: {seen}{alone}."
    if verdict.reason is Reason.DIRECTLY and score is not None:
        return f"Joined: {seen}; score {_number(score)}, {_enough(score, settings)}."
    start = "Kept apart"
    if is_another_shot(explanation):
        start = "Not one photograph, but the same view"
        seen = same_view_observation(explanation.aligned) if explanation.aligned else seen
    return f"{start}: {seen}{_too_little(explanation, score, settings)}."


def is_another_shot(explanation: Explanation) -> bool:
    """Whether two images that are apart show one view, and do not look like copies."""
    aligned = explanation.aligned
    return explanation.is_same_view and (aligned is None or aligned.evidence.score < CLEARLY_COPIES)


def same_view_observation(aligned: AlignedPair) -> str:
    """What tells two photographs of one view apart, with the number that shows it, and a thing if there is one."""
    is_named = aligned.difference is Difference.THINGS
    return _what_changed(aligned) + ("" if is_named else _thing(aligned, "and"))


def _what_changed(aligned: AlignedPair) -> str:
    blocks = aligned.blocks
    counted = significant_blocks(blocks)
    if aligned.difference is Difference.LIGHT:
        share = _share(np.abs(blocks.light[blocks.inside]) > LIGHT_CHANGED)
        return f"the light changed in parts; {share} of the blocks are brighter or darker than any exposure explains"
    if aligned.difference is Difference.THINGS:
        agree, disagree = _share(blocks.correlation[counted] > AGREES), _share(blocks.correlation[counted] < DISAGREES)
        return f"things moved, came or went; {disagree} of the textured blocks disagree, while {agree} agree"
    moved = blocks.displacement[counted] > STILL_PX
    if moved.mean() < LEAST_MOVED:
        shared = f"{aligned.evidence.overlap:.0%}".replace("%", " %")
        return f"the camera turned; the two align, but only {shared} of one is in the other"
    return f"the camera moved; {_share(moved)} of the textured blocks are displaced by more than {STILL_PX} px"


def _thing(aligned: AlignedPair, link: str) -> str:
    return f", {link} a part looks like a thing that moved, came or went" if aligned.has_thing else ""


def _by_hashes(bits: int, verdict: Verdict, settings: GroupingSettings) -> str:
    """The sentence where hashes decide."""
    seen = f"the nearest two of their 36 crops differ in {bits} of 64 bits"
    if verdict.reason is Reason.BY_OTHERS:
        return f"Joined through other images of the group: {seen}."
    allowed = f"{settings.max_bits} may differ"
    if verdict.joined:
        return f"Joined: {seen}; {allowed}."
    if bits > settings.max_bits:
        return f"Kept apart: {seen}; only {allowed}."
    return f"Kept apart: {seen} and {allowed}, but the hotel's other images or a person decided otherwise."


def observation(explanation: Explanation) -> str:
    """What the comparison of the two images found."""
    if explanation.aligned is None:
        if explanation.agreeing:
            return f"{explanation.agreeing} matching points agree on an alignment, but the aligned images disagree"
        return "too few matching points agree on an alignment"
    mirrored = " (one of them is mirrored)" if explanation.mirrored else ""
    moved = explanation.aligned.evidence.distance
    second_shot = ", as between two shots" if moved > SECOND_SHOT_PX else ""
    share = agreeing_share(explanation.aligned.blocks)
    thing = _thing(explanation.aligned, "but")
    return (
        f"after alignment{mirrored}, {share:.0%} of the textured blocks agree "
        f"and the typical block has moved by {moved:.2f} px{second_shot}{thing}"
    ).replace("%", " %")


def facts(aligned: AlignedPair) -> list[tuple[str, str]]:
    """The numbers behind the sentence, as (name, value)."""
    blocks = aligned.blocks
    textured = significant_blocks(blocks)
    still = float((blocks.displacement[textured] < STILL_PX).mean()) if textured.any() else 0.0
    return [
        ("textured blocks that agree", f"{agreeing_share(blocks):.0%} of {int(textured.sum())}"),
        ("textured blocks that have not moved", f"{still:.0%}"),
        ("typical displacement", f"{aligned.evidence.distance:.3f} px of the working image"),
        ("overlap as a share of the smaller image", f"{aligned.evidence.overlap:.0%}"),
    ]


def agreeing_share(blocks: Blocks) -> float:
    """Share of the significant blocks that clearly agree."""
    textured = significant_blocks(blocks)
    return float((blocks.correlation[textured] > AGREES).mean()) if textured.any() else 0.0


def significant_blocks(blocks: Blocks) -> np.ndarray[tuple[int, ...], np.dtype[np.bool_]]:
    """Mask of the blocks that count: the textured ones, or all inside both images if hardly any is textured."""
    return blocks.textured if blocks.textured.sum() >= MIN_TEXTURED else blocks.inside


def _share(found: np.ndarray[tuple[int, ...], np.dtype[np.bool_]]) -> str:
    return f"{float(found.mean()) if found.size else 0.0:.0%}".replace("%", " %")


def _enough(score: float, settings: GroupingSettings) -> str:
    clear, single = _number(settings.clear_score, "g"), _number(settings.single_score, "g")
    if score >= settings.clear_score:
        return f"which is clear (from {clear} on)"
    if score >= settings.single_score:
        return f"at least {single}, which is enough for two single images or if other pairs agree"
    return f"less than the {single} that two single images need, but other pairs of the two groups agree"


def _too_little(explanation: Explanation, score: float | None, settings: GroupingSettings) -> str:
    """Why the score of a pair that was kept apart was not enough."""
    if explanation.given_up(settings):
        return "; rejected after coarse alignment"
    if score is None:
        return ""
    if explanation.is_pattern:
        return ", but they show a regular pattern and fit as well at another place"
    if explanation.is_collage and score >= settings.least_score:
        return ", but one of them shows the other one, or a part of it, beside other pictures"
    if explanation.needs_more and score < settings.bridge_score + explanation.needs_more:
        needed = _number(settings.bridge_score + explanation.needs_more, "g")
        why = f"but only {explanation.agreeing} matching points agree, so {needed} was needed"
    elif score < settings.single_score:
        why = f"needed {_number(settings.single_score, 'g')}"
    elif score < settings.clear_score:
        clear = _number(settings.clear_score, "g")
        why = f"less than the clear score ({clear}), and other pairs of the two groups do not support it"
    elif score < settings.bridge_score:
        bridge = _number(settings.bridge_score, "g")
        why = f"but no other pair of the two groups supports it (it might be a collage), so {bridge} was needed"
    else:
        why = "but the hotel's other images decided otherwise"
    return f"; score {_number(score)}, {why}"


def _number(score: float, form: str = ".1f") -> str:
    return format(score, form).replace("-", "−")
