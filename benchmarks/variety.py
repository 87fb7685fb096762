"""Choose the weight of variety. The figures are in docs/decisions/0024-order-by-marginal-gain.md.

    python -m benchmarks.variety [--labels CORPUS] [--predictions FILE.csv ...]

CORPUS is a folder with ranking.csv, labels.csv and vision_labels.jsonl: it is ordered by its labels. Each FILE holds
what a model said of graded pictures that it had not seen: the columns hotel_id, image, kind, grade, appeal, one for
the probability of each kind, and embedding (numbers between spaces) or e0, e1 …

For each weight it prints the measures of the order; the last lines are judged by weights that were chosen on the other
houses. The best weight has the largest mean alpha-nDCG@5 (Clarke and others, 2008): nDCG in which a picture's gain
halves for each earlier picture of its category, as people named the categories. So it knows both what a good picture is
and what a repetition is. Only hotels with at least four pictures count.
"""

from __future__ import annotations

import argparse
import csv
import math
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from statistics import fmean

from benchmarks.folds import folds_of
from image_release.kinds import shipped_kinds
from image_release.lab.ordering import RECORDED, Grade, evaluate, measure, read_graded_corpus
from image_release.rank import PictureToRank, prioritise
from image_release.settings import PrioritisingSettings, Settings
from image_release.tag import RecordedTagger
from image_release.values import ImageFacts, Label, Look, sha256_hex

WEIGHTS = (0.0, 0.005, 0.01, 0.015, 0.02, 0.03, 0.04, 0.05, 0.06, 0.08, 0.1, 0.15, 0.2)
FOLDS = 10
PLACES = 5
REPETITION = 0.5
"""Factor of a picture's gain for each earlier picture of its category (1 - alpha)."""
LEAST_PICTURES = 4
MOST_LABELS = 5
NEAR = 0.9
"""Dot product of two embeddings from which two pictures look alike."""


@dataclass(frozen=True)
class Graded:
    """A picture as the order knows it, and what people say of it."""

    picture: PictureToRank
    grade: Grade


Hotel = list[Graded]


def labelled(corpus: Path) -> dict[str, Hotel]:
    """The hotels of a corpus, with the labels that people wrote."""
    graded = read_graded_corpus(corpus)
    orders = evaluate(graded, Settings(), RecordedTagger(corpus / RECORDED)).orders
    return {
        hotel_id: [Graded(placed.ranked.picture, graded.grades[placed.label]) for placed in order]
        for hotel_id, order in orders.items()
    }


def predicted(file: Path) -> dict[str, Hotel]:
    """The hotels of a file of predictions. All pictures are of one size and one partner: only their looks differ."""
    hotels: defaultdict[str, Hotel] = defaultdict(list)
    with file.open(newline="", encoding="utf-8") as lines:
        for row in csv.DictReader(lines):
            sha256 = sha256_hex(f"{row['hotel_id']} {row['image']}".encode())
            facts = ImageFacts(sha256, 1280, 853, "JPEG", bytes=1)
            look = Look(file.stem, float(row["appeal"]), _embedding(row))
            picture = PictureToRank(sha256, facts, "p", None, _labels(row), look)
            grade = Grade(sha256, row["hotel_id"], row["kind"], int(row["grade"]))
            hotels[row["hotel_id"]].append(Graded(picture, grade))
    return dict(hotels)


def _labels(row: Mapping[str, str]) -> tuple[Label, ...]:
    """The labels that stand for the most probable kinds: at most five, as the tagger gives them."""
    kinds = shipped_kinds()
    likely = sorted(kinds, key=lambda kind: (-float(row[kind]), kind))[:MOST_LABELS]
    return tuple(Label(kinds[kind].label, float(row[kind])) for kind in likely)


def _embedding(row: Mapping[str, str]) -> tuple[float, ...]:
    if "embedding" in row:
        return tuple(map(float, row["embedding"].split()))
    return tuple(float(row[f"e{at}"]) for at in range(len(row)) if f"e{at}" in row)


def order_of(hotel: Hotel, settings: PrioritisingSettings) -> Hotel:
    """A hotel's pictures in their order."""
    by_sha256 = {item.picture.sha256: item for item in hotel}
    ranked = prioritise((item.picture for item in hotel), settings, {})
    return [by_sha256[item.picture.sha256] for item in ranked]


def alpha_ndcg(order: Hotel) -> float | None:
    """Gain of the first five as a share of what the best order would have; None for a hotel without a good picture."""
    best: Hotel = []
    left = list(order)
    while left and len(best) < PLACES:
        seen = Counter(item.grade.category for item in best)
        best.append(max(left, key=lambda item: _gain(item, seen)))
        left.remove(best[-1])
    ideal = _discounted(best)
    return _discounted(order[:PLACES]) / ideal if ideal else None


def _gain(item: Graded, seen: Mapping[str, int]) -> float:
    return float((2**item.grade.grade - 1) * REPETITION ** seen.get(item.grade.category, 0))


