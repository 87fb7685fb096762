"""Fit the heads of the local tagger on graded pictures, and print figures that are cross-validated by hotel.

    python -m benchmarks.fit_scenes CORPUS SCENES [--folds 12] [--write] [--predictions DIR]

CORPUS has ranking.csv and labels.csv, SCENES has scenes.csv. Every hotel is judged by heads that never saw it or its
house. The heads: features drawn together and standardised; their principal DIRECTIONS, part-way whitened; a logistic
regression on kinds; a ridge regression on grades, calibrated to the chance of an acceptable opener (grade 2 or 3). All
are folded into one matrix each. Run again it gives the same bytes. `--write` replaces the shipped heads.
`--predictions` writes what was predicted for each picture while its hotel was left out, for studies of the order.
"""

from __future__ import annotations

import argparse
import csv
import os
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")  # sums in one order: the same bytes again

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import minimize

from benchmarks.logistic import newton
from benchmarks.scene_features import Picture, features_of, pictures_of
from benchmarks.scene_figures import print_figures
from image_release.kinds import shipped_kinds
from image_release.lab.ordering.grades import ACCEPTABLE
from image_release.tag.local.heads import Heads, Numbers, drawn, softmax

HEADS = Path(__file__).parents[1] / "shared/image_release/tag/local/heads.npz"
KINDS = tuple(shipped_kinds())
DIRECTIONS = 384
WHITENING = 0.2
"""Power of a direction's spread by which it is divided: 0 keeps the spreads, 1 makes all equal."""
KIND_RIDGE = 80.0
GRADE_RIDGE = 300.0
EMBEDDING = 24
"""Directions of the embedding, evenly whitened."""
STEPS = 80
"""Maximum number of steps of the logistic regression."""


@dataclass(frozen=True, slots=True)
class Space:
    """Features, standardised and turned: (drawn − mean) @ turn."""

    mean: Numbers
    turn: Numbers
    spreads: Numbers

    @classmethod
    def of(cls, features: Numbers) -> Space:
        """The space of some pictures' features (n, f)."""
        mean, scale = features.mean(axis=0), features.std(axis=0) + 1e-6
        standard = (features - mean) / scale
        spread, axes = np.linalg.eigh(standard.T @ standard / len(standard))
        order = np.argsort(-spread)[:DIRECTIONS]
        spreads = np.sqrt(spread[order])
        evened = spreads**WHITENING * np.sqrt((spreads**2).mean()) ** (1 - WHITENING)
        axes = axes[:, order] * np.sign(axes[np.abs(axes[:, order]).argmax(axis=0), order])
        return cls(mean, axes / scale[:, None] / evened, spreads / evened)

    def __call__(self, features: Numbers) -> Numbers:
        """Coordinates (n, d)."""
        return (features - self.mean) @ self.turn


def fitted(pictures: Sequence[Picture], features: NDArray[np.float64], calibration: Numbers) -> Heads:
    """Heads fitted on pictures with features (n, 2, f); `calibration` is (slope, offset) of the appeal's logit."""
    both = drawn(np.concatenate([features[:, 0], features[:, 1]]))
    space = Space.of(both)
    turned = space(both)
    kind_numbers = np.array([KINDS.index(picture.kind) for picture in pictures] * 2)
    grades = np.array([picture.grade for picture in pictures] * 2, float)
    kinds, kind_offsets = _logistic(turned, np.eye(len(KINDS))[kind_numbers])
    grade = np.linalg.solve(
        turned.T @ turned / 2 + GRADE_RIDGE * np.eye(turned.shape[1]), turned.T @ (grades - grades.mean()) / 2
    )
    slope, offset = calibration
    return Heads(
        mean=space.mean,
        kinds=space.turn @ kinds,
        kind_offsets=kind_offsets,
        appeal=space.turn @ grade * slope,
        appeal_offset=np.array([grades.mean() * slope + offset]),
        embedding=space.turn[:, :EMBEDDING] / np.sqrt(space.spreads[:EMBEDDING]),
    )


def _logistic(turned: Numbers, kinds: Numbers) -> tuple[Numbers, Numbers]:
    """Multinomial logistic regression: weights (d, k), offsets (k,). A picture and its mirror count once."""
    basis = np.hstack([np.ones((len(turned), 1)), turned])
    ridge = np.full((basis.shape[1], 1), KIND_RIDGE)
    ridge[0] = 0.0

    def loss(flat: Numbers) -> tuple[float, Numbers]:
        weights = flat.reshape(basis.shape[1], -1)
        shares = softmax(basis @ weights)
        value = -np.log((shares * kinds).sum(axis=1)).sum() / 2 + (ridge * weights**2).sum() / 2
        return value, (basis.T @ (shares - kinds) / 2 + ridge * weights).ravel()

    start = np.zeros(basis.shape[1] * kinds.shape[1])
    found = minimize(loss, start, jac=True, method="L-BFGS-B", options={"maxiter": STEPS})
    weights = found.x.reshape(basis.shape[1], -1)
    return weights[1:], weights[0]


