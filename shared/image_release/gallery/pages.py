"""The pages of the gallery as functions of values: static HTML that needs no server and no network.

Any text on them may come from a partner. So the templates escape by default, links are made only from our own keys, and
URLs of partners are shown as text. A content security policy allows only the one script whose hash it contains.
"""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from urllib.parse import quote

from image_release.folding import folded
from image_release.gallery.needs_a_look import needs_a_look
from image_release.gallery.templating import TEMPLATES, render_template
from image_release.gallery.words import ViewInWords, once_one_with, same_views, why_best, why_here
from image_release.publish import Manifest, PublishedPart, PublishedPicture
from image_release.store_keys import page_key, renditions_folder
from image_release.values import HotelRow, Override

THUMB_PX = 320
"""Minimum width of the rendition that the index shows for a hotel."""
UNKNOWN_COUNTRY = "ZZ"
"""What a release says of a hotel whose country is not known."""
PART_NAMES = {"size": "size", "partner": "partner", "category": "what it shows", "appeal": "appeal"}
"""Part of the score -> its name on the page."""


@dataclass(frozen=True, slots=True)
class IndexEntry:
    """A hotel in the index. `place` is its city and country, empty if not known; `look` says why it needs a look."""

    hotel_id: str
    name: str
    href: str
    thumb: str | None
    pictures: int
    merged: int
    rejected: int
    withdrawn: bool
    place: str = ""
    look: tuple[str, ...] = ()

    @property
    def sought(self) -> str:
        """The text that the filter searches: without accents and case."""
        return folded(f"{self.name} {self.hotel_id} {self.place}")


def hotel_page(manifest: Manifest, row: HotelRow | None = None, thumbnails: Mapping[str, str] | None = None) -> bytes:
    """The page of one hotel: its pictures in order and why, the merged copies, and the rejected images.

    `row` is the hotel in the release, if it is there; it tells city and country. `thumbnails` are data URIs by SHA-256,
    made by `thumbnails_of`.
    """
    outcomes: dict[str, int] = {}
    for image in manifest.rejected:
        outcomes[image.outcome] = outcomes.get(image.outcome, 0) + 1
    return render_template(
        "hotel.html",
        manifest=manifest,
        place=place_of(row),
        look=needs_a_look(manifest),
        pictures=[_view_of(manifest, picture) for picture in manifest.pictures],
        thumbnails=thumbnails or {},
        merged=sum(len(picture.merged) for picture in manifest.pictures),
        outcomes=sorted(outcomes.items()),
        home="../../index.html",
    ).encode()


def index_page(entries: Sequence[IndexEntry], total: int) -> bytes:
    """The page of all hotels. `total` is the number of hotels, of which `entries` may be only the first ones."""
    return render_template(
        "index.html",
        entries=entries,
        total=total,
        need_a_look=sum(bool(entry.look) for entry in entries),
        script_hash=_script_hash(),
        script=_script(),
    ).encode()


def entry_of(manifest: Manifest, row: HotelRow | None = None) -> IndexEntry:
    """The entry of a hotel in the index."""
    first = manifest.pictures[0] if manifest.pictures else None
    thumb = first.rendition_from(THUMB_PX) if first else None
    return IndexEntry(
        hotel_id=manifest.hotel_id,
        name=manifest.name or manifest.hotel_id,
        href=quote(page_key(manifest.hotel_id)),
        thumb=quote(thumb) if thumb else None,
        pictures=len(manifest.pictures),
        merged=sum(len(picture.merged) for picture in manifest.pictures),
        rejected=len(manifest.rejected),
        withdrawn=manifest.withdrawn,
        place=place_of(row),
        look=needs_a_look(manifest),
    )


def place_of(row: HotelRow | None) -> str:
    """City and country of a hotel, as people read them; empty where the release does not say."""
    if row is None:
        return ""
    return ", ".join(filter(None, (row.city, row.country if row.country != UNKNOWN_COUNTRY else "")))


@dataclass(frozen=True, slots=True)
class _PictureView:
    """A picture with its links and the parts of its score, as the template shows it."""

    picture: PublishedPicture
    why: str
    why_best: str
    src: str
    srcset: str
    large: str
    parts: tuple[tuple[str, PublishedPart], ...]
    """Each part of the score with its name, the heaviest first."""
    views: tuple[ViewInWords, ...]
    once_with: tuple[int, ...]


def _view_of(manifest: Manifest, picture: PublishedPicture) -> _PictureView:
    """A picture with links that are relative to the hotel's page; the renditions are in a folder beside it."""
    prefix = renditions_folder(manifest.hotel_id)
    links = {}
    for rendition in sorted(picture.renditions, key=lambda item: item.width):
        links[rendition.width] = "renditions/" + quote(rendition.key.removeprefix(prefix))
    widths = sorted(links)
    middle = next((width for width in widths if width >= THUMB_PX), widths[-1] if widths else 0)
    by_weight = sorted(picture.score.parts.items(), key=lambda item: (-item[1].weight, item[0]))
    parts = tuple((PART_NAMES.get(name, name), part) for name, part in by_weight)
    pins = _pins_of(picture)
    return _PictureView(
        picture,
        why_here(manifest, picture, pins),
        why_best(picture, pins),
        links.get(middle, ""),
        ", ".join(f"{links[width]} {width}w" for width in widths),
        links[widths[-1]] if widths else "",
        parts,
        same_views(manifest, picture),
        once_one_with(manifest, picture.once_with),
    )


def _pins_of(picture: PublishedPicture) -> tuple[Override, ...]:
    """The decision that the manifest names for a picture's place."""
    pin = picture.pinned
    if pin is None:
        return ()
    return (Override("pin", (picture.best.sha256,), position=picture.position, by=pin.by, at=pin.at, why=pin.why),)


@cache
def _script() -> str:
    return (TEMPLATES / "index.js").read_text(encoding="utf-8")


def _script_hash() -> str:
    return base64.b64encode(hashlib.sha256(_script().encode()).digest()).decode()
