"""The figures of `fit_scenes`: order, kinds, calibration, and what the graders' disagreement allows."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

import numpy as np

from benchmarks.scene_features import Picture
from image_release.kinds import shipped_kinds
from image_release.lab.ordering import Grade, measure
from image_release.lab.ordering.grades import ACCEPTABLE
from image_release.tag.local.heads import Numbers

LEAST_PICTURES = {"scenes": 4}
"""Pictures that a hotel needs to be judged; 1 elsewhere."""
LEAST_EXAMPLES = 20
"""A kind with fewer examples is not judged."""
BINS = 10
AGREED = 0.88
"""Share of grades that one grader repeated when grading again; all others were one step off (scenes' README)."""
ROUNDS = 200


def print_figures(pictures: Sequence[Picture], kinds: Numbers, appeals: Numbers) -> None:
    """Print all figures of predictions: (n, k) probabilities of kinds, (n,) appeals."""
    for line in order_figures(pictures, appeals):
        print(f"by appeal alone, {line}")
    for corpus, grades in _by_corpus(pictures).items():
        print(f"by grades given again by the same eye, {corpus}: {_graders_again(grades)}")
    print(kinds_right(pictures, kinds))
    names = list(shipped_kinds())
    right = np.array([names[best] == picture.kind for best, picture in zip(kinds.argmax(1), pictures, strict=True)])
    _print_reliability("the likeliest kind is right", kinds.max(axis=1), right)
    _print_reliability("grade 2 or 3, by appeal", appeals, np.array([one.grade >= ACCEPTABLE for one in pictures]))


def order_figures(pictures: Sequence[Picture], appeals: Numbers) -> list[str]:
    """A line for each corpus: the measures of the order by appeal."""
    scores = {picture.image: float(appeal) for picture, appeal in zip(pictures, appeals, strict=True)}
    return [f"{corpus}: {_order(grades, scores)}" for corpus, grades in _by_corpus(pictures).items()]


def kinds_right(pictures: Sequence[Picture], kinds: Numbers) -> str:
    """Shares of pictures whose likeliest kind, and likeliest group of kinds, are right; and the share of each kind."""
    names, groups = list(shipped_kinds()), [kind.group for kind in shipped_kinds().values()]
    members = {group: np.array([one == group for one in groups]) for group in dict.fromkeys(groups)}
    by_group = np.stack([kinds[:, mask].sum(axis=1) for mask in members.values()], axis=1)
    count = Counter(picture.kind for picture in pictures)
    rows = [at for at, picture in enumerate(pictures) if count[picture.kind] >= LEAST_EXAMPLES]
    of_kind = Counter(pictures[at].kind for at in rows if names[kinds[at].argmax()] == pictures[at].kind)
    in_group = sum(list(members)[by_group[at].argmax()] == groups[names.index(pictures[at].kind)] for at in rows)
    shares = [f"{kind} {of_kind[kind] / count[kind]:.2f}" for kind in names if count[kind] >= LEAST_EXAMPLES]
    return (
        f"kinds right {of_kind.total() / len(rows):.3f} of {len(rows)}, groups ({len(members)}) right "
        f"{in_group / len(rows):.3f}: {', '.join(shares)}"
    )


def _by_corpus(pictures: Sequence[Picture]) -> dict[str, list[Grade]]:
    """The grades of each corpus, of its hotels that have enough pictures."""
    return {
        corpus: judged([one for one in pictures if one.corpus == corpus], LEAST_PICTURES.get(corpus, 1))
        for corpus in sorted({picture.corpus for picture in pictures})
    }


def judged(pictures: Sequence[Picture], least: int) -> list[Grade]:
    """The grades of the hotels that have at least so many pictures."""
    count = Counter(picture.hotel_id for picture in pictures)
    return [Grade(one.image, one.hotel_id, one.kind, one.grade) for one in pictures if count[one.hotel_id] >= least]


def _order(grades: Sequence[Grade], scores: dict[str, float]) -> str:
    orders: dict[str, list[str]] = {}
    for grade in sorted(grades, key=lambda grade: (-scores[grade.label], grade.label)):
        orders.setdefault(grade.hotel_id, []).append(grade.label)
    found = measure(grades, orders)
    return (
        f"{found.hotels} hotels, first_ok {found.first_ok:.3f}, first_never {found.first_never:.3f}, "
        f"ndcg5 {found.ndcg5:.3f}, same_kind3 {found.same_kind3:.3f}"
    )


def _graders_again(grades: Sequence[Grade]) -> str:
    """The best that can be reached: an order by grades of which some are one step off, mean of ROUNDS."""
    chance = np.random.default_rng(1)
    found = []
    for _ in range(ROUNDS):
        off = chance.random(len(grades)) > AGREED
        step = chance.choice([-1, 1], len(grades)) * off
        again = np.clip([grade.grade for grade in grades] + step, 0, 3) + chance.random(len(grades)) / 2
        orders: dict[str, list[str]] = {}
        for at in np.argsort(-again):
            orders.setdefault(grades[at].hotel_id, []).append(grades[at].label)
        got = measure(grades, orders)
        found.append((got.first_ok, got.first_never, got.ndcg5))
    ok, never, ndcg = np.mean(np.array(found, float), axis=0)
    return f"first_ok {ok:.3f}, first_never {never:.3f}, ndcg5 {ndcg:.3f} (mean of {ROUNDS})"


def _print_reliability(what: str, said: Numbers, right: Numbers) -> None:
    print(f"reliability, {what}: said -> seen (pictures)")
    for low in np.arange(BINS) / BINS:
        inside = (said >= low) & (said < low + 1 / BINS + (low == 1 - 1 / BINS))
        if inside.any():
            print(f"  {said[inside].mean():.2f} -> {right[inside].mean():.2f} ({inside.sum()})")
