"""What the shares of a round hand on: families whatever the order of links, pairs of hotels, and damaged objects."""

from __future__ import annotations

import contextlib
import math
from collections import defaultdict
from itertools import combinations, permutations
from unittest.mock import patch

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from image_release.sharing import (
    AS_USUAL,
    Counting,
    FamilyMap,
    HeldImages,
    Images,
    ImagesUnreadableError,
    InCommon,
    Meeting,
    PairsOfShare,
    families_of_pairs,
    linking,
    pack_holders,
    pack_links,
    packed_lines,
    parse_holders,
    parse_links,
    parsed_lines,
    plan_pairs,
    planning,
)
from image_release.sharing import families as verifying
from image_release.sharing.families import MOST_CANDIDATES, NearImage, OpenFingerprints
from image_release.sharing.pairing import LEAST_WEIGHT
from image_release.sharing.prints import Prints
from image_release.storage import MemoryStore
from image_release.values import Accommodation


def sha(number: int) -> bytes:
    """A SHA-256 that ends and begins with zeros now and then."""
    return number.to_bytes(8, "little") + (number % 3).to_bytes(16) + bytes(8)


EDGES = st.lists(st.tuples(st.integers(0, 12), st.integers(0, 12)), max_size=20)


def families(edges: list[tuple[int, int]], parts: int = 1) -> FamilyMap:
    found = FamilyMap.none()
    for part in range(parts):
        links = parse_links(pack_links([(sha(one), sha(other)) for one, other in edges[part::parts]]))
        with patch.object(linking, "AT_ONCE", 3):
            found = FamilyMap.parsed(found.joined_by([links])[0].packed())
    return found


def sets_of(found: FamilyMap) -> set[frozenset[bytes]]:
    """The families of several images, by all images that there are."""
    sets: dict[bytes, set[bytes]] = defaultdict(set)
    for number, family in enumerate(found.of(np.frombuffer(b"".join(map(sha, range(13))), np.uint8).reshape(-1, 32))):
        sets[family.tobytes()].add(sha(number))
    return {frozenset(own) for own in sets.values() if len(own) > 1}


def connected(edges: list[tuple[int, int]]) -> set[frozenset[bytes]]:
    sets: list[set[int]] = []
    for edge in edges:
        touched = [own for own in sets if own & set(edge)]
        sets = [own for own in sets if own not in touched] + [set(edge).union(*touched)]
    return {frozenset(map(sha, own)) for own in sets if len(own) > 1}


@settings(deadline=None)
@given(EDGES, st.integers(1, 4), st.randoms())
def test_a_family_is_what_links_connect_in_any_order_and_in_any_parts(edges, parts, dice):
    expected = connected(edges)
    assert sets_of(families(edges)) == expected
    shuffled = [edge[::-1] if dice.random() < 0.5 else edge for edge in edges]
    dice.shuffle(shuffled)
    assert sets_of(families(shuffled, parts)) == expected


@given(EDGES)
def test_an_image_without_a_copy_is_a_family_of_its_own(edges):
    found = families(edges)
    linked = {number for edge in edges for number in edge}
    shas = np.frombuffer(b"".join(map(sha, range(13))), np.uint8).reshape(-1, 32)
    own = [family.tobytes() for family in found.of(shas)]
    for number, family in enumerate(own):
        assert (family == sha(number)[:8]) or number in linked
    assert all(own[one] == own[other] for one, other in edges)


HOLDERS = st.dictionaries(
    st.integers(0, 30).map(sha),
    st.dictionaries(
        st.sampled_from("abcdefg"), st.sets(st.integers(40, 60).map(sha), min_size=1, max_size=2), min_size=2
    ),
    max_size=8,
)


def planned(holders, counting, most, parts=1):
    """The pairs of each share, as it reads them, when the families are in several parts and few are counted at once."""
    every = list(holders.items())
    packed = (InCommon.of(every[part::parts], counting).packed() for part in range(parts))
    with patch.object(planning, "AT_ONCE", 2):
        found = plan_pairs(map(InCommon.parsed, packed), counting, most)
    assert found.left_out == 0
    return [PairsOfShare.parsed(share.packed()) for share in found.shares]


@settings(deadline=None)
@given(HOLDERS, st.integers(1, 3), st.integers(2, 5), st.integers(1, 3), st.integers(1, 3))
def test_each_pair_that_may_share_enough_is_looked_at_once(holders, least, many, most, parts):
    looked = [pair for share in planned(holders, Counting(least, many), most, parts) for pair in share.pairs]
    assert len(looked) == len(set(looked))
    few = {family: held for family, held in holders.items() if len(held) <= many}
    for one, other in {(one, other) for held in few.values() for one in held for other in held if one < other}:
        both = [held for held in few.values() if {one, other} <= held.keys()]
        weight = sum(1 / (len(held) - 1) for held in both)
        may_be_enough = len(both) >= least or weight > LEAST_WEIGHT + 1e-9
        assert ((one, other) in looked) or not may_be_enough
        assert len(both) >= least or weight > LEAST_WEIGHT - 1e-9 or (one, other) not in looked


