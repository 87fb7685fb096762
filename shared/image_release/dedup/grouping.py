"""Grouping: which images of a hotel show the same photograph, with the evidence that joined them.

Clear pairs are joined first. A pair whose images are in one group already is not registered, so a hotel needs about one
registration an image. Groups cannot chain: a join that makes a group of more than two needs clear evidence, or other
pairs across the two groups that agree. A join of two groups of several images needs even more. People's decisions are
binding, and later decisions win over earlier ones.

The result does not depend on the order of the images or on their names: the order of the pairs follows from their
contents.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import replace
from functools import lru_cache

from image_release.dedup.evidence import (
    Evidence,
    coarse_features,
    displacements,
    evidence,
    statistics,
)
from image_release.dedup.groups import FingerprintedImage, ImageGroups, Picture, apply_decisions, picture_of
from image_release.dedup.matching import CandidatePair, candidate_pairs
from image_release.dedup.prepared_image import PreparedImage
from image_release.dedup.registration import align_coarsely, register
from image_release.dedup.same_view import Difference
from image_release.dedup.same_view_evidence import (
    SameViewEvidence,
    difference_of,
    same_view_evidence,
    same_view_features,
)
from image_release.dedup.same_view_pairs import with_same_views
from image_release.dedup.weights import coarse_weights, shipped_weights
from image_release.fingerprint import Fingerprint
from image_release.settings import GroupingSettings
from image_release.values import Override

GROUPING_VERSION = "5"
KEPT_PREPARED = 96
"""Number of images that are kept prepared for registration, about 2 MB each: bounds the memory of a large hotel."""
HOPELESS = -9.0
"""Score of a pair that has no registration: it could not be aligned, or was given up after the coarse pass."""
WITNESSES = 3
"""Number of other pairs across two groups that are asked when the evidence of one pair is not clear."""
UNKNOWN = -1.0
"""Score of a witness pair that has nothing in common. It counts a little against a join: two crops may not overlap."""
MOST_WITNESS_SCORE = 4.0
"""Maximum score of a witness pair, for or against."""


def group_same(
    images: Mapping[str, FingerprintedImage], decisions: Sequence[Override], settings: GroupingSettings
) -> tuple[Picture, ...]:
    """Group images (by SHA-256) by photograph, sorted by first member; every image is in exactly one picture."""
    shas = in_content_order(images)
    return _grouped(shas, Pairs([images[sha256].fingerprint for sha256 in shas], settings), decisions, settings)


def groupings(
    images: Mapping[str, FingerprintedImage], settings: Sequence[GroupingSettings]
) -> Iterator[tuple[Picture, ...]]:
    """Yield what `group_same` returns under each of several settings, without decisions.

    A pair is registered once for all settings with the same `least_first_look`, which decides whether it is given up
    after the coarse pass.
    """
    shas = in_content_order(images)
    fingerprints = [images[sha256].fingerprint for sha256 in shas]
    known: dict[float, Pairs] = {}
    for each in settings:
        pairs = known.get(each.least_first_look) or known.setdefault(each.least_first_look, Pairs(fingerprints, each))
        yield _grouped(shas, pairs, (), each)


def in_content_order(images: Mapping[str, FingerprintedImage]) -> list[str]:
    """SHA-256s in the order in which pairs are measured. A pair measured the other way round has another score."""
    return sorted(images, key=lambda sha256: (content_key(images[sha256].fingerprint), sha256))


def content_key(fingerprint: Fingerprint) -> tuple[bytes, bytes]:
    """The key by which fingerprints are ordered: their contents, not their names."""
    return fingerprint.hashes.tobytes(), fingerprint.working.grey.tobytes()


def evidence_with(
    picture: Picture, images: Mapping[str, FingerprintedImage], best: str, among: Collection[str]
) -> dict[str, Evidence]:
    """Say why the members in `among` show the same photograph as `best`.

    Members that were joined with `best` keep that evidence. The others are measured against it. Where this gives no
    clear evidence, the weakest of the joins that lead from one to the other is returned.
    """
    found = {best: Evidence(best, "bytes", 0.0, 1.0, shipped_weights().most())}
    found |= {member: why for member in among if (why := _join_between(picture, member, best))}
    unmeasured = {member: images[member] for member in among if member not in found}
    shas = in_content_order({**unmeasured, best: images[best]}) if unmeasured else [best]
    at = shas.index(best)
    pairs = Pairs([images[sha256].fingerprint for sha256 in shas], GroupingSettings(), with_image=at)
    for number, member in enumerate(shas):
        if member != best:
            why = pairs.evidence(number, at, best)
            clear = why is not None and why.score > 0
            found[member] = why if why and clear else replace(_weakest_join_between(picture, member, best), other=best)
    return found


class Pairs:
    """Pairs of fingerprints; each is registered when it is first asked for."""

    def __init__(
        self, fingerprints: Sequence[Fingerprint], settings: GroupingSettings, with_image: int | None = None
    ) -> None:
        self._least_first_look = settings.least_first_look
        self._prepared = lru_cache(KEPT_PREPARED)(lambda index: PreparedImage(fingerprints[index]))
        self._pairs = {(pair.one, pair.other): pair for pair in candidate_pairs(fingerprints, with_image)}
        self._known: dict[tuple[int, int], Evidence | None] = {}
        self._same_view: dict[tuple[int, int], SameViewEvidence] = {}

    def likeliest_first(self) -> list[tuple[int, int]]:
        """Indices of the pairs that might show the same photograph, most agreeing matches first."""
        return sorted(self._pairs, key=lambda indices: (-self._pairs[indices].agreeing, indices))

    def related(self, one: int, other: int) -> bool:
        """Whether two images have enough keypoints in common to be a candidate pair."""
        return (min(one, other), max(one, other)) in self._pairs

    def score(self, one: int, other: int) -> float | None:
        """Log-odds of the same photograph; None if the two are no candidate pair."""
        indices = (min(one, other), max(one, other))
        if indices not in self._pairs:
            return None
        found = self.evidence(*indices, "")
        return found.score if found else HOPELESS

    def evidence(self, one: int, other: int, name: str) -> Evidence | None:
        """Evidence about a pair, with `name` as the other image; None if the two cannot be registered."""
        indices = (min(one, other), max(one, other))
        if indices not in self._known:
            pair = self._pairs.get(indices)
            self._known[indices] = self._measured(pair) if pair else None
        known = self._known[indices]
        return replace(known, other=name) if known else None

    def same_view(self, one: int, other: int) -> SameViewEvidence | None:
        """Evidence that a candidate pair shows the same view; None if it cannot be aligned."""
        self.evidence(one, other, "")
        return self._same_view.get((min(one, other), max(one, other)))

    def difference(self, one: int, other: int) -> Difference:
        """What tells the two images of a candidate pair apart; the pair is registered for it."""
        pair = self._pairs[min(one, other), max(one, other)]
        mine, theirs = self._prepared(pair.one), self._prepared(pair.other)
        coarse = align_coarsely(mine, theirs, pair)
        registered = register(mine, theirs, pair, coarse) if coarse else None
        if registered is None:
            return Difference.CAMERA
        return difference_of(statistics(mine, theirs, pair, registered, displacements(mine, registered)))

    def _measured(self, pair: CandidatePair) -> Evidence | None:
        one, other = self._prepared(pair.one), self._prepared(pair.other)
        coarse = align_coarsely(one, other, pair)
        if coarse is None:
            return None
        features = coarse_features(one, pair, coarse)
        self._same_view[pair.one, pair.other] = same_view_evidence(
            same_view_features(one, other, pair, coarse, features)
        )
        if coarse_weights().score(features) < self._least_first_look:
            return None
        registered = register(one, other, pair, coarse)
        if registered is None:
            return None
        displaced = displacements(one, registered)
        found = statistics(one, other, pair, registered, displaced)
        return evidence("", pair, registered, displaced, found, shipped_weights().score(found))


def _grouped(
    shas: Sequence[str], pairs: Pairs, decisions: Sequence[Override], settings: GroupingSettings
) -> tuple[Picture, ...]:
    groups = ImageGroups(len(shas))
    apply_decisions(groups, shas, decisions)
    waiting = _join_clear(groups, pairs, settings)
    _join_supported(groups, pairs, waiting, settings)
    pictures = [picture_of(shas, members, groups.joins) for members in groups.all()]
    return with_same_views(sorted(pictures, key=lambda picture: picture.members), shas, pairs)


def _join_clear(groups: ImageGroups, pairs: Pairs, settings: GroupingSettings) -> list[tuple[int, int]]:
    """Join the clear pairs, and return those that speak for the same photograph but not clearly."""
    waiting = []
    for one, other in pairs.likeliest_first():
        if groups.together(one, other) or not groups.may_join(one, other):
            continue
        found = pairs.evidence(one, other, "")
        if found is None or found.score < settings.least_score:
            continue
        several = min(len(groups.of(one)), len(groups.of(other))) > 1
        if found.score >= settings.bridge_score or (
            found.score >= settings.clear_score and not several and not _bridge(groups, pairs, one, other)
        ):
            groups.join(one, other, found)
        else:
            waiting.append((one, other))
    return waiting


def _join_supported(
    groups: ImageGroups, pairs: Pairs, waiting: list[tuple[int, int]], settings: GroupingSettings
) -> None:
    """Join likely pairs, likeliest first: two single images, or groups whose other pairs do not speak against it."""
    for one, other in sorted(waiting, key=lambda pair: (-(pairs.score(*pair) or 0), pair)):
        if groups.together(one, other) or not groups.may_join(one, other) or _bridge(groups, pairs, one, other):
            continue
        found = pairs.evidence(one, other, "")
        assert found is not None
        alone = len(groups.of(one)) == len(groups.of(other)) == 1
        least = settings.single_score if alone else settings.least_score
        if found.score + _witness_score(groups, pairs, one, other) >= least:
            groups.join(one, other, found)


def _bridge(groups: ImageGroups, pairs: Pairs, one: int, other: int) -> bool:
    """Whether a single image connects two groups, as a collage of two photographs would."""
    mine, theirs = groups.of(one), groups.of(other)
    without_one = [(a, b) for a in mine if a != one for b in theirs]
    without_other = [(a, b) for a in mine for b in theirs if b != other]
    return any(part and not any(pairs.related(a, b) for a, b in part) for part in (without_one, without_other))


def _witness_score(groups: ImageGroups, pairs: Pairs, one: int, other: int) -> float:
    """Sum of the scores of the likeliest other pairs across the two groups of a pair."""
    across = [(a, b) for a in groups.of(one) for b in groups.of(other) if (a, b) != (one, other)]
    order = {pair: number for number, pair in enumerate(pairs.likeliest_first())} if across else {}
    across.sort(key=lambda pair: (order.get((min(pair), max(pair)), len(order)), pair))
    total = 0.0
    for a, b in across[:WITNESSES]:
        score = pairs.score(a, b)
        total += UNKNOWN if score is None else max(-MOST_WITNESS_SCORE, min(MOST_WITNESS_SCORE, score))
    return total


def _join_between(picture: Picture, a: str, b: str) -> Evidence | None:
    """The join of exactly these two, as evidence that names `b`; None if they were not joined with each other."""
    for one, other in ((a, b), (b, a)):
        if one in picture.joins and picture.joins[one].other == other:
            return replace(picture.joins[one], other=b)
    return None


def _weakest_join_between(picture: Picture, a: str, b: str) -> Evidence:
    """The join with the lowest score on the way from `a` to `b`: a chain is as strong as its weakest link."""
    ways = []
    for start in (a, b):
        way, here = [start], start
        while here in picture.joins:
            here = picture.joins[here].other
            way.append(here)
        ways.append(way)
    shared = set(ways[0]) & set(ways[1])
    steps = [picture.joins[sha256] for way in ways for sha256 in way if sha256 not in shared]
    return min(steps, key=lambda step: (step.score, step.other))
