"""What the statistics of `deduplicating.evidence` mean, for people; one without a meaning here is shown by its name."""

from __future__ import annotations

MEANINGS = {
    "agreeing": "matching points that agree on one transform",
    "agreeing_share": "their share of all matching points",
    "agreeing_density": "their number for the area that both pictures show",
    "overlap_one": "share of the first picture that the second covers",
    "overlap_other": "share of the second picture that the first covers",
    "overlap": "the smaller of the two shares",
    "textured": "blocks with something to compare",
    "textured_fine": "the same at the finest level",
    "global": "how far brightness as a whole is from agreeing",
    "good": "share of blocks that do not plainly agree",
    "bad": "share of blocks that plainly disagree",
    "still": "share of blocks that have moved",
    "moved": "mean displacement of a block with its neighbours",
    "gain_spread": "how differently blocks were brightened",
    "turn": "by how much one picture is turned",
    "shear": "by how much it is sheared",
    "aspect": "by how much its sides are stretched differently",
    "bend": "by how much its perspective differs",
    "scale": "by how much it is enlarged or reduced",
}
FAMILIES = {
    "fine": "disagreement of the finest blocks, {0} % of them below it",
    "middle": "disagreement of the blocks, {0} % of them below it",
    "coarse": "disagreement of the coarsest blocks, {0} % of them below it",
    "alone": "displacement of the blocks, {0} % of them below it",
    "pooled": "displacement of the blocks with their neighbours, {0} % of them below it",
    "explained": "share of what blocks differ by that moving them would explain, {0} % of them below it",
    "explained_pooled": "what moving blocks and neighbours together would explain, {0} % of them below it",
}


def meaning(name: str) -> str:
    """What a statistic says; nothing for one that is not known here."""
    family, _, quantile = name.rpartition("_")
    if quantile.isdigit() and family in FAMILIES:
        return FAMILIES[family].format(quantile)
    return MEANINGS.get(name, "")
