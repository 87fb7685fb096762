"""Finding the hotels and images of a corpus: `images/<hotel>/<partner>/<file>`, and what labels.csv names.

File names come from partners: a name that labels.csv cannot hold, or a link that leads outside, is a problem.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import unquote

from image_release.lab.grouping.labelling.saving import Row
from image_release.lab.grouping.making import EXTENSIONS
from image_release.problems import Problem
from image_release.values import key_part


@dataclass(frozen=True, slots=True)
class FoundHotel:
    """A hotel and its images as labels.csv names them, `<hotel>/<partner>/<file>`, in the order of the names."""

    hotel_id: str
    images: tuple[str, ...]


def find_hotels(corpus: Path, rows: Mapping[str, Row]) -> tuple[list[FoundHotel], list[Problem]]:
    """All hotels with at least one image. Files of other kinds are passed over unless a row names them."""
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
        said = rows[name].hotel_id if name in rows else ""
        hotel_id = said or hotel_of_folder.get(folder) or _hotel_id(folder)
        hotels.setdefault(hotel_id, []).append(name)
    return [FoundHotel(hotel_id, tuple(hotels[hotel_id])) for hotel_id in sorted(hotels)], problems


def _image_names(images: Path) -> Iterator[str]:
    for path in images.glob("*/*/*"):
        if path.suffix.lower() in EXTENSIONS and not path.name.startswith(".") and path.is_file():
            yield str(path.relative_to(images))


def _fault(name: str, path: Path, inside: Path) -> str | None:
    """Why an image cannot be labelled."""
    try:
        name.encode()
    except UnicodeEncodeError:
        return "has a name that is not UTF-8, which labels.csv cannot hold"
    try:
        return None if path.is_file() and path.resolve().is_relative_to(inside) else "is no file below images/"
    except (OSError, ValueError):  # a name in a row that no file can have
        return "is no file below images/"


def _hotel_id(folder: str) -> str:
    """The hotel of a folder: its name, decoded where it is one that `corpus make` writes for an id."""
    decoded = unquote(folder)
    return decoded if key_part(decoded) == folder else folder
