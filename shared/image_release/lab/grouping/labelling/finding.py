"""Finds the hotels and images of a corpus: files `images/<hotel>/<partner>/<file>`, and images that labels.csv names.

File names come from partners, so a name that labels.csv cannot hold and a link that leads outside are problems.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import unquote

from image_release.lab.corpus_csv import LabelRow
from image_release.lab.grouping.corpus_making import IMAGE_EXTENSIONS
from image_release.problems import Problem
from image_release.values import key_part


@dataclass(frozen=True, slots=True)
class FoundHotel:
    """A hotel and its images in the order of their names, which are `<hotel>/<partner>/<file>` as in labels.csv."""

    hotel_id: str
    images: tuple[str, ...]


def find_hotels(corpus: Path, rows: Mapping[str, LabelRow]) -> tuple[list[FoundHotel], list[Problem]]:
    """All hotels with at least one image, and the bad names. Other files are left out unless a row names them."""
    images = corpus / "images"
    inside = images.resolve()
    hotel_of_folder: dict[str, str] = {}
    for row in rows.values():
        if row.hotel_id:
            hotel_of_folder.setdefault(row.image.partition("/")[0], row.hotel_id)
    hotels: dict[str, list[str]] = {}
    problems = []
    for name in sorted({*_image_names(images), *rows}):
        if fault := _fault(name, images / name, inside):
            problems.append(Problem(str(images), 0, name, fault))
            continue
        folder = name.partition("/")[0]
        from_row = rows[name].hotel_id if name in rows else ""
        hotel_id = from_row or hotel_of_folder.get(folder) or _hotel_id(folder)
        hotels.setdefault(hotel_id, []).append(name)
    return [FoundHotel(hotel_id, tuple(hotels[hotel_id])) for hotel_id in sorted(hotels)], problems


def _image_names(images: Path) -> Iterator[str]:
    for path in images.glob("*/*/*"):
        if path.suffix.lower() in IMAGE_EXTENSIONS and not path.name.startswith(".") and path.is_file():
            yield str(path.relative_to(images))


def _fault(name: str, path: Path, inside: Path) -> str | None:
    """Why an image cannot be labelled, or None if it can."""
    try:
        name.encode()
    except UnicodeEncodeError:
        return "has a name that is not UTF-8, so labels.csv cannot hold it"
    try:
        return None if path.is_file() and path.resolve().is_relative_to(inside) else "is no file below images/"
    except (OSError, ValueError):  # a row may hold a name that no file can have
        return "is no file below images/"


def _hotel_id(folder: str) -> str:
    """The hotel id of a folder: its name, percent-decoded if `corpus make` could have written it."""
    decoded = unquote(folder)
    return decoded if key_part(decoded) == folder else folder
