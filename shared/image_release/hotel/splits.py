"""Splits: what people decided about a picture holds for all its parts when new rules of grouping take it apart.

A decision names an image, and holds for the images that are grouped with it. When the rules change and some of these
become a picture of their own, that picture would lose the decision. So the images that were named stay with it in the
manifest (`once_with`), and their decisions go on to hold for it, until a person decides anew.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, field, replace

from image_release.dedup import GROUPING_VERSION
from image_release.hotel.published import images_of
from image_release.outcomes import Outcome
from image_release.publish import Manifest, PublishedPicture, RejectedImage
from image_release.settings import Settings
from image_release.values import Override

TOPICS = {"hide": "shown", "show": "shown", "pin": "place", "label": "labels", "different": "groups"}
"""Decisions that hold for all copies of a photograph -> what they decide. Others are about files, pairs or hotels."""
_HIDDEN_BY = {"hide": "hidden by a person", "withdraw": "the hotel was withdrawn by a person"}

Images = frozenset[str]
"""SHA-256 of images."""


@dataclass(frozen=True, slots=True)
class DecidedBefore:
    """What the manifest before says of the images of each picture: who decides about them besides themselves."""

    once_with: Mapping[str, Images] = field(default_factory=dict)
    """SHA-256 of an image -> named images that were copies of the same photograph."""
    hidden_like: Mapping[str, Images] = field(default_factory=dict)
    """SHA-256 of a hidden image -> named images that were hidden with the same words: one of them may be why.

    Manifests of older programs do not say which hidden images belong together."""


def before_split(manifest: Manifest | None, overrides: Sequence[Override], settings: Settings) -> DecidedBefore:
    """What was decided about images through others, as far as the decisions are still in force."""
    if manifest is None:
        return DecidedBefore()
    named = frozenset(sha256 for override in overrides if override.action in TOPICS for sha256 in override.images)
    is_older = manifest.versions.get("grouping") != GROUPING_VERSION
    may_split = is_older or manifest.settings is None or manifest.settings.digest != settings.digest()
    once_with: dict[str, Images] = defaultdict(frozenset)
    for images, held in _groups(manifest):
        deciding = (images | held if may_split else held) & named
        for sha256 in images:
            once_with[sha256] |= deciding - {sha256}
    if may_split:
        for images, named_by_pin in _pinned_by_witnesses(manifest, overrides):
            for sha256 in images:
                once_with[sha256] |= named_by_pin
    return DecidedBefore(once_with, _hidden_like(manifest, overrides) if is_older else {})


def _groups(manifest: Manifest) -> Iterator[tuple[Images, Images]]:
    """The images of each picture that the manifest knows, and those that decide about it from outside of it."""
    for picture in manifest.pictures:
        yield _members(picture), frozenset(picture.once_with)
    unseen: dict[str, list[RejectedImage]] = {}
    for image in manifest.rejected:
        if image.sha256 and image.picture:
            unseen.setdefault(image.picture, []).append(image)
    for images in unseen.values():
        held = frozenset(sha256 for image in images for sha256 in image.once_with)
        yield frozenset(image.sha256 for image in images if image.sha256), held


def _members(picture: PublishedPicture) -> Images:
    return frozenset(image.sha256 for image in images_of(picture))


def _pinned_by_witnesses(manifest: Manifest, overrides: Iterable[Override]) -> Iterator[tuple[Images, Images]]:
    """The images of pictures that were pinned through an image which nobody sends any more, and that image."""
    known = {sha256 for picture in manifest.pictures for sha256 in _members(picture)}
    known |= {image.sha256 for image in manifest.rejected if image.sha256}
    through = {
        (item.by, item.why, item.at): frozenset(item.images)
        for item in overrides
        if item.action == "pin" and known.isdisjoint(item.images)
    }
    for picture in manifest.pictures:
        pin = picture.pinned
        if pin and (pin.by, pin.why, pin.at) in through:
            yield _members(picture), through[pin.by, pin.why, pin.at]


def _hidden_like(manifest: Manifest, overrides: Iterable[Override]) -> dict[str, Images]:
    named: dict[str, Images] = {}
    for override in overrides:
        if override.action == "hide":
            why = why_hidden(override)
            named[why] = named.get(why, frozenset()) | frozenset(override.images)
    return {
        image.sha256: named[image.reason]
        for image in manifest.rejected
        if image.sha256 and not image.picture and image.outcome == Outcome.HIDDEN and image.reason in named
    }


def why_hidden(by: Override | None) -> str:
    """Why a person hid a picture, as the manifest says it."""
    if by is None:
        return _HIDDEN_BY["hide"]
    return _HIDDEN_BY[by.action] + (f" ({by.by})" if by.by else "") + (f": {by.why}" if by.why else "")


def inherited(
    overrides: Sequence[Override],
    members: AbstractSet[str],
    before: DecidedBefore,
    copies: Mapping[str, AbstractSet[str]],
) -> Images:
    """The images whose decisions hold for a picture that they do not belong to any more.

    A person ends it by saying whether the two are one photograph, of any of their copies (`copies`: those of each
    image), or by deciding the same about the picture itself.
    """

    def holding(images: Iterable[str]) -> Images:
        others = frozenset(images) - members
        return frozenset(
            other for other in others if _still_holds(overrides, members, other, copies.get(other, frozenset({other})))
        )

    found = holding(other for sha256 in members for other in before.once_with.get(sha256, ()))
    guessed = frozenset(other for sha256 in members for other in before.hidden_like.get(sha256, ()))
    if guessed and not _decided(overrides, members | found, "shown"):
        found |= holding(guessed)
    return found


def _decided(overrides: Iterable[Override], images: AbstractSet[str], topic: str) -> bool:
    return any(TOPICS.get(item.action) == topic and not images.isdisjoint(item.images) for item in overrides)


def _still_holds(
    overrides: Sequence[Override], members: AbstractSet[str], other: str, copies: AbstractSet[str]
) -> bool:
    """Whether something that was decided about `other`, which has these copies, holds for the picture.

    It does not if the same was decided later about the picture itself, or if the two were compared.
    """
    open_topics: set[str] = set()
    for override in overrides:
        topic = TOPICS.get(override.action)
        names_it, names_us = other in override.images, not members.isdisjoint(override.images)
        if names_us and override.action in ("same", "different") and not copies.isdisjoint(override.images):
            return False
        if topic and names_us:
            open_topics.discard(topic)
        elif topic and names_it:
            open_topics.add(topic)
    return bool(open_topics)


def with_parts(decisions: Sequence[Override], before: DecidedBefore) -> list[Override]:
    """Decisions about which images differ, and just before each of them the same about what was once with its images.

    So a part of a picture stays apart from what a person kept that picture apart from.
    """
    told = {frozenset(item.images) for item in decisions}
    parts: dict[str, set[str]] = {}
    for sha256, others in before.once_with.items():
        for other in others:
            if not any({sha256, other} <= pair for pair in told):
                parts.setdefault(other, set()).add(sha256)
    extended: list[Override] = []
    for decision in decisions:
        if decision.action == "different":
            sides = [{sha256, *parts.get(sha256, ())} for sha256 in decision.images]
            extended += [
                replace(decision, images=(one, other))
                for at, side in enumerate(sides)
                for later in sides[at + 1 :]
                for one in sorted(side - later)
                for other in sorted(later - side)
                if {one, other} - set(decision.images)
            ]
        extended.append(decision)
    return extended