@settings(deadline=None)
@given(HOLDERS, st.integers(1, 3), st.integers(1, 3), st.integers(1, 3))
def test_only_the_likeliest_pairs_are_aligned(holders, least, most, parts):
    """Of those that weigh enough the first ones, by their families and names; others need families enough."""
    with patch.object(planning, "MOST_PAIRS_ALIGNED", most):
        shares = planned(holders, Counting(least, 10), 2, parts)
    families_of: dict[tuple[str, str], list[bytes]] = {}
    for family, held in holders.items():
        for pair in combinations(sorted(held), 2):
            families_of.setdefault(pair, []).append(family)
    expected, left = [], most
    for pair in sorted(families_of, key=lambda pair: (-len(families_of[pair]), pair)):
        is_aligned = left > 0 and sum(1 / (len(holders[one]) - 1) for one in families_of[pair]) >= LEAST_WEIGHT
        left -= is_aligned
        if is_aligned or len(families_of[pair]) >= least:
            expected.append((pair, set(families_of[pair])))
    told = [(pair, set(own)) for share in shares for pair, own in found_by(share, holders)[1]]
    assert told == expected
    assert sum(share.aligned for share in shares) == most - left


def found_by(share, holders):
    """What a share reads of all families for its hotels."""
    hotels = {hotel_id for pair in share.pairs for hotel_id in pair}
    own = parse_holders(pack_holders(holders.items()), hotels)
    return families_of_pairs(share.pairs, own, Counting(1, 10))


@settings(deadline=None)
@given(HOLDERS)
def test_a_share_knows_all_families_of_its_hotels_and_whether_many_have_them(holders):
    for share in planned(holders, AS_USUAL, 2):
        hotels = {hotel_id for pair in share.pairs for hotel_id in pair}
        found, _ = found_by(share, holders)
        for family, held in holders.items():
            if hotels & held.keys():
                kept = found[family]
                assert {name: own for name, own in held.items() if name in hotels}.items() <= kept.items()
                assert (len(kept) > AS_USUAL.many) == (len(held) > AS_USUAL.many)


def test_a_share_aligns_few_pairs_and_may_look_at_more():
    few = {sha(number): {f"a{number:02}": {sha(50)}, f"b{number:02}": {sha(60)}} for number in range(25)}
    assert [(len(share.pairs), share.aligned) for share in planned(few, AS_USUAL, 50)] == [(10, 10), (10, 10), (5, 5)]
    one = {sha(1): {name: {sha(50)} for name in "abcdefgh"}}  # tells too little of two for aligning
    assert [(len(share.pairs), share.aligned) for share in planned(one, Counting(1, 10), 20)] == [(20, 0), (8, 0)]


def looked_at(holders, most, after=None):
    """The pairs of one round in which `most` have room, and where it ended."""
    with patch.object(planning, "MOST_PAIRS", most):
        found = plan_pairs([InCommon.of(holders.items(), AS_USUAL)], AS_USUAL, 10, after)
    pairs = [pair for share in found.shares for pair in share.pairs]
    assert found.left_out == max(0, len(every_pair(holders)) - most)
    assert len(set(pairs)) == len(pairs)
    return pairs, found.last


def every_pair(holders):
    """All pairs of hotels that may share enough, those first that share the most families."""
    return [pair for share in planned(holders, AS_USUAL, 10) for pair in share.pairs]


def test_half_of_the_room_is_for_pairs_that_share_the_most_and_the_others_take_turns_by_their_names():
    numbers = (*range(7), 8, 9, 16)  # pair 2 has three families, pair 1 two, all others have one
    holders = {sha(number): {f"a{number % 7}": {sha(50)}, f"b{number % 7}": {sha(60)}} for number in numbers}
    top, rounds, after = [("a2", "b2"), ("a1", "b1")], [], None
    for _ in range(3):
        pairs, after = looked_at(holders, 4, after)
        assert pairs[:2] == top
        rounds.append("".join(one for one, _ in pairs[2:]))
    assert rounds == ["a0a3", "a4a5", "a0a6"]
    gone = {family: held for family, held in holders.items() if "a5" not in held}
    assert looked_at(gone, 4, ("a5", "b5"))[0] == [*top, ("a0", "b0"), ("a6", "b6")]


