"""Grouping: which images of a hotel show the same photograph, with the evidence that joined them.

Clear pairs are joined first. A pair whose images are in one group already is not registered, so a hotel needs about one
registration an image. Whether two groups show one photograph is one question, however many copies they hold: the pairs
of their copies are not asked one after the other until one agrees. The pairs that can be compared best answer it
together. Groups cannot chain: a single image that connects two groups needs more evidence than others, and a collage
connects none. People's decisions are binding, and later decisions win over earlier ones.

The result does not depend on the order of the images or on their names: the order of the pairs follows from their
contents.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from functools import cached_property, lru_cache
from heapq import heappop, heappush
from itertools import islice
from types import MappingProxyType

from image_release.dedup.changed_regions import after_a_look
from image_release.dedup.collages import Part, is_linked_by_collage, parts_that_agree
from image_release.dedup.displacement import displacements
from image_release.dedup.evidence import Evidence, coarse_features, evidence, statistics
from image_release.dedup.groups import FingerprintedImage, ImageGroups, Picture, apply_decisions, pictures_of
from image_release.dedup.matching import CandidatePair, candidate_pairs
from image_release.dedup.patterns import fits_elsewhere, period
from image_release.dedup.prepared_image import PreparedImage
from image_release.dedup.registration import Alignment, Registered, align_coarsely, register
from image_release.dedup.same_view import Difference
from image_release.dedup.same_view_difference import difference_between
from image_release.dedup.same_view_evidence import CoarseEvidence, SameViewEvidence, coarse_evidence, same_view_evidence
from image_release.dedup.same_view_pairs import with_same_views
from image_release.dedup.seams import is_shown_beside_others
from image_release.dedup.weights import coarse_weights, region_weights, shipped_weights
from image_release.fingerprint import Fingerprint
from image_release.settings import GroupingSettings
from image_release.values import Override

GROUPING_VERSION = "7"
KEPT_PREPARED = 96
"""Number of images that are kept prepared for registration, about 2 MB each: bounds the memory of a large hotel."""
HOPELESS = -9.0
"""Score of a pair that is no copy whatever agrees: it could not be aligned, was given up after the coarse pass, shows a
regular pattern, or has a collage."""
POOLED_PAIRS = 2
"""Number of pairs across two groups that say together whether these show one photograph."""
ASKED_PAIRS = 4
"""Number of likeliest pairs across two groups of several images, of which one has to be clear."""
FEW_AGREEING, FEW_NEED_MORE = 8, 2.0
"""Number of agreeing matches below which a pair needs more than the score of a bridge, and how much more: of 8,078
clear pairs of copies one has fewer."""
UNHELD_NEED_MORE = 1.0
"""How much more than `least_score` an image and a group need that no clear pair holds: shots of one place form such."""
LEAST_POOLED = -4.0
"""Minimum score of a pair that is pooled: one that is surely no copy does not outweigh everything else."""

_TwoGroups = frozenset[tuple[int, int, int]]
"""The first member and the number of members of two parts of groups, and the number of members of the groups."""


def in_content_order(images: Mapping[str, FingerprintedImage]) -> list[str]:
    """SHA-256s in the order in which pairs are measured. A pair measured the other way round has another score."""
    return sorted(images, key=lambda sha256: (content_key(images[sha256].fingerprint), sha256))


def content_key(fingerprint: Fingerprint) -> tuple[bytes, tuple[int, ...]]:
    """The key by which fingerprints are ordered: what is compared, the working picture, not hashes or names."""
    return fingerprint.working.grey.tobytes(), fingerprint.working.grey.shape


class Pairs:
    """Pairs of fingerprints; each is registered when it is first asked for."""

    def __init__(
        self, fingerprints: Sequence[Fingerprint], settings: GroupingSettings, with_image: int | None = None
    ) -> None:
        self._least_first_look, self._least_score = settings.least_first_look, settings.least_score
        self._prepared = lru_cache(KEPT_PREPARED)(lambda index: PreparedImage(fingerprints[index]))
        self._period = lru_cache(None)(lambda index: period(fingerprints[index].keypoints))
        self._pairs = {(pair.one, pair.other): pair for pair in candidate_pairs(fingerprints, with_image)}
        self._known: dict[tuple[int, int], Evidence | None] = {}
        self._coarse: dict[tuple[int, int], CoarseEvidence] = {}
        self._parts: dict[tuple[int, int], tuple[Part, Part] | None] = {}

    def likeliest_first(self) -> list[tuple[int, int]]:
        """Indices of the pairs that might show the same photograph, most agreeing matches first."""
        return sorted(self._pairs, key=self._likelihood)

    def unmirrored(self) -> list[tuple[int, int]]:
        """Indices of the candidate pairs that are not mirrored, most agreeing matches first."""
        return [indices for indices in self.likeliest_first() if not self._pairs[indices].mirrored]

    def across(self, mine: Sequence[int], theirs: Sequence[int]) -> list[tuple[int, int]]:
        """Indices of the candidate pairs of an image of one group and an image of another, likeliest first."""
        fewer, more = sorted((mine, theirs), key=len)
        among = set(more)
        every = ((min(one, other), max(one, other)) for one in fewer for other in self._partners[one] if other in among)
        return sorted(every, key=self._likelihood)

    def agreeing(self, one: int, other: int) -> int:
        """Number of matching points of a candidate pair that agree on one transform."""
        return self._pairs[one, other].agreeing

    def score(self, one: int, other: int) -> float:
        """Log-odds of the same photograph of a candidate pair."""
        found = self.evidence(one, other, "")
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
        """Evidence that a candidate pair shows the same view; None if it is mirrored or cannot be aligned."""
        first, second = min(one, other), max(one, other)
        if (first, second) not in self._known and (first, second) not in self._coarse:
            self._aligned_coarsely(self._pairs[first, second])
        coarse = self._coarse.get((first, second))
        return same_view_evidence(self._prepared(first), self._prepared(second), coarse) if coarse else None

    def difference(self, one: int, other: int) -> Difference:
        """What tells the two images of a candidate pair apart; the pair is registered for it."""
        pair = self._pairs[min(one, other), max(one, other)]
        mine, theirs = self._prepared(pair.one), self._prepared(pair.other)
        registered = self._registered(pair)
        return difference_between(mine, theirs, pair, registered) if registered else Difference.CAMERA

    def partners(self, image: int) -> list[int]:
        """The images that are a candidate pair with an image, most agreeing matches first."""
        return self._partners[image]

    def are_strangers(self, one: int, other: int) -> bool:
        """Whether hardly anything in two images agrees."""
        pair = self._pairs.get((min(one, other), max(one, other)))
        return pair is None or pair.agreeing < FEW_AGREEING

    def agreeing_parts(self, one: int, other: int) -> tuple[Part, Part] | None:
        """The parts of the two images of a candidate pair that agree; None if they cannot be aligned."""
        if (one, other) not in self._parts:
            pair = self._pairs[min(one, other), max(one, other)]
            found = self._registered(pair)
            parts = parts_that_agree(self._prepared(pair.one), found, mirrored=pair.mirrored) if found else None
            self._parts[pair.one, pair.other], self._parts[pair.other, pair.one] = parts, parts and parts[::-1]
        return self._parts[one, other]

    def _registered(self, pair: CandidatePair) -> Registered | None:
        one, other = self._prepared(pair.one), self._prepared(pair.other)
        coarse = align_coarsely(one, other, pair)
        return register(one, other, pair, coarse) if coarse else None

    @cached_property
    def _partners(self) -> Mapping[int, list[int]]:
        """Image -> the other images of its candidate pairs, most agreeing matches first."""
        partners = defaultdict(list)
        for one, other in self.likeliest_first():
            partners[one].append(other)
            partners[other].append(one)
        return partners

    def _likelihood(self, indices: tuple[int, int]) -> tuple[int, tuple[int, int]]:
        return -self._pairs[indices].agreeing, indices

    def _aligned_coarsely(self, pair: CandidatePair) -> tuple[Alignment, float] | None:
        """The coarse alignment of a pair and its score; it also tells whether the two show the same view."""
        one, other = self._prepared(pair.one), self._prepared(pair.other)
        coarse = align_coarsely(one, other, pair)
        if coarse is None:
            return None
        features = coarse_features(one, pair, coarse)
        if not pair.mirrored:
            self._coarse[pair.one, pair.other] = coarse_evidence(one, other, pair, coarse, features)
        return coarse, coarse_weights().score(features)

    def _measured(self, pair: CandidatePair) -> Evidence | None:
        found = self._aligned_coarsely(pair)
        if found is None or found[1] < self._least_first_look:
            return None
        one, other = self._prepared(pair.one), self._prepared(pair.other)
        registered = register(one, other, pair, found[0])
        if registered is None or self._is_of_a_pattern(pair, registered):
            return None
        displaced = displacements(one, registered)
        measured = statistics(one, other, pair, registered, displaced)
        score = after_a_look(shipped_weights().score(measured), one, registered, region_weights())
        if score >= self._least_score and is_shown_beside_others(one, other, registered, mirrored=pair.mirrored):
            return None
        return evidence("", pair, registered, displaced, measured, score)

    def _is_of_a_pattern(self, pair: CandidatePair, registered: Registered) -> bool:
        """Whether that a pair fits says nothing, because it fits as well at another place."""
        shift = self._period(pair.one)
        if shift is None or self._period(pair.other) is None:
            return False
        return fits_elsewhere(self._prepared(pair.one), self._prepared(pair.other), pair, registered, shift)


def grouped(
    shas: Sequence[str],
    pairs: Pairs,
    decisions: Sequence[Override],
    settings: GroupingSettings,
    followers: Mapping[str, Evidence] = MappingProxyType({}),
) -> tuple[Picture, ...]:
    """Group images by photograph, and find which pictures show one view; pairs are those of `shas`, by index.

    Each of the `followers` (see `crowds`) joins the group of the image that its evidence names, whichever that is.
    """
    everyone = [*shas, *followers]
    groups = ImageGroups(len(everyone))
    apply_decisions(groups, everyone, decisions)
    likely = _join_clear(groups, pairs, settings)
    _join_likely(groups, pairs, likely, settings)
    index = {sha256: number for number, sha256 in enumerate(everyone)}
    for sha256, why in followers.items():
        groups.join(index[why.other], index[sha256], why)
    return with_same_views(pictures_of(everyone, groups), shas, pairs)


def _join_clear(groups: ImageGroups, pairs: Pairs, settings: GroupingSettings) -> list[tuple[int, int]]:
    """Join the clear pairs, and return those that speak for the same photograph but not clearly."""
    likely, refused = [], set()
    for pair in pairs.likeliest_first():
        if not _may_join(groups, pair) or _is_contradicted(groups, pairs, pair, settings):
            continue
        found = pairs.evidence(*pair, "")
        if found is None or found.score < settings.least_score:
            continue
        groups_now = _as_they_are(groups, pair)
        clear = found.score >= settings.clear_score and groups_now not in refused
        if clear and _is_clear(groups, pairs, pair, settings):
            groups.join(*pair, found)
            continue
        likely.append(pair)
        if clear and _several(groups, pair):
            refused.add(groups_now)
    return likely


def _is_contradicted(groups: ImageGroups, pairs: Pairs, pair: tuple[int, int], settings: GroupingSettings) -> bool:
    """Whether a likelier pair, which was measured before, keeps the groups of two images apart.

    Their score is at most that of the likeliest pair that counts, so the others need not be measured.
    """
    several = _several(groups, pair)
    for likelier in _across(groups, pairs, pair):
        if likelier == pair:
            return False
        if several or pairs.score(*likelier) > HOPELESS:
            return pairs.score(*likelier) < settings.least_score
    raise AssertionError("a pair is across its own groups")


def _is_clear(groups: ImageGroups, pairs: Pairs, pair: tuple[int, int], settings: GroupingSettings) -> bool:
    """Whether a pair with a clear score joins two groups.

    Two groups of several images are asked for one more pair. An image and a group are not, but what is known of a
    likelier pair counts: a crop may show only what two shots of a room have in common, and would link them.
    """
    across, several = _across(groups, pairs, pair), _several(groups, pair)
    asked = across if several else across[: across.index(pair) + 1]
    needed = max(settings.clear_score, _least_of_groups(groups, pairs, pair, settings))
    return _pooled(pairs, asked, several=several) >= needed and not is_linked_by_collage(groups, pairs, pair)


def _join_likely(
    groups: ImageGroups, pairs: Pairs, likely: Sequence[tuple[int, int]], settings: GroupingSettings
) -> None:
    """Join the groups of likely pairs, those first whose evidence exceeds by most what they need, until none does."""
    pairs_of = defaultdict(list)
    for pair in likely:
        for index in pair:
            pairs_of[index].append(pair)
    waiting: list[tuple[float, float, tuple[int, int], _TwoGroups]] = []
    asked: Iterable[tuple[int, int]] = likely
    while True:
        best = {_as_they_are(groups, pair): pair for pair in sorted(asked, key=lambda pair: (pairs.score(*pair), pair))}
        for two, pair in best.items():
            surplus = _surplus(groups, pairs, pair, settings) if _may_join(groups, pair) else HOPELESS
            if surplus >= 0 and not is_linked_by_collage(groups, pairs, pair):
                heappush(waiting, (-surplus, -pairs.score(*pair), pair, two))
        while waiting and waiting[0][3] != _as_they_are(groups, waiting[0][2]):
            heappop(waiting)  # one of the two groups has grown since, and was asked again
        if not waiting:
            return
        pair = heappop(waiting)[2]
        found = pairs.evidence(*pair, "")
        assert found is not None, "likely pairs have a score"
        groups.join(*pair, found)
        asked = {pair for index in groups.of(pair[0]) for pair in pairs_of[index]}


def _as_they_are(groups: ImageGroups, pair: tuple[int, int]) -> _TwoGroups:
    """The parts of two images, until one of these or its group grows."""
    return frozenset((groups.part_of(index)[0], len(groups.part_of(index)), len(groups.of(index))) for index in pair)


def _may_join(groups: ImageGroups, pair: tuple[int, int]) -> bool:
    """Whether two images are in two groups that no person keeps apart."""
    return not groups.together(*pair) and groups.may_join(*pair)


def _several(groups: ImageGroups, pair: tuple[int, int]) -> bool:
    """Whether the groups of both images hold several images, as far as people did not join them."""
    return all(len(groups.part_of(index)) > 1 for index in pair)


def _surplus(groups: ImageGroups, pairs: Pairs, pair: tuple[int, int], settings: GroupingSettings) -> float:
    """By how much the evidence that two groups show one photograph exceeds what they need to be joined.

    Of two groups of several copies of one photograph some pair is clear; those of two shots are all only likely.
    """
    across, several = _across(groups, pairs, pair), _several(groups, pair)
    surplus = _pooled(pairs, across, several=several) - _least_of_groups(groups, pairs, pair, settings)
    if surplus < 0 or not several:
        return surplus
    return surplus if any(pairs.score(*each) >= settings.clear_score for each in across[:ASKED_PAIRS]) else HOPELESS


def _least_of_groups(groups: ImageGroups, pairs: Pairs, pair: tuple[int, int], settings: GroupingSettings) -> float:
    """The score that the groups of two images need.

    Two groups of several images need as much as a bridge: copies of one photograph would have found their group before.
    Among thousands of images some agree by chance, so a pair of which few matches agree needs more.
    """
    if pairs.agreeing(*_across(groups, pairs, pair)[0]) < FEW_AGREEING:
        return settings.bridge_score + FEW_NEED_MORE
    if _several(groups, pair) or _is_bridge(groups, pairs, pair):
        return settings.bridge_score
    if all(len(groups.part_of(index)) == 1 for index in pair):
        return settings.single_score
    return settings.least_score if _is_held(groups, pair, settings) else settings.least_score + UNHELD_NEED_MORE


def _is_held(groups: ImageGroups, pair: tuple[int, int], settings: GroupingSettings) -> bool:
    """Whether a clear pair holds the group of one of two images. Pairs that are all only likely would form a chain."""
    joins = (why for index in pair for member in groups.part_of(index) for _, why in groups.joins[member])
    return any(why.score >= settings.clear_score for why in joins)


def _is_bridge(groups: ImageGroups, pairs: Pairs, pair: tuple[int, int]) -> bool:
    """Whether a single image of a group is all that connects it with another image.

    A collage of two photographs would be one, if it were not found by the parts that agree. An image that a person
    joined with others is none.
    """
    across = _across(groups, pairs, pair)
    return any(
        len(groups.part_of(image)) > 1 and not groups.decided(image) and all(image in other for other in across)
        for image in across[0]
    )


def _across(groups: ImageGroups, pairs: Pairs, pair: tuple[int, int]) -> Sequence[tuple[int, int]]:
    """The candidate pairs across the groups of two images, likeliest first.

    Of a group that people joined only the image's own part is asked: a copy need not look like the rest of it.
    """
    return pairs.across(*(groups.part_of(index) for index in pair))


def _pooled(pairs: Pairs, across: Sequence[tuple[int, int]], *, several: bool) -> float:
    """The score of two groups: that of their likeliest pair, which the next one can lower.

    An image and a group are not asked for pairs that could not be aligned, if another one could: crops and heavy marks
    make such pairs. Of two groups of several images they count, as these should have better pairs.
    Their mean is weighted by the square of the matches that agree. The copies of two photographs do not say several
    times what they say once, so scores do not add up. The highest of all would rise with the number of copies: a crop
    shows less of what tells two shots apart.
    """
    asked = across if several else (pair for pair in across if pairs.score(*pair) > HOPELESS)
    likeliest = list(islice(asked, POOLED_PAIRS)) or across[:1]
    weights = [pairs.agreeing(*pair) ** 2 for pair in likeliest]
    scores = [max(LEAST_POOLED, pairs.score(*pair)) for pair in likeliest]
    mean = sum(weight * score for weight, score in zip(weights, scores, strict=True)) / sum(weights)
    return min(scores[0], mean)
