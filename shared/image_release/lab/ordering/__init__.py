"""Measures how good the order of pictures is, compares orders, and fits the weights of the score."""

from image_release.lab.corpus_csv import CorpusUnreadableError
from image_release.lab.ordering.choices import (
    JudgedHotel,
    NamedPicture,
    chosen_hotels,
    graded_hotels,
    named_of_corpus,
    named_of_workspace,
    pinned_hotels,
)
from image_release.lab.ordering.comparison import Comparison, HotelComparison, compare_orders, kendall_tau
from image_release.lab.ordering.evaluation import OrderEvaluation, RankedPicture, evaluate
from image_release.lab.ordering.fitting import NothingToFitError, WeightFit, fit_weights
from image_release.lab.ordering.grades import RECORDED, Grade, GradedCorpus, read_graded_corpus
from image_release.lab.ordering.measures import KindMeasures, OrderMeasures, measure, measure_kinds
from image_release.lab.ordering.pictures import GradedPictures, tagged_pictures
from image_release.lab.ordering.stored import StoredHotel, readable_hotels

__all__ = [
    "RECORDED",
    "Comparison",
    "CorpusUnreadableError",
    "Grade",
    "GradedCorpus",
    "GradedPictures",
    "HotelComparison",
    "JudgedHotel",
    "KindMeasures",
    "NamedPicture",
    "NothingToFitError",
    "OrderEvaluation",
    "OrderMeasures",
    "RankedPicture",
    "StoredHotel",
    "WeightFit",
    "chosen_hotels",
    "compare_orders",
    "evaluate",
    "fit_weights",
    "graded_hotels",
    "kendall_tau",
    "measure",
    "measure_kinds",
    "named_of_corpus",
    "named_of_workspace",
    "pinned_hotels",
    "read_graded_corpus",
    "readable_hotels",
    "tagged_pictures",
]
