"""Writes the part of the report about one hotel: thumbnails, and a page for each pair that needs an explanation.

It runs in the worker that grouped the hotel, which still has the fingerprints, and returns only names and numbers.
These pairs get a page: the joined pairs of a group that mixes labels, the pairs of a label that was split, and the
pairs that almost caused a wrong join.
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
from image_release.lab.grouping.report.pairs import Side, compare, side_of_fingerprinted
from image_release.lab.grouping.report.sentences import Reason, Verdict

PAIRS = "pairs"
THUMBS = "thumbs"
THUMB_PX = 240
QUALITY = 80
MAX_PAIRS = 24
"""Maximum number of pages for one wrong group or one split label; the report says how many more pairs there are."""
CACHED_SIDES = 16
"""Maximum number of decoded images in memory, about 0.5 MB each."""
NEAREST_PAIRS = 3
"""Maximum number of pairs of a hotel that are shown because they almost caused a wrong join."""


@dataclass(frozen=True, slots=True)
class Thumb:
    """An image in the report. `src` is empty if it cannot be decoded."""

    image: str
    label: str
    src: str


@dataclass(frozen=True, slots=True)
class PairLink:
    """A link to the page of a pair, with its result in short."""

    one: Thumb
    other: Thumb
    href: str
    sentence: str
    score: float | None
    same_label: bool


@dataclass(frozen=True, slots=True)
class MixedGroup:
    """A group that holds several labels. `left_out` counts joined pairs without a page."""

    hotel_id: str
    labels: tuple[str, ...]
    thumbs: tuple[Thumb, ...]
    pairs: tuple[PairLink, ...]
    left_out: int


@dataclass(frozen=True, slots=True)
class SplitLabel:
    """A label in several groups. A part is the name of a group and its images of the label."""

    hotel_id: str
    label: str
    parts: tuple[tuple[str, tuple[Thumb, ...]], ...]
    pairs: tuple[PairLink, ...]
    left_out: int


@dataclass(frozen=True, slots=True)
class HotelSection:
    """The content of the report about one hotel."""

    hotel_id: str
    mixed: tuple[MixedGroup, ...]
    split: tuple[SplitLabel, ...]
    nearest: tuple[PairLink, ...]

    def links(self) -> Iterator[str]:
        """Yield the link of every page and thumbnail that it uses."""
        pairs = list(self.nearest)
        for group in self.mixed:
            pairs += group.pairs
        for label in self.split:
            pairs += label.pairs
        yield from (pair.href for pair in pairs)
        yield from (thumb.src for pair in pairs for thumb in (pair.one, pair.other))
        yield from (thumb.src for group in self.mixed for thumb in group.thumbs)
        yield from (thumb.src for label in self.split for _, thumbs in label.parts for thumb in thumbs)


def write_hotel_section(folder: Path, grouped: GroupedHotel) -> HotelSection:
    """Write the thumbnails and pair pages of a hotel below `folder`. Raises ImageUnreadableError."""
    return _SectionWriter(folder, grouped).section()


class _SectionWriter:
    def __init__(self, folder: Path, grouped: GroupedHotel) -> None:
        self._folder = folder
        self._grouped = grouped
        self._label = {item.image: item.label for item in grouped.hotel.images}
        self._group = {item.image: item.group for item in grouped.grouped_images}
        self._images: dict[str, list[str]] = {}
        for image, sha256 in grouped.fingerprinted.contents.items():
            self._images.setdefault(sha256, []).append(image)
        self._files = {sha256: images[0] for sha256, images in self._images.items()}
        self._cached_side = lru_cache(CACHED_SIDES)(self._read_side)

    def section(self) -> HotelSection:
        return HotelSection(
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
            pairs = tuple(self._write_page(one, other) for one, other in joined[:MAX_PAIRS])
            thumbs = tuple(
                self._thumb(image) for image in sorted(images, key=lambda image: (self._label[image], image))
            )
            yield MixedGroup(
                self._grouped.hotel.hotel_id, tuple(labels), thumbs, pairs, max(0, len(joined) - MAX_PAIRS)
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
            fingerprinted = [files for files in parts.values() if self._have_fingerprints(files)]
            across = [pair for mine, theirs in combinations(fingerprinted, 2) for pair in product(mine, theirs)]
            yield SplitLabel(
                self._grouped.hotel.hotel_id,
                label,
                tuple((group, tuple(map(self._thumb, images))) for group, images in parts.items()),
                tuple(self._write_page(one, other) for one, other in across[:MAX_PAIRS]),
                max(0, len(across) - MAX_PAIRS),
            )

    def _nearest(self) -> list[PairLink]:
        """Pairs of different labels that were kept apart, the highest scores first."""

        def could_be_wrong(one: str, other: str) -> bool:
            first, second = self._files[one], self._files[other]
            return self._label[first] != self._label[second] and self._group[first] != self._group[second]

        found = sorted(
            scored_pairs(self._grouped.fingerprinted.seen, could_be_wrong, self._grouped.hotel.settings.grouping),
            key=lambda pair: (-pair[2], pair),
        )
        return [self._write_page(self._files[one], self._files[other]) for one, other, _ in found[:NEAREST_PAIRS]]

    def _by_label(self) -> dict[str, list[LabelledImage]]:
        found: dict[str, list[LabelledImage]] = {}
        for item in self._grouped.hotel.images:
            found.setdefault(item.label, []).append(item)
        return found

    def _file_of(self, image: str) -> str:
        """The first file with the same bytes as this one."""
        return self._files[self._grouped.fingerprinted.contents[image]]

    def _have_fingerprints(self, images: Sequence[str]) -> bool:
        return all(image in self._grouped.fingerprinted.contents for image in images)

    def _write_page(self, one: str, other: str) -> PairLink:
        key = "\0".join((self._grouped.hotel.hotel_id, *sorted((one, other))))
        name = hashlib.sha256(key.encode()).hexdigest()[:20]
        first, second = self._cached_side(one), self._cached_side(other)
        verdict = verdict_of(self._grouped.pictures, first.sha256, second.sha256)
        compared = compare(first, second, verdict, self._grouped.hotel.settings, home="../index.html")
        (self._folder / PAIRS / f"{name}.html").write_text(compared.page, encoding="utf-8")
        return PairLink(
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
        return side_of_fingerprinted(hotel.path(image), image, self._label[image], seen, hotel.settings)

    def _thumb(self, image: str) -> Thumb:
        sha256 = self._grouped.fingerprinted.contents.get(image)
        if sha256 is None:
            return Thumb(image, self._label[image], "")
        path = self._folder / THUMBS / f"{sha256[:20]}.jpg"
        if not path.exists():
            data = self._grouped.hotel.path(image).read_bytes()
            path.write_bytes(thumbnail_jpeg(data, self._grouped.fingerprinted.seen[sha256].facts, THUMB_PX, QUALITY))
        return Thumb(image, self._label[image], f"{THUMBS}/{path.name}")


def verdict_of(pictures: Sequence[Picture], one: str, other: str) -> Verdict:
    """The decision of grouping about two contents of a hotel, given by their SHA-256."""
    if one == other:
        return Verdict(Reason.SAME_BYTES)
    picture = next(picture for picture in pictures if one in picture.members)
    if other not in picture.members:
        return Verdict(Reason.APART)
    direct = any(
        mine in picture.joins and picture.joins[mine].other == theirs for mine, theirs in ((one, other), (other, one))
    )
    return Verdict(Reason.DIRECTLY if direct else Reason.BY_OTHERS)
