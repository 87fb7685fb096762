"""Order: which pictures are shown, in which order, and which are not."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

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
        )
        for sha256, picture in by_best.items()
    ]
    pins = {sha256: picture.pin for sha256, picture in by_best.items() if picture.pin is not None}
    ranked = prioritise(pictures, settings.prioritising, places_of(pins))
    limit = settings.publishing.max_pictures
    return Order(
        shown=tuple(ShownPicture(by_best[item.picture.sha256], item) for item in ranked[:limit]),
        over_limit=tuple(by_best[item.picture.sha256] for item in ranked[limit:]),
        hidden=tuple(picture for picture in chosen if picture.hidden_by is not None),
    )
