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
    "scale": "logarithm of the factor by which it is enlarged or reduced",
}
FAMILIES = {
    "fine": "{0} % quantile of the disagreement of the finest blocks",
    "middle": "{0} % quantile of the disagreement of the blocks",
    "coarse": "{0} % quantile of the disagreement of the coarsest blocks",
    "alone": "{0} % quantile of the displacement of the blocks",
    "pooled": "{0} % quantile of the displacement of the blocks with their neighbours",
    "explained": "{0} % quantile of the share of a block's difference that moving it would explain",
    "explained_pooled": "{0} % quantile of the share that moving a block with its neighbours would explain",
}


def meaning(name: str) -> str:
    """The meaning of a statistic, or an empty string if it is unknown; the report then shows its name only."""
    family, _, quantile = name.rpartition("_")
    if quantile.isdigit() and family in FAMILIES:
        return FAMILIES[family].format(quantile)
    return MEANINGS.get(name, "")
