"""Which hotels need a look by a person, and why: the rule of the gallery, from a manifest alone.

The desk's index filters by the same numbers; it also knows of decisions and of what is held.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator

from image_release.dedup import BY_HASHES, BY_PEOPLE
from image_release.outcomes import Outcome
from image_release.publish import Manifest, MergedImage, PublishedPicture
from image_release.ranking_settings import shipped_never_first

FEW_PICTURES = 5
"""A hotel with fewer pictures needs a look."""
UNSURE_COPY = 3.5
"""Evidence of a copy below which it may be another photograph."""
UNSURE_BEST = 1.0
"""Margin below which the choice of the best copy is a guess."""
DECISION_FOR_TWO = "a decision holds for two pictures that were one"
"""Why a hotel needs a look whose picture fell apart under new rules of grouping."""
UNSCORED = frozenset({BY_PEOPLE, BY_HASHES})
"""Methods whose evidence has no score that could be unsure."""


def needs_a_look(manifest: Manifest, never_first: Collection[str] | None = None) -> tuple[str, ...]:
    """Why a hotel needs a look by a person, the worst first, in words; empty if it needs none.

    `never_first` are the kinds that should not open a hotel; without it, those that are shipped. A hotel that was
    withdrawn has no pictures on purpose.
    """
    kinds = shipped_never_first() if never_first is None else never_first
    return tuple(_reasons(manifest, kinds))


def _reasons(manifest: Manifest, never_first: Collection[str]) -> Iterator[str]:
    pictures = manifest.pictures
    if not manifest.withdrawn:
        if not pictures:
            yield "no pictures"
        elif len(pictures) < FEW_PICTURES:
            yield f"fewer than {FEW_PICTURES} pictures"
    if pictures and pictures[0].category in never_first and pictures[0].pinned is None:
        yield "opens with a kind that should never open"
    if any(_is_unsure(copy) for picture in pictures for copy in picture.merged):
        yield "copies that may be another photograph"
    if any(picture.once_with for picture in pictures) or any(image.once_with for image in manifest.rejected):
        yield DECISION_FOR_TWO
    if any(_is_guess(picture) for picture in pictures):
        yield "best copy is a guess"
    if any(image.outcome == Outcome.UNAVAILABLE for image in manifest.rejected):
        yield "images that could not be fetched"
    if any(not picture.labels for picture in pictures):
        yield "pictures that nobody has labelled"


def _is_unsure(copy: MergedImage) -> bool:
    """Whether it may be another photograph. A copy that a person joined is none of the program's guesses."""
    return copy.evidence.method not in UNSCORED and copy.evidence.score < UNSURE_COPY


def _is_guess(picture: PublishedPicture) -> bool:
    """Whether the best copy was hardly better than another file. The margin is 0 where a person chose it."""
    other_files = any(copy.sha256 != picture.best.sha256 for copy in picture.merged)
    return other_files and 0 < picture.margin < UNSURE_BEST
