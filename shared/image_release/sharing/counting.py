"""Which families are in several hotels, counted in parts: each part takes some families and reads all ranges."""

from __future__ import annotations

import gzip
import json
import zlib
from array import array
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from hashlib import blake2b
from itertools import combinations, islice
from typing import Any

import numpy as np
from numpy.typing import NDArray

from image_release.sharing.found import Counting
from image_release.sharing.images import HeldImages, ImagesUnreadableError
from image_release.sharing.linking import FamilyMap
from image_release.sharing.pairing import LEAST_WEIGHT, MOST_PAIRS_ALIGNED, Holders

Held = dict[str, set[bytes]]
"""Hotel -> its images of a family."""
Pair = tuple[str, str]
MOST_ALIGNED_A_SHARE = 10
"""Maximum number of pairs of a share that are aligned: 18 seconds each where all pictures look alike."""


def holders_of_part(
    ranges: Callable[[], Iterable[HeldImages]], families: FamilyMap, part: int, parts: int
) -> Iterator[tuple[bytes, Held]]:
    """The families of one part that are in several hotels, with their hotels and images. `ranges` is read twice."""
    wanted = _in_several(ranges(), families, part, parts)
    holders: Holders = {}
    for held in ranges():
        prints = held.prints
        own = families.of(prints.shas)
        for image in np.flatnonzero(np.isin(_prefixes(own), wanted)).tolist():
            by_hotel = holders.setdefault(own[image].tobytes(), {})
            by_hotel.setdefault(prints.hotel(image), set()).add(prints.name(image))
    for family in sorted(holders):
        if len(holders[family]) > 1:
            yield family, holders[family]


def _in_several(ranges: Iterable[HeldImages], families: FamilyMap, part: int, parts: int) -> NDArray[np.uint64]:
    """The first 8 bytes of the families of one part that may be in several hotels. Some more may be named."""
    prefixes, hotels, begun = [np.empty(0, np.uint64)], [np.empty(0, np.uint32)], 0
    for held in ranges:
        numbers = {hotel_id: begun + number for number, hotel_id in enumerate(held.hotels)}
        begun += len(numbers)
        own = families.of(held.prints.shas)
        mine = own[:, -1] % parts == part
        of_rows = np.array([numbers[row[1]] for row in held.prints.rows], np.uint32)
        prefixes.append(_prefixes(own[mine]))
        hotels.append(of_rows[held.prints.owners[mine]])
    every, where = np.concatenate(prefixes), np.concatenate(hotels)
    order = np.argsort(every, kind="stable")
    every, where = every[order], where[order]
    other_hotel = (every[1:] == every[:-1]) & (where[1:] != where[:-1])
    return np.unique(every[1:][other_hotel])


def _prefixes(shas: NDArray[np.uint8]) -> NDArray[np.uint64]:
    return np.ascontiguousarray(shas[:, :8]).view(np.uint64).ravel()


def pack_holders(holders: Iterable[tuple[bytes, Held]]) -> bytes:
    """Families with their hotels and images as lines."""
    return packed_lines([family.hex(), _texts(held)] for family, held in holders)


def parse_holders(data: bytes) -> Iterator[tuple[bytes, Held]]:
    """Read back what was packed. Raises ImagesUnreadableError while it is iterated."""
    for document in parsed_lines(data):
        yield holder_of(document)


def holder_of(document: Any) -> tuple[bytes, Held]:
    """A family read back. Raises ImagesUnreadableError."""
    try:
        family, held = document
        return bytes.fromhex(family), {
            str(hotel_id): {bytes.fromhex(sha) for sha in own} for hotel_id, own in held.items()
        }
    except (AttributeError, TypeError, ValueError) as error:
        raise ImagesUnreadableError(str(error)) from error


def _texts(held: Mapping[str, set[bytes]]) -> dict[str, list[str]]:
    return {hotel_id: sorted(sha.hex() for sha in held[hotel_id]) for hotel_id in sorted(held)}


def packed_lines(documents: Iterable[object]) -> bytes:
    """Documents as compressed lines."""
    lines = (json.dumps(document, ensure_ascii=False) for document in documents)
    return gzip.compress("\n".join(lines).encode("utf-8", "surrogatepass"), compresslevel=3, mtime=0)


def parsed_lines(data: bytes) -> Iterator[Any]:
    """Documents that were packed. Raises ImagesUnreadableError while it is iterated."""
    if not data:  # gzip takes no bytes for a file without content
        raise ImagesUnreadableError("it is empty")
    try:
        for line in gzip.decompress(data).splitlines():
            yield json.loads(line)
    except (OSError, EOFError, ValueError, zlib.error, RecursionError) as error:
        raise ImagesUnreadableError(str(error)) from error


