"""The two methods of grouping, and the one place that chooses between them.

A method compares the images of a hotel, groups them, and says how well two of them agree. `registered` aligns images
(`grouping`); `hashes` is the published method (`hash_grouping`). Which one decides is a setting, `grouping.method`.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import replace
from functools import cached_property
from itertools import combinations
from typing import ClassVar, Protocol

import numpy as np

from image_release.dedup.crowds import STANDING, crowds
from image_release.dedup.evidence import Evidence
from image_release.dedup.grouping import Pairs, grouped, in_content_order
from image_release.dedup.groups import FingerprintedImage, Picture
from image_release.dedup.hash_grouping import grouped_by_hashes, near_one
from image_release.dedup.weights import shipped_weights
from image_release.fingerprint import Fingerprint, hash_distances
from image_release.settings import GroupingSettings
from image_release.values import Override

Images = Mapping[str, FingerprintedImage]
"""The images of a hotel, by SHA-256."""
ScoredPair = tuple[str, str, float]
"""The SHA-256s of two images and their score."""


class GroupingMethod(Protocol):
    """The images of a hotel, compared by one method."""

    compares_hashes: ClassVar[bool]
    """Whether the crop hashes decide. Otherwise images are aligned; only then there are log-odds and same views."""

    def __init__(self, images: Images, settings: GroupingSettings) -> None:
        """Get ready to compare the images."""

    def pictures(self, decisions: Sequence[Override], settings: GroupingSettings) -> tuple[Picture, ...]:
        """Group the images by photograph; a method may have compared them for other settings before."""

    def clear_with(self, best: str) -> dict[str, Evidence]:
        """The evidence about each other image and the best one, where it speaks for the same photograph."""

    def scored_pairs(self, wanted: Callable[[str, str], bool]) -> Iterator[ScoredPair]:
        """Yield each wanted pair that might show the same photograph, with its score."""


class _ByRegistration:
    """Images that are aligned with each other."""

    compares_hashes: ClassVar[bool] = False

    def __init__(self, images: Images, settings: GroupingSettings) -> None:
        self._images, self._settings = images, settings
        self._shas = in_content_order(images)
        self._pairs: dict[tuple[str, ...], Pairs] = {}

    def pictures(self, decisions: Sequence[Override], settings: GroupingSettings) -> tuple[Picture, ...]:
        followers = self._followers(decisions, settings)
        shas = tuple(sha256 for sha256 in self._shas if sha256 not in followers)
        return grouped(shas, self._pairs_of(shas), decisions, settings, followers)

    def clear_with(self, best: str) -> dict[str, Evidence]:
        at = self._shas.index(best)
        pairs = Pairs(self._fingerprints(self._shas), GroupingSettings(), with_image=at)
        measured = {
            sha256: pairs.evidence(number, at, best) for number, sha256 in enumerate(self._shas) if number != at
        }
        return {sha256: why for sha256, why in measured.items() if why is not None and why.score > 0}

    def scored_pairs(self, wanted: Callable[[str, str], bool]) -> Iterator[ScoredPair]:
        pairs = self._pairs_of(tuple(self._shas))
        for one, other in pairs.likeliest_first():
            if wanted(self._shas[one], self._shas[other]):
                yield self._shas[one], self._shas[other], pairs.score(one, other)

    def _pairs_of(self, shas: tuple[str, ...]) -> Pairs:
        """The pairs of some images; each is registered once, whatever settings ask for it."""
        if shas not in self._pairs:
            self._pairs[shas] = Pairs(self._fingerprints(shas), self._settings)
        return self._pairs[shas]

    def _followers(self, decisions: Sequence[Override], settings: GroupingSettings) -> dict[str, Evidence]:
        """The images that others of their crowd stand for. One that a person named is compared with all others."""
        least = max(settings.clear_score, settings.bridge_score)
        named = {sha256 for decision in decisions for sha256 in decision.images}
        return {sha256: why for sha256, why in self._of_crowds.items() if why.score >= least and sha256 not in named}

    @cached_property
    def _of_crowds(self) -> dict[str, Evidence]:
        """The evidence about each image of a crowd, without those that stand for it, and the first one of these."""
        found: dict[str, Evidence] = {}
        for crowd in crowds(self._fingerprints(self._shas)):
            first, *others = (self._shas[index] for index in (crowd[0], *crowd[STANDING:]))
            pairs = Pairs(self._fingerprints([first, *others]), self._settings, with_image=0)
            measured = ((sha256, pairs.evidence(0, number, first)) for number, sha256 in enumerate(others, 1))
            found |= {sha256: why for sha256, why in measured if why is not None}
        return found

    def _fingerprints(self, shas: Sequence[str]) -> list[Fingerprint]:
        return [self._images[sha256].fingerprint for sha256 in shas]


class _ByHashes:
    """Images whose crop hashes are compared."""

    compares_hashes: ClassVar[bool] = True

    def __init__(self, images: Images, settings: GroupingSettings) -> None:
        self._images, self._settings = images, settings
        self._shas = in_content_order(images)

    def pictures(self, decisions: Sequence[Override], settings: GroupingSettings) -> tuple[Picture, ...]:
        fingerprints = [self._images[sha256].fingerprint for sha256 in self._shas]
        return grouped_by_hashes(self._shas, fingerprints, decisions, settings)

    def clear_with(self, best: str) -> dict[str, Evidence]:
        fingerprints = {sha256: image.fingerprint for sha256, image in self._images.items()}
        return near_one(fingerprints, best, self._settings.max_bits)

    def scored_pairs(self, wanted: Callable[[str, str], bool]) -> Iterator[ScoredPair]:
        """Yield every wanted pair. Its score is its distance in bits, below 0."""
        if not self._shas:
            return
        hashes = np.array([self._images[sha256].fingerprint.hashes for sha256 in self._shas])
        bits = hash_distances(hashes, hashes)
        for one, other in combinations(range(len(self._shas)), 2):
            if wanted(self._shas[one], self._shas[other]):
                yield self._shas[one], self._shas[other], -float(bits[one, other])


_METHODS: Mapping[str, type[GroupingMethod]] = {"registered": _ByRegistration, "hashes": _ByHashes}
"""The values of `grouping.method`."""


def grouping_method(settings: GroupingSettings) -> type[GroupingMethod]:
    """The method that the settings choose."""
    return _METHODS[settings.method]


def group_same(images: Images, decisions: Sequence[Override], settings: GroupingSettings) -> tuple[Picture, ...]:
    """Group images by photograph, sorted by first member; every image is in exactly one picture."""
    return grouping_method(settings)(images, settings).pictures(decisions, settings)


def groupings(images: Images, settings: Sequence[GroupingSettings]) -> Iterator[tuple[Picture, ...]]:
    """Yield what `group_same` returns under each of several settings, without decisions.

    A pair is registered once for all settings with the same `least_first_look`, which decides whether it is given up
    after the coarse pass.
    """
    known: dict[tuple[str, float], GroupingMethod] = {}
    for each in settings:
        key = each.method, each.least_first_look
        if key not in known:
            known[key] = grouping_method(each)(images, each)
        yield known[key].pictures((), each)


def scored_pairs(
    images: Images, wanted: Callable[[str, str], bool], settings: GroupingSettings
) -> Iterator[ScoredPair]:
    """Yield the SHA-256s and the score of each wanted pair of a hotel that is a candidate pair.

    Where hashes decide, every wanted pair is one, and its score is its distance in bits, below 0.
    """
    return grouping_method(settings)(images, settings).scored_pairs(wanted)


def evidence_with(
    picture: Picture,
    images: Images,
    best: str,
    among: Collection[str],
    settings: GroupingSettings,
) -> dict[str, Evidence]:
    """Say why the members in `among` show the same photograph as `best`.

    Members that were joined with `best` keep that evidence. The others are measured against it. Where this gives no
    clear evidence, the weakest of the joins that lead from one to the other is returned.
    """
    found = {best: Evidence(best, "bytes", 0.0, 1.0, shipped_weights().most())}
    found |= {member: why for member in among if (why := _join_between(picture, member, best))}
    unmeasured = [member for member in among if member not in found]
    few = {sha256: images[sha256] for sha256 in (best, *unmeasured)}
    clear = grouping_method(settings)(few, settings).clear_with(best)
    for member in unmeasured:
        found[member] = clear.get(member) or replace(_weakest_join_between(picture, member, best), other=best)
    return found


def _join_between(picture: Picture, a: str, b: str) -> Evidence | None:
    """The join of exactly these two, as evidence that names `b`; None if they were not joined with each other."""
    for one, other in ((a, b), (b, a)):
        if one in picture.joins and picture.joins[one].other == other:
            return replace(picture.joins[one], other=b)
    return None


def _weakest_join_between(picture: Picture, a: str, b: str) -> Evidence:
    """The weakest join on the way from `a` to `b`, by score, then by distance: joins by hashes have no score."""
    ways = []
    for start in (a, b):
        way, here = [start], start
        while here in picture.joins:
            here = picture.joins[here].other
            way.append(here)
        ways.append(way)
    shared = set(ways[0]) & set(ways[1])
    steps = [picture.joins[sha256] for way in ways for sha256 in way if sha256 not in shared]
    return min(steps, key=lambda step: (step.score, -step.distance, step.other))
