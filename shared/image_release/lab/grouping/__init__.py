"""Checks which images are one picture: labels that people gave, and measures of the grouping against them."""

from image_release.lab.corpus_csv import CorpusUnreadableError
from image_release.lab.grouping.corpus_making import (
    Original,
    Recipe,
    RecipeError,
    make_corpus,
    read_originals,
    read_recipe,
)
from image_release.lab.grouping.evaluation import Cost, GroupedHotel, GroupingEvaluation, evaluate, evaluate_and_collect
from image_release.lab.grouping.gate import FEW_PAIRS, GATE, missed
from image_release.lab.grouping.labels import LabelledImage, read_labels
from image_release.lab.grouping.measures import MEANINGS, GroupedImage, GroupingMeasures, WrongGroup, measure
from image_release.lab.grouping.worker_pool import WorkerDiedError

__all__ = [
    "FEW_PAIRS",
    "GATE",
    "MEANINGS",
    "CorpusUnreadableError",
    "Cost",
    "GroupedHotel",
    "GroupedImage",
    "GroupingEvaluation",
    "GroupingMeasures",
    "LabelledImage",
    "Original",
    "Recipe",
    "RecipeError",
    "WorkerDiedError",
    "WrongGroup",
    "evaluate",
    "evaluate_and_collect",
    "make_corpus",
    "measure",
    "missed",
    "read_labels",
    "read_originals",
    "read_recipe",
]
