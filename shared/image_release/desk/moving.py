"""Moving a picture to a place: the pins that put it exactly there, whatever else is pinned."""

from __future__ import annotations

from collections.abc import Mapping

from image_release.desk.deciding import HotelNow, images_of
from image_release.publish import PublishedPicture


def pins_for_move(now: HotelNow, sha256: str, position: int) -> tuple[tuple[str, int], ...]:
    """The pins to decide, as (SHA-256, position): first those of pictures that give way, then the moved one.

    Of two pictures that are pinned to one place the better one would get it. So a pinned picture that stands in the way
    is pinned one place later, and so on.
    """
    ours = now.members(sha256)
    taken = {place: picture for picture, place in _pinned(now) if picture.best.sha256 not in ours}
    giving_way: list[tuple[str, int]] = []
    place = position
    while place in taken:
        giving_way.append((taken[place].best.sha256, place + 1))
        place += 1
    return (*reversed(giving_way), (sha256, position))


def pins_of(now: HotelNow) -> Mapping[str, int]:
    """SHA-256 of the best image of each pinned picture, with the place that people gave it."""
    return {picture.best.sha256: place for picture, place in _pinned(now)}


def _pinned(now: HotelNow) -> list[tuple[PublishedPicture, int]]:
    pinned = []
    for picture in now.manifest.pictures:
        images = {image.sha256 for image in images_of(picture)}
        pins = [item for item in now.overrides if item.action == "pin" and not images.isdisjoint(item.images)]
        if pins:
            pinned.append((picture, pins[-1].position or 1))
    return pinned
