"""Score and order of a hotel's pictures: which one comes first, and which next. Pure functions of values."""

from image_release.rank.order import PRIORITISING_VERSION, Ranker, pinned_places, prioritise
from image_release.rank.pictures import PictureToRank, Score, ScoredPicture, ScorePart
from image_release.rank.score_parts import CategoryScorer, LabelPoints, partner_value

__all__ = [
    "PRIORITISING_VERSION",
    "CategoryScorer",
    "LabelPoints",
    "PictureToRank",
    "Ranker",
    "Score",
    "ScorePart",
    "ScoredPicture",
    "partner_value",
    "pinned_places",
    "prioritise",
]
