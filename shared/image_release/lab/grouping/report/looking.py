"""Looking at a grouped hotel while its fingerprints are at hand: thumbnails, and a page for each pair worth explaining.

It runs in the worker that grouped the hotel, and only names and numbers leave it. Worth explaining are the joins of a
group that mixes labels, the pairs of a label that was split, and the pairs that came nearest to a wrong join.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import combinations, product
from pathlib import Path

from image_release.decode import thumbnail_jpeg
from image_release.dedup import Picture, scored_pairs
from image_release.lab.grouping.evaluation import GroupedHotel
from image_release.lab.grouping.labels import LabelledImage
from image_release.lab.grouping.measures import REJECTED
from image_release.lab.grouping.report.pairs import Side, compare, decoded_side
from image_release.lab.grouping.report.sentences import How, Verdict

PAIRS = "pairs"
THUMBS = "thumbs"
THUMB_PX = 240
QUALITY = 80
MOST_PAIRS = 24
"""Pages for one wrong group or one split label; how many more there are is told."""
KEPT_SIDES = 16
"""Decoded pictures that are kept at hand, about 0.5 MB each."""
NEAREST = 3
"""Pairs of a hotel that came nearest to a wrong join."""


@dataclass(frozen=True, slots=True)
class Thumb:
    """An image in the report; `src` is empty where it cannot be decoded."""

    image: str
    label: str
    src: str


@dataclass(frozen=True, slots=True)
class Explained:
    """A pair that has a page."""

    one: Thumb
    other: Thumb
    href: str
    sentence: str
    score: float | None
    same_label: bool


@dataclass(frozen=True, slots=True)
class MixedGroup:
    """A group that holds several labels."""

    hotel_id: str
    labels: tuple[str, ...]
    thumbs: tuple[Thumb, ...]
    pairs: tuple[Explained, ...]
    left_out: int


@dataclass(frozen=True, slots=True)
class SplitLabel:
    """A label in several groups; each part is a group's name and its images of the label."""

    hotel_id: str
    label: str
    parts: tuple[tuple[str, tuple[Thumb, ...]], ...]
    pairs: tuple[Explained, ...]
    left_out: int


@dataclass(frozen=True, slots=True)
class HotelLook:
    """What the report shows of a hotel."""

    hotel_id: str
    mixed: tuple[MixedGroup, ...]
    split: tuple[SplitLabel, ...]
    nearest: tuple[Explained, ...]

    def links(self) -> Iterator[str]:
        """Every page and thumbnail that it leads to."""
        pairs = list(self.nearest)
        for group in self.mixed:
            pairs += group.pairs
        for label in self.split:
            pairs += label.pairs
        yield from (pair.href for pair in pairs)
        yield from (thumb.src for pair in pairs for thumb in (pair.one, pair.other))
        yield from (thumb.src for group in self.mixed for thumb in group.thumbs)
        yield from (thumb.src for label in self.split for _, thumbs in label.parts for thumb in thumbs)


def look_at_hotel(folder: Path, grouped: GroupedHotel) -> HotelLook:
    """Write a hotel's thumbnails and pair pages below `folder`."""
    return _Looker(folder, grouped).look()


