"""Fit the weights that say which photographs show the same view, and print figures that are held out.

    python -m benchmarks.fit_same_view CORPUS... [--write] [--folds 10]

A person looked at every photograph of the labelled corpus and of the sets of look-alikes, and wrote down in
`same_views.csv` which two show the same view: the same thing from nearly the same stand, so that most of one photograph
is in the other, too; the camera may have moved a step or two, the light may be another, things may have moved. Not the
same view: another corner of a room, another room with the same furniture, other pictures in one frame, a camera that
turned so far that about half of the picture is new. Pairs that came near it are in the file with a 0; every other pair
of these hotels is not the same view. Corpora that were made from the labelled corpus have its labels. A corpus with a
file `pairs.csv` (`benchmarks/second_shots.py`, `benchmarks/rendered_pairs.py`) says itself which shots are the same
view; its other pairs are not used.

Pairs of copies of one photograph count as the same view, with little weight: a copy that grouping did not find repeats
its photograph, too. Figures are for pictures, by weights that saw nothing of their house or set. *Judged sets* are the
kinds of look-alikes in which somebody photographed a view again.
"""

from __future__ import annotations

import argparse
import json
from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from itertools import chain
from multiprocessing import get_context
from pathlib import Path
from statistics import fmean

import numpy as np
from numpy.typing import NDArray

from benchmarks.fit_grouping import hotels_of, labels_of
from benchmarks.folds import house_of
from benchmarks.logistic import newton
from benchmarks.pair_kinds import rows
from image_release.dedup.evidence import coarse_features
from image_release.dedup.grouping import in_content_order
from image_release.dedup.matching import candidate_pairs
from image_release.dedup.prepared_image import PreparedImage
from image_release.dedup.registration import align_coarsely, register
from image_release.dedup.same_view import Difference
from image_release.dedup.same_view_difference import difference_between
from image_release.dedup.same_view_evidence import same_view_features
from image_release.dedup.same_view_pairs import ASKED
from image_release.dedup.weights import Weights
from image_release.lab.grouping.corpus_hotels import CorpusHotel, fingerprint_hotel

LABELS = Path(__file__).parent / "same_views.csv"
PAIRS = "pairs.csv"
"""Name of the file in which a corpus says which of its shots are related."""
WEIGHTS = Path(__file__).parents[1] / "shared/image_release/dedup/same_view.json"
RIDGE = 1.0
COPIES = 0.1
"""Weight of a photograph's copies; two photographs have 1, whatever the number of their copies."""
OTHER_CORPORA = 0.35
"""Weight of two photographs in a corpus that has no sets: there are several corpora of the same photographs."""
MADE = 0.1
"""Weight of two shots that were made."""
JUDGED = ("moved camera", "time-lapse", "lodging", "exposures")
THRESHOLDS = (-0.5, 0.0, 0.5, 1.0)

Labels = tuple[str, str]
"""The labels of two photographs, sorted."""


@dataclass(frozen=True, slots=True)
class MeasuredPair:
    """A candidate pair of images."""

    corpus: str
    fold: str
    """What is held out together."""
    judged: bool
    """Whether the hotel is a judged set."""
    labels: Labels
    is_view: bool
    """Whether the two photographs show the same view."""
    agreeing: int
    features: Mapping[str, float]
    difference: Difference | None
    """What the program says that differs; None for pairs that are not the same view."""
    is_made: bool
    """Whether the shots were made, and no camera took both."""

    @property
    def is_copy(self) -> bool:
        """Whether both images show one photograph."""
        return self.labels[0] == self.labels[1]


def views_of(corpus: Path) -> dict[Labels, str]:
    """The pairs of photographs that show the same view, and what differs, by the file of a corpus or a person's eye."""
    said = rows(corpus / PAIRS) or rows(LABELS)
    return {
        (min(row["one"], row["other"]), max(row["one"], row["other"])): row["difference"]
        for row in said
        if row["same_view"] == "1" and row["one"] != row["other"]
    }


def named_pairs(corpus: Path) -> frozenset[Labels] | None:
    """The pairs of photographs of a corpus that are used; None if all are."""
    said = rows(corpus / PAIRS)
    return frozenset((min(row["one"], row["other"]), max(row["one"], row["other"])) for row in said) or None


