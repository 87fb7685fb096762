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
    "one_sided": "share of the textured blocks that have texture in one image only",
    "contradicting": "share of the blocks with texture in both images that disagree",
    "elsewhere": "share of the blocks in doubt that agree a few pixels away",
    "elsewhere_gain": "how much better blocks in doubt agree a few pixels away",
    "bend_sure": "how surely the transform has perspective",
    "bend_most": "perspective that the blocks allow at most",
    "skew_sure": "how surely the transform is more than cropping and resizing",
    "thing": "what a part that looks like a thing that moved, came or went takes from the score",
    "scale": "logarithm of the factor by which it is enlarged or reduced",
}
FAMILIES = {
    "fine": "{0} % quantile of the disagreement of the finest blocks",
    "middle": "{0} % quantile of the disagreement of the blocks",
    "coarse": "{0} % quantile of the disagreement of the coarsest blocks",
    "alone": "{0} % quantile of the displacement of the blocks",
    "pooled": "{0} % quantile of the displacement of the blocks with their neighbours",
    "together": "{0} % quantile of the disagreement of the blocks with their neighbours",
    "gain_left": "{0} % quantile of the change of contrast that neither tone nor place explains",
    "drift": "{0} % quantile of the displacement that no flat transform takes up",
    "drift_sure": "{0} % quantile of how sure that displacement is",
    "explained": "{0} % quantile of the share of a block's difference that moving it would explain",
    "explained_pooled": "{0} % quantile of the share that moving a block with its neighbours would explain",
}


def meaning(name: str) -> str:
    """The meaning of a statistic, or an empty string if it is unknown; the report then shows its name only."""
    family, _, quantile = name.rpartition("_")
    if quantile.isdigit() and family in FAMILIES:
        return FAMILIES[family].format(quantile)
    return MEANINGS.get(name, "")
