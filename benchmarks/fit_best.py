"""Fit the weights of `dedup/best_image.py` on labelled corpora, and print figures that are cross-validated by hotel.

    python -m benchmarks.fit_best CORPUS... [--judge CORPUS...] [--write] [--folds 8] [--wrong]

Each CORPUS holds labels.csv and images/. Groups are given: the copies of a label of which some, but not all, are marked
as best. Each best copy against each other copy of its group is one comparison, in which the two are also compared
closely. The model is a ridge logistic regression on the difference of their cues, each as a line with two bends,
without an intercept. A choice is made as in the product: only the first two copies are compared closely, and only
if the margin without that is small. The first CORPUS was made by others and not by our own recipes, so it counts
three times. Corpora after --judge are only judged, with the weights of the folds that do not know the hotel. Rooms of
one house count as one hotel here (`benchmarks/folds.py`).
"""

from __future__ import annotations

import argparse
import csv
import json
import os
import time
from collections import Counter, defaultdict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations
from multiprocessing import Pool
from pathlib import Path

os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")  # there is one process a core; numpy reads this when it is imported

import numpy as np
from numpy.typing import NDArray

from benchmarks.folds import folds_of
from benchmarks.logistic import newton
from image_release.decode import Draft, decode_draft, read_header
from image_release.dedup import FingerprintedImage, Picture
from image_release.dedup.best_image import BENDS, IN_QUESTION, MOST_DEVIATIONS, choose_best, likely_order
from image_release.dedup.copy_cues import CLOSE_CUES, ComparedCopies
from image_release.fingerprint import fingerprint
from image_release.settings import FilterSettings, FingerprintSettings
from image_release.values import ImageFacts, sha256_hex

WEIGHTS = Path(__file__).parents[1] / "shared/image_release/dedup/best_weights.json"
RIDGE = 10.0
EVERY_SIZE = FilterSettings(min_short_side_px=1, min_long_side_px=1)
MARGINS = (0, 1, 2, 3, 4)
"""Margins, in log-odds, from which on the share of right choices is printed."""
MADE_BY_OTHERS = 3.0
"""Weight of a wrong copy of the first corpus; one of another corpus has 1."""
LARGER_COUNTS = 1.0
"""Weight of the comparisons of untouched copies of which one is plainly larger; those with an attacked copy have 1."""
PLAINLY_LARGER = 1.3
"""Minimum ratio of the pixels of two untouched copies for the larger one to be the better one."""


@dataclass(frozen=True)
class Group:
    """The `n` copies of one photograph."""

    corpus: str
    hotel: str
    names: tuple[str, ...]
    """Names of the `k` cues; the last `m` are those of close comparisons."""
    cues: NDArray[np.float64]
    """(n, k): those of close comparisons are 0."""
    closely: NDArray[np.float64]
    """(n, n, m): the cues of close comparisons, of each copy beside each other one."""
    right: NDArray[np.bool_]
    """(n,): whether a copy is marked as best."""
    attacks: tuple[str, ...]
    """What was done to each copy, as labels.csv says it."""
    images: tuple[str, ...]
    """The file of each copy."""
    pixels: NDArray[np.float64]
    """(n,): number of pixels of each file."""
    cpu_ms: float
    """CPU time of choosing the best one, with the weights that are shipped, in milliseconds."""


def fingerprinted(path: Path) -> FingerprintedImage | None:
    """A file with its fingerprint; None if it cannot be decoded."""
    data = path.read_bytes()
    facts = read_header(data, sha256_hex(data), EVERY_SIZE)
    draft = decode_draft(data, facts) if isinstance(facts, ImageFacts) else None
    if not isinstance(draft, Draft):
        return None
    return FingerprintedImage(draft.facts, fingerprint(draft, FingerprintSettings()))


def compared(task: tuple[Path, list[dict[str, str]]]) -> Group | None:
    """The copies of one label with their cues; None where all have the same bytes."""
    corpus, rows = task
    read = [(row, item) for row in rows if (item := fingerprinted(corpus / "images" / row["image"]))]
    found = list({item.facts.sha256: (row, item) for row, item in read}.values())
    images = {item.facts.sha256: item for _, item in found}
    if len(images) < 2:
        return None
    started = time.process_time()
    choose_best(Picture(tuple(sorted(images)), {}), images, images.keys())
    cpu_ms = 1000 * (time.process_time() - started)
    order = likely_order(images)
    copies = ComparedCopies([images[one].fingerprint for one in order], [images[one].facts for one in order])
    names = tuple(copies.cues[0])
    closely = np.zeros((len(order), len(order), len(CLOSE_CUES)))
    for one, other in combinations(range(len(order)), 2):
        closely[one, other], closely[other, one] = (
            [cues[name] for name in CLOSE_CUES] for cues in copies.closely(one, other)
        )
    at = [order.index(item.facts.sha256) for _, item in found]
    return Group(
        corpus.name,
        found[0][0]["hotel_id"],
        names,
        np.array([[copies.cues[index][name] for name in names] for index in at]),
        closely[np.ix_(at, at)],
        np.array([row["best"] == "1" for row, _ in found]),
        tuple(row["attacks"] for row, _ in found),
        tuple(row["image"] for row, _ in found),
        np.array([float(item.facts.pixels) for _, item in found]),
        cpu_ms,
    )