@dataclass(frozen=True, slots=True)
class PairsOfShare:
    """The pairs that one share looks at, each with whether its pictures are aligned, and families of their hotels."""

    pairs: tuple[tuple[Pair, tuple[bytes, ...]], ...]
    aligned: int
    holders: Holders

    def packed(self) -> bytes:
        """As lines: the pairs first, then a line for each family."""
        pairs = [[*pair, [family.hex() for family in families]] for pair, families in self.pairs]
        held = ([family.hex(), _texts(own)] for family, own in self.holders.items())
        return packed_lines([{"pairs": pairs, "aligned": self.aligned}, *held])

    @classmethod
    def parsed(cls, data: bytes) -> PairsOfShare:
        """Read back what was packed. Raises ImagesUnreadableError."""
        lines = parsed_lines(data)
        head: Any = next(lines, None)
        holders = dict(map(holder_of, lines))
        try:
            pairs = tuple(
                ((str(one), str(other)), tuple(map(bytes.fromhex, families))) for one, other, families in head["pairs"]
            )
            return cls(pairs, int(head["aligned"]), holders)
        except (KeyError, TypeError, ValueError) as error:
            raise ImagesUnreadableError(str(error)) from error


def split_pairs(
    holders: Callable[[], Iterable[tuple[bytes, Held]]], counting: Counting, most: int
) -> list[PairsOfShare]:
    """The pairs of hotels that may share enough, those first that share the most families, up to `most` a share.

    `holders` is read three times. Only pairs are looked at that are aligned or have enough families.
    """
    common = _in_common(holders, counting)
    ordered = sorted(common.items(), key=lambda item: (-len(item[1].families), item[0]))
    shares: list[PairsOfShare] = []
    pairs: list[tuple[Pair, tuple[bytes, ...]]] = []
    aligned, left = 0, MOST_PAIRS_ALIGNED
    for pair, shared in ordered:
        is_aligned = left > 0 and shared.weight >= LEAST_WEIGHT
        if is_aligned or len(shared.families) >= counting.least:
            if len(pairs) == most or (is_aligned and aligned == MOST_ALIGNED_A_SHARE):
                shares.append(PairsOfShare(tuple(pairs), aligned, {}))
                pairs, aligned = [], 0
            pairs.append((pair, tuple(shared.families)))
            aligned += is_aligned
            left -= is_aligned
    if pairs:
        shares.append(PairsOfShare(tuple(pairs), aligned, {}))
    _give_holders(shares, holders(), counting)
    return shares


@dataclass(slots=True)
class _InCommon:
    """The families that two hotels have in common, and their weight: what few hotels have weighs more."""

    families: list[bytes] = field(default_factory=list)
    weight: float = 0.0


def _in_common(holders: Callable[[], Iterable[tuple[bytes, Held]]], counting: Counting) -> dict[Pair, _InCommon]:
    """What pairs of hotels have in common. Of those with a single family the first that may be aligned are told."""
    codes = np.array(array("Q", (_code(pair) for _, pair, _ in _pairs(holders(), counting))), np.uint64)
    codes, counts = np.unique(codes, return_counts=True)
    often = set(codes[counts > 1].tolist())
    common: dict[Pair, _InCommon] = defaultdict(_InCommon)
    single: list[tuple[Pair, bytes, float]] = []
    for family, pair, weight in _pairs(holders(), counting):
        if _code(pair) in often:
            common[pair].families.append(family)
            common[pair].weight += weight
        elif weight >= LEAST_WEIGHT or counting.least == 1:
            single.append((pair, family, weight))
        if counting.least > 1 and len(single) > 2 * MOST_PAIRS_ALIGNED:
            single.sort()
            del single[MOST_PAIRS_ALIGNED:]
    return common | {pair: _InCommon([family], weight) for pair, family, weight in single}


def _pairs(holders: Iterable[tuple[bytes, Held]], counting: Counting) -> Iterator[tuple[bytes, Pair, float]]:
    for family, held in holders:
        if len(held) <= counting.many:
            for one, other in combinations(sorted(held), 2):
                yield family, (one, other), 1 / (len(held) - 1)


def _code(pair: Pair) -> int:
    """A number of a pair, such that two pairs have the same one hardly ever."""
    return int.from_bytes(blake2b(json.dumps(pair).encode(), digest_size=8).digest())


def _give_holders(shares: Sequence[PairsOfShare], holders: Iterable[tuple[bytes, Held]], counting: Counting) -> None:
    """Give each share the families of its hotels; of one that many hotels have, no more hotels than are needed."""
    wanted: dict[str, set[int]] = defaultdict(set)
    for number, share in enumerate(shares):
        for (one, other), _ in share.pairs:
            wanted[one].add(number)
            wanted[other].add(number)
    for family, held in holders:
        by_share: dict[int, set[str]] = defaultdict(set)
        for hotel_id in held:
            for number in wanted.get(hotel_id, ()):
                by_share[number].add(hotel_id)
        some = set(islice(sorted(held), counting.many + 1))
        for number, hotels in by_share.items():
            shares[number].holders[family] = {hotel_id: held[hotel_id] for hotel_id in sorted(hotels | some)}
