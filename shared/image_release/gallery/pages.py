"""The pages of the gallery as functions of manifests: static HTML that needs no server, no network and no other file.

Everything on them may come from a partner. So templates escape by default, links are made from our own keys only, URLs
of partners are shown as text, and a content security policy lets nothing run but the one script that its hash names.
"""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import quote

from image_release.keys import hotel_folder, renditions_folder
from image_release.publish import Manifest, PublishedPicture

if TYPE_CHECKING:
    from jinja2 import Environment

TEMPLATES = Path(__file__).parent / "templates"
THUMB_PX = 320
"""Least width of the rendition that stands for a hotel in the index."""
PART_NAMES = {"size": "size", "partner": "partner", "category": "what it shows"}


@dataclass(frozen=True, slots=True)
class IndexEntry:
    """A hotel in the index."""

    hotel_id: str
    name: str
    href: str
    thumb: str | None
    pictures: int
    merged: int
    rejected: int
    withdrawn: bool


def hotel_page(manifest: Manifest) -> bytes:
    """The page of one hotel: its pictures in order, why they stand there, what was merged and what was rejected."""
    outcomes: dict[str, int] = {}
    for image in manifest.rejected:
        outcomes[image.outcome] = outcomes.get(image.outcome, 0) + 1
    page = (
        _environment()
        .get_template("hotel.html")
        .render(
            manifest=manifest,
            pictures=[_shown(manifest, picture) for picture in manifest.pictures],
            merged=sum(len(picture.merged) for picture in manifest.pictures),
            outcomes=sorted(outcomes.items()),
            home="../../index.html",
        )
    )
    return page.encode()


def index_page(entries: Sequence[IndexEntry], total: int) -> bytes:
    """The page of all hotels. `total` may be more than are shown."""
    page = (
        _environment()
        .get_template("index.html")
        .render(entries=entries, total=total, script_hash=_script_hash(), script=_script())
    )
    return page.encode()


def entry_of(manifest: Manifest) -> IndexEntry:
    """What the index says of a hotel."""
    first = manifest.pictures[0] if manifest.pictures else None
    thumb = _smallest_from(first, THUMB_PX) if first else None
    return IndexEntry(
        hotel_id=manifest.hotel_id,
        name=manifest.name or manifest.hotel_id,
        href=quote(hotel_folder(manifest.hotel_id)) + "index.html",
        thumb=quote(thumb) if thumb else None,
        pictures=len(manifest.pictures),
        merged=sum(len(picture.merged) for picture in manifest.pictures),
        rejected=len(manifest.rejected),
        withdrawn=manifest.withdrawn,
    )


@dataclass(frozen=True, slots=True)
class _PictureView:
    picture: PublishedPicture
    src: str
    srcset: str
    large: str
    parts: tuple[tuple[str, float, float], ...]
    """Name, value and weight of each part of the score."""


def _shown(manifest: Manifest, picture: PublishedPicture) -> _PictureView:
    """A picture with links relative to the hotel's page, beside which the renditions lie."""
    prefix = renditions_folder(manifest.hotel_id)
    links = {}
    for rendition in sorted(picture.renditions, key=lambda item: item.width):
        links[rendition.width] = "renditions/" + quote(rendition.key.removeprefix(prefix))
    widths = sorted(links)
    middle = next((width for width in widths if width >= THUMB_PX), widths[-1] if widths else 0)
    parts = tuple(
        (PART_NAMES.get(name, name), part.value, part.weight) for name, part in sorted(picture.score.parts.items())
    )
    return _PictureView(
        picture,
        links.get(middle, ""),
        ", ".join(f"{links[width]} {width}w" for width in widths),
        links[widths[-1]] if widths else "",
        parts,
    )


def _smallest_from(picture: PublishedPicture, width: int) -> str | None:
    """Key of the smallest rendition at least so wide, or of the largest there is."""
    by_width = sorted(picture.renditions, key=lambda rendition: rendition.width)
    wide = [rendition.key for rendition in by_width if rendition.width >= width]
    return wide[0] if wide else (by_width[-1].key if by_width else None)


@cache
def _environment() -> Environment:
    from jinja2 import Environment, FileSystemLoader, StrictUndefined

    return Environment(
        loader=FileSystemLoader(TEMPLATES),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )


@cache
def _script() -> str:
    return (TEMPLATES / "index.js").read_text(encoding="utf-8")


def _script_hash() -> str:
    return base64.b64encode(hashlib.sha256(_script().encode()).digest()).decode()
