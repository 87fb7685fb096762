"""Measures how good the order of pictures is, against grades that people gave."""

from image_release.lab.corpus_csv import CorpusUnreadableError
from image_release.lab.ordering.evaluation import OrderEvaluation, RankedPicture, evaluate
from image_release.lab.ordering.grades import Grade, GradedCorpus, read_graded_corpus
from image_release.lab.ordering.measures import OrderMeasures, measure

__all__ = [
    "CorpusUnreadableError",
    "Grade",
    "GradedCorpus",
    "OrderEvaluation",
    "OrderMeasures",
    "RankedPicture",
    "evaluate",
    "measure",
    "read_graded_corpus",
]