def _discounted(order: Sequence[Graded]) -> float:
    seen: Counter[str] = Counter()
    total = 0.0
    for place, item in enumerate(order):
        total += _gain(item, seen) / math.log2(place + 2)
        seen[item.grade.category] += 1
    return total


def kinds_shown(order: Hotel) -> float:
    """Number of categories among the first five, as a share of what the hotel could show."""
    possible = min(PLACES, len({item.grade.category for item in order}))
    return len({item.grade.category for item in order[:PLACES]}) / possible


def near_pairs(order: Hotel) -> float | None:
    """Share of neighbours among the first five that look alike; None without looks."""
    looks = [item.picture.look.embedding for item in order[:PLACES] if item.picture.look]
    pairs = [math.fsum(a * b for a, b in zip(one, two, strict=True)) for one, two in _pairs(looks)]
    return fmean(product >= NEAR for product in pairs) if pairs else None


def _pairs(items: Sequence[tuple[float, ...]]) -> list[tuple[tuple[float, ...], tuple[float, ...]]]:
    return [(one, two) for at, one in enumerate(items) for two in items[at + 1 :]]


def row_of(name: str, orders: Mapping[str, Hotel]) -> str:
    """A line of the table: the measures of these orders."""
    grades = [item.grade for order in orders.values() for item in order]
    found = measure(grades, {hotel: [item.grade.label for item in order] for hotel, order in orders.items()})
    values = (
        _mean(alpha_ndcg(order) for order in orders.values()),
        *(getattr(found, name) for name in ("first_ok", "first_never", "ndcg5", "same_kind3")),
        _mean(kinds_shown(order) for order in orders.values()),
        _mean(near_pairs(order) for order in orders.values()),
    )
    return f"{name:28}" + "".join(f"{'-' if value is None else format(value, '.3f'):>11}" for value in values)


def _mean(values: Iterable[float | None]) -> float | None:
    known = [value for value in values if value is not None]
    return fmean(known) if known else None


class Study:
    """The hotels of one source, ordered with every weight."""

    def __init__(self, name: str, hotels: Mapping[str, Hotel], *, looks: bool) -> None:
        self.name = name
        self.hotels = {hotel: items for hotel, items in sorted(hotels.items()) if len(items) >= LEAST_PICTURES}
        self.orders = {}
        for weight in WEIGHTS:
            settings = PrioritisingSettings(variety_weight=weight).resolved_for("looks" if looks else "labels")
            self.orders[weight] = {hotel: order_of(items, settings) for hotel, items in self.hotels.items()}
        self.values = {
            weight: {hotel: value for hotel, order in orders.items() if (value := alpha_ndcg(order)) is not None}
            for weight, orders in self.orders.items()
        }


def best_weight(studies: Sequence[Study], held_out: Mapping[str, set[str]]) -> float:
    """The weight with the largest sum of the studies' mean alpha-nDCG@5, without the hotels that are held out."""

    def worth(weight: float) -> float:
        return math.fsum(
            fmean(value for hotel, value in study.values[weight].items() if hotel not in held_out[study.name])
            for study in studies
        )

    return max(WEIGHTS, key=lambda weight: (worth(weight), -weight))


def cross_validated(studies: Sequence[Study]) -> tuple[list[float], dict[str, dict[str, Hotel]]]:
    """The weight of each fold, and for each study the orders of hotels by the weight of the other folds."""
    folds = folds_of(sorted({hotel for study in studies for hotel in study.hotels}), FOLDS)
    chosen = []
    orders: dict[str, dict[str, Hotel]] = {study.name: {} for study in studies}
    for fold in range(FOLDS):
        held_out = {study.name: {hotel for hotel in study.hotels if folds[hotel] == fold} for study in studies}
        chosen.append(best_weight(studies, held_out))
        for study in studies:
            orders[study.name] |= {hotel: study.orders[chosen[-1]][hotel] for hotel in held_out[study.name]}
    return chosen, orders


def main() -> None:
    """Print a table for each source, and what cross-validation chooses over all of them."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--labels", type=Path, action="append", default=[])
    parser.add_argument("--predictions", type=Path, action="append", default=[])
    asked = parser.parse_args()
    studies = [Study(f"{path.name}, labels", labelled(path), looks=False) for path in asked.labels]
    studies += [Study(f"{path.stem}, looks", predicted(path), looks=True) for path in asked.predictions]
    names = ("a-nDCG@5", "first_ok", "never", "nDCG@5", "same_kind3", "kinds@5", "near@5")
    chosen, orders = cross_validated(studies)
    for study in studies:
        print(f"{f'{study.name} ({len(study.hotels)})':28}" + "".join(f"{name:>11}" for name in names))
        for weight in WEIGHTS:
            print(row_of(f"variety_weight {weight:g}", study.orders[weight]))
        print(row_of("chosen on other houses", orders[study.name]))
    print("chosen in each fold:", *(f"{weight:g}" for weight in chosen))
    print(f"chosen on all: {best_weight(studies, {study.name: set() for study in studies}):g}")


if __name__ == "__main__":
    main()
