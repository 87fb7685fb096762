"""Writes the page of a comparison: both orders of each hotel side by side, the largest change first.

It needs no server: thumbnails are the published renditions, by relative links. Names of hotels and kinds may come from
outside, so the template escapes every value, and links are made of our own keys only.
"""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from urllib.parse import quote

from pydantic import TypeAdapter, ValidationError

from image_release.gallery import TEMPLATES as GALLERY_TEMPLATES
from image_release.gallery import render_template
from image_release.lab.ordering.comparison import Comparison, HotelComparison, PlacedPicture
from image_release.storage import Store
from image_release.store_keys import manifest_key, page_key, rendition_seq

INDEX = "index.html"
TEMPLATES = Path(__file__).parent / "templates"
MARK = b'<meta name="generator" content="image-release ranking compare">'
"""A line of the page; a file without it is not replaced."""
PICTURES = 7
"""Number of first pictures of a hotel that are shown in each order."""
THUMB_PX = 240
"""Minimum width of the rendition that is shown."""


class NoPlaceForPageError(Exception):
    """The folder cannot hold the page. The message says why."""


@dataclass(frozen=True, slots=True)
class _Shown:
    """A picture in a row of the page. `src` is None where it has no rendition that can be linked to."""

    position: int
    placed: PlacedPicture
    src: str | None
    moved: int
    """Places that it moved up from the first order to the second; negative: down."""


@dataclass(frozen=True, slots=True)
class _Hotel:
    """A hotel on the page, with the first pictures of both orders."""

    hotel: HotelComparison
    href: str | None
    rows: tuple[tuple[str, tuple[_Shown, ...]], ...]
    """Name of the settings and its first pictures, twice."""
    more: int
    """Number of pictures that are not shown."""


def check_page_folder(folder: Path, workspace: Path | None) -> None:
    """Refuse a folder inside a store of the workspace, or with a page of something else.

    Raises NoPlaceForPageError.
    """
    for name in ("inbox", "state", "published") if workspace else ():
        if folder.resolve().is_relative_to((workspace or folder).resolve() / name):
            raise NoPlaceForPageError(f"{folder}: lies in {name}/ of the workspace; choose another folder")
    try:
        page = folder / INDEX
        if page.exists() and MARK not in page.read_bytes():
            raise NoPlaceForPageError(f"{page}: is not a page of `ranking compare`; choose another folder")
    except OSError as error:
        raise NoPlaceForPageError(f"{folder}: {error.strerror}") from error


def write_comparison(
    folder: Path,
    comparison: Comparison,
    names: tuple[str, str],
    warnings: Sequence[str],
    published: Store,
    published_folder: Path | None,
) -> Path:
    """Write the page into the folder and return its path.

    `names` are those of the two settings files. `published_folder` is where the published store lies on this machine;
    None: nowhere, and the page has no thumbnails. Raises OSError.
    """
    base = None if published_folder is None else _relative(published_folder, folder)
    hotels = [_on_page(hotel, names, published, base) for hotel in comparison.largest]
    kinds = sorted(comparison.kinds_before.keys() | comparison.kinds_after.keys())
    text = render_template(
        "comparison.html",
        (TEMPLATES, GALLERY_TEMPLATES),
        mark=MARK.decode(),
        comparison=comparison,
        names=names,
        warnings=warnings,
        hotels=hotels,
        kinds=[(kind, comparison.kinds_before[kind], comparison.kinds_after[kind]) for kind in kinds],
    )
    folder.mkdir(parents=True, exist_ok=True)
    page = folder / INDEX
    page.write_text(text, encoding="utf-8")
    return page


def _relative(published_folder: Path, folder: Path) -> str:
    """The way from a page in `folder` to the published store, as a URL that ends with `/`."""
    return quote(Path(os.path.relpath(published_folder.resolve(), folder.resolve())).as_posix()) + "/"


def _on_page(hotel: HotelComparison, names: tuple[str, str], published: Store, base: str | None) -> _Hotel:
    thumbs = {} if base is None else _thumbs(published, hotel.hotel_id)
    places = [{placed.sha256: at for at, placed in enumerate(order)} for order in (hotel.before, hotel.after)]
    rows = []
    for name, order in zip(names, (hotel.before, hotel.after), strict=True):
        shown = tuple(
            _Shown(
                position=position,
                placed=placed,
                src=f"{base}{quote(thumbs[placed.sha256])}" if placed.sha256 in thumbs else None,
                moved=places[0][placed.sha256] - places[1][placed.sha256] if order is hotel.after else 0,
            )
            for position, placed in enumerate(order[:PICTURES], start=1)
        )
        rows.append((name, shown))
    href = None if base is None else base + quote(page_key(hotel.hotel_id))
    return _Hotel(hotel, href, tuple(rows), max(0, len(hotel.before) - PICTURES))


def _thumbs(published: Store, hotel_id: str) -> Mapping[str, str]:
    """SHA-256 of each best image -> key of the smallest rendition that is wide enough, else of the widest."""
    stored = published.get(manifest_key(hotel_id))
    try:
        pictures = _pictures_form().validate_json(stored.data).pictures if stored else ()
    except ValidationError:
        return {}
    thumbs = {picture.best.sha256: picture.thumb() for picture in pictures}
    return {sha256: key for sha256, key in thumbs.items() if key and rendition_seq(key) is not None}


@dataclass(frozen=True, slots=True)
class _Rendition:
    key: str
    width: int


@dataclass(frozen=True, slots=True)
class _Best:
    sha256: str


@dataclass(frozen=True, slots=True)
class _Linked:
    best: _Best
    renditions: tuple[_Rendition, ...]

    def thumb(self) -> str | None:
        wide = [rendition for rendition in self.renditions if rendition.width >= THUMB_PX]
        if wide:
            return min(wide, key=lambda rendition: rendition.width).key
        return max(self.renditions, key=lambda rendition: rendition.width).key if self.renditions else None


@dataclass(frozen=True, slots=True)
class _Pictures:
    """What the page needs of a manifest: of hundreds of hotels only this is validated."""

    pictures: tuple[_Linked, ...]


@cache
def _pictures_form() -> TypeAdapter[_Pictures]:
    return TypeAdapter(_Pictures)
