"""Groups of images while they are formed, and the pictures that they become. People's decisions are applied first."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import combinations

from image_release.dedup.evidence import Evidence
from image_release.dedup.same_view import SameView
from image_release.fingerprint import Fingerprint
from image_release.values import ImageFacts, Override


@dataclass(frozen=True, slots=True, eq=False)
class FingerprintedImage:
    """An image with its fingerprint: the input of grouping and of the choice of the best image."""

    facts: ImageFacts
    fingerprint: Fingerprint


@dataclass(frozen=True, slots=True)
class Picture:
    """Images that show one photograph."""

    members: tuple[str, ...]
    """SHA-256, sorted."""
    joins: Mapping[str, Evidence]
    """How each member but one was joined with another member."""
    same_view: tuple[SameView, ...] = ()
    """Other pictures that show the same view, each named by one of its images, likeliest first."""


BY_PEOPLE = "override"
"""Method of the evidence of a join that a person decided."""


class ImageGroups:
    """Disjoint groups of images; some images must stay in different groups.

    A group has one *part*, unless people joined some of it: what they joined stays in parts of its own, as images of
    one part need not look like those of another.
    """

    def __init__(self, count: int) -> None:
        self._members = {index: [index] for index in range(count)}
        self._parts = [[index] for index in range(count)]
        self._group = list(range(count))
        self._apart: list[set[int]] = [set() for _ in range(count)]
        self.joins: dict[int, list[tuple[int, Evidence]]] = {index: [] for index in range(count)}

    def all(self) -> Iterable[list[int]]:
        """The members of every group."""
        return self._members.values()

    def of(self, index: int) -> list[int]:
        """The members of an image's group."""
        return self._members[self._group[index]]

    def part_of(self, index: int) -> list[int]:
        """The members of an image's part of its group: they were joined by what they show, not by people."""
        return self._parts[index]

    def together(self, one: int, other: int) -> bool:
        """Whether two images are in one group."""
        return self._group[one] == self._group[other]

    def may_join(self, one: int, other: int) -> bool:
        """Whether no person decided that an image of one group differs from an image of the other."""
        theirs = set(self.of(other))
        return not any(self._apart[member] & theirs for member in self.of(one))

    def decided(self, index: int) -> bool:
        """Whether a person said that an image shows the same photograph as another one."""
        return any(why.method == BY_PEOPLE for _, why in self.joins[index])

    def keep_apart(self, one: int, other: int) -> None:
        """Forbid that the groups of two images are ever joined."""
        self._apart[one].add(other)
        self._apart[other].add(one)

    def join(self, one: int, other: int, why: Evidence) -> None:
        """Join the groups of two images."""
        kept, gone = self._group[one], self._group[other]
        for member in self._members[gone]:
            self._group[member] = kept
        self._members[kept] += self._members.pop(gone)
        if why.method != BY_PEOPLE:
            mine, theirs = self._parts[one], self._parts[other]
            mine += theirs
            for member in theirs:
                self._parts[member] = mine
        self.joins[one].append((other, why))
        self.joins[other].append((one, why))


def apply_decisions(groups: ImageGroups, shas: Sequence[str], decisions: Sequence[Override]) -> None:
    """Apply people's decisions from the last to the first; one that contradicts a later one is ignored."""
    index = {sha256: number for number, sha256 in enumerate(shas)}
    for decision in reversed(decisions):
        named = sorted({index[sha256] for sha256 in decision.images if sha256 in index})
        for one, other in combinations(named, 2):
            if groups.together(one, other):
                continue
            if decision.action == "different":
                groups.keep_apart(one, other)
            elif decision.action == "same" and groups.may_join(one, other):
                groups.join(one, other, Evidence("", BY_PEOPLE, 0.0, 0.0, 0.0))


def pictures_of(shas: Sequence[str], groups: ImageGroups) -> tuple[Picture, ...]:
    """The groups as pictures, sorted by first member."""
    pictures = [_picture(shas, members, groups.joins) for members in groups.all()]
    return tuple(sorted(pictures, key=lambda picture: picture.members))


def _picture(shas: Sequence[str], members: list[int], joins: Mapping[int, list[tuple[int, Evidence]]]) -> Picture:
    """A group as a tree of joins, whose root is the first member. Joins have no circle: each joined two groups."""
    first = min(members, key=lambda member: shas[member])
    why: dict[str, Evidence] = {}
    reached, queue = {first}, deque([first])
    while queue:
        here = queue.popleft()
        for there, join in joins[here]:
            if there not in reached:
                reached.add(there)
                queue.append(there)
                why[shas[there]] = replace(join, other=shas[here])
    return Picture(tuple(sorted(shas[member] for member in members)), why)