def tasks_of(corpus: Path) -> list[tuple[Path, list[dict[str, str]]]]:
    """The labels of a corpus that have a best copy and more than one copy, with their rows."""
    labels: dict[str, list[dict[str, str]]] = defaultdict(list)
    with (corpus / "labels.csv").open(newline="", encoding="utf-8") as file:
        for row in csv.DictReader(file):
            labels[row["label"]].append(row)
    return [
        (corpus, rows)
        for _, rows in sorted(labels.items())
        if len(rows) > 1 and any(row["best"] == "1" for row in rows)
    ]


def fitted(
    groups: Sequence[Group], mean: NDArray[np.float64], deviation: NDArray[np.float64], made_by_others: str
) -> NDArray[np.float64]:
    """Fit the coefficients (3k,) of the scaled cues.

    The weight of a group grows with the root of the number of its wrong copies.
    """
    differences, importance = [], []
    for group in groups:
        wrong = np.flatnonzero(~group.right).tolist()
        counts = MADE_BY_OTHERS if group.corpus == made_by_others else 1.0
        for best in np.flatnonzero(group.right).tolist() if wrong else ():
            differences += [(best, other, group) for other in wrong]
            importance += [counts / group.right.sum() / len(wrong) ** 0.5] * len(wrong)
        larger = smaller_copies(group)
        differences += [(one, other, group) for one, other in larger]
        importance += [LARGER_COUNTS / max(1, len(larger)) ** 0.5] * len(larger)
    ones = np.array([with_close_cues(group, one, other) for one, other, group in differences])
    others = np.array([with_close_cues(group, other, one) for one, other, group in differences])
    values = scaled(ones, mean, deviation) - scaled(others, mean, deviation)
    return newton(values, 1.0, np.array(importance), RIDGE * np.eye(values.shape[1]))


def with_close_cues(group: Group, one: int, other: int) -> NDArray[np.float64]:
    """(k,): the cues of a copy after it was compared with another one closely."""
    return np.concatenate([group.cues[one, : -len(CLOSE_CUES)], group.closely[one, other]])


def usual_cues(group: Group) -> NDArray[np.float64]:
    """(n, k): the cues of each copy, those of close comparisons as means over the other copies."""
    closely = group.closely.sum(axis=1) / (len(group.cues) - 1)
    return np.concatenate([group.cues[:, : -len(CLOSE_CUES)], closely], axis=1)


def scored(
    group: Group, mean: NDArray[np.float64], deviation: NDArray[np.float64], coefficient: NDArray[np.float64]
) -> NDArray[np.float64]:
    """(n,): the score of each copy, as the product computes it."""
    scores = scaled(group.cues, mean, deviation) @ coefficient
    best, second = np.argsort(-scores, kind="stable")[:2].tolist()
    if scores[best] - scores[second] < IN_QUESTION:
        compared_closely = np.array([with_close_cues(group, best, second), with_close_cues(group, second, best)])
        scores[[best, second]] = scaled(compared_closely, mean, deviation) @ coefficient
    return np.asarray(scores)


def smaller_copies(group: Group) -> list[tuple[int, int]]:
    """Pairs (indices) of right copies of which the first is plainly larger."""
    right = np.flatnonzero(group.right).tolist()
    return [(a, b) for a in right for b in right if group.pixels[a] > PLAINLY_LARGER * group.pixels[b]]


def scaled(cues: NDArray[np.float64], mean: NDArray[np.float64], deviation: NDArray[np.float64]) -> NDArray[np.float64]:
    """(n, 3k): the cues in deviations from their mean, limited as the product limits them, then from each bend on."""
    away = np.clip((cues - mean) / deviation, -MOST_DEVIATIONS, MOST_DEVIATIONS)
    return np.concatenate([away, *(np.maximum(0, away - bend) for bend in BENDS)], axis=1)


def tell(name: str, groups: Sequence[Group], scores: Mapping[int, NDArray[np.float64]], *, wrong: bool) -> None:
    """Print the share of right choices, by margin and by what was done to the copies."""
    untouched = [(group, scores[id(group)]) for group in groups if smaller_copies(group)]
    kept = [
        all(
            score[one] > score[other]
            for one, other in smaller_copies(group)
            if group.pixels[one] == group.pixels[group.right].max()
        )
        for group, score in untouched
    ]
    if kept:
        print(f"{name}: the largest untouched copy is before smaller ones in {np.mean(kept):.4f} of {len(kept)} groups")
    groups = [group for group in groups if not group.right.all()]
    right = np.array([group.right[scores[id(group)].argmax()] for group in groups])
    margin = np.array([np.subtract(*np.sort(scores[id(group)])[:-3:-1]) for group in groups])
    print(f"{name}: right in {right.mean():.4f} of {len(groups)} groups")
    for least in MARGINS:
        sure = margin >= least
        print(f"  margin from {least}: {right[sure].mean() if sure.any() else 1:.4f} of {sure.sum()}")
    _tell_wrong_choices(groups, right, scores, wrong=wrong)