@settings(deadline=None)
@given(HOLDERS, st.integers(1, 6))
def test_every_pair_is_looked_at_within_so_many_rounds_as_half_of_the_room_goes_into_all_pairs(holders, most):
    wanted, after, seen = every_pair(holders), None, set()
    for _ in range(math.ceil(len(wanted) / (most / 2))):
        pairs, after = looked_at(holders, most, after)
        assert set(wanted[: most // 2]) <= set(pairs)
        assert pairs == [pair for pair in wanted if pair in pairs]
        assert len(pairs) == min(most, len(wanted))
        seen |= set(pairs)
    assert seen == set(wanted)


@given(EDGES, st.integers(0, 9))
def test_links_that_have_no_room_are_counted_and_those_that_have_hold(edges, most):
    links = [parse_links(pack_links([(sha(one), sha(other)) for one, other in edges[part::2]])) for part in range(2)]
    with patch.object(linking, "MOST_LINKS", most):
        found, left_out = FamilyMap.none().joined_by(links)
    assert left_out == max(0, len(edges) - most)
    assert sets_of(found) == connected([*edges[::2], *edges[1::2]][:most])


def test_families_that_were_known_keep_their_room():
    """Also if there are more than have room: then no link is added."""
    known = families([(1, 2), (3, 4)])
    with patch.object(linking, "MOST_LINKS", 1):
        found, left_out = known.joined_by([parse_links(pack_links([(sha(5), sha(6)), (sha(7), sha(8))]))])
    assert (sets_of(found), left_out) == (sets_of(known), 2)


def test_fingerprints_of_large_accommodations_do_not_all_stay_in_memory(monkeypatch):
    read: list[str] = []
    sizes = {"a": 3, "b": 3, "c": 3, "large": 20}

    def read_fingerprints(_state: object, accommodation: Accommodation) -> dict[str, object]:
        read.append(accommodation.accommodation_id)
        return {sha(number).hex(): number for number in range(sizes[accommodation.accommodation_id])}

    monkeypatch.setattr(verifying, "read_fingerprints", read_fingerprints)
    monkeypatch.setattr(verifying, "OPEN_IMAGES", 7)
    found = OpenFingerprints(MemoryStore())
    for name in ("a", "b", "a", "c", "a", "b", "large", "large", "a"):
        assert found.of(sha(2), Accommodation("p", name)) == 2
    assert read == ["a", "b", "c", "b", "large", "a"]  # two fit, or one of any size; the last ones stay
    assert found.of(sha(9), Accommodation("p", "a")) is None
    monkeypatch.setattr(verifying, "OPEN_ACCOMMODATIONS", 1)
    found.of(sha(1), Accommodation("p", "b"))
    found.of(sha(1), Accommodation("p", "a"))
    assert read[-2:] == ["b", "a"]


@given(HOLDERS)
def test_holders_are_read_back(holders):
    assert dict(parse_holders(pack_holders(holders.items()))) == holders


@pytest.mark.parametrize("line", [[], 1, ["zz", {}], ["00", []], ["00", {"h": ["x"]}], ["00", {"h": 1}]])
def test_a_line_that_is_no_family_is_told(line):
    with pytest.raises(ImagesUnreadableError):
        list(parse_holders(packed_lines([line])))


def some_images() -> Images:
    rows = [(0, "h/é", "p", "a", b"".join(map(sha, range(4))), np.arange(16, dtype="<u8").tobytes())]
    prints = Prints.of(rows)
    glances = np.arange(4 * 3 * 144).reshape(4, 3, 144).astype(np.int8)
    return Images(prints, glances, np.arange(4), np.array([True, False, True, True]))


def some_meeting() -> Meeting:
    near = {2: {sha(7): NearImage(sha(7), Accommodation("p", "é/b"), 3.5)}}
    beside = {1: {sha(8): NearImage(sha(8), Accommodation("q", "c"), 0.0)}}
    return Meeting(near, beside, {1, 5})


@settings(deadline=None, max_examples=50)
@given(st.lists(st.tuples(st.integers(0, 3), st.integers(0, 60), st.integers(0, 9)), max_size=400), st.integers(1, 9))
def test_the_nearest_candidates_of_some_images_are_kept_however_many_shares_found_some(found, shares):
    every: dict[int, dict[bytes, float]] = {}
    meetings = [Meeting(elsewhere={0, 2}) for _ in range(shares)]
    for place, (image, other, apart) in enumerate(found):
        if every.setdefault(image, {}).setdefault(sha(other), float(apart)) == apart:
            near = NearImage(sha(other), Accommodation("p", "a"), float(apart))
            meetings[place % shares].beside.setdefault(image, {})[sha(other)] = near
    meeting = Meeting()
    for one in meetings:
        meeting.add(Meeting.parsed(one.packed(), range(1, 3)))
    for image in (1, 2):
        nearest = sorted((apart, other) for other, apart in every.get(image, {}).items())[:MOST_CANDIDATES]
        assert [(kept.apart, kept.sha) for kept in meeting.all_beside(image)] == nearest
    assert not meeting.beside.keys() & {0, 3}
    assert meeting.elsewhere == {2}
    assert all(len(kept) <= 2 * MOST_CANDIDATES for kept in meeting.beside.values())


def test_images_and_candidates_are_read_back():
    images = Images.parsed(some_images().packed())
    assert (images.prints.hotel(3), images.prints.name(3)) == ("h/é", sha(3))
    assert images.is_new.tolist() == [True, False, True, True]
    assert images.those(images.is_new).places.tolist() == [0, 2, 3]
    assert Meeting.parsed(some_meeting().packed(), range(9)) == some_meeting()
    held = HeldImages.parsed(HeldImages(("h/é", "x"), some_images().prints).packed())
    assert (held.hotels, held.prints.accommodation(1)) == (("h/é", "x"), Accommodation("p", "a"))


PARSERS = {
    "images": (Images.parsed, some_images().packed()),
    "held": (HeldImages.parsed, HeldImages(("h",), some_images().prints).packed()),
    "candidates": (lambda data: Meeting.parsed(data, range(9)), some_meeting().packed()),
    "families": (FamilyMap.parsed, families([(1, 2)]).packed()),
    "links": (parse_links, pack_links([(sha(1), sha(2))])),
    "in_common": (InCommon.parsed, InCommon.of([(sha(1), {"a": {sha(1)}, "b": {sha(2)}})], AS_USUAL).packed()),
    "holders": (lambda data: list(parse_holders(data)), pack_holders([(sha(1), {"h": {sha(1)}})])),
    "pairs": (PairsOfShare.parsed, PairsOfShare((("a", "b"),), 1).packed()),
    "lines": (lambda data: list(parsed_lines(data)), pack_holders([])),
}


ARRAYS = ("images", "held", "candidates", "families", "links", "in_common")
"""The objects that are packed as arrays."""


@pytest.mark.parametrize("name", ARRAYS)
def test_an_object_that_says_it_is_encrypted_is_damaged(name):
    parse, whole = PARSERS[name]
    listed = whole.index(b"PK\x01\x02")
    with pytest.raises(ImagesUnreadableError, match="encrypted"):
        parse(whole[: listed + 8] + b"\x01" + whole[listed + 9 :])


def test_families_whose_arrays_do_not_fit_together_are_damaged():
    with pytest.raises(ImagesUnreadableError, match="fit together"):
        FamilyMap.parsed(FamilyMap(np.zeros(2, np.uint64), np.zeros(3, np.uint64)).packed())


@pytest.mark.parametrize("name", PARSERS)
@settings(max_examples=30, deadline=None)
@given(st.data())
def test_an_object_that_is_cut_short_is_told(name, data):
    parse, whole = PARSERS[name]
    parse(whole)
    with pytest.raises(ImagesUnreadableError):
        parse(whole[: data.draw(st.integers(0, len(whole) - 1))])


@pytest.mark.parametrize("name", PARSERS)
@settings(max_examples=60, deadline=None)
@given(st.data())
def test_a_damaged_object_is_told_and_raises_nothing_else(name, data):
    parse, whole = PARSERS[name]
    if data.draw(st.booleans()):
        place = data.draw(st.integers(0, len(whole) - 1))
        damaged = whole[:place] + bytes([data.draw(st.integers(0, 255))]) + whole[place + 1 :]
    else:
        damaged = data.draw(st.one_of(st.binary(max_size=200), *(st.just(other) for _, other in PARSERS.values())))
    with contextlib.suppress(ImagesUnreadableError):
        parse(damaged)


@pytest.mark.parametrize(("name", "other"), list(permutations(ARRAYS, 2)))
def test_an_object_of_another_kind_is_told(name, other):
    with pytest.raises(ImagesUnreadableError):
        PARSERS[name][0](PARSERS[other][1])


@pytest.mark.parametrize("name", PARSERS)
def test_one_wrong_bit_raises_nothing_else_wherever_it_is(name):
    """One of them says that the arrays need a password."""
    parse, whole = PARSERS[name]
    for place, byte in enumerate(whole):
        with contextlib.suppress(ImagesUnreadableError):
            parse(whole[:place] + bytes([byte ^ 1]) + whole[place + 1 :])
