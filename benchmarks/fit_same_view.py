"""Fit the weights that say which photographs show the same view, and print figures that are held out.

    python -m benchmarks.fit_same_view CORPUS... [--write] [--folds 10]

A person looked at every photograph of the labelled corpus and of the sets of look-alikes, and wrote down in
`same_views.csv` which two show the same view: the same thing from nearly the same stand, so that most of one photograph
is in the other, too; the camera may have moved a step or two, the light may be another, things may have moved. Not the
same view: another corner of a room, another room with the same furniture, other pictures in one frame, a camera that
turned so far that about half of the picture is new. Pairs that came near it are in the file with a 0; every other pair
of these hotels is not the same view. Corpora that were made from the labelled corpus have its labels.

Pairs of copies of one photograph count as the same view, with little weight: a copy that grouping did not find repeats
its photograph, too. Figures are for pictures, by weights that saw nothing of their house or set. *Judged sets* are the
kinds of look-alikes in which somebody photographed a view again.
"""

from __future__ import annotations

import argparse
import csv
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

from benchmarks.fit_grouping import hotels_of
from benchmarks.folds import house_of
from benchmarks.logistic import newton
from image_release.dedup.displacement import displacements
from image_release.dedup.evidence import coarse_features, statistics
from image_release.dedup.grouping import in_content_order
from image_release.dedup.matching import candidate_pairs
from image_release.dedup.prepared_image import PreparedImage
from image_release.dedup.registration import align_coarsely, register
from image_release.dedup.same_view import Difference
from image_release.dedup.same_view_evidence import difference_of, same_view_features
from image_release.dedup.same_view_pairs import ASKED
from image_release.dedup.weights import Weights
from image_release.lab.grouping.corpus_hotels import CorpusHotel, fingerprint_hotel

LABELS = Path(__file__).parent / "same_views.csv"
WEIGHTS = Path(__file__).parents[1] / "shared/image_release/dedup/same_view.json"
RIDGE = 1.0
COPIES = 0.1
"""Weight of a photograph's copies; two photographs have 1, whatever the number of their copies."""
OTHER_CORPORA = 0.35
"""Weight of two photographs in a corpus that has no sets: there are several corpora of the same photographs."""
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
    agreeing: int
    features: Mapping[str, float]
    difference: Difference | None
    """What the program says that differs; None for pairs that are not the same view."""

    @property
    def is_copy(self) -> bool:
        """Whether both images show one photograph."""
        return self.labels[0] == self.labels[1]


def labelled() -> dict[Labels, str]:
    """The pairs of photographs that show the same view, and what differs."""
    with LABELS.open(encoding="utf-8", newline="") as file:
        return {
            (row["one"], row["other"]): row["difference"] for row in csv.DictReader(file) if row["same_view"] == "1"
        }


def kinds_of(corpus: Path) -> dict[str, str]:
    """The kind of each set of look-alikes; empty for other corpora."""
    path = corpus / "sets.csv"
    if not path.exists():
        return {}
    with path.open(encoding="utf-8", newline="") as file:
        return {row["hotel_id"]: row["kind"] for row in csv.DictReader(file)}


def measured_pairs(hotel: CorpusHotel) -> list[MeasuredPair]:
    """The candidate pairs of a hotel that can be aligned coarsely, but for mirrored ones."""
    fingerprints, views, kind = fingerprint_hotel(hotel), labelled(), kinds_of(hotel.corpus).get(hotel.hotel_id)
    photographs = [item for item in hotel.images if item.image in fingerprints.contents and not item.is_placeholder]
    label_of = {fingerprints.contents[item.image]: item.label for item in photographs}
    shas = [sha256 for sha256 in in_content_order(fingerprints.seen) if sha256 in label_of]
    items = [fingerprints.seen[sha256].fingerprint for sha256 in shas]
    prepared = [PreparedImage(item) for item in items]
    pairs = []
    for pair in candidate_pairs(items):
        one, other = prepared[pair.one], prepared[pair.other]
        coarse = None if pair.mirrored else align_coarsely(one, other, pair)
        if coarse is None:
            continue
        first, second = sorted((label_of[shas[pair.one]], label_of[shas[pair.other]]))
        difference = None
        if (first, second) in views:
            registered = register(one, other, pair, coarse)
            difference = Difference.CAMERA
            if registered:
                displaced = displacements(one, registered)
                difference = difference_of(statistics(one, other, pair, registered, displaced))
        pairs.append(
            MeasuredPair(
                corpus=hotel.corpus.name,
                fold=hotel.hotel_id if kind else house_of(hotel.hotel_id),
                judged=kind in JUDGED,
                labels=(first, second),
                agreeing=pair.agreeing,
                features=same_view_features(one, other, pair, coarse, coarse_features(one, pair, coarse)),
                difference=difference,
            )
        )
    return pairs


