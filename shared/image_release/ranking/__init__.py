"""The instrument that says how good the order of pictures is, against people's grades."""

from image_release.ranking.evaluation import Evaluation, Placed, evaluate
from image_release.ranking.grades import Grade, GradedCorpus, read_graded_corpus
from image_release.ranking.measures import Measures, measure

__all__ = [
    "Evaluation",
    "Grade",
    "GradedCorpus",
    "Measures",
    "Placed",
    "evaluate",
    "measure",
    "read_graded_corpus",
]
