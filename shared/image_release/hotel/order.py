"""Order: which pictures are shown, in which order, and which are not."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from image_release.dedup import SameView
from image_release.hotel.acquire import Acquired
from image_release.hotel.choose import Chosen, places_of
from image_release.hotel.label import Labels
from image_release.hotel.load import Hotel
from image_release.rank import PictureToRank, ScoredPicture, prioritise
from image_release.settings import Settings


@dataclass(frozen=True, slots=True)
class ShownPicture:
    """A picture in its place of the order."""

    chosen: Chosen
    ranked: ScoredPicture


@dataclass(frozen=True, slots=True)
class Order:
    """All pictures of a hotel: the shown ones, best first; those beyond the limit; those that a person hid."""

    shown: tuple[ShownPicture, ...]
    over_limit: tuple[Chosen, ...]
    hidden: tuple[Chosen, ...]
    same_view: tuple[tuple[Chosen, int, SameView], ...] = ()
    """Pictures that are left out because another one of their view is shown: at which position, and the evidence."""


def in_order(chosen: Sequence[Chosen], hotel: Hotel, acquired: Acquired, labels: Labels, settings: Settings) -> Order:
    """Score and order the pictures that nobody hid; pins win."""
    by_best = {picture.best.sha256: picture for picture in chosen if picture.hidden_by is None}
    pictures = [
        PictureToRank(
            sha256=sha256,
            facts=acquired.facts[sha256],
            partner_id=picture.image.accommodation.partner_id,
            rank=hotel.images[picture.image].rank,
            labels=labels.known.get(sha256),
            look=labels.looks.get(sha256),
            same_view=frozenset(picture.same_view),
        )
        for sha256, picture in by_best.items()
    ]
    places = places_of({sha256: picture.pin for sha256, picture in by_best.items() if picture.pin is not None})
    limit = settings.publishing.max_pictures
    ranked = prioritise(pictures, settings.prioritising, places)
    left: frozenset[str] = frozenset()
    if settings.publishing.same_view == "best":
        left = _left_out([by_best[item.picture.sha256] for item in ranked], limit)
        kept = [picture for picture in pictures if picture.sha256 not in left]
        ranked = prioritise(kept, settings.prioritising, places) if left else ranked
    shown = tuple(ShownPicture(by_best[item.picture.sha256], item) for item in ranked[:limit])
    repeats = {sha256: repeat for sha256 in sorted(left) if (repeat := _repeat(by_best[sha256], shown))}
    beyond = [*(item.picture.sha256 for item in ranked[limit:]), *sorted(left - repeats.keys())]
    return Order(
        shown=shown,
        over_limit=tuple(by_best[sha256] for sha256 in beyond),
        hidden=tuple(picture for picture in chosen if picture.hidden_by is not None),
        same_view=tuple(repeats.values()),
    )


def _left_out(ordered: Sequence[Chosen], limit: int) -> frozenset[str]:
    """Of pictures in their order those that show a view again: the first picture of it stays.

    Views do not chain: a picture stays that is like another one only which is left out. What a person wants to be shown
    stays, and leaves no place for others of its view.
    """
    stay = {picture.best.sha256 for picture in ordered[:limit] if picture.is_wanted}
    left: set[str] = set()
    for picture in ordered:
        if not picture.is_wanted:
            (left if stay & picture.same_view.keys() else stay).add(picture.best.sha256)
    return frozenset(left)


def _repeat(left: Chosen, shown: Sequence[ShownPicture]) -> tuple[Chosen, int, SameView] | None:
    """The first shown picture of the view of one that is left out; None if all of them are beyond the limit."""
    for position, item in enumerate(shown, start=1):
        if view := left.same_view.get(item.chosen.best.sha256):
            return left, position, view
    return None
