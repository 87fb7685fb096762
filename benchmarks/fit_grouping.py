"""Fits the weights of `deduplicating/evidence.py` on labelled corpora and prints figures cross-validated by hotel.

    python benchmarks/fit_grouping.py CORPUS... [--write] [--folds 8]

Each CORPUS holds labels.csv and images/. Every candidate pair within a hotel is registered, in the order in which
grouping measures it; a pair is *same* when its labels are equal. What the shipped weights were fitted on is in decision
6: the labelled corpus, its hard maker with seeds 1 to 3, `corpus make` with the recipes `hard` and `ordinary` (seed 5),
and `benchmarks/pans.py`. Plain ridge logistic regression by Newton's method: numpy is enough. Placeholders take no
part, and equal files count once, as in grouping.
"""

from __future__ import annotations

import argparse
import csv
import hashlib
import json
import os
from itertools import chain
from multiprocessing import get_context
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from image_release.decoding import Draft, decode_draft, read_header
from image_release.deduplicating import placeholder
from image_release.deduplicating.evidence import displacement, statistics
from image_release.deduplicating.grouping import content_key
from image_release.deduplicating.matching import candidates
from image_release.deduplicating.registration import Sheet, register
from image_release.fingerprinting import Print, fingerprint
from image_release.settings import FilterSettings, FingerprintSettings
from image_release.values import ImageFacts

WEIGHTS = Path(__file__).parents[1] / "shared/image_release/deduplicating/weights.json"
RIDGE = 3.0
WRONG_JOIN = 3.0
"""A false pair counts so many times a true one: a lost photograph is worse than a repeated one."""
EVERY_SIZE = FilterSettings(min_short_side_px=1, min_long_side_px=1)

Pair = tuple[str, str, bool, dict[str, float]]


def print_of(data: bytes) -> Print | None:
    """The print of a file's content; None if it cannot be decoded."""
    facts = read_header(data, hashlib.sha256(data).hexdigest(), EVERY_SIZE)
    draft = decode_draft(data, facts) if isinstance(facts, ImageFacts) else None
    return fingerprint(draft, FingerprintSettings()) if isinstance(draft, Draft) else None


def hotel_pairs(task: tuple[Path, str, list[dict[str, str]]]) -> list[Pair]:
    """Statistics of every candidate pair of a hotel."""
    corpus, hotel, rows = task
    files = {(corpus / "images" / row["image"]).read_bytes(): row["label"] for row in rows}
    known = [(label, print_of(data)) for data, label in files.items() if "/placeholder" not in label]
    usable = [(label, item) for label, item in known if item is not None and not placeholder(item)]
    usable.sort(key=lambda labelled: content_key(labelled[1]))
    sheets = [Sheet(item) for _, item in usable]
    pairs = []
    for candidate in candidates([item for _, item in usable]):
        one, other = sheets[candidate.one], sheets[candidate.other]
        registered = register(one, other, candidate)
        if registered:
            same = usable[candidate.one][0] == usable[candidate.other][0]
            pairs.append(
                (corpus.name, hotel, same, statistics(one, other, candidate, registered, displacement(one, registered)))
            )
    return pairs


def fitted(values: NDArray[np.float64], same: NDArray[np.bool_]) -> NDArray[np.float64]:
    """Coefficients and, last, the intercept."""
    ones = np.hstack([values, np.ones((len(values), 1))])
    coefficient = np.zeros(ones.shape[1])
    penalty = np.diag([RIDGE] * values.shape[1] + [0.0])
    importance = np.where(same, 1.0, WRONG_JOIN)
    for _ in range(40):
        chance = 1 / (1 + np.exp(-np.clip(ones @ coefficient, -40, 40)))
        weight = importance * np.maximum(chance * (1 - chance), 1e-9)
        gradient = ones.T @ (importance * (same - chance)) - penalty @ coefficient
        step = np.linalg.solve((ones * weight[:, None]).T @ ones + penalty, gradient)
        coefficient += step
        if np.abs(step).max() < 1e-8:
            break
    return coefficient


def main() -> None:
    """Measure, cross-validate, and write the weights if asked."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("corpora", nargs="+", type=Path)
    parser.add_argument("--folds", type=int, default=8)
    parser.add_argument("--write", action="store_true")
    args = parser.parse_args()
    tasks = []
    for corpus in args.corpora:
        hotels: dict[str, list[dict[str, str]]] = {}
        with (corpus / "labels.csv").open(newline="", encoding="utf-8") as file:
            for row in csv.DictReader(file):
                hotels.setdefault(row["hotel_id"], []).append(row)
        tasks += [(corpus, hotel, rows) for hotel, rows in hotels.items()]
    os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")  # the processes are the parallelism
    with get_context("spawn").Pool() as pool:
        pairs = list(chain.from_iterable(pool.map(hotel_pairs, tasks, chunksize=1)))
    names = tuple(pairs[0][3])
    values = np.array([[found[name] for name in names] for *_, found in pairs])
    same = np.array([pair[2] for pair in pairs])
    mean, deviation = values.mean(axis=0), values.std(axis=0) + 1e-9
    scaled = np.clip((values - mean) / deviation, -4, 4)
    hotels_in_order = sorted({pair[1] for pair in pairs})
    fold = np.array([hotels_in_order.index(pair[1]) % args.folds for pair in pairs])
    held_out = np.zeros(len(pairs))
    for number in range(args.folds):
        coefficient = fitted(scaled[fold != number], same[fold != number])
        held_out[fold == number] = scaled[fold == number] @ coefficient[:-1] + coefficient[-1]
    for name in sorted({pair[0] for pair in pairs}):
        here = np.array([pair[0] == name for pair in pairs])
        true, false = np.sort(held_out[here & same]), np.sort(held_out[here & ~same])[::-1]
        print(f"{name}: {len(true)} same, {len(false)} others; cross-validated by hotel:")
        print("  least scores of the same ", np.round(true[:8], 1), " highest of the others", np.round(false[:8], 1))
        for score in (0, 1, 2, 3, 4):
            print(f"  from score {score}: {(true < score).sum()} same lost, {(false >= score).sum()} others joined")
    if args.write:
        coefficient = fitted(scaled, same)
        document = {
            "names": names,
            "mean": np.round(mean, 5).tolist(),
            "deviation": np.round(deviation, 5).tolist(),
            "coefficient": np.round(coefficient[:-1], 5).tolist(),
            "intercept": round(float(coefficient[-1]), 5),
        }
        WEIGHTS.write_text(json.dumps(document, indent=1) + "\n", encoding="utf-8")
        print(f"written to {WEIGHTS}")


if __name__ == "__main__":
    main()
