"""The meanings of the statistics of `dedup.evidence`, as the report shows them."""

from __future__ import annotations

MEANINGS = {
    "agreeing": "matching points that agree on one transform",
    "agreeing_share": "share of the matching points that agree",
    "agreeing_density": "number of agreeing points per area that both images show",
    "overlap_one": "share of the first image that the second one covers",
    "overlap_other": "share of the second image that the first one covers",
    "overlap": "the smaller of the two shares",
    "textured": "number of blocks with enough texture to compare",
    "textured_fine": "number of textured blocks at the finest level",
    "global": "disagreement of brightness over the whole image",
    "good": "share of blocks that do not clearly agree",
    "bad": "share of blocks that clearly disagree",
    "still": "share of blocks that have moved",
    "moved": "mean displacement of a block with its neighbours",
    "gain_spread": "difference in brightening between blocks",
    "turn": "angle by which one image is turned",
    "shear": "amount by which it is sheared",
    "aspect": "difference in stretching between its sides",
    "bend": "difference in perspective",
    "scale": "factor by which it is enlarged or reduced",
}
FAMILIES = {
    "fine": "disagreement of the finest blocks, {0} % of them below it",
    "middle": "disagreement of the blocks, {0} % of them below it",
    "coarse": "disagreement of the coarsest blocks, {0} % of them below it",
    "alone": "displacement of the blocks, {0} % of them below it",
    "pooled": "displacement of the blocks with their neighbours, {0} % of them below it",
    "explained": "share of the blocks' difference that moving them would explain, {0} % of them below it",
    "explained_pooled": "share that moving a block with its neighbours would explain, {0} % of them below it",
}


def meaning(name: str) -> str:
    """The meaning of a statistic, or an empty string if it is unknown; the report then shows its name only."""
    family, _, quantile = name.rpartition("_")
    if quantile.isdigit() and family in FAMILIES:
        return FAMILIES[family].format(quantile)
    return MEANINGS.get(name, "")
