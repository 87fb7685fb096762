"""Which pictures of a hotel show the same view: grouped images are compared picture by picture.

Each two pictures are judged by the few pairs of their images with most matching points, whatever the other copies look
like. A mirrored pair says nothing: people mirror copies, but the mirror image of a view is another corner. The result
does not depend on the order of the images or on their names.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace
from statistics import fmean
from typing import Protocol

from image_release.dedup.groups import Picture
from image_release.dedup.same_view import Difference, SameView
from image_release.dedup.same_view_evidence import SameViewEvidence

LEAST_SCORE = 0.0
"""Log-odds from which two pictures show the same view."""
ASKED = 3
"""Number of pairs of images by which two pictures are judged."""
MOST_SAME_VIEW = 8
"""Maximum number of pictures that a picture names."""


class ComparedPairs(Protocol):
    """Pairs of a hotel's images, by index."""

    def unmirrored(self) -> Iterable[tuple[int, int]]:
        """The candidate pairs that are not mirrored, most agreeing matches first."""

    def same_view(self, one: int, other: int) -> SameViewEvidence | None:
        """Evidence that a candidate pair shows the same view; None if it cannot be aligned."""

    def difference(self, one: int, other: int) -> Difference:
        """What tells the two images of a candidate pair apart."""


def with_same_views(pictures: Sequence[Picture], shas: Sequence[str], pairs: ComparedPairs) -> tuple[Picture, ...]:
    """The pictures, each with the others that show the same view; `shas` are the images by index."""
    named: dict[str, list[SameView]] = {picture.members[0]: [] for picture in pictures}
    for firsts, (one, other), evidence in _likeliest(_judged(pictures, shas, pairs)):
        mine, theirs = (named[first] for first in firsts)
        if max(len(mine), len(theirs)) < MOST_SAME_VIEW:
            difference = pairs.difference(one, other)
            mine.append(SameView(shas[one], shas[other], difference, evidence.score, evidence.overlap))
            theirs.append(SameView(shas[other], shas[one], difference, evidence.score, evidence.overlap))
    return tuple(replace(picture, same_view=tuple(named[picture.members[0]])) for picture in pictures)


_Judged = tuple[tuple[str, str], tuple[int, int], SameViewEvidence]
"""The first members of two pictures, the pair of images that stands for them, and the evidence."""


def _judged(pictures: Sequence[Picture], shas: Sequence[str], pairs: ComparedPairs) -> Iterable[_Judged]:
    """Yield every two pictures that have a candidate pair."""
    first_of = {member: picture.members[0] for picture in pictures for member in picture.members}
    firsts = [first_of[sha256] for sha256 in shas]
    asked: dict[frozenset[str], list[tuple[int, int]]] = {}
    for one, other in pairs.unmirrored():
        if firsts[one] != firsts[other]:
            across = asked.setdefault(frozenset((firsts[one], firsts[other])), [])
            if len(across) < ASKED:
                across.append((one, other))
    for across in asked.values():
        found = [(pair, evidence) for pair in across if (evidence := pairs.same_view(*pair))]
        if found:
            (one, other), evidence = found[0]
            score = fmean(each.score for _, each in found)
            yield (firsts[one], firsts[other]), (one, other), replace(evidence, score=score)


def _likeliest(judged: Iterable[_Judged]) -> list[_Judged]:
    """Those that show the same view, likeliest first."""
    same = (each for each in judged if each[2].score >= LEAST_SCORE)
    return sorted(same, key=lambda each: (-each[2].score, each[1]))
