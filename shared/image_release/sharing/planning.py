"""Plans which pairs of hotels a round looks at, from what the parts of the families say that two hotels have in common.

All pairs together may have 20 million families in common, so what they have is kept as arrays of numbers of hotels.
"""

from __future__ import annotations

import json
from array import array
from bisect import bisect_right
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import combinations, islice
from typing import Any

import numpy as np
from numpy.typing import NDArray

from image_release.fingerprint import UNREADABLE
from image_release.sharing.counting import Held, packed_lines, parsed_lines
from image_release.sharing.found import Counting
from image_release.sharing.images import ImagesUnreadableError, pack, text_array, unpack
from image_release.sharing.pairing import LEAST_WEIGHT, MOST_PAIRS_ALIGNED, Holders

Pair = tuple[str, str]
MOST_ALIGNED_A_SHARE = 10
"""Maximum number of pairs of a share that are aligned: 18 seconds each where all pictures look alike."""
SEVERAL = 2
"""Minimum number of hotels that have what is shared."""
MOST_PAIRS = 200_000
"""Maximum number of pairs that a round looks at; nobody looks through more at once."""
AT_ONCE = 1_000_000
"""Families in common that are counted together; bounds the memory."""
_HOTEL_BITS = 28
_HOLDERS_BITS = 8
"""Bits of the number of a hotel, and of how many hotels have a family, in the numbers that are sorted."""


@dataclass(frozen=True, slots=True, eq=False)
class InCommon:
    """What pairs of hotels have in common, once for each pair and family of few hotels.

    `pairs` (n, 2) are numbers of `hotels`, the smaller id first, and `held_by` (n,) how many hotels have the family.
    """

    hotels: tuple[str, ...]
    pairs: NDArray[np.uint32]
    held_by: NDArray[np.uint8]

    @classmethod
    def of(cls, holders: Iterable[tuple[bytes, Held]], counting: Counting) -> InCommon:
        """What hotels have in common by the families that are in several of them."""
        numbers: dict[str, int] = {}
        pairs, held_by = array("I"), array("B")
        for _, held in holders:
            if len(held) <= counting.many:
                own = [numbers.setdefault(hotel_id, len(numbers)) for hotel_id in sorted(held)]
                for pair in combinations(own, 2):
                    pairs.extend(pair)
                    held_by.append(len(held))
        return cls(tuple(numbers), np.array(pairs, np.uint32).reshape(-1, 2), np.array(held_by, np.uint8))

    def packed(self) -> bytes:
        """As bytes."""
        return pack(hotels=text_array(self.hotels), pairs=self.pairs, held_by=self.held_by)

    @classmethod
    def parsed(cls, data: bytes) -> InCommon:
        """Read back what was packed. Raises ImagesUnreadableError."""
        arrays = unpack(data)
        try:
            hotels = tuple(map(str, json.loads(arrays["hotels"].tobytes())))
            pairs = arrays["pairs"].astype(np.uint32, copy=False).reshape(-1, 2)
            held_by = arrays["held_by"].astype(np.uint8, copy=False).reshape(-1)
            if len(pairs) != len(held_by) or (pairs >= len(hotels)).any() or (held_by < SEVERAL).any():
                raise ValueError("the arrays do not fit together")
            return cls(hotels, pairs, held_by)
        except UNREADABLE as error:
            raise ImagesUnreadableError(str(error)) from error


@dataclass(frozen=True, slots=True)
class PairsOfShare:
    """The pairs that one share looks at, and of how many of them the pictures are aligned."""

    pairs: tuple[Pair, ...]
    aligned: int

    def packed(self) -> bytes:
        """As lines: the number first, then a line for each pair."""
        return packed_lines([self.aligned, *self.pairs])

    @classmethod
    def parsed(cls, data: bytes) -> PairsOfShare:
        """Read back what was packed. Raises ImagesUnreadableError."""
        head, *lines = list(parsed_lines(data)) or [None]
        try:
            return cls(tuple((str(one), str(other)) for one, other in lines), int(head))
        except (TypeError, ValueError) as error:
            raise ImagesUnreadableError(str(error)) from error


