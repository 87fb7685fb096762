"""Count the hotels that show two pictures of one view among the first five, with the rule that keeps them apart or not.

    python -m benchmarks.views_in_order GRADED_CORPUS [OTHER_CORPUS …]

The first corpus has grades and labels by hand (ranking.csv, vision_labels.jsonl): its hotels with at least eight
pictures are ordered. Which two pictures show the same view, a person wrote down (`same_views.csv`). What the program
takes for the same view comes from weights that saw nothing of the house; the other corpora only help to fit them.
"""

from __future__ import annotations

import argparse
from collections.abc import Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import replace
from itertools import combinations
from pathlib import Path

from benchmarks.fit_same_view import fitted_on
from benchmarks.same_view_labels import Labels, by_picture, views_of
from image_release.dedup.same_view_pairs import LEAST_SCORE
from image_release.lab.ordering import RECORDED, evaluate, read_graded_corpus
from image_release.rank import PictureToRank, prioritise
from image_release.rank.variety import VIEWS_APART
from image_release.settings import Settings
from image_release.tag import RecordedTagger

LEAST_PICTURES = 8
FOLDS = 10

Hotel = Mapping[str, PictureToRank]
"""The pictures of a hotel by label."""


def main() -> None:
    """Print how many hotels repeat a view, and which."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("corpora", nargs="+", type=Path)
    corpora = parser.parse_args().corpora
    told = _told_by_program(corpora)
    views = views_of(corpora[0]).keys()
    graded = read_graded_corpus(corpora[0])
    orders = evaluate(graded, Settings(), RecordedTagger(corpora[0] / RECORDED)).orders
    hotels = {
        hotel_id: {placed.label: placed.ranked.picture for placed in order}
        for hotel_id, order in orders.items()
        if len(order) >= LEAST_PICTURES
    }
    for name, known in (("without the rule", frozenset[Labels]()), ("with the rule", told)):
        repeated = {hotel_id: found for hotel_id, hotel in hotels.items() if (found := _repeated(hotel, known, views))}
        print(f"{name}: {len(repeated)} of {len(hotels)} hotels show two pictures of one view among the first five")
        for hotel_id, pairs in sorted(repeated.items()):
            print(f"  {hotel_id}:", *(f"{one}={other}" for one, other in pairs))


def _told_by_program(corpora: Sequence[Path]) -> frozenset[Labels]:
    """Pictures that show the same view as the program says, by weights that did not see them."""
    pairs, fit = fitted_on(corpora)
    without = fit.without(FOLDS)
    here = [(pair, without[pair.fold].score(pair)) for pair in pairs if pair.corpus == corpora[0].name]
    found = by_picture([pair for pair, _ in here], [score for _, score in here])
    return frozenset(labels for labels, score in found.items() if score >= LEAST_SCORE)


def _repeated(hotel: Hotel, told: frozenset[Labels], views: AbstractSet[Labels]) -> list[Labels]:
    """Pairs of one view among the first pictures of a hotel that is ordered with what is known of its views."""
    label_of = {picture.sha256: label for label, picture in hotel.items()}
    seen = [
        replace(
            picture,
            same_view=frozenset(
                hotel[other].sha256 for other in hotel if tuple(sorted((label, other))) in told and other != label
            ),
        )
        for label, picture in hotel.items()
    ]
    first = [label_of[item.picture.sha256] for item in prioritise(seen, Settings().prioritising, {})[:VIEWS_APART]]
    return [pair for pair in combinations(sorted(first), 2) if pair in views]


if __name__ == "__main__":
    main()
