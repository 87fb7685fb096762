"""The published method of grouping: two images show the same photograph if two of their 36 crops look alike.

It is chosen by the setting `grouping.method: hashes`. Images are joined when any hash of one differs in at most
`max_bits` bits from any hash of the other, and everything that such pairs connect is one picture. With `may_chain` off,
one image may not link two groups: some other pair across them has to be near, too. People's decisions are binding.

Nearer pairs come first, and pairs at equal distance come in the order of their contents, so the result does not depend
on the order of the images.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from image_release.dedup.evidence import Evidence
from image_release.dedup.groups import ImageGroups, Picture, apply_decisions, pictures_of
from image_release.fingerprint import Fingerprint, hash_distances, near_pairs
from image_release.settings import GroupingSettings
from image_release.values import Override

BY_HASHES = "hashes"
"""Method of the evidence of copies that were joined by their hashes."""
PAIRS_AT_ONCE = 1024
"""Number of pairs whose hashes are compared at once: 1,296 distances each, which bounds the memory."""


@dataclass(frozen=True, slots=True)
class NearPair:
    """Two images of which two hashes are near each other. Pairs are sorted by distance, then by their images."""

    bits: int
    """Smallest number of bits in which a hash of one differs from a hash of the other."""
    one: int
    """Index of the first image."""
    other: int
    """Index of the second image."""


def grouped_by_hashes(
    shas: Sequence[str], fingerprints: Sequence[Fingerprint], decisions: Sequence[Override], settings: GroupingSettings
) -> tuple[Picture, ...]:
    """Group images by their hashes. `shas` and `fingerprints` are in the order of their contents."""
    groups = ImageGroups(len(shas))
    apply_decisions(groups, shas, decisions)
    join_near(groups, _near(fingerprints, settings.max_bits), may_chain=settings.may_chain)
    return pictures_of(shas, groups)


def join_near(groups: ImageGroups, near: Sequence[NearPair], *, may_chain: bool) -> None:
    """Join the groups of near pairs, the nearest first. Unless they may chain, one image links no two groups."""
    partners = {} if may_chain else _partners(near)
    waiting = near
    while True:
        refused = []
        for pair in waiting:
            if groups.together(pair.one, pair.other) or not groups.may_join(pair.one, pair.other):
                continue
            if may_chain or _linked_by_several(groups, partners, pair):
                groups.join(pair.one, pair.other, hash_evidence(pair.bits))
            else:
                refused.append(pair)
        if len(refused) == len(waiting):
            return
        waiting = refused


def hash_evidence(bits: int, other: str = "") -> Evidence:
    """The evidence of a near pair. Hashes tell neither what two images have in common nor log-odds."""
    return Evidence(other, BY_HASHES, float(bits), 0.0, 0.0)


def near_one(fingerprints: Mapping[str, Fingerprint], one: str, max_bits: int) -> dict[str, Evidence]:
    """The evidence of those images that are near one of them, by SHA-256; that one is near itself."""
    hashes = np.array([item.hashes for item in fingerprints.values()])
    bits = hash_distances(fingerprints[one].hashes[None], hashes)[0].tolist()
    return {
        sha256: hash_evidence(distance, one)
        for sha256, distance in zip(fingerprints, bits, strict=True)
        if distance <= max_bits
    }


def _partners(near: Sequence[NearPair]) -> dict[int, set[int]]:
    """Image -> the images that it is near to."""
    partners: dict[int, set[int]] = {}
    for pair in near:
        partners.setdefault(pair.one, set()).add(pair.other)
        partners.setdefault(pair.other, set()).add(pair.one)
    return partners


def _linked_by_several(groups: ImageGroups, partners: Mapping[int, set[int]], pair: NearPair) -> bool:
    """Whether two groups are near without the first image of a pair, and without the second one."""
    mine, theirs = set(groups.part_of(pair.one)), set(groups.part_of(pair.other))
    return _near_without(pair.one, mine, theirs, partners) and _near_without(pair.other, theirs, mine, partners)


def _near_without(left_out: int, group: set[int], other: set[int], partners: Mapping[int, set[int]]) -> bool:
    """Whether another image of a group is near the other group; true if there is none."""
    return len(group) == 1 or any(not other.isdisjoint(partners.get(at, ())) for at in group if at != left_out)


def _near(fingerprints: Sequence[Fingerprint], max_bits: int) -> list[NearPair]:
    """All pairs with a distance of at most `max_bits`, sorted."""
    if not fingerprints:
        return []
    hashes = np.array([item.hashes for item in fingerprints])
    pairs = near_pairs(hashes, max_bits)
    bits = np.concatenate([np.zeros(0, np.uint8), *_bits_of(hashes, pairs)])
    order = np.lexsort((pairs[:, 1], pairs[:, 0], bits))
    return [
        NearPair(distance, one, other)
        for distance, (one, other) in zip(bits[order].tolist(), pairs[order].tolist(), strict=True)
    ]


def _bits_of(hashes: NDArray[np.uint64], pairs: NDArray[np.int64]) -> Iterator[NDArray[np.uint8]]:
    """Yield the distances of pairs (p, 2), PAIRS_AT_ONCE at a time."""
    for start, end in pairwise([*range(0, len(pairs), PAIRS_AT_ONCE), len(pairs)]):
        one, other = pairs[start:end].T
        yield np.bitwise_count(hashes[one][:, :, None] ^ hashes[other][:, None, :]).min(axis=(1, 2))
