"""Score and order: which picture opens a hotel, and which comes next. Pure functions of values."""

from image_release.rank.order import PRIORITISING_VERSION, Contender, Part, Ranked, Score, prioritise
from image_release.rank.parts import Counted, partner_value

__all__ = ["PRIORITISING_VERSION", "Contender", "Counted", "Part", "Ranked", "Score", "partner_value", "prioritise"]
