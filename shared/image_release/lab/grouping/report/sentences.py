"""Why two pictures were joined or kept apart, in one sentence that a person understands at once."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

import numpy as np

from image_release.dedup import AlignedPair, Blocks, Explanation
from image_release.settings import GroupingSettings

AGREES = 0.7
"""Correlation from which a block plainly agrees."""
STILL_PX = 0.2
"""Displacement up to which a block has not moved; a copy's typical block moves by less than 0.15 pixels."""
SHOT_PX = 0.3
"""A second shot's typical block moves by more."""
LEAST_TEXTURED = 5


class How(StrEnum):
    """How two images came to where they are."""

    DIRECTLY = "directly"
    BY_OTHERS = "by others"
    SAME_BYTES = "same bytes"
    APART = "apart"
    REJECTED = "rejected"


@dataclass(frozen=True, slots=True)
class Verdict:
    """What was decided of a pair; `reason` says why one was rejected before it could be grouped."""

    how: How
    reason: str = ""

    @property
    def joined(self) -> bool:
        """Whether the two are one picture."""
        return self.how in (How.DIRECTLY, How.BY_OTHERS, How.SAME_BYTES)


def sentence(explanation: Explanation, verdict: Verdict, settings: GroupingSettings) -> str:
    """The sentence over the page of a pair."""
    if verdict.how is How.SAME_BYTES:
        return "Joined: the two files hold the same bytes."
    if verdict.how is How.REJECTED:
        return f"Not compared: {verdict.reason}."
    seen = observation(explanation)
    score = explanation.aligned.evidence.score if explanation.aligned else None
    if verdict.how is How.BY_OTHERS:
        alone = "" if score is None else f"; on their own these two score {_number(score)}"
        if explanation.given_up(settings):
            alone = "; on their own these two are given up at the first look"
        return f"Joined by way of other images of the group: {seen}{alone}."
    if verdict.how is How.DIRECTLY and score is not None:
        return f"Joined: {seen}; score {_number(score)}, {_enough(score, settings)}."
    return f"Kept apart: {seen}{_too_little(explanation, score, settings)}."


def observation(explanation: Explanation) -> str:
    """What comparing the two has shown."""
    if explanation.aligned is None:
        if explanation.agreeing:
            return (
                f"{explanation.agreeing} points agree on how one could lie on the other, "
                "but laid over each other the pictures disagree"
            )
        return "too few points of the two agree on how one could lie on the other"
    mirrored = ", one of them mirrored" if explanation.mirrored else ""
    moved = explanation.aligned.evidence.distance
    second_shot = ", as in a second shot" if moved > SHOT_PX else ""
    share = agreeing_share(explanation.aligned.blocks)
    return (
        f"laid over each other{mirrored}, {share:.0%} of the textured blocks agree "
        f"and the typical block has moved by {moved:.2f} px{second_shot}"
    ).replace("%", " %")


def facts(aligned: AlignedPair) -> list[tuple[str, str]]:
    """The numbers behind the sentence."""
    blocks = aligned.blocks
    textured = telling(blocks)
    still = float((blocks.displacement[textured] < STILL_PX).mean()) if textured.any() else 0.0
    return [
        ("textured blocks that agree", f"{agreeing_share(blocks):.0%} of {int(textured.sum())}"),
        ("textured blocks that have not moved", f"{still:.0%}"),
        ("typical displacement", f"{aligned.evidence.distance:.3f} px of the working picture"),
        ("overlap of the smaller picture", f"{aligned.evidence.overlap:.0%}"),
    ]


def agreeing_share(blocks: Blocks) -> float:
    """Share of the blocks that say something which plainly agree."""
    textured = telling(blocks)
    return float((blocks.correlation[textured] > AGREES).mean()) if textured.any() else 0.0


def telling(blocks: Blocks) -> np.ndarray[tuple[int, ...], np.dtype[np.bool_]]:
    """The blocks that count: the textured ones, or all that lie in both pictures where hardly any is textured."""
    return blocks.textured if blocks.textured.sum() >= LEAST_TEXTURED else blocks.inside


def _enough(score: float, settings: GroupingSettings) -> str:
    clear, single = _number(settings.clear_score, "g"), _number(settings.single_score, "g")
    if score >= settings.clear_score:
        return f"needed {clear}"
    if score >= settings.single_score:
        return f"enough for two single images or where other pairs agree ({single})"
    return f"less than the {single} of two single images, but other pairs of the two groups agree"


def _too_little(explanation: Explanation, score: float | None, settings: GroupingSettings) -> str:
    """What a pair that was kept apart lacks."""
    if explanation.given_up(settings):
        return "; given up at the first look, when they were laid over each other roughly"
    if score is None:
        return ""
    if score < settings.single_score:
        why = f"needed {_number(settings.single_score, 'g')}"
    elif score < settings.clear_score:
        clear = _number(settings.clear_score, "g")
        why = f"not clear ({clear}), and other pairs of the two groups do not support it"
    elif score < settings.bridge_score:
        bridge = _number(settings.bridge_score, "g")
        why = f"but no other pair of the two groups supports it, as in a collage, which needs {bridge}"
    else:
        why = "but the hotel's other images decided otherwise"
    return f"; score {_number(score)}, {why}"


def _number(score: float, form: str = ".1f") -> str:
    return format(score, form).replace("-", "−")
