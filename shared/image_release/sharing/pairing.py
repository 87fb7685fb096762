"""Pairs of hotels that share several photographs of few hotels.

Two hotels that share one photograph are compared closely: all that they show now is aligned, as the images of one hotel
are. So copies are found that no hash finds: under a watermark, mirrored, cropped by a third. Each picture counts once,
in however many copies a hotel has it, and a picture that many hotels have does not count.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from itertools import combinations

from image_release.dedup import scored_pairs
from image_release.ingest import find_rows, read_current
from image_release.problems import Problem
from image_release.publish import Manifest, ManifestUnreadableError, read_before
from image_release.settings import GroupingSettings
from image_release.sharing.found import Counting, HotelPair
from image_release.sharing.reasons import kilometres, likely_reason
from image_release.sharing.showing import ShowingNow
from image_release.side_by_side import side_by_side
from image_release.storage import Stores
from image_release.store_keys import manifest_key

MANIFESTS_AT_ONCE = 500
"""Pairs whose manifests are read together; bounds the memory."""
LEAST_WEIGHT = 0.25
"""Minimum weight of what hashes find of a pair that is aligned: pictures that six hotels have tell little of two."""
MOST_PAIRS_ALIGNED = 5_000
"""Maximum number of pairs whose pictures are aligned, the likeliest first. Of others what hashes find counts."""
ALIKE = GroupingSettings()
"""What two pictures are compared by. A hotel's own settings do not matter here."""
LEAST_ALIKE = 3.5
"""Minimum score of two pictures that count as one photograph."""

Holders = dict[bytes, dict[str, set[bytes]]]
"""Family -> hotel -> its images of the family."""


@dataclass(slots=True)
class Pairing:
    """Finds the pairs among hotels that have images of one family."""

    stores: Stores
    holders: Holders
    counting: Counting
    problems: list[Problem] = field(default_factory=list)
    aligned: int = MOST_PAIRS_ALIGNED
    """Number of pairs whose pictures may still be aligned."""
    _of_many: dict[str, set[bytes]] = field(default_factory=dict)
    _family: dict[str, bytes] = field(default_factory=dict)

    def __post_init__(self) -> None:
        for family, held in self.holders.items():
            self._family |= {sha.hex(): family for own in held.values() for sha in own}
            if len(held) > self.counting.many:
                for hotel_id, own in held.items():
                    self._of_many.setdefault(hotel_id, set()).update(own)

    def pairs(self) -> Iterator[HotelPair]:
        """The pairs, those first that share the most families."""
        common: dict[tuple[str, str], list[bytes]] = defaultdict(list)
        for family, held in self.holders.items():
            if len(held) <= self.counting.many:
                for pair in combinations(sorted(held), 2):
                    common[pair].append(family)
        yield from self.pairs_of(sorted(common.items(), key=lambda item: (-len(item[1]), item[0])))

    def pairs_of(self, ordered: Sequence[tuple[tuple[str, str], Sequence[bytes]]]) -> Iterator[HotelPair]:
        """Those of given pairs of hotels that share enough; each comes with the families that both have."""
        current = read_current(self.stores.state)
        for start in range(0, len(ordered), MANIFESTS_AT_ONCE):
            part = ordered[start : start + MANIFESTS_AT_ONCE]
            names = sorted({hotel_id for pair, _ in part for hotel_id in pair})
            rows = find_rows(self.stores.state, current, names) if current else {}
            manifests = self._manifests(names)
            for (one, other), families in part:
                if {one, other} <= rows.keys() and {one, other} <= manifests.keys():
                    hotels = (ShowingNow(rows[one], manifests[one]), ShowingNow(rows[other], manifests[other]))
                    yield from self._pair(*hotels, families)

    def _manifests(self, names: Sequence[str]) -> dict[str, Manifest]:
        """The manifests of hotels; one that cannot be read is a problem, and its hotel is in no pair."""

        def read(hotel_id: str) -> Manifest | Problem | None:
            try:
                return read_before(self.stores.published, hotel_id).manifest
            except ManifestUnreadableError as error:
                return Problem(manifest_key(hotel_id), 0, hotel_id, str(error))

        found = dict(zip(names, side_by_side(read, names), strict=True))
        self.problems += [item for item in found.values() if isinstance(item, Problem) and item not in self.problems]
        return {hotel_id: item for hotel_id, item in found.items() if isinstance(item, Manifest)}

    def _pair(self, one: ShowingNow, other: ShowingNow, families: Sequence[bytes]) -> Iterator[HotelPair]:
        """The pair, if the two hotels now show enough pictures that both have."""
        weights: dict[tuple[int, int], float] = {}
        for family in families:
            held = self.holders[family]
            mine, theirs = (hotel.pictures_with(held[hotel.row.hotel_id]) for hotel in (one, other))
            weights |= {(here, there): 1 / (len(held) - 1) for here in mine for there in theirs}
        images = {sha.hex() for family in families for held in self.holders[family].values() for sha in held}
        if sum(weights[pair] for pair in _each_once(weights)) >= LEAST_WEIGHT and self.aligned > 0:
            self.aligned -= 1
            for here, there in self._aligned(one, other, _each_once(weights)):
                hotels = {one.row.hotel_id, other.row.hotel_id} | self._hotels_with(here) | self._hotels_with(there)
                if len(hotels) <= self.counting.many:
                    weights[one.number(here), other.number(there)] = 1 / (len(hotels) - 1)
                    images |= {here, there}
        pairs = _each_once(weights)
        if len(pairs) < self.counting.least:
            return
        first = one.side({here for here, _ in pairs}, images)
        second = other.side({there for _, there in pairs}, images)
        yield HotelPair(
            first,
            second,
            tuple((one.best(here), other.best(there)) for here, there in pairs),
            sum(weights[pair] for pair in pairs),
            kilometres(one.row, other.row),
            likely_reason(first, second),
        )

    def _hotels_with(self, sha256: str) -> set[str]:
        """The hotels that have copies of an image, as far as hashes tell."""
        family = self._family.get(sha256)
        return set(self.holders[family]) if family else set()

    def _aligned(
        self, one: ShowingNow, other: ShowingNow, known: Iterable[tuple[int, int]]
    ) -> Iterator[tuple[str, str]]:
        """Pairs of best images that show one photograph, besides the pictures of which this is known."""
        known = list(known)
        of_many = [hotel.pictures_with(self._of_many.get(hotel.row.hotel_id, ())) for hotel in (one, other)]
        mine = one.best_images(self.stores.state, {here for here, _ in known} | of_many[0])
        theirs = other.best_images(self.stores.state, {there for _, there in known} | of_many[1])
        mine = {sha256: image for sha256, image in mine.items() if sha256 not in theirs}
        pairs = scored_pairs(mine | theirs, lambda here, there: (here in mine) != (there in mine), ALIKE)
        for here, there, score in pairs:
            if score >= LEAST_ALIKE:
                yield (here, there) if here in mine else (there, here)


def _each_once(shared: Iterable[tuple[int, int]]) -> list[tuple[int, int]]:
    """Pairs of pictures such that none comes twice: two hotels share as many pictures as can be told apart in both."""
    kept: dict[int, int] = {}
    taken: set[int] = set()
    for here, there in sorted(shared):
        if here not in kept and there not in taken:
            kept[here] = there
            taken.add(there)
    return list(kept.items())
