"""Comparing a catalogue, or a share of it, with the one in force: what is said of each accommodation, and what changes.

The same rules hold for a catalogue that is applied at once and for one that is split. Whether an accommodation that
the file does not name is deleted is known only when all lines were read: first comes what was `found`, then what is
`decided`.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Iterator, Mapping
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, field, replace
from typing import Literal, NamedTuple, TypeVar

from image_release.ingest.catalogues.digests import Digests, Known
from image_release.ingest.catalogues.reading import BadLine, Changes, GoodLine, diff, images_digest
from image_release.ingest.listings import read_listing
from image_release.problems import ProblemList
from image_release.side_by_side import side_by_side
from image_release.storage import Store
from image_release.values import Accommodation, Listing

T = TypeVar("T")
R = TypeVar("R")

AHEAD = 4
"""Lines that are read ahead for each thread: enough that none waits, few enough to hold in memory."""


class AccommodationFound(NamedTuple):
    """What was found of one accommodation. `known` is what is known of its images if it stays in the catalogue.

    `missing`: it is in the catalogue in force and not in this one, or another catalogue may have written it.
    """

    name: str
    known: Known | None
    what: Literal["same", "changed", "missing"]


class AccommodationDecided(NamedTuple):
    """What becomes of one accommodation: digest and number of its images (None: it is deleted), and what is done."""

    name: str
    known: Known | None
    is_written: bool
    leaving: int
    """Images that leave because it is deleted."""


def decided(found: Iterable[AccommodationFound], *, keep_all: bool) -> Iterator[AccommodationDecided]:
    """What becomes of the accommodations, in their order. `keep_all`: none may be deleted."""
    for name, known, what in found:
        if what == "missing" and not keep_all:
            yield AccommodationDecided(name, None, True, known[1] if known else 0)
        elif known is not None:
            yield AccommodationDecided(name, known, what == "changed", 0)


@dataclass(frozen=True, slots=True)
class ImageCounts:
    """How the images of accommodations that stay differ from those in force."""

    new: int = 0
    updated: int = 0
    deleted: int = 0


@dataclass
class CatalogueComparison:
    """Compares lines with the catalogue in force. `before` are the digests of that, `file` is named in problems.

    `forced` are accommodations that are written even if they do not differ: another catalogue may have written them.
    """

    state: Store
    partner_id: str
    file: str
    before: Digests
    forced: AbstractSet[str]
    threads: int
    keep: set[str | None] = field(default_factory=set)
    """Accommodations on a bad line: they keep what they had."""
    keep_all: bool = False
    """A line may be of any accommodation: all keep what they had."""
    counts: ImageCounts = ImageCounts()

    def __post_init__(self) -> None:
        self.problems = ProblemList(self.file)
        self._lines: dict[str, tuple[Known, bool]] = {}

    def count(self, items: Iterable[GoodLine | BadLine]) -> None:
        """Read lines, and count how the images differ from those in force."""
        new = updated = deleted = 0
        for changes in side_by_side(self._changes, self.differing(items), self.threads):
            new += len(changes.new)
            updated += len(changes.updated)
            deleted += len(changes.deleted)
        self.counts = ImageCounts(new, updated, deleted)

    def differing(self, items: Iterable[GoodLine | BadLine]) -> Iterator[GoodLine]:
        """The good lines that differ from the catalogue in force. What the others say is remembered."""
        for item in items:
            if isinstance(item, BadLine):
                self.problems.add(item.problem)
                self.keep_all = self.keep_all or item.accommodation_id is None
                if item.accommodation_id in self.before or item.accommodation_id in self.forced:
                    self.keep.add(item.accommodation_id)
            else:
                self.problems.add(*item.problems)
                if self._differs(item):
                    yield item

    def found(self) -> Iterator[AccommodationFound]:
        """What was found of every accommodation, sorted by name."""
        for name in sorted(self.before.keys() | self.forced | self._lines.keys()):
            known = self.before.get(name)
            if name in self._lines:
                said, differs = self._lines[name]
                yield AccommodationFound(name, said, "changed" if differs else "same")
            elif name not in self.keep:
                yield AccommodationFound(name, known, "missing")
            elif known is not None:
                yield AccommodationFound(name, known, "same")

    def _differs(self, line: GoodLine) -> bool:
        name = line.accommodation_id
        known = (images_digest(line.images), len(line.images))
        differs = self.before.get(name) != known or name in self.forced
        self._lines[name] = (known, differs)
        return differs

    def _changes(self, line: GoodLine) -> Changes:
        """What a line changes of the catalogue in force, as the brake counts it.

        The stored listing may have been overwritten by another catalogue that was applied only in part. Then only the
        number of images of the catalogue in force is known: count at most that number as deleted.
        """
        name = line.accommodation_id
        known = self.before.get(name)
        if known is None:
            return diff((), line.images)
        if known == self._lines[name][0]:
            return Changes((), (), ())
        listing = read_listing(self.state, Accommodation(self.partner_id, name))
        changes = diff(listing.images if listing else (), line.images)
        return replace(changes, deleted=changes.deleted[: known[1]])


def written_of(decisions: Iterable[AccommodationDecided]) -> dict[str, Known | None]:
    """The accommodations to write, with what is known of their images; None: a tombstone is written."""
    return {decision.name: decision.known for decision in decisions if decision.is_written}


def kept_of(decisions: Iterable[AccommodationDecided]) -> Iterator[tuple[str, Known]]:
    """The accommodations of the catalogue, with digest and number of their images."""
    return ((decision.name, decision.known) for decision in decisions if decision.known is not None)


def listing_of(line: GoodLine, partner_id: str, version: str) -> Listing:
    """The listing that a line gives."""
    return Listing(Accommodation(partner_id, line.accommodation_id), version, line.images)


def tombstones(written: Mapping[str, Known | None], partner_id: str, version: str) -> Iterator[Listing]:
    """The listings of the accommodations that are deleted; `written` is what `written_of` gives."""
    for name, known in written.items():
        if known is None:
            yield Listing(Accommodation(partner_id, name), version, (), deleted=True)


def digest_of(entries: Iterable[tuple[str, Known]]) -> str:
    """Digest of a whole catalogue, whatever the order of its lines; the entries are sorted by name."""
    whole = hashlib.sha256(b"[")
    for number, entry in enumerate(entries):
        whole.update(f"{', ' if number else ''}{json.dumps(entry)}".encode())
    whole.update(b"]")
    return whole.hexdigest()