def _tell_wrong_choices(
    groups: Sequence[Group], right: NDArray[np.bool_], scores: Mapping[int, NDArray[np.float64]], *, wrong: bool
) -> None:
    """Print what was done to the copies that were chosen wrongly; with `wrong`, name each of them."""
    asked: Counter[str] = Counter()
    missed: Counter[str] = Counter()
    for group, good in zip(groups, right, strict=True):
        for attacks, is_right in zip(group.attacks, group.right, strict=True):
            asked.update(_attack_names(attacks) if not is_right else ())
        if good:
            continue
        chosen = int(scores[id(group)].argmax())
        missed.update(_attack_names(group.attacks[chosen]))
        if wrong:
            best = [image for image, is_right in zip(group.images, group.right, strict=True) if is_right]
            print(f"  wrong: {group.images[chosen]} ({group.attacks[chosen]}) before {best}")
    counts = ", ".join(f"{name} {number}/{asked[name]}" for name, number in missed.most_common())
    print("  chosen wrongly, of groups with it:", counts)


def _attack_names(attacks: str) -> set[str]:
    """The attacks in a column of labels.csv, without their strengths and without size and quality."""
    return {part.split(":")[0] for part in attacks.split("|")} - {"side", "q", ""}


def held_out_scores(
    known: Sequence[Group],
    everything: Sequence[Group],
    folds: int,
    fit: Callable[[Sequence[Group]], NDArray[np.float64]],
    score: Callable[[Group, NDArray[np.float64]], NDArray[np.float64]],
) -> dict[int, NDArray[np.float64]]:
    """The score of each copy of each group (by its id), by weights that were fitted without its house."""
    fold_of = folds_of((group.hotel for group in everything), folds)
    scores = {}
    for number in range(folds):
        coefficient = fit([group for group in known if fold_of[group.hotel] != number])
        for group in everything:
            if fold_of[group.hotel] == number:
                scores[id(group)] = score(group, coefficient)
    return scores


def write_weights(names: Sequence[str], *columns: NDArray[np.float64]) -> None:
    """Write mean, deviation and the three coefficients (k,) of each cue, one cue a line."""
    numbers = {
        name: [round(float(number), 5) for number in parts]
        for name, *parts in sorted(zip(names, *columns, strict=True))
    }
    lines = ",\n".join(f" {json.dumps(name)}: {json.dumps(parts)}" for name, parts in numbers.items())
    WEIGHTS.write_text("{\n" + lines + "\n}\n", encoding="utf-8")
    print(f"written to {WEIGHTS}")


def main() -> None:
    """Measure the cues, cross-validate, and write the weights if asked."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("corpora", nargs="+", type=Path)
    parser.add_argument("--judge", nargs="*", type=Path, default=[])
    parser.add_argument("--folds", type=int, default=8)
    parser.add_argument("--write", action="store_true")
    parser.add_argument("--wrong", action="store_true", help="name every wrong choice")
    args = parser.parse_args()
    with Pool() as pool:
        groups = {
            corpus: [group for group in pool.map(compared, tasks_of(corpus), chunksize=4) if group]
            for corpus in [*args.corpora, *args.judge]
        }
    known = [group for corpus in args.corpora for group in groups[corpus]]
    everything = [group for found in groups.values() for group in found]
    values = np.concatenate([usual_cues(group) for group in known])
    mean, deviation = values.mean(axis=0), values.std(axis=0) + 1e-6

    def fit(some: Sequence[Group]) -> NDArray[np.float64]:
        return fitted(some, mean, deviation, args.corpora[0].name)

    def score(group: Group, coefficient: NDArray[np.float64]) -> NDArray[np.float64]:
        return scored(group, mean, deviation, coefficient)

    scores = held_out_scores(known, everything, args.folds, fit, score)
    for corpus, found in groups.items():
        mean_ms = sum(group.cpu_ms for group in found) / sum(len(group.images) for group in found)
        print(f"{corpus.name}: choosing takes {mean_ms:.2f} ms CPU a copy")
    print("cross-validated by hotel:")
    for corpus, found in groups.items():
        tell(corpus.name + (" (only judged)" if corpus in args.judge else ""), found, scores, wrong=args.wrong)
    coefficient = fit(known)
    print("fitted on all:")
    for corpus in args.corpora:
        asked = [group for group in groups[corpus] if not group.right.all()]
        right = [group.right[score(group, coefficient).argmax()] for group in asked]
        print(f"  {corpus.name}: right in {np.mean(right):.4f}")
    if args.write:
        write_weights(known[0].names, mean, deviation, *coefficient.reshape(3, -1))


if __name__ == "__main__":
    main()
