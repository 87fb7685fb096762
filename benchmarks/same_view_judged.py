"""Judge the same view as the product finds it, by weights that were not fitted on the hotel in question.

    python -m benchmarks.same_view_judged CORPUS... [--fit-also CORPUS...] [--folds 10]

The weights of the same view are fitted as `benchmarks/fit_same_view.py` fits them, on all corpora, once without each
fold. Then the product groups every hotel of each CORPUS. Prints how many of the pairs of photographs that a person
called the same view are named so, are one picture (nobody sees both), or are missed; and what is named wrongly.

For a CORPUS whose images have labels (`vision_labels.jsonl`) it also orders the hotels that have eight pictures or more
as the product does. It prints in how many of them two of the first five show the same view by a person's eye, and in
how many they would if no picture named another one.
"""

from __future__ import annotations

import argparse
import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations
from multiprocessing import get_context
from pathlib import Path
from unittest.mock import patch

from benchmarks.fit_grouping import hotels_of
from benchmarks.fit_same_view import Labels, fitted_on, fold_of, kinds_of, views_of
from image_release.dedup import FingerprintedImage, Picture, choose_best, same_view_evidence
from image_release.dedup.weights import Weights
from image_release.lab.grouping.corpus_hotels import CorpusHotel
from image_release.lab.grouping.evaluation import GroupedHotel, group_hotel
from image_release.lab.ordering import RECORDED
from image_release.rank import PictureToRank, prioritise
from image_release.values import Label

FIRST = 5
LEAST_PICTURES = 8


@dataclass(frozen=True, slots=True)
class JudgedHotel:
    """What was found in a hotel."""

    hotel_id: str
    kind: str | None
    named: frozenset[Labels]
    """Pairs of photographs whose pictures name each other."""
    joined: frozenset[Labels]
    """Pairs of photographs that are in one picture."""
    first: frozenset[Labels]
    """Pairs of photographs that are both among the first five; empty for a hotel with few pictures."""
    first_unnamed: frozenset[Labels]
    """The same if no picture named another one."""
    is_long: bool
    """Whether the hotel has enough pictures to be judged by its first five."""


def tags_of(corpus: Path) -> dict[str, tuple[Label, ...]]:
    """The labels of a corpus' images by SHA-256; empty if it has none."""
    path = corpus / RECORDED
    lines = path.read_text(encoding="utf-8").splitlines() if path.exists() else []
    rows = [json.loads(line) for line in lines]
    return {
        row["sha256"]: tuple(Label(label["description"], label["score"]) for label in row["labels"]) for row in rows
    }


def pairs_of(photographs: Sequence[frozenset[str]]) -> Iterator[Labels]:
    """Every two photographs of two pictures."""
    for mine, theirs in combinations(photographs, 2):
        yield from ((min(one, other), max(one, other)) for one in mine for other in theirs if one != other)


def judged(task: tuple[CorpusHotel, Weights]) -> JudgedHotel:
    """Group and order a hotel with other weights of the same view than the shipped ones, in a process of its own."""
    hotel, weights = task
    with patch.object(same_view_evidence, "same_view_weights", lambda: weights):
        grouped = group_hotel(hotel)
    label_of = {
        grouped.fingerprinted.contents[item.image]: item.label
        for item in hotel.images
        if item.image in grouped.fingerprinted.contents and not item.is_placeholder
    }
    shows = {
        member: frozenset(label_of[each] for each in picture.members if each in label_of)
        for picture in grouped.pictures
        for member in picture.members
    }
    named = {
        pair
        for picture in grouped.pictures
        for view in picture.same_view
        for pair in pairs_of([shows[view.image], shows[view.other]])
    }
    joined = {pair for found in shows.values() for pair in combinations(sorted(found), 2)}
    is_long = len(grouped.pictures) >= LEAST_PICTURES
    first, without = (
        (first_of(grouped, label_of, shows, named=named) for named in (True, False)) if is_long else ((), ())
    )
    return JudgedHotel(
        hotel_id=hotel.hotel_id,
        kind=kinds_of(hotel.corpus).get(hotel.hotel_id),
        named=frozenset(named),
        joined=frozenset(joined),
        first=frozenset(pairs_of(first)),
        first_unnamed=frozenset(pairs_of(without)),
        is_long=is_long,
    )