@dataclass(frozen=True, slots=True)
class PlannedPairs:
    """The shares of the pairs of hotels that are looked at, and how many more pairs share enough.

    `last` is the pair after which the next round goes on where not all had room.
    """

    shares: tuple[PairsOfShare, ...]
    left_out: int
    last: Pair | None


def plan_pairs(parts: Iterable[InCommon], counting: Counting, most: int, after: Pair | None = None) -> PlannedPairs:
    """The pairs of hotels that may share enough, those first that share the most families, up to `most` a share.

    Only pairs are looked at that are aligned or have enough families. If not all of them have room, one half of it is
    for the first ones. The others take turns in the order of their names, from the one on that follows `after`, where
    the round before ended. So each of n pairs is looked at in one of n / (MOST_PAIRS / 2) rounds.
    """
    hotels, codes = _coded(parts)
    likely = _CountedPairs.joined([_CountedPairs.of(part).likely(counting) for part in _whole_pairs(codes)])
    order = np.argsort(-likely.families, kind="stable")
    is_heavy = likely.weights[order] >= LEAST_WEIGHT
    is_aligned = is_heavy & (np.cumsum(is_heavy) <= MOST_PAIRS_ALIGNED)
    wanted = np.flatnonzero(is_aligned | (likely.families[order] >= counting.least))
    ordered = likely.pairs[order]

    def named(place: int) -> Pair:
        code = int(ordered[place])
        return hotels[code >> _HOTEL_BITS], hotels[code & (1 << _HOTEL_BITS) - 1]

    first, turn = wanted, wanted[:0]
    if len(wanted) > MOST_PAIRS:
        half = MOST_PAIRS // 2
        first, others = wanted[:half], wanted[half:]
        turn = _whose_turn_it_is(others[np.argsort(ordered[others])], named, after)[: MOST_PAIRS - half]
    looked_at = np.sort(np.concatenate([first, turn])).tolist()
    shares = tuple(_shares(((named(place), bool(is_aligned[place])) for place in looked_at), most))
    return PlannedPairs(shares, len(wanted) - len(looked_at), named(turn[-1]) if len(turn) else None)


def _whose_turn_it_is(others: NDArray[np.int64], named: Callable[[int], Pair], after: Pair | None) -> NDArray[np.int64]:
    """The places of pairs, which are in the order of their names, from the one on that follows a pair."""
    return np.roll(others, -bisect_right(others, after, key=named)) if after else others


@dataclass(frozen=True, slots=True, eq=False)
class _CountedPairs:
    """Pairs, in their order, with the number of families that both have, and how much these weigh."""

    pairs: NDArray[np.uint64]
    families: NDArray[np.int64]
    weights: NDArray[np.float64]

    @classmethod
    def of(cls, codes: NDArray[np.uint64]) -> _CountedPairs:
        """Count the pairs in sorted numbers, which have each pair once for each family."""
        pairs, starts, families = np.unique(codes >> np.uint64(_HOLDERS_BITS), return_index=True, return_counts=True)
        held_by = codes & np.uint64((1 << _HOLDERS_BITS) - 1)
        return cls(pairs, families, np.add.reduceat(1 / (held_by - 1.0), starts))

    @classmethod
    def joined(cls, parts: Sequence[_CountedPairs]) -> _CountedPairs:
        """All pairs of parts that follow one another."""
        nothing = cls(np.empty(0, np.uint64), np.empty(0, np.int64), np.empty(0))
        every = [nothing, *parts]
        return cls(
            np.concatenate([part.pairs for part in every]),
            np.concatenate([part.families for part in every]),
            np.concatenate([part.weights for part in every]),
        )

    def likely(self, counting: Counting) -> _CountedPairs:
        """Those that may be looked at: with enough families, or the first ones that weigh enough."""
        wanted = self.families >= counting.least
        for few in range(1, counting.least):
            may_be_aligned = (self.families == few) & (self.weights >= LEAST_WEIGHT)
            wanted[np.flatnonzero(may_be_aligned)[:MOST_PAIRS_ALIGNED]] = True
        return _CountedPairs(self.pairs[wanted], self.families[wanted], self.weights[wanted])


