"""What a hotel showed before a decision and what it shows now, picture by picture."""

from __future__ import annotations

from bisect import bisect_left
from dataclasses import dataclass

from image_release.desk.deciding import images_of
from image_release.desk.web.hotel.views import picture_address
from image_release.gallery import kind_in_words, ordinal
from image_release.publish import Manifest, PublishedPicture

MOST_NAMED = 3
"""Maximum number of pictures that the sentence names for one kind of change."""
STRIP_PX = 120
"""Minimum width of the renditions in the two strips."""


@dataclass(frozen=True, slots=True)
class InStrip:
    """A picture in one of the two strips. `mark` says in a few words what happened to it; empty: nothing."""

    position: int
    kind: str
    src: str
    mark: str


@dataclass(frozen=True, slots=True)
class BeforeAndAfter:
    """Both orders, and one sentence."""

    before: tuple[InStrip, ...]
    after: tuple[InStrip, ...]
    sentence: str


def before_and_after(before: Manifest, after: Manifest) -> BeforeAndAfter:
    """Compare two manifests of a hotel: pictures are the same one if they share an image.

    A picture counts as moved if its place among the others changed, not if others before it came or went.
    """
    was, will_be = _places(before), _places(after)
    moved = _moved([min(found) for picture in after.pictures if (found := _places_of(picture, was))])
    left = tuple(_in_strip(before, picture, _mark_before(picture, will_be)) for picture in before.pictures)
    right = tuple(_in_strip(after, picture, _mark_after(picture, was, moved)) for picture in after.pictures)
    return BeforeAndAfter(left, right, _sentence(left, right))


def _places(manifest: Manifest) -> dict[str, int]:
    return {image.sha256: picture.position for picture in manifest.pictures for image in images_of(picture)}


def _places_of(picture: PublishedPicture, places: dict[str, int]) -> set[int]:
    return {places[image.sha256] for image in images_of(picture) if image.sha256 in places}


def _moved(places: list[int]) -> set[int]:
    """The fewest of these places, in their new order, without which the order is the old one.

    The others are a longest rising sequence. `ends[n]` is the smallest end of a rising sequence of n + 1 places.
    """
    ends: list[int] = []
    chains: list[tuple[int, ...]] = []
    for place in places:
        length = bisect_left(ends, place)
        chain = (*(chains[length - 1] if length else ()), place)
        ends[length:], chains[length:] = [place, *ends[length + 1 :]], [chain, *chains[length + 1 :]]
    return set(places) - set(chains[-1] if chains else ())


def _mark_before(picture: PublishedPicture, will_be: dict[str, int]) -> str:
    found = sorted(_places_of(picture, will_be))
    if not found:
        return "no longer shown"
    return f"divided into {len(found)}" if len(found) > 1 else ""


def _mark_after(picture: PublishedPicture, was: dict[str, int], moved: set[int]) -> str:
    found = sorted(_places_of(picture, was))
    if not found:
        return "new"
    if len(found) > 1:
        return f"joined from {len(found)}"
    return f"was {ordinal(found[0])}" if found[0] in moved else ""


def _in_strip(manifest: Manifest, picture: PublishedPicture, mark: str) -> InStrip:
    src = picture_address(manifest.hotel_id, picture, STRIP_PX)
    return InStrip(picture.position, kind_in_words(picture.category), src, mark)


def _named(items: list[InStrip]) -> str:
    """Which pictures they are, if they are few: ` (3rd, bedroom)`."""
    if len(items) > MOST_NAMED:
        return ""
    return f" ({'; '.join(f'{ordinal(item.position)}, {item.kind}' for item in items)})"


def _sentence(before: tuple[InStrip, ...], after: tuple[InStrip, ...]) -> str:
    found = (
        ([item for item in before if item.mark == "no longer shown"], "no longer shown"),
        ([item for item in after if item.mark == "new"], "new"),
        ([item for item in after if item.mark.startswith("was ")], "moved"),
        ([item for item in after if item.mark.startswith("joined")], "joined"),
        ([item for item in before if item.mark.startswith("divided")], "divided"),
    )
    changed = [f"{len(items)} {words}{_named(items)}" for items, words in found if items]
    pictures = f"{len(before)} picture{'' if len(before) == 1 else 's'} before, {len(after)} now"
    return f"{pictures}: {', '.join(changed)}" if changed else f"{pictures}: the order is the same"
