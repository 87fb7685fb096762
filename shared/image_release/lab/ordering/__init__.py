"""The instrument that says how good the order of pictures is, against people's grades."""

from image_release.lab.ordering.evaluation import Evaluation, RankedPicture, evaluate
from image_release.lab.ordering.grades import Grade, GradedCorpus, read_graded_corpus
from image_release.lab.ordering.measures import Measures, measure

__all__ = [
    "Evaluation",
    "Grade",
    "GradedCorpus",
    "Measures",
    "RankedPicture",
    "evaluate",
    "measure",
    "read_graded_corpus",
]