def _whole_pairs(codes: NDArray[np.uint64]) -> Iterator[NDArray[np.uint64]]:
    """Parts of the numbers, sorted, such that no pair is in two parts."""
    start = 0
    while start < len(codes):
        last = codes[min(start + AT_ONCE, len(codes)) - 1] | np.uint64((1 << _HOLDERS_BITS) - 1)
        end = int(np.searchsorted(codes, last, side="right"))
        yield codes[start:end]
        start = end


def _coded(parts: Iterable[InCommon]) -> tuple[list[str], NDArray[np.uint64]]:
    """All hotels, sorted, and for each pair and family a number, sorted: both hotels, then how many have the family."""
    numbers: dict[str, int] = {}
    coded = []
    for part in parts:
        own = np.array([numbers.setdefault(hotel_id, len(numbers)) for hotel_id in part.hotels], np.uint64)
        one, other = own[part.pairs[:, 0]], own[part.pairs[:, 1]]
        coded.append(_code(one, other) | part.held_by)
    hotels = sorted(numbers)
    rank = np.empty(len(hotels), np.uint64)
    rank[[numbers[hotel_id] for hotel_id in hotels]] = np.arange(len(hotels), dtype=np.uint64)
    for number, codes in enumerate(coded):
        pair = codes >> np.uint64(_HOLDERS_BITS)
        one, other = pair >> np.uint64(_HOTEL_BITS), pair & np.uint64((1 << _HOTEL_BITS) - 1)
        coded[number] = _code(rank[one], rank[other]) | (codes & np.uint64((1 << _HOLDERS_BITS) - 1))
    every = np.concatenate([np.empty(0, np.uint64), *coded])
    every.sort()
    return hotels, every


def _code(one: NDArray[np.uint64], other: NDArray[np.uint64]) -> NDArray[np.uint64]:
    return (one << np.uint64(_HOTEL_BITS + _HOLDERS_BITS)) | (other << np.uint64(_HOLDERS_BITS))


def _shares(pairs: Iterable[tuple[Pair, Any]], most: int) -> Iterator[PairsOfShare]:
    """Pairs, each with whether it is aligned, as shares."""
    own: list[Pair] = []
    aligned = 0
    for pair, is_aligned in pairs:
        if len(own) == most or (is_aligned and aligned == MOST_ALIGNED_A_SHARE):
            yield PairsOfShare(tuple(own), aligned)
            own, aligned = [], 0
        own.append(pair)
        aligned += is_aligned
    if own:
        yield PairsOfShare(tuple(own), aligned)


def families_of_pairs(
    pairs: Sequence[Pair], holders: Iterable[tuple[bytes, Held]], counting: Counting
) -> tuple[Holders, list[tuple[Pair, list[bytes]]]]:
    """The families of some pairs' hotels with those that have them, and each pair with the families that both have.

    Of a family that many hotels have, no more hotels are told than are needed.
    """
    wanted = {hotel_id for pair in pairs for hotel_id in pair}
    common: dict[Pair, list[bytes]] = {pair: [] for pair in pairs}
    kept: Holders = {}
    for family, held in holders:
        own = sorted(wanted & held.keys())
        if own:
            some = islice(sorted(held), counting.many + 1)
            kept[family] = {hotel_id: held[hotel_id] for hotel_id in sorted({*own, *some})}
            if len(held) <= counting.many:
                for pair in combinations(own, 2):
                    if pair in common:
                        common[pair].append(family)
    return kept, list(common.items())
