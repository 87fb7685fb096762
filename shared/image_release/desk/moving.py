"""Moving a picture to a place: the pins that put it exactly there, whatever else is pinned."""

from __future__ import annotations

import itertools
from collections.abc import Mapping

from image_release.desk.deciding import HotelNow, images_of
from image_release.rank import pinned_places


def pins_for_move(now: HotelNow, sha256: str, position: int) -> tuple[tuple[str, int], ...]:
    """The pins to decide, as (SHA-256, position): first those of pictures that give way, then the moved one.

    Of two pictures that are pinned to one place the better one would get it. So a pinned picture that stands in the way
    is pinned one place nearer to where the moved one came from, and so on.
    """
    ours, count = now.members(sha256), len(now.manifest.pictures) + (sha256 not in now.shown)
    pins = pins_of(now)
    others = {best: place for best, place in pins.items() if best not in ours}
    place = min(position, count)
    step = -1 if _comes_from(now, sha256, pins, count) < place else 1
    places = _places(others, now, count)
    taken = {at: best for best, at in places.items()}
    if (place + step * _row(taken, place, step)) not in range(1, count + 1):
        step = -step  # there is no free place on that side
    giving_way = {best: at for best, at in places.items() if others[best] == position}
    giving_way |= {taken[place + step * n]: place + step * (n + 1) for n in range(_row(taken, place, step))}
    return (*giving_way.items(), (sha256, position))


def _row(taken: Mapping[int, str], place: int, step: int) -> int:
    """Number of pinned pictures that stand one behind the other from a place on."""
    return next(n for n in itertools.count() if place + step * n not in taken)


def pins_of(now: HotelNow) -> Mapping[str, int]:
    """SHA-256 of the best image of each pinned picture, with the place that people gave it."""
    pinned = {}
    for picture in now.manifest.pictures:
        images = {image.sha256 for image in images_of(picture)}
        pins = [item for item in now.overrides if item.action == "pin" and not images.isdisjoint(item.images)]
        if pins:
            pinned[picture.best.sha256] = pins[-1].position or 1
    return pinned


def _comes_from(now: HotelNow, sha256: str, pins: Mapping[str, int], count: int) -> int:
    """The place that a picture has, also if its pin is not applied yet; behind the end if it is not shown."""
    picture = now.shown.get(sha256)
    if picture is None:
        return count + 1
    return _places(pins, now, count).get(picture.best.sha256, picture.position)


def _places(pins: Mapping[str, int], now: HotelNow, count: int) -> dict[str, int]:
    """The place that each pinned picture gets. Of two at one place the one shown first is taken for the better."""
    order = sorted(pins, key=lambda best: (pins[best], now.shown[best].position))
    places = pinned_places([pins[best] for best in order], count)
    return {best: place + 1 for best, place in zip(order, places, strict=True)}
