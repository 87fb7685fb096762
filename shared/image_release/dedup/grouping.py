"""Grouping: which images of a hotel show the same photograph, with the evidence that joined them.

Clear pairs first. A pair whose images are in one group already is not looked at again, so about one registration an
image is made. Groups cannot chain: a join that makes a group of more than two needs clear evidence, or other pairs
across the two groups that agree; two groups of several need even more. What people decided binds, later decisions
winning over earlier ones.

The result does not depend on the order of the images or on their names: pairs are looked at in an order that their
contents give.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from itertools import combinations

from image_release.dedup.evidence import (
    Evidence,
    displacement,
    evidence,
    first_look,
    statistics,
)
from image_release.dedup.matching import CandidatePair, candidate_pairs
from image_release.dedup.registration import Sheet, lay_roughly, register
from image_release.dedup.weights import first_look_weights, shipped_weights
from image_release.fingerprint import Fingerprint
from image_release.settings import GroupingSettings
from image_release.values import ImageFacts, Override

GROUPING_VERSION = "5"
KEPT_SHEETS = 96
"""Pictures that are kept ready for registration, about 2 MB each: bounds the memory of a hotel of hundreds."""
HOPELESS = -9.0
"""Score of a pair that cannot even be laid over each other, or so badly that it is given up."""
WITNESSES = 3
"""Other pairs across two groups that are asked when the evidence of one is not clear."""
UNKNOWN = -1.0
"""What a pair across two groups that has nothing in common counts: a little against, two crops may not overlap."""
MOST_SAID = 4.0
"""A witness's score counts at most so much, for or against."""


@dataclass(frozen=True, slots=True, eq=False)
class FingerprintedImage:
    """An image as grouping and choosing see it."""

    facts: ImageFacts
    fingerprint: Fingerprint


@dataclass(frozen=True, slots=True)
class Picture:
    """Images that show one photograph: `members` are SHA-256, sorted; `joins` says of all but one how it was joined."""

    members: tuple[str, ...]
    joins: Mapping[str, Evidence]


def group_same(
    images: Mapping[str, FingerprintedImage], decisions: Sequence[Override], settings: GroupingSettings
) -> tuple[Picture, ...]:
    """Group images (SHA-256 -> seen) by photograph, sorted by their first member; every image is in one picture."""
    shas = in_content_order(images)
    return _grouped(shas, Pairs([images[sha256].fingerprint for sha256 in shas], settings), decisions, settings)


def groupings(
    images: Mapping[str, FingerprintedImage], settings: Sequence[GroupingSettings]
) -> Iterator[tuple[Picture, ...]]:
    """What `group_same` gives under each of several settings, each pair being registered once for those that can share.

    What is given up at the first look depends on a setting, so those with another one have pairs of their own.
    """
    shas = in_content_order(images)
    fingerprints = [images[sha256].fingerprint for sha256 in shas]
    known: dict[float, Pairs] = {}
    for each in settings:
        pairs = known.get(each.least_first_look) or known.setdefault(each.least_first_look, Pairs(fingerprints, each))
        yield _grouped(shas, pairs, (), each)


def in_content_order(images: Mapping[str, FingerprintedImage]) -> list[str]:
    """SHA-256s in the order in which pairs are measured: laid the other way round, a pair has another score."""
    return sorted(images, key=lambda sha256: (content_key(images[sha256].fingerprint), sha256))


def content_key(fingerprint: Fingerprint) -> tuple[bytes, bytes]:
    """What the order of two fingerprints depends on, whatever they are called."""
    return fingerprint.hashes.tobytes(), fingerprint.working.grey.tobytes()