def kinds_of(corpus: Path) -> dict[str, str]:
    """The kind of each set of look-alikes; empty for other corpora."""
    return {row["hotel_id"]: row["kind"] for row in rows(corpus / "sets.csv")}


def fold_of(hotel: CorpusHotel) -> str:
    """What a hotel is held out with: a set of look-alikes alone, other hotels with all of their house."""
    return hotel.hotel_id if kinds_of(hotel.corpus) else house_of(hotel.hotel_id)


def measured_pairs(hotel: CorpusHotel) -> list[MeasuredPair]:
    """The candidate pairs of a hotel that can be aligned coarsely, but for mirrored ones."""
    fingerprints, kind = fingerprint_hotel(hotel), kinds_of(hotel.corpus).get(hotel.hotel_id)
    used, views = named_pairs(hotel.corpus), views_of(hotel.corpus)
    label_of = labels_of(hotel, fingerprints)
    shas = [sha256 for sha256 in in_content_order(fingerprints.seen) if sha256 in label_of]
    items = [fingerprints.seen[sha256].fingerprint for sha256 in shas]
    prepared = [PreparedImage(item) for item in items]
    pairs = []
    for pair in candidate_pairs(items):
        one, other = prepared[pair.one], prepared[pair.other]
        first, second = sorted((label_of[shas[pair.one]], label_of[shas[pair.other]]))
        is_used = used is None or first == second or (first, second) in used
        coarse = align_coarsely(one, other, pair) if is_used and not pair.mirrored else None
        if coarse is None:
            continue
        difference = None
        if (first, second) in views:
            registered = register(one, other, pair, coarse)
            difference = Difference.CAMERA
            if registered:
                difference = difference_between(one, other, pair, registered)
        pairs.append(
            MeasuredPair(
                corpus=hotel.corpus.name,
                fold=fold_of(hotel),
                judged=kind in JUDGED,
                labels=(first, second),
                is_view=(first, second) in views,
                agreeing=pair.agreeing,
                features=same_view_features(one, other, pair, coarse, coarse_features(one, pair, coarse)),
                difference=difference,
                is_made=used is not None,
            )
        )
    return pairs


def importance_of(pairs: Sequence[MeasuredPair], sets: frozenset[str]) -> NDArray[np.float64]:
    """The weight of each pair in the fit: that of its two photographs, shared by the pairs of their copies."""
    count = Counter((pair.corpus, pair.labels) for pair in pairs)
    return np.array(
        [
            (MADE if pair.is_made else 1.0 if pair.corpus in sets else OTHER_CORPORA)
            * (COPIES if pair.is_copy else 1.0)
            / count[pair.corpus, pair.labels]
            for pair in pairs
        ]
    )


class Fit:
    """Weights fitted on pairs, on all of them or without some folds."""

    def __init__(self, pairs: Sequence[MeasuredPair], sets: frozenset[str]) -> None:
        self._pairs = pairs
        self._names = tuple(pairs[0].features)
        values = np.array([[pair.features[name] for name in self._names] for pair in pairs])
        self._mean, self._deviation = values.mean(axis=0), values.std(axis=0) + 1e-9
        scaled = np.clip((values - self._mean) / self._deviation, -4, 4)
        self._values = np.hstack([scaled, np.ones((len(pairs), 1))])
        self._same = np.array([pair.is_copy or pair.is_view for pair in pairs])
        self._importance = importance_of(pairs, sets)

    def weights(self, used: NDArray[np.bool_]) -> Weights:
        """Fit the pairs that are used."""
        penalty = np.diag([RIDGE] * len(self._names) + [0.0])
        coefficient = newton(self._values[used], self._same[used], self._importance[used], penalty)
        mean, deviation, slope = (
            tuple(np.round(each, 5).tolist()) for each in (self._mean, self._deviation, coefficient[:-1])
        )
        return Weights(self._names, mean, deviation, slope, round(float(coefficient[-1]), 5))

    def all(self) -> Weights:
        """The weights that are fitted on all pairs; these are shipped."""
        return self.weights(np.full(len(self._pairs), True))

    def without(self, folds: int) -> dict[str, Weights]:
        """For each fold of the pairs the weights that saw nothing of it."""
        number = {fold: at % folds for at, fold in enumerate(sorted({pair.fold for pair in self._pairs}))}
        of_pair = np.array([number[pair.fold] for pair in self._pairs])
        fitted = [self.weights(of_pair != at) for at in range(folds)]
        return {fold: fitted[at] for fold, at in number.items()}

    def held_out(self, folds: int) -> list[float]:
        """The score of each pair by weights that saw nothing of its fold."""
        without = self.without(folds)
        return [without[pair.fold].score(pair.features) for pair in self._pairs]


