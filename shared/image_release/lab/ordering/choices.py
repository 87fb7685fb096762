"""What people think of pictures, as weights are fitted to it: grades, choices between two pictures, or pins.

Choices come from a CSV file (`hotel_id,better,worse`). An image is named by its path or the last part of its URL, or by
the first digits of its SHA-256. A person who pins a picture prefers it to every picture that is published after it.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from image_release.lab.corpus_csv import read_csv, values_by_column
from image_release.lab.ordering.grades import NEVER, GradedCorpus
from image_release.lab.ordering.pictures import HotelPictures
from image_release.lab.ordering.stored import StoredHotel
from image_release.problems import Problem
from image_release.rank import PictureToRank
from image_release.settings import PrioritisingSettings

COLUMNS = ("hotel_id", "better", "worse")
SHA256_PREFIX = re.compile(r"[0-9a-f]{8,64}")
"""First digits of a SHA-256 that are enough to name an image."""


@dataclass(frozen=True, slots=True)
class JudgedHotel:
    """A hotel's pictures, sorted by SHA-256, and what people think: a grade for each, or pairs (better, worse)."""

    hotel_id: str
    pictures: tuple[PictureToRank, ...]
    grades: tuple[int, ...] = ()
    pairs: tuple[tuple[int, int], ...] = ()


@dataclass(frozen=True, slots=True)
class NamedPicture:
    """A picture and everything that a line of choices may call it: names, and SHA-256 of its copies."""

    picture: PictureToRank
    names: frozenset[str]
    members: frozenset[str]

    def is_called(self, text: str) -> bool:
        """Whether the text names this picture."""
        if text in self.names:
            return True
        return bool(SHA256_PREFIX.fullmatch(text)) and any(sha256.startswith(text) for sha256 in self.members)


NamedHotels = Mapping[str, Sequence[NamedPicture]]
"""Hotel -> its pictures."""


def graded_hotels(corpus: GradedCorpus, by_hotel: Mapping[str, HotelPictures]) -> list[JudgedHotel]:
    """The measured hotels of a corpus whose grades tell one picture from another."""
    measured = {grade.hotel_id for grade in corpus.measured()}
    judged = []
    for hotel_id in sorted(measured & by_hotel.keys()):
        items = sorted(by_hotel[hotel_id].items(), key=lambda item: item[1].sha256)
        grades = tuple(corpus.grades[label].grade for label, _ in items)
        if len(set(grades)) > 1 and max(grades) > NEVER:
            judged.append(JudgedHotel(hotel_id, tuple(picture for _, picture in items), grades))
    return judged


def named_of_corpus(corpus: GradedCorpus, by_hotel: Mapping[str, HotelPictures]) -> NamedHotels:
    """The pictures of a corpus, called by label, image and content."""
    return {
        hotel_id: [
            NamedPicture(picture, frozenset({label, corpus.images[label]}), frozenset({picture.sha256}))
            for label, picture in pictures.items()
        ]
        for hotel_id, pictures in by_hotel.items()
    }


def named_of_workspace(hotels: Iterable[StoredHotel], settings: PrioritisingSettings) -> NamedHotels:
    """The published pictures of a workspace, called by the names and the contents of all their copies."""
    return {
        hotel.hotel_id: [
            NamedPicture(picture.to_rank(settings), picture.names, picture.members) for picture in hotel.pictures
        ]
        for hotel in hotels
    }


def pinned_hotels(hotels: Iterable[StoredHotel], settings: PrioritisingSettings) -> list[JudgedHotel]:
    """The hotels with pins: a pinned picture is better than each picture after it that nobody pinned."""
    judged = []
    for hotel in hotels:
        shas = [picture.facts.sha256 for picture in hotel.pictures]
        better = [
            (one, other)
            for at, one in enumerate(shas)
            for other in shas[at + 1 :]
            if one in hotel.pins and other not in hotel.pins
        ]
        pictures = [picture.to_rank(settings) for picture in hotel.pictures]
        judged.append(_with_pairs(hotel.hotel_id, pictures, better))
    return [hotel for hotel in judged if hotel.pairs]


def chosen_hotels(file: Path, hotels: NamedHotels) -> tuple[list[JudgedHotel], list[Problem]]:
    """The hotels that a file of choices speaks of, and its bad rows.

    Raises CorpusUnreadableError if the file is not CSV or lacks a column, and OSError if it cannot be read.
    """
    table = read_csv(file, COLUMNS)
    problems = []
    better: dict[str, list[tuple[str, str]]] = {}
    for row in filter(lambda row: row.cells, table.rows):
        values = values_by_column(table.header.cells, row.cells)
        try:
            hotel_id, one, other = _choice(values, hotels)
        except ValueError as error:
            problems.append(Problem(str(file), row.line, ",".join(row.cells), str(error)))
        else:
            better.setdefault(hotel_id, []).append((one, other))
    judged = [
        _with_pairs(hotel_id, [named.picture for named in hotels[hotel_id]], pairs)
        for hotel_id, pairs in sorted(better.items())
    ]
    return judged, problems


def _choice(values: Mapping[str, str], hotels: NamedHotels) -> tuple[str, str, str]:
    """Hotel, SHA-256 of the better and of the worse picture. Raises ValueError with the rule that a row breaks."""
    missing = [column for column in COLUMNS if not values.get(column)]
    if missing:
        raise ValueError(f"needs a value in each of {','.join(COLUMNS)}")
    hotel_id = values["hotel_id"]
    if hotel_id not in hotels:
        raise ValueError("hotel_id: there is no such hotel with pictures")
    shas = []
    for column in COLUMNS[1:]:
        found = [named for named in hotels[hotel_id] if named.is_called(values[column])]
        if len(found) != 1:
            raise ValueError(f"{column}: must name one picture of the hotel, not {len(found)}")
        shas.append(found[0].picture.sha256)
    if shas[0] == shas[1]:
        raise ValueError("better and worse are the same picture")
    return hotel_id, shas[0], shas[1]


def _with_pairs(hotel_id: str, pictures: Iterable[PictureToRank], better: Iterable[tuple[str, str]]) -> JudgedHotel:
    ordered = sorted(pictures, key=lambda picture: picture.sha256)
    place = {picture.sha256: at for at, picture in enumerate(ordered)}
    return JudgedHotel(hotel_id, tuple(ordered), pairs=tuple((place[one], place[other]) for one, other in better))