def evidence_with(
    picture: Picture, images: Mapping[str, FingerprintedImage], best: str, among: Collection[str]
) -> dict[str, Evidence]:
    """Why some members show the same photograph as `best`: how the two were joined, or else measured on the two.

    Where they have too little in common for that, the weakest of the joins that lead from one to the other.
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
            found[member] = why if why and clear else replace(_weakest_on_the_way(picture, member, best), other=best)
    return found


class Pairs:
    """Pairs of fingerprints, registered when they are first asked about."""

    def __init__(
        self, fingerprints: Sequence[Fingerprint], settings: GroupingSettings, with_image: int | None = None
    ) -> None:
        self._least_first_look = settings.least_first_look
        self._sheet = lru_cache(KEPT_SHEETS)(lambda index: Sheet(fingerprints[index]))
        self._candidates = {(found.one, found.other): found for found in candidate_pairs(fingerprints, with_image)}
        self._known: dict[tuple[int, int], Evidence | None] = {}

    def likeliest_first(self) -> list[tuple[int, int]]:
        """Pairs that might show the same photograph, most agreeing matches first."""
        found = self._candidates
        return sorted(found, key=lambda pair: (-found[pair].agreeing, pair))

    def related(self, one: int, other: int) -> bool:
        """Whether two images share points at all."""
        return (min(one, other), max(one, other)) in self._candidates

    def score(self, one: int, other: int) -> float | None:
        """Log-odds of the same photograph; None where the pair has nothing in common."""
        pair = (min(one, other), max(one, other))
        if pair not in self._candidates:
            return None
        found = self.evidence(*pair, "")
        return found.score if found else HOPELESS

    def evidence(self, one: int, other: int, name: str) -> Evidence | None:
        """Evidence about a pair, under the name that the other one has."""
        pair = (min(one, other), max(one, other))
        if pair not in self._known:
            candidate = self._candidates.get(pair)
            self._known[pair] = self._measured(candidate) if candidate else None
        known = self._known[pair]
        return replace(known, other=name) if known else None

    def _measured(self, candidate: CandidatePair) -> Evidence | None:
        one, other = self._sheet(candidate.one), self._sheet(candidate.other)
        rough = lay_roughly(one, other, candidate)
        if rough is None or first_look_weights().score(first_look(one, candidate, rough)) < self._least_first_look:
            return None
        registered = register(one, other, candidate, rough)
        if registered is None:
            return None
        moved = displacement(one, registered)
        found = statistics(one, other, candidate, registered, moved)
        return evidence("", candidate, registered, moved, found, shipped_weights().score(found))


class _Groups:
    """Disjoint groups of images, some of which must stay apart."""

    def __init__(self, count: int) -> None:
        self._members = {index: [index] for index in range(count)}
        self._group = list(range(count))
        self._apart: list[set[int]] = [set() for _ in range(count)]
        self.joins: dict[int, list[tuple[int, Evidence]]] = {index: [] for index in range(count)}

    def all(self) -> Iterable[list[int]]:
        """Every group's members."""
        return self._members.values()

    def of(self, index: int) -> list[int]:
        """The members of an image's group."""
        return self._members[self._group[index]]

    def together(self, one: int, other: int) -> bool:
        """Whether two images are in one group."""
        return self._group[one] == self._group[other]

    def may_join(self, one: int, other: int) -> bool:
        """Whether nobody decided that images of the two groups differ."""
        theirs = set(self.of(other))
        return not any(self._apart[member] & theirs for member in self.of(one))

    def keep_apart(self, one: int, other: int) -> None:
        """The groups of these two never join."""
        self._apart[one].add(other)
        self._apart[other].add(one)

    def join(self, one: int, other: int, why: Evidence) -> None:
        """Make one group of two."""
        kept, gone = self._group[one], self._group[other]
        for member in self._members[gone]:
            self._group[member] = kept
        self._members[kept] += self._members.pop(gone)
        self.joins[one].append((other, why))
        self.joins[other].append((one, why))


def _grouped(
    shas: Sequence[str], pairs: Pairs, decisions: Sequence[Override], settings: GroupingSettings
) -> tuple[Picture, ...]:
    groups = _Groups(len(shas))
    _obey(groups, shas, decisions)
    waiting = _join_clear(groups, pairs, settings)
    _join_supported(groups, pairs, waiting, settings)
    pictures = [_picture(shas, members, groups.joins) for members in groups.all()]
    return tuple(sorted(pictures, key=lambda picture: picture.members))


