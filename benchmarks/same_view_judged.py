"""Judge the same view as the product finds it, by weights that were not fitted on the hotel in question.

    python -m benchmarks.same_view_judged CORPUS... [--fit-also CORPUS...] [--folds 10]

The weights of the same view are fitted as `benchmarks/fit_same_view.py` fits them, on all corpora, once without each
fold. Then the product groups every hotel of each CORPUS. Prints how many of the pairs of photographs that a person
called the same view are named so, are one picture (nobody sees both), or are missed; and what is named wrongly.
`benchmarks/views_in_order.py` judges what follows for the order.
"""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import combinations, product
from multiprocessing import get_context
from pathlib import Path
from unittest.mock import patch

from benchmarks.fit_grouping import hotels_of, labels_of
from benchmarks.fit_same_view import ViewWeights, fitted_on
from benchmarks.same_view_labels import Labels, fold_of, kinds_of, views_of
from image_release.dedup import same_view_evidence
from image_release.lab.grouping.corpus_hotels import CorpusHotel
from image_release.lab.grouping.evaluation import group_hotel


@dataclass(frozen=True, slots=True)
class JudgedHotel:
    """What was found in a hotel."""

    hotel_id: str
    kind: str | None
    named: frozenset[Labels]
    """Pairs of photographs whose pictures name each other."""
    joined: frozenset[Labels]
    """Pairs of photographs that are in one picture."""


def judged(task: tuple[CorpusHotel, ViewWeights]) -> JudgedHotel:
    """Group a hotel with other weights of the same view than the shipped ones, in a process of its own."""
    hotel, weights = task
    with (
        patch.object(same_view_evidence, "coarse_view_weights", lambda: weights.first_look),
        patch.object(same_view_evidence, "same_view_weights", lambda: weights.same_view),
    ):
        grouped = group_hotel(hotel)
    label_of = labels_of(hotel, grouped.fingerprinted)
    shows = {
        member: frozenset(label_of[each] for each in picture.members if each in label_of)
        for picture in grouped.pictures
        for member in picture.members
    }
    named = {
        (min(pair), max(pair))
        for picture in grouped.pictures
        for view in picture.same_view
        for pair in product(shows[view.image], shows[view.other])
        if pair[0] != pair[1]
    }
    return JudgedHotel(
        hotel_id=hotel.hotel_id,
        kind=kinds_of(hotel.corpus).get(hotel.hotel_id),
        named=frozenset(named),
        joined=frozenset(pair for found in shows.values() for pair in combinations(sorted(found), 2)),
    )


def report(corpus: Path, name: str, hotels: Sequence[JudgedHotel]) -> None:
    """Print what is right and wrong in some hotels."""
    here = {hotel.hotel_id for hotel in hotels}
    views = {labels for labels in views_of(corpus) if labels[0].partition("/")[0] in here}
    named = {labels for hotel in hotels for labels in hotel.named}
    joined = {labels for hotel in hotels for labels in hotel.joined} - named
    right, two = len(named & views), views - joined
    print(
        f"{name}: {len(views)} pairs are the same view: {right} named, {len(views & joined)} in one picture, "
        f"{len(two - named)} missed; precision {right / max(len(named), 1):.3f}, "
        f"recall {right / max(len(two), 1):.3f} of those that are two pictures"
    )
    print("  wrong:", *(f"{one}={other.partition('/')[2]}" for one, other in sorted(named - views)))
    print("  missed:", *(f"{one}={other.partition('/')[2]}" for one, other in sorted(two - named)))


def main() -> None:
    """Fit without each fold, group, and print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("corpora", nargs="+", type=Path)
    parser.add_argument("--fit-also", nargs="+", type=Path, default=[])
    parser.add_argument("--folds", type=int, default=10)
    args = parser.parse_args()
    _, fit = fitted_on([*args.corpora, *args.fit_also])
    without, on_all = fit.without(args.folds), fit.all()
    with get_context("spawn").Pool() as pool:
        for corpus in args.corpora:
            jobs = [(hotel, without.get(fold_of(hotel), on_all)) for hotel in hotels_of([corpus])]
            found = pool.map(judged, jobs, chunksize=1)
            report(corpus, corpus.name, found)
            for kind in sorted({hotel.kind for hotel in found if hotel.kind}):
                report(corpus, f"{corpus.name}, {kind}", [hotel for hotel in found if hotel.kind == kind])


if __name__ == "__main__":
    main()
