"""Order a graded corpus as the product does, and measure the order.

One image represents each graded picture. Its labels come from `vision_labels.jsonl`, by content. Grouping and the
choice of the best image are left out, so the figures are about the order alone.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from image_release.decode import read_header
from image_release.lab.ordering.grades import GradedCorpus, read_graded_corpus
from image_release.lab.ordering.measures import OrderMeasures, measure
from image_release.lab.size_filter import ANY_SIZE
from image_release.outcomes import Rejection
from image_release.problems import Problem
from image_release.rank import PictureToRank, ScoredPicture, prioritise
from image_release.settings import Settings
from image_release.tag import RecordedTagger, Tagged, TagRequest
from image_release.values import sha256_hex


@dataclass(frozen=True, slots=True)
class RankedPicture:
    """A picture in its place: the image that shows it (a path below `images/`) and why it has this place."""

    label: str
    image: str
    ranked: ScoredPicture


@dataclass(frozen=True, slots=True)
class OrderEvaluation:
    """The order of every hotel, its measures, and the bad rows and images of the corpus."""

    orders: dict[str, tuple[RankedPicture, ...]]
    measures: OrderMeasures
    problems: tuple[Problem, ...]


def evaluate(directory: Path, settings: Settings) -> OrderEvaluation:
    """Order the graded pictures of a corpus and measure the order.

    Raises OSError if a file of the corpus is missing, and CorpusUnreadableError if one is not CSV.
    """
    corpus = read_graded_corpus(directory)
    tagger = RecordedTagger(directory / "vision_labels.jsonl")
    problems = [*corpus.problems, *tagger.problems]
    pictures = _pictures(directory, corpus, tagger, problems)
    orders = {}
    for hotel_id, by_label in sorted(pictures.items()):
        labels = {picture.sha256: label for label, picture in by_label.items()}
        ranked = prioritise(by_label.values(), settings.prioritising, {})
        placed = [(labels[item.picture.sha256], item) for item in ranked]
        orders[hotel_id] = tuple(RankedPicture(label, corpus.images[label], item) for label, item in placed)
    shown = {hotel_id: [placed.label for placed in order] for hotel_id, order in orders.items()}
    return OrderEvaluation(orders, measure(corpus.grades.values(), shown), tuple(problems))


def _pictures(
    directory: Path, corpus: GradedCorpus, tagger: RecordedTagger, problems: list[Problem]
) -> dict[str, dict[str, PictureToRank]]:
    """Hotel -> label -> picture, for every graded picture whose image can be read. Adds to `problems`."""
    pictures: dict[str, dict[str, PictureToRank]] = {}
    for label, image in corpus.images.items():
        path = directory / "images" / image
        try:
            data = path.read_bytes()
        except OSError as error:
            problems.append(Problem(str(path), 0, label, f"cannot be read: {error.strerror}"))
            continue
        sha256 = sha256_hex(data)
        facts = read_header(data, sha256, ANY_SIZE)
        if isinstance(facts, Rejection):
            problems.append(Problem(str(path), 0, label, facts.reason))
            continue
        answer = tagger.tag([TagRequest(sha256, path.absolute().as_uri(), path.read_bytes, path.read_bytes)])[sha256]
        pictures.setdefault(corpus.grades[label].hotel_id, {})[label] = PictureToRank(
            sha256=sha256,
            facts=facts,
            partner_id=PurePosixPath(image).parts[1],
            rank=None,
            labels=answer.labels if isinstance(answer, Tagged) else None,
        )
    return pictures