def _obey(groups: _Groups, shas: Sequence[str], decisions: Sequence[Override]) -> None:
    """Apply people's decisions from the last to the first; one that contradicts later ones no longer holds."""
    index = {sha256: number for number, sha256 in enumerate(shas)}
    for decision in reversed(decisions):
        named = sorted({index[sha256] for sha256 in decision.images if sha256 in index})
        for one, other in combinations(named, 2):
            if groups.together(one, other):
                continue
            if decision.action == "different":
                groups.keep_apart(one, other)
            elif decision.action == "same" and groups.may_join(one, other):
                groups.join(one, other, Evidence("", "override", 0.0, 0.0, 0.0))


def _join_clear(groups: _Groups, pairs: Pairs, settings: GroupingSettings) -> list[tuple[int, int]]:
    """Join what is clear; the pairs that speak for the same photograph, but not clearly, are left."""
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


def _join_supported(groups: _Groups, pairs: Pairs, waiting: list[tuple[int, int]], settings: GroupingSettings) -> None:
    """Join what is likely, likeliest first: two single images, or groups whose other pairs do not speak against it."""
    for one, other in sorted(waiting, key=lambda pair: (-(pairs.score(*pair) or 0), pair)):
        if groups.together(one, other) or not groups.may_join(one, other) or _bridge(groups, pairs, one, other):
            continue
        found = pairs.evidence(one, other, "")
        assert found is not None
        alone = len(groups.of(one)) == len(groups.of(other)) == 1
        least = settings.single_score if alone else settings.least_score
        if found.score + _said_across(groups, pairs, one, other) >= least:
            groups.join(one, other, found)


def _bridge(groups: _Groups, pairs: Pairs, one: int, other: int) -> bool:
    """Whether only one image holds two groups together, as a collage of two photographs would."""
    mine, theirs = groups.of(one), groups.of(other)
    without_one = [(a, b) for a in mine if a != one for b in theirs]
    without_other = [(a, b) for a in mine for b in theirs if b != other]
    return any(part and not any(pairs.related(a, b) for a, b in part) for part in (without_one, without_other))


def _said_across(groups: _Groups, pairs: Pairs, one: int, other: int) -> float:
    """What the likeliest other pairs across two groups say, summed."""
    across = [(a, b) for a in groups.of(one) for b in groups.of(other) if (a, b) != (one, other)]
    order = {pair: number for number, pair in enumerate(pairs.likeliest_first())} if across else {}
    across.sort(key=lambda pair: (order.get((min(pair), max(pair)), len(order)), pair))
    total = 0.0
    for a, b in across[:WITNESSES]:
        said = pairs.score(a, b)
        total += UNKNOWN if said is None else max(-MOST_SAID, min(MOST_SAID, said))
    return total


def _picture(shas: Sequence[str], members: list[int], joins: Mapping[int, list[tuple[int, Evidence]]]) -> Picture:
    """A group as a tree of joins, from its first member outwards."""
    first = min(members, key=lambda member: shas[member])
    why: dict[str, Evidence] = {}
    reached, queue = {first}, deque([first])
    while queue:
        here = queue.popleft()
        for there, evidence_ in sorted(joins[here], key=lambda join: shas[join[0]]):
            if there not in reached:
                reached.add(there)
                queue.append(there)
                why[shas[there]] = replace(evidence_, other=shas[here])
    return Picture(tuple(sorted(shas[member] for member in members)), why)


def _join_between(picture: Picture, a: str, b: str) -> Evidence | None:
    """The join of exactly these two, if there is one, as seen from `a`."""
    for one, other in ((a, b), (b, a)):
        if one in picture.joins and picture.joins[one].other == other:
            return replace(picture.joins[one], other=b)
    return None


def _weakest_on_the_way(picture: Picture, a: str, b: str) -> Evidence:
    """Of the joins that lead from `a` to `b`, the one of lowest score: a chain is as strong as that."""
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