def first_of(
    grouped: GroupedHotel, label_of: Mapping[str, str], shows: Mapping[str, frozenset[str]], *, named: bool
) -> list[frozenset[str]]:
    """The photographs of each of the first five pictures, in the product's order."""
    seen, tags = grouped.fingerprinted.seen, tags_of(grouped.hotel.corpus)
    partner_of = {sha: image.split("/")[1] for image, sha in grouped.fingerprinted.contents.items()}
    best_of: dict[str, str] = {}
    for picture in grouped.pictures:
        if any(member in label_of for member in picture.members):
            best = choose_best(picture, seen, seen.keys()).sha256
            best_of |= dict.fromkeys(picture.members, best)
    pictures = [
        _to_rank(picture, best_of, seen, partner_of, tags, named=named)
        for picture in grouped.pictures
        if picture.members[0] in best_of
    ]
    ranked = prioritise(pictures, grouped.hotel.settings.prioritising, {})
    return [shows[item.picture.sha256] for item in ranked[:FIRST]]


def _to_rank(
    picture: Picture,
    best_of: Mapping[str, str],
    seen: Mapping[str, FingerprintedImage],
    partner_of: Mapping[str, str],
    tags: Mapping[str, tuple[Label, ...]],
    *,
    named: bool,
) -> PictureToRank:
    best = best_of[picture.members[0]]
    others = frozenset(best_of[view.other] for view in picture.same_view if view.other in best_of)
    return PictureToRank(
        sha256=best,
        facts=seen[best].facts,
        partner_id=partner_of[best],
        rank=None,
        labels=next((tags[sha256] for sha256 in (best, *picture.members) if sha256 in tags), None),
        same_view=others if named else frozenset(),
    )


def report(corpus: Path, name: str, hotels: Sequence[JudgedHotel]) -> None:
    """Print what is right and wrong in some hotels."""
    here = {hotel.hotel_id for hotel in hotels}
    views = {labels for labels in views_of(corpus) if labels[0].partition("/")[0] in here}
    named = {labels for hotel in hotels for labels in hotel.named}
    joined = {labels for hotel in hotels for labels in hotel.joined}
    right = len(named & views)
    print(
        f"{name}: {len(views)} pairs are the same view: {right} named, {len(joined & views - named)} in one picture, "
        f"{len(views - named - joined)} missed; precision {right / max(len(named), 1):.3f}, recall "
        f"{right / max(len(views - joined), 1):.3f} of those that are two pictures"
    )
    print("  wrong:", *(f"{one}={other.partition('/')[2]}" for one, other in sorted(named - views)))
    print("  missed:", *(f"{one}={other.partition('/')[2]}" for one, other in sorted(views - named - joined)))


def report_first(corpus: Path, hotels: Sequence[JudgedHotel]) -> None:
    """Print in how many hotels two of the first five pictures show the same view."""
    views, long = set(views_of(corpus)), [hotel for hotel in hotels if hotel.is_long]
    repeated = {hotel.hotel_id: sorted(hotel.first & views) for hotel in long if hotel.first & views}
    unnamed = sum(bool(hotel.first_unnamed & views) for hotel in long)
    print(
        f"  two of one view among the first {FIRST}: {len(repeated)} of {len(long)} hotels; "
        f"{unnamed} if no picture named another:",
        *(f"{one}={other.partition('/')[2]}" for pairs in repeated.values() for one, other in pairs),
    )


def main() -> None:
    """Fit without each fold, group and order, and print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("corpora", nargs="+", type=Path)
    parser.add_argument("--fit-also", nargs="+", type=Path, default=[])
    parser.add_argument("--folds", type=int, default=10)
    args = parser.parse_args()
    _, fit = fitted_on([*args.corpora, *args.fit_also])
    without, shipped = fit.without(args.folds), fit.all()
    with get_context("spawn").Pool() as pool:
        for corpus in args.corpora:
            jobs = [(hotel, without.get(fold_of(hotel), shipped)) for hotel in hotels_of([corpus])]
            found = pool.map(judged, jobs, chunksize=1)
            report(corpus, corpus.name, found)
            for kind in sorted({hotel.kind for hotel in found if hotel.kind}):
                report(corpus, f"{corpus.name}, {kind}", [hotel for hotel in found if hotel.kind == kind])
            if tags_of(corpus):
                report_first(corpus, found)


if __name__ == "__main__":
    main()
