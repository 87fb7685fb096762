"""The corpus: is it the same picture? Labels that people gave, and measures of the grouping against them."""

from image_release.lab.grouping.evaluation import Cost, Evaluation, GroupedHotel, evaluate, evaluate_and_look
from image_release.lab.grouping.gate import FEW_PAIRS, GATE, missed
from image_release.lab.grouping.labels import CorpusUnreadableError, LabelledImage, read_labels
from image_release.lab.grouping.making import Original, Recipe, RecipeError, make, read_originals, read_recipe
from image_release.lab.grouping.measures import MEANINGS, GroupedImage, Measures, WrongGroup, measure
from image_release.lab.grouping.pooling import WorkerDiedError

__all__ = [
    "FEW_PAIRS",
    "GATE",
    "MEANINGS",
    "CorpusUnreadableError",
    "Cost",
    "Evaluation",
    "GroupedHotel",
    "GroupedImage",
    "LabelledImage",
    "Measures",
    "Original",
    "Recipe",
    "RecipeError",
    "WorkerDiedError",
    "WrongGroup",
    "evaluate",
    "evaluate_and_look",
    "make",
    "measure",
    "missed",
    "read_labels",
    "read_originals",
    "read_recipe",
]