def by_picture(pairs: Sequence[MeasuredPair], scores: Sequence[float]) -> dict[Labels, float]:
    """The score of each two photographs, as the program makes it of the pairs of their images."""
    across: dict[Labels, list[tuple[int, float]]] = defaultdict(list)
    for pair, score in zip(pairs, scores, strict=True):
        if not pair.is_copy:
            across[pair.labels].append((-pair.agreeing, score))
    return {labels: fmean(score for _, score in sorted(found)[:ASKED]) for labels, found in across.items()}


def report(corpus: Path, name: str, scored: Sequence[tuple[MeasuredPair, float]]) -> None:
    """Print precision and recall of the pairs of photographs of some hotels of a corpus, and the mistakes."""
    pairs, scores = [pair for pair, _ in scored], [score for _, score in scored]
    found, hotels = by_picture(pairs, scores), {pair.labels[0].partition("/")[0] for pair in pairs}
    views = {labels for labels in views_of(corpus) if labels[0].partition("/")[0] in hotels}
    print(
        f"{name}: {len(views)} pairs of photographs are the same view, {len(found.keys() - views)} candidates are not"
    )
    for least in THRESHOLDS:
        said = {labels for labels, score in found.items() if score >= least}
        right = len(said & views)
        precision, recall = right / max(len(said), 1), right / max(len(views), 1)
        print(f"  from score {least}: precision {precision:.3f}, recall {recall:.3f}, {len(said) - right} wrong")
    said = {labels for labels, score in found.items() if score >= 0}
    print("  wrong:", *(f"{a}={b.partition('/')[2]}({found[a, b]:.1f})" for a, b in sorted(said - views)))
    missed = ((a, b, found.get((a, b))) for a, b in sorted(views - said))
    print("  missed:", *(f"{a}={b.partition('/')[2]}({'-' if s is None else f'{s:.1f}'})" for a, b, s in missed))


def report_differences(corpus: Path, pairs: Sequence[MeasuredPair]) -> None:
    """Print what the program says that differs, for each pair of photographs that show the same view."""
    views, likeliest = views_of(corpus), {}
    for pair in sorted(pairs, key=lambda pair: pair.agreeing):
        if pair.difference:
            likeliest[pair.labels] = pair.difference
    told = Counter((views[labels], said.value) for labels, said in likeliest.items())
    print("  what differs/what the program says:", *(f"{a}/{b} {n}" for (a, b), n in sorted(told.items())))


def fitted_on(corpora: Sequence[Path]) -> tuple[list[MeasuredPair], Fit]:
    """The pairs of some corpora, computed on all cores, and the fit to them."""
    with get_context("spawn").Pool() as pool:
        pairs = list(chain.from_iterable(pool.map(measured_pairs, hotels_of(corpora), chunksize=1)))
    return pairs, Fit(pairs, frozenset(corpus.name for corpus in corpora if kinds_of(corpus)))


def main() -> None:
    """Measure the pairs, hold out, and write the weights if asked."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("corpora", nargs="+", type=Path)
    parser.add_argument("--folds", type=int, default=10)
    parser.add_argument("--write", action="store_true")
    args = parser.parse_args()
    pairs, fit = fitted_on(args.corpora)
    scored = list(zip(pairs, fit.held_out(args.folds), strict=True))
    for corpus in args.corpora:
        here = [each for each in scored if each[0].corpus == corpus.name]
        report(corpus, corpus.name, here)
        report_differences(corpus, [pair for pair, _ in here])
        if judged := [each for each in here if each[0].judged]:
            report(corpus, f"{corpus.name}, judged sets", judged)
    if args.write:
        document = {"same_view": asdict(fit.all())}
        WEIGHTS.write_text(json.dumps(document, indent=1) + "\n", encoding="utf-8")
        print(f"written to {WEIGHTS}")


if __name__ == "__main__":
    main()