def importance_of(pairs: Sequence[MeasuredPair], sets: frozenset[str]) -> NDArray[np.float64]:
    """The weight of each pair in the fit: that of its two photographs, shared by the pairs of their copies."""
    count = Counter((pair.corpus, pair.labels) for pair in pairs)
    return np.array(
        [
            (1.0 if pair.corpus in sets else OTHER_CORPORA)
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
        views = labelled()
        self._same = np.array([pair.is_copy or pair.labels in views for pair in pairs])
        self._importance = importance_of(pairs, sets)

    def weights(self, used: NDArray[np.bool_]) -> Weights:
        """Fit the pairs that are used."""
        penalty = np.diag([RIDGE] * len(self._names) + [0.0])
        coefficient = newton(self._values[used], self._same[used], self._importance[used], penalty)
        mean, deviation, slope = (
            tuple(np.round(each, 5).tolist()) for each in (self._mean, self._deviation, coefficient[:-1])
        )
        return Weights(self._names, mean, deviation, slope, round(float(coefficient[-1]), 5))

    def held_out(self, folds: int) -> list[float]:
        """The score of each pair by weights that saw nothing of its fold."""
        number = {fold: at % folds for at, fold in enumerate(sorted({pair.fold for pair in self._pairs}))}
        fold = np.array([number[pair.fold] for pair in self._pairs])
        without = [self.weights(fold != at) for at in range(folds)]
        return [without[at].score(pair.features) for at, pair in zip(fold.tolist(), self._pairs, strict=True)]


def by_picture(pairs: Sequence[MeasuredPair], scores: Sequence[float]) -> dict[Labels, float]:
    """The score of each two photographs, as the program makes it of the pairs of their images."""
    across: dict[Labels, list[tuple[int, float]]] = defaultdict(list)
    for pair, score in zip(pairs, scores, strict=True):
        if not pair.is_copy:
            across[pair.labels].append((-pair.agreeing, score))
    return {labels: fmean(score for _, score in sorted(found)[:ASKED]) for labels, found in across.items()}


def report(name: str, pairs: Sequence[MeasuredPair], scores: Sequence[float], hotels: frozenset[str]) -> None:
    """Print precision and recall of the pairs of photographs of some hotels, and the mistakes."""
    found = by_picture(pairs, scores)
    views = {labels for labels in labelled() if labels[0].partition("/")[0] in hotels}
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


def report_differences(pairs: Sequence[MeasuredPair]) -> None:
    """Print what the program says that differs, for each pair of photographs that show the same view."""
    views, likeliest = labelled(), {}
    for pair in sorted(pairs, key=lambda pair: pair.agreeing):
        if pair.difference:
            likeliest[pair.labels] = pair.difference
    told = Counter((views[labels], said.value) for labels, said in likeliest.items())
    print("what differs, by eye and by the program:", *(f"{a}/{b} {n}" for (a, b), n in sorted(told.items())))


def main() -> None:
    """Measure the pairs, hold out, and write the weights if asked."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("corpora", nargs="+", type=Path)
    parser.add_argument("--folds", type=int, default=10)
    parser.add_argument("--write", action="store_true")
    args = parser.parse_args()
    with get_context("spawn").Pool() as pool:
        pairs = list(chain.from_iterable(pool.map(measured_pairs, hotels_of(args.corpora), chunksize=1)))
    fit = Fit(pairs, frozenset(corpus.name for corpus in args.corpora if kinds_of(corpus)))
    scored = list(zip(pairs, fit.held_out(args.folds), strict=True))
    for name, chosen in (
        ("judged sets", [each for each in scored if each[0].judged]),
        *((corpus.name, [each for each in scored if each[0].corpus == corpus.name]) for corpus in args.corpora),
    ):
        if chosen:
            here, scores = zip(*chosen, strict=True)
            report(name, here, scores, frozenset(pair.labels[0].partition("/")[0] for pair in here))
    report_differences(pairs)
    if args.write:
        document = {"same_view": asdict(fit.weights(np.full(len(pairs), True)))}
        WEIGHTS.write_text(json.dumps(document, indent=1) + "\n", encoding="utf-8")
        print(f"written to {WEIGHTS}")


if __name__ == "__main__":
    main()
