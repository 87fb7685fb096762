"""Measure how far the table of label strengths can be trusted. The figures are in docs/decisions/0008-order.md.

    python -m benchmarks.label_strengths CORPUS    (a folder with ranking.csv, labels.csv, vision_labels.jsonl)

Prints the measures of the order for four kinds of tables: the shipped one; coarser and damaged versions of it;
strengths learned from the grades alone; and the shipped one corrected by the grades. Learning is ridge regression. Each
hotel is judged by a table that was learned on the other hotels, as an unseen hotel would be. The last line names the
labels that the grades would change most.
"""

from __future__ import annotations

import random
import sys
from collections.abc import Callable, Mapping
from functools import partial
from pathlib import Path
from statistics import fmean

import numpy as np
from numpy.typing import NDArray

from image_release.folding import letters
from image_release.lab.ordering import RECORDED, OrderMeasures, evaluate, measure, read_graded_corpus
from image_release.rank import PictureToRank, prioritise
from image_release.settings import GENERAL_KIND, PrioritisingSettings, Settings, shipped_labels
from image_release.tag import RecordedTagger

Array = NDArray[np.float64]
Table = Mapping[str, float]
LEARN_PENALTY = 4.0
"""Ridge for strengths that are learned from nothing."""
MOVE_PENALTY = 64.0
"""Ridge for corrections of the shipped strengths."""
REPEATS = 20
"""Number of damaged tables whose measures are averaged."""


class Study:
    """The graded pictures as a matrix of label scores (pictures, labels), and the measures of any table."""

    def __init__(self, corpus: Path) -> None:
        graded = read_graded_corpus(corpus)
        self.grades = graded.grades
        orders = evaluate(graded, Settings(), RecordedTagger(corpus / RECORDED)).orders
        self.to_rank: dict[str, PictureToRank] = {p.label: p.ranked.picture for o in orders.values() for p in o}
        self.pictures = sorted(self.to_rank)
        self.labels = sorted({label.description for c in self.to_rank.values() for label in c.labels or ()})
        column = {label: index for index, label in enumerate(self.labels)}
        self.scores = np.zeros((len(self.pictures), len(self.labels)))
        for row, picture in enumerate(self.pictures):
            for label in self.to_rank[picture].labels or ():
                self.scores[row, column[label.description]] = label.score
        self.hotels = np.array([self.grades[picture].hotel_id for picture in self.pictures])
        self.grade = np.array([float(self.grades[picture].grade) for picture in self.pictures])

    def measures(self, table_of: Callable[[str], Table]) -> OrderMeasures:
        """Order each hotel by the table that `table_of` gives for it, with the product's own formula."""
        kinds = {letters(label): kind for kind, entries in shipped_labels().items() for label in entries}
        orders = {}
        for hotel_id in sorted(set(self.hotels)):
            labels: dict[str, dict[str, float]] = {}
            for label, strength in table_of(hotel_id).items():
                kind = kinds.get(letters(label), GENERAL_KIND)
                labels.setdefault(kind, {})[label] = float(np.clip(strength, -5, 5))
            settings = PrioritisingSettings(labels=labels)
            mine = {self.to_rank[p].sha256: p for p in self.pictures if self.grades[p].hotel_id == hotel_id}
            ranked = prioritise((self.to_rank[p] for p in mine.values()), settings, {})
            orders[hotel_id] = [mine[item.picture.sha256] for item in ranked]
        return measure(self.grades.values(), orders)

    def ridge(self, rows: NDArray[np.bool_], target: Array, penalty: float) -> Array:
        """Strengths (labels,) that explain `target` (pictures,) on the pictures `rows`, drawn to 0 by `penalty`."""
        centred = self.scores[rows] - self.scores[rows].mean(axis=0)
        goal = target[rows] - target[rows].mean()
        return np.linalg.solve(centred.T @ centred + penalty * np.eye(len(self.labels)), centred.T @ goal)

    def learned(self, rows: NDArray[np.bool_]) -> Table:
        """Strengths learned from the grades of the pictures `rows`, scaled to the spread of the shipped table."""
        strengths = self.ridge(rows, self.grade, LEARN_PENALTY)
        return dict(zip(self.labels, strengths * 4, strict=True))

    def moved(self, rows: NDArray[np.bool_]) -> Table:
        """The shipped strengths, corrected by the grades of the pictures `rows` and rounded to 0.5."""
        shipped = np.array([_shipped().get(letters(label), 0.0) for label in self.labels])
        points = self.scores @ shipped
        slope = np.polyfit(points[rows], self.grade[rows], 1)[0]
        moves = self.ridge(rows, self.grade / slope - points, MOVE_PENALTY)
        return dict(zip(self.labels, np.round((shipped + moves) * 2) / 2, strict=True))


def _shipped() -> dict[str, float]:
    return {letters(label): s for entries in shipped_labels().values() for label, s in entries.items()}


def _damaged(change: Callable[[random.Random, float], float], seed: int) -> Table:
    chance = random.Random(seed)
    return {label: change(chance, s) for label, s in sorted(_shipped().items())}


def _same(table: Table, _hotel: str) -> Table:
    return table


def main() -> None:
    """Print the measures of every table."""
    study = Study(Path(sys.argv[1]))
    everything = np.ones(len(study.pictures), dtype=bool)

    def show(name: str, *results: OrderMeasures) -> None:
        values = [fmean(getattr(r, m) for r in results) for m in ("first_ok", "first_never", "ndcg5", "same_kind3")]
        print(f"{name:58}" + "".join(f"{value:8.3f}" for value in values))

    def repeated(change: Callable[[random.Random, float], float]) -> list[OrderMeasures]:
        tables = [_damaged(change, seed) for seed in range(REPEATS)]
        return [study.measures(partial(_same, table)) for table in tables]

    print(f"{'':58}first_ok  never  ndcg5 same_kind3")
    show("shipped table", study.measures(lambda _: {}))
    show(
        "signs only (every strength 1, 0 or -1)", study.measures(lambda _: _damaged(lambda _, s: float(np.sign(s)), 0))
    )
    show("each strength times 0.5 … 2 by chance (mean of 20)", *repeated(lambda c, s: s * 2 ** c.uniform(-1, 1)))
    show("a third of the labels unknown, by chance (mean of 20)", *repeated(lambda c, s: s * (c.random() > 1 / 3)))
    none = {letters(label): 0.0 for label in _shipped()}
    show(
        "learned from nothing, each hotel by the others",
        study.measures(lambda hotel: none | {letters(k): v for k, v in study.learned(study.hotels != hotel).items()}),
    )
    show(
        "shipped and moved, each hotel by the others", study.measures(lambda hotel: study.moved(study.hotels != hotel))
    )
    show("shipped and moved, in sample", study.measures(lambda _: study.moved(everything)))
    moves = {k: v - _shipped().get(letters(k), 0.0) for k, v in study.moved(everything).items()}
    print(
        "would move:", ", ".join(f"{k} {v:+.1f}" for k, v in sorted(moves.items(), key=lambda i: -abs(i[1]))[:12] if v)
    )


if __name__ == "__main__":
    main()
