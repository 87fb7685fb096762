"""The corpus: is it the same picture? Labels that people gave, and measures of the grouping against them."""

from image_release.corpus.evaluate import Cost, Evaluation, evaluate
from image_release.corpus.labels import CorpusUnreadableError, LabelledImage, read_labels
from image_release.corpus.making import Original, Recipe, RecipeError, make, read_originals, read_recipe
from image_release.corpus.measures import Measures, Placed, WrongGroup, measure

__all__ = [
    "CorpusUnreadableError",
    "Cost",
    "Evaluation",
    "LabelledImage",
    "Measures",
    "Original",
    "Placed",
    "Recipe",
    "RecipeError",
    "WrongGroup",
    "evaluate",
    "make",
    "measure",
    "read_labels",
    "read_originals",
    "read_recipe",
]
