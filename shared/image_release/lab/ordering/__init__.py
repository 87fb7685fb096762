"""Measures how good the order of pictures is, against grades that people gave."""

from image_release.lab.corpus_csv import CorpusUnreadableError
from image_release.lab.ordering.comparison import Comparison, HotelComparison, compare_orders, kendall_tau
from image_release.lab.ordering.evaluation import OrderEvaluation, RankedPicture, evaluate
from image_release.lab.ordering.grades import RECORDED, Grade, GradedCorpus, read_graded_corpus
from image_release.lab.ordering.measures import KindMeasures, OrderMeasures, measure, measure_kinds

__all__ = [
    "RECORDED",
    "Comparison",
    "CorpusUnreadableError",
    "Grade",
    "GradedCorpus",
    "HotelComparison",
    "KindMeasures",
    "OrderEvaluation",
    "OrderMeasures",
    "RankedPicture",
    "compare_orders",
    "evaluate",
    "kendall_tau",
    "measure",
    "measure_kinds",
    "read_graded_corpus",
]
