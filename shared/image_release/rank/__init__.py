"""Score and order: which picture opens a hotel, and which comes next. Pure functions of values."""

from image_release.rank.order import PRIORITISING_VERSION, Contender, Ranked, Score, ScorePart, prioritise
from image_release.rank.parts import Counted, partner_value

__all__ = [
    "PRIORITISING_VERSION",
    "Contender",
    "Counted",
    "Ranked",
    "Score",
    "ScorePart",
    "partner_value",
    "prioritise",
]
