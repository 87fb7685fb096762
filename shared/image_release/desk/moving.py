"""Moving a picture to a place: the pins that put it exactly there, whatever else is pinned."""

from __future__ import annotations

import itertools
from collections.abc import Mapping

from image_release.desk.deciding import HotelNow
from image_release.hotel import Pin, places_of
from image_release.rank import pinned_places

Pins = Mapping[str, Pin]
"""SHA-256 of the best image of each pinned picture, with its latest pin."""


def pins_for_move(now: HotelNow, sha256: str, position: int) -> tuple[tuple[str, int], ...]:
    """The pins to decide, as (SHA-256, position): first those of pictures that give way, then the moved one.

    Nearly always the one pin does it: of two pictures at one position the later decision counts. Where it would not,
    because others that are pinned before it need more places, or because it is moved behind one that is pinned to the
    end, those get pins of their own.
    """
    ours, count = now.members(sha256), len(now.manifest.pictures) + (sha256 not in now.shown)
    others = {best: pin for best, pin in pins_of(now).items() if best not in ours}
    place = min(position, count)
    if _places({**others, sha256: Pin(position, len(now.overrides))}, count)[sha256] == place:
        return ((sha256, position),)
    return (*_giving_way(now, others, sha256, position, count).items(), (sha256, position))


def pins_of(now: HotelNow) -> Pins:
    """The pins that are in force."""
    pinned = {}
    for line, item in enumerate(now.overrides):
        shown = [now.shown[sha256] for sha256 in item.images if sha256 in now.shown] if item.action == "pin" else ()
        for picture in shown:
            pinned[picture.best.sha256] = Pin(item.position or 1, line)
    bests = (picture.best.sha256 for picture in now.manifest.pictures)
    return {best: pinned[best] for best in bests if best in pinned}


def _giving_way(now: HotelNow, others: Pins, sha256: str, position: int, count: int) -> dict[str, int]:
    """New positions of the pictures that stand in the way, one place nearer to where the moved one came from."""
    place = min(position, count)
    step = -1 if _comes_from(now, sha256, count) < place else 1
    places = _places(others, count)
    taken = {at: best for best, at in places.items()}
    if (place + step * _row(taken, place, step)) not in range(1, count + 1):
        step = -step  # there is no free place on that side
    giving_way = {best: at for best, at in places.items() if others[best].position == position}
    return giving_way | {taken[place + step * n]: place + step * (n + 1) for n in range(_row(taken, place, step))}


def _row(taken: Mapping[int, str], place: int, step: int) -> int:
    """Number of pinned pictures that stand one behind the other from a place on."""
    return next(n for n in itertools.count() if place + step * n not in taken)


def _comes_from(now: HotelNow, sha256: str, count: int) -> int:
    """The place that a picture has, also if its pin is not applied yet; behind the end if it is not shown."""
    picture = now.shown.get(sha256)
    return _places(pins_of(now), count).get(picture.best.sha256, picture.position) if picture else count + 1


def _places(pins: Pins, count: int) -> dict[str, int]:
    """The place that each pinned picture gets among so many pictures."""
    wanted = places_of(pins)
    order = sorted(wanted, key=lambda best: wanted[best])
    places = pinned_places([wanted[best] for best in order], count)
    return {best: place + 1 for best, place in zip(order, places, strict=True)}