class _Looker:
    def __init__(self, folder: Path, grouped: GroupedHotel) -> None:
        self._folder = folder
        self._grouped = grouped
        self._label = {item.image: item.label for item in grouped.hotel.images}
        self._group = {item.image: item.group for item in grouped.grouped_images}
        self._images: dict[str, list[str]] = {}
        for image, sha256 in grouped.fingerprinted.contents.items():
            self._images.setdefault(sha256, []).append(image)
        self._files = {sha256: images[0] for sha256, images in self._images.items()}
        self._side = lru_cache(KEPT_SIDES)(self._read_side)

    def look(self) -> HotelLook:
        return HotelLook(
            self._grouped.hotel.hotel_id, tuple(self._mixed()), tuple(self._split()), tuple(self._nearest())
        )

    def _mixed(self) -> Iterable[MixedGroup]:
        for picture in self._grouped.pictures:
            images = [image for sha256 in picture.members for image in self._images[sha256]]
            labels = sorted({self._label[image] for image in images})
            if len(labels) < 2:  # noqa: PLR2004 - a mixture
                continue
            joined = [(self._files[sha256], self._files[why.other]) for sha256, why in sorted(picture.joins.items())]
            joined += [(self._file_of(image), image) for image in images if self._file_of(image) != image]
            joined.sort(key=lambda pair: self._label[pair[0]] == self._label[pair[1]])  # the wrong joins first
            pairs = tuple(self._explained(one, other) for one, other in joined[:MOST_PAIRS])
            thumbs = tuple(
                self._thumb(image) for image in sorted(images, key=lambda image: (self._label[image], image))
            )
            yield MixedGroup(
                self._grouped.hotel.hotel_id, tuple(labels), thumbs, pairs, max(0, len(joined) - MOST_PAIRS)
            )

    def _split(self) -> Iterable[SplitLabel]:
        for label, images in sorted(self._by_label().items()):
            parts: dict[str, list[str]] = {}
            for item in images:
                group = self._group[item.image]
                if not (item.is_placeholder and group.startswith(REJECTED)):
                    parts.setdefault(group, []).append(item.image)
            if len(parts) < 2:  # noqa: PLR2004 - a split
                continue
            fingerprinted = [files for files in parts.values() if self._has_print(files)]
            across = [pair for mine, theirs in combinations(fingerprinted, 2) for pair in product(mine, theirs)]
            yield SplitLabel(
                self._grouped.hotel.hotel_id,
                label,
                tuple((group, tuple(map(self._thumb, images))) for group, images in parts.items()),
                tuple(self._explained(one, other) for one, other in across[:MOST_PAIRS]),
                max(0, len(across) - MOST_PAIRS),
            )

    def _nearest(self) -> list[Explained]:
        """Pairs of different labels that were kept apart, the highest scores first."""

        def tempting(one: str, other: str) -> bool:
            first, second = self._files[one], self._files[other]
            return self._label[first] != self._label[second] and self._group[first] != self._group[second]

        found = sorted(scored_pairs(self._grouped.fingerprinted.seen, tempting), key=lambda pair: (-pair[2], pair))
        return [self._explained(self._files[one], self._files[other]) for one, other, _ in found[:NEAREST]]

    def _by_label(self) -> dict[str, list[LabelledImage]]:
        found: dict[str, list[LabelledImage]] = {}
        for item in self._grouped.hotel.images:
            found.setdefault(item.label, []).append(item)
        return found

    def _file_of(self, image: str) -> str:
        """The first file with the same bytes."""
        return self._files[self._grouped.fingerprinted.contents[image]]

    def _has_print(self, images: Sequence[str]) -> bool:
        return all(image in self._grouped.fingerprinted.contents for image in images)

    def _explained(self, one: str, other: str) -> Explained:
        key = "\0".join((self._grouped.hotel.hotel_id, *sorted((one, other))))
        name = hashlib.sha256(key.encode()).hexdigest()[:20]
        first, second = self._side(one), self._side(other)
        verdict = decided(self._grouped.pictures, first.sha256, second.sha256)
        compared = compare(first, second, verdict, self._grouped.hotel.settings, home="../index.html")
        (self._folder / PAIRS / f"{name}.html").write_text(compared.page, encoding="utf-8")
        return Explained(
            self._thumb(one),
            self._thumb(other),
            f"{PAIRS}/{name}.html",
            compared.sentence,
            compared.score,
            self._label[one] == self._label[other],
        )

    def _read_side(self, image: str) -> Side:
        hotel, sha256 = self._grouped.hotel, self._grouped.fingerprinted.contents[image]
        seen = self._grouped.fingerprinted.seen[sha256]
        return decoded_side(hotel.path(image), image, self._label[image], seen, hotel.settings)

    def _thumb(self, image: str) -> Thumb:
        sha256 = self._grouped.fingerprinted.contents.get(image)
        if sha256 is None:
            return Thumb(image, self._label[image], "")
        path = self._folder / THUMBS / f"{sha256[:20]}.jpg"
        if not path.exists():
            data = self._grouped.hotel.path(image).read_bytes()
            path.write_bytes(thumbnail_jpeg(data, self._grouped.fingerprinted.seen[sha256].facts, THUMB_PX, QUALITY))
        return Thumb(image, self._label[image], f"{THUMBS}/{path.name}")


def decided(pictures: Sequence[Picture], one: str, other: str) -> Verdict:
    """What grouping decided of two contents of a hotel."""
    if one == other:
        return Verdict(How.SAME_BYTES)
    picture = next(picture for picture in pictures if one in picture.members)
    if other not in picture.members:
        return Verdict(How.APART)
    direct = any(
        mine in picture.joins and picture.joins[mine].other == theirs for mine, theirs in ((one, other), (other, one))
    )
    return Verdict(How.DIRECTLY if direct else How.BY_OTHERS)
