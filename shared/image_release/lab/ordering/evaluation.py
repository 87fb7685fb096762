"""Order a graded corpus as the product does, with the labels and looks of one tagger, and measure the order."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from image_release.lab.ordering.grades import GradedCorpus
from image_release.lab.ordering.measures import KindMeasures, OrderMeasures, measure, measure_kinds
from image_release.lab.ordering.pictures import tagged_pictures
from image_release.problems import Problem
from image_release.rank import Ranker, ScoredPicture
from image_release.settings import Settings
from image_release.tag import Tagger, what_it_gives


@dataclass(frozen=True, slots=True)
class RankedPicture:
    """A picture in its place: the image that shows it (a path below `images/`) and why it has this place."""

    label: str
    image: str
    ranked: ScoredPicture


@dataclass(frozen=True, slots=True)
class OrderEvaluation:
    """The order of every hotel, its measures, and the images that cannot be used or got no answer."""

    orders: dict[str, tuple[RankedPicture, ...]]
    measures: OrderMeasures
    kinds: KindMeasures
    problems: tuple[Problem, ...]


def evaluate(
    corpus: GradedCorpus, settings: Settings, tagger: Tagger, on_hotel: Callable[[int], None] = lambda _pictures: None
) -> OrderEvaluation:
    """Order the graded pictures of a corpus, and measure the order.

    `on_hotel` is called after each hotel with its number of pictures.
    """
    pictures = tagged_pictures(corpus, tagger, settings.tagging, on_hotel)
    ranker = Ranker(settings.resolved_for(what_it_gives(tagger)).prioritising)
    orders = {}
    for hotel_id, by_label in pictures.by_hotel.items():
        labels = {picture.sha256: label for label, picture in by_label.items()}
        ranked = ranker.order(by_label.values(), {})
        placed = [(labels[item.picture.sha256], item) for item in ranked]
        orders[hotel_id] = tuple(RankedPicture(label, corpus.images[label], item) for label, item in placed)
    shown = {hotel_id: [placed.label for placed in order] for hotel_id, order in orders.items()}
    kinds = {
        placed.label: placed.ranked.category
        for order in orders.values()
        for placed in order
        if placed.ranked.picture.labels is not None
    }
    return OrderEvaluation(
        orders, measure(corpus.measured(), shown), measure_kinds(corpus.grades, kinds), pictures.problems
    )
