"""Deduplicating: which images show the same photograph, and which of them is the best."""

from __future__ import annotations

from collections.abc import Mapping, Sequence, Set as AbstractSet
from dataclasses import dataclass

import numpy as np

from image_release.fingerprinting import Print
from image_release.fingerprinting.hashes import hash_distances
from image_release.outcomes import Rejection
from image_release.settings import GroupingSettings
from image_release.values import ImageFacts, Override

GROUPING_VERSION = "0"
BEST_VERSION = "0"


@dataclass(frozen=True, slots=True, eq=False)
class Seen:
    facts: ImageFacts
    print: Print


@dataclass(frozen=True, slots=True)
class Evidence:
    other: str
    method: str
    distance: float
    overlap: float
    score: float
    mirrored: bool = False


@dataclass(frozen=True, slots=True)
class Picture:
    members: tuple[str, ...]
    joins: Mapping[str, Evidence]


@dataclass(frozen=True, slots=True)
class Best:
    sha256: str
    margin: float
    reasons: Mapping[str, float]


def group_same(images, decisions: Sequence[Override], settings: GroupingSettings) -> tuple[Picture, ...]:
    shas = sorted(images)
    if not shas:
        return ()
    h = np.array([images[s].print.hashes for s in shas])
    d = hash_distances(h, h)
    groups = [[i] for i in range(len(shas))]
    for i in range(len(shas)):
        for j in range(i + 1, len(shas)):
            if d[i, j] <= 6:
                a = next(g for g in groups if i in g)
                b = next(g for g in groups if j in g)
                if a is not b and all(d[x, y] <= 10 for x in a for y in b):
                    a += b
                    groups.remove(b)
    return tuple(Picture(tuple(sorted(shas[i] for i in g)), {}) for g in groups)


def choose_best(picture: Picture, images: Mapping[str, Seen], eligible: AbstractSet[str]) -> Best:
    ok = [s for s in picture.members if s in eligible]
    return Best(max(ok, key=lambda s: (images[s].facts.pixels, images[s].facts.bytes, s)), 0.0, {})


def evidence_between(picture, images, a, b) -> Evidence:
    if a == b:
        return Evidence(b, "bytes", 0.0, 1.0, 1.0)
    return Evidence(b, "hashes", 0.0, 1.0, 1.0)


def placeholder(print_: Print) -> Rejection | None:
    return None
