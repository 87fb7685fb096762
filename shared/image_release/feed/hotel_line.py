"""A hotel in a snapshot: what a list of all hotels needs of it."""

from __future__ import annotations

from collections import Counter
from datetime import datetime

from image_release.publish import FirstPicture, Manifest, ManifestPart, first_picture
from image_release.values import HotelRow


class HotelLine(ManifestPart):
    """A line of a snapshot. City and country are those of the release; a withdrawn hotel keeps its last ones.

    `rejected` counts the images that are not shown by outcome, `copies` those that another one stands for.
    """

    hotel_id: str
    seq: int
    published_at: datetime
    name: str
    city: str
    country: str
    first: FirstPicture | None
    pictures: int
    copies: int
    rejected: dict[str, int]
    withdrawn: bool


def line_of(manifest: Manifest, row: HotelRow | None, before: HotelLine | None = None) -> HotelLine:
    """The line of a hotel. Without a row, city and country are those of the line `before`."""
    place = row or before
    return HotelLine(
        hotel_id=manifest.hotel_id,
        seq=manifest.seq,
        published_at=manifest.published_at,
        name=manifest.name,
        city=place.city if place else "",
        country=place.country if place else "",
        first=first_picture(manifest),
        pictures=len(manifest.pictures),
        copies=sum(len(picture.merged) for picture in manifest.pictures),
        rejected=dict(sorted(Counter(str(image.outcome) for image in manifest.rejected).items())),
        withdrawn=manifest.withdrawn,
    )