@dataclass(frozen=True, slots=True)
class Predictions:
    """What was predicted for each picture while its hotel was left out."""

    kinds: Numbers
    appeals: Numbers
    embeddings: Numbers


UNCALIBRATED = np.array([1.0, 0.0])


def left_out(pictures: Sequence[Picture], features: NDArray[np.float64], folds: int) -> tuple[Predictions, Numbers]:
    """Predictions for every picture by heads that never saw its house, and the calibration of the appeal.

    The calibration of a fold is fitted on the predictions of the other folds.
    """
    fold = _folds(pictures, folds)
    parts = Predictions(
        np.zeros((len(pictures), len(KINDS))), np.zeros(len(pictures)), np.zeros((len(pictures), EMBEDDING))
    )
    logits = np.zeros(len(pictures))
    for number in range(folds):
        inside = fold != number
        heads = fitted(
            [one for one, known in zip(pictures, inside, strict=True) if known], features[inside], UNCALIBRATED
        )
        heads = Heads.from_bytes(heads.to_bytes())
        kinds, appeals, embeddings = heads.predict(features[~inside, 0])
        parts.kinds[~inside], parts.embeddings[~inside] = kinds, embeddings
        logits[~inside] = np.log(appeals / (1 - appeals))
    good = np.array([picture.grade >= ACCEPTABLE for picture in pictures])
    for number in range(folds):
        slope, offset = _calibration(logits[fold != number], good[fold != number])
        parts.appeals[fold == number] = 1 / (1 + np.exp(-(slope * logits[fold == number] + offset)))
    return parts, _calibration(logits, good)


def _calibration(logits: Numbers, good: NDArray[np.bool_]) -> Numbers:
    """Slope and offset that turn predicted grades into the log-odds of an acceptable opener."""
    values = np.column_stack([logits, np.ones(len(logits))])
    return newton(values, good, np.ones(len(logits)), np.zeros((2, 2)))


def _folds(pictures: Sequence[Picture], folds: int) -> NDArray[np.int64]:
    """The fold of each picture. The pictures of one house are in one; each corpus is spread over all folds."""
    number: dict[tuple[str, str], int] = {}
    for corpus in sorted({picture.corpus for picture in pictures}):
        houses = sorted({picture.house for picture in pictures if picture.corpus == corpus})
        number |= {(corpus, house): at % folds for at, house in enumerate(houses)}
    return np.array([number[picture.corpus, picture.house] for picture in pictures])


def _write_predictions(directory: Path, pictures: Sequence[Picture], found: Predictions) -> None:
    directory.mkdir(parents=True, exist_ok=True)
    for corpus in sorted({picture.corpus for picture in pictures}):
        with (directory / f"cv_{corpus}.csv").open("w", newline="", encoding="utf-8") as file:
            writer = csv.writer(file)
            writer.writerow(
                ["hotel_id", "image", "kind", "grade", "appeal", *KINDS, *(f"e{at}" for at in range(EMBEDDING))]
            )
            for picture, kinds, appeal, embedding in zip(
                pictures, found.kinds, found.appeals, found.embeddings, strict=True
            ):
                if picture.corpus == corpus:
                    numbers = [round(float(number), 3) for number in (appeal, *kinds, *embedding)]
                    writer.writerow([picture.hotel_id, picture.image, picture.kind, picture.grade, *numbers])


def main() -> None:
    """Cross-validate, print the figures, and write the heads where that is asked for."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("corpora", nargs="+", type=Path)
    parser.add_argument("--folds", type=int, default=12)
    parser.add_argument("--write", action="store_true")
    parser.add_argument("--predictions", type=Path)
    args = parser.parse_args()
    pictures = [picture for corpus in args.corpora for picture in pictures_of(corpus)]
    features = features_of(pictures)
    found, calibration = left_out(pictures, features, args.folds)
    print_figures(pictures, found.kinds, found.appeals)
    if args.predictions:
        _write_predictions(args.predictions, pictures, found)
    if args.write:
        HEADS.write_bytes(fitted(pictures, features, calibration).to_bytes())
        print(f"written: {HEADS}")


if __name__ == "__main__":
    main()
