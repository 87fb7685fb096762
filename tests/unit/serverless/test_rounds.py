"""Rounds over all hotels: they find what one machine finds, in any order, killed anywhere, and nothing twice."""

import random
import tempfile
from dataclasses import replace
from datetime import UTC, datetime
from functools import cache
from pathlib import Path

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from image_release.cache import merge_fingerprints
from image_release.everywhere import PrintIndex
from image_release.feed_keys import note_key
from image_release.queueing import Message
from image_release.serverless import compare_hotels, round_steps, rounds
from image_release.serverless.messages import ShareMessage
from image_release.serverless.round_ranges import Ranges
from image_release.serverless.rounds import begin_round
from image_release.serverless.shares import WorkUnreadableError, do_share, resume_split
from image_release.sharing import Families, FamilyMap, Verifier
from image_release.sharing.families import stored_families
from image_release.sharing.finding import _holders, _in_several_hotels
from image_release.sharing_keys import LATEST_ROUND, ROUNDS, SHARED, families_key, round_folder
from image_release.split_keys import share_done_key
from image_release.values import Accommodation, sha256_hex
from tests.unit.dedup.images import COPIES, photo, seen
from tests.unit.serverless.killing import kills
from tests.unit.serverless.round_world import RoundWorld, drained, handle

KINDS = ("as it is", "smaller", "cropped", "dark")
KIND = st.sampled_from(KINDS)
PHOTOGRAPHS = {bytes.fromhex(sha256_hex(f"{number} {kind}".encode())): number for number in range(5) for kind in KINDS}
"""The number of the photograph that an image is a copy of."""


@cache
def image(number, kind="as it is"):
    """The SHA-256 and the fingerprint of a copy of a photograph."""
    made = photo(number) if kind == "as it is" else COPIES[kind](photo(number))
    return sha256_hex(f"{number} {kind}".encode()), seen(made).fingerprint


def images(*names):
    return dict(image(*name) if isinstance(name, tuple) else image(name) for name in names)


@pytest.fixture
def world(monkeypatch):
    monkeypatch.setattr(compare_hotels, "SHARDS_A_RANGE_BITS", -2)  # four ranges of a small release
    return RoundWorld()


@pytest.fixture(autouse=True)
def small_shares(monkeypatch):
    monkeypatch.setattr(compare_hotels, "IMAGES_A_GROUP", 5)
    monkeypatch.setattr(compare_hotels, "IMAGES_A_SLICE", 3)
    monkeypatch.setattr(round_steps, "IMAGES_A_SLICE", 3)
    monkeypatch.setattr(round_steps, "IMAGES_A_PART", 5)
    monkeypatch.setattr(round_steps, "RANGES_A_BLOCK", 2)
    monkeypatch.setattr(round_steps, "KEPT_AFTER", 2)
    monkeypatch.setattr(compare_hotels, "PAIRS_A_SHARE", 2)


def shared_in_suite(world, name):
    """What several hotels have by the last round: families of (hotel, image)."""
    families = FamilyMap.parsed(world.suite.state.get(families_key(name)).data)
    ranges = Ranges(world.suite.state, name)
    found = {}
    for part in range(3):
        found |= dict(round_steps.holders_of_part(ranges.every_held, families, part, 3))
    return told(found)


def shared_on_one_machine(world, families=None):
    """What several hotels have by one machine."""
    with tempfile.TemporaryDirectory() as folder:
        families = families or Families(PrintIndex(Path(folder) / "prints.sqlite"))
        families.catch_up(world.stores)
        with families.connected() as db:
            members = stored_families(db)
            return told(_holders(db, members, _in_several_hotels(db, members).prefixes))


def told(holders):
    return {frozenset((hotel_id, sha) for hotel_id, own in held.items() for sha in own) for held in holders.values()}


HOTEL = st.lists(st.lists(st.tuples(st.integers(0, 4), KIND), max_size=4), min_size=1, max_size=2)


def hotels_of(families):
    """The hotels of each family."""
    return {frozenset(hotel_id for hotel_id, _ in family) for family in families}


@example([[[(3, "as it is")]], [[(3, "as it is"), (3, "smaller"), (3, "dark")]]], 0)
@example([[[(2, "smaller")]], [[(2, "as it is"), (2, "smaller"), (2, "dark")]]], 0)
@settings(max_examples=12, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(HOTEL, min_size=1, max_size=6), st.integers(0, 99))
def test_shares_find_what_one_machine_finds(monkeypatch, hotels, seed):
    """The same hotels have each picture, and it is one photograph.

    One machine puts an image into the family of its nearest copy alone. So of several copies that only one hotel has,
    it may know one where shares know all.
    """
    monkeypatch.setattr(compare_hotels, "SHARDS_A_RANGE_BITS", -2)
    world = RoundWorld()
    world.hotels(
        {
            f"h{number}": {f"a{number}-{place}": images(*own) for place, own in enumerate(accommodations)}
            for number, accommodations in enumerate(hotels)
        }
    )
    latest = world.round(random.Random(seed))
    in_suite, on_one_machine = shared_in_suite(world, latest.round), shared_on_one_machine(world)
    assert hotels_of(in_suite) == hotels_of(on_one_machine)
    assert all(any(family <= larger for larger in in_suite) for family in on_one_machine)
    assert all(len({PHOTOGRAPHS[sha] for _, sha in family}) == 1 for family in in_suite)


FOUR = {
    "h1": {"a1": [0, 1, 2]},
    "h2": {"a2": [(0, "smaller"), (1, "smaller"), 3]},
    "h3": {"a3": [(0, "cropped"), 4]},
    "h4": {"a4": [5, 1]},
}


def hotels(**changes):
    return {
        hotel_id: {name: images(*own) for name, own in accommodations.items()}
        for hotel_id, accommodations in {**FOUR, **changes}.items()
        if accommodations is not None
    }


def test_a_round_that_nobody_asked_for_does_not_begin(world):
    assert begin_round(world.suite) == {}


def test_one_request_begins_one_round(world):
    world.hotels(hotels())
    assert world.ask() == {"begun": 1}
    assert world.ask() == {}
    drained(world.suite)
    assert begin_round(world.suite) == {"begun": 1}  # the second request waited
    drained(world.suite)
    assert begin_round(world.suite) == {}
    assert world.ask() == {"begun": 1}


@pytest.mark.parametrize("after", [False, True])
def test_a_round_that_is_killed_anywhere_finds_the_same(world, after):
    world.hotels(hotels())
    expected = shared_on_one_machine(world)
    world.ask()
    while waiting := world.suite.comparing.visible():
        body = world.suite.comparing.receive(waiting[0]).body
        for _ in kills(world.suite, lambda suite, body=body: handle(suite, body), after=after):
            pass
        world.suite.comparing.delete(waiting[0])
        once_each(world.suite.comparing)
    [name] = world.suite.state.folders(SHARED)
    assert shared_in_suite(world, name) == expected
    assert len(expected) == 2


def once_each(queue):
    """Delete messages that the queue has twice: a kill at every request sends far more than there are in life."""
    bodies = {}
    for name in queue.visible():
        bodies[queue.receive(name).body] = None
        queue.delete(name)
    queue.send(map(Message, bodies))


def test_what_stands_still_is_sent_again_by_the_tick(world):
    world.hotels(hotels())
    world.ask()
    lost = 0
    while list(world.suite.state.list(ROUNDS)):
        name, *others = world.suite.comparing.visible() or [None]
        if name:
            handle(world.suite, world.suite.comparing.receive(name).body)
            world.suite.comparing.delete(name)
        for other in others:  # the rest is lost
            world.suite.comparing.delete(other)
            lost += 1
        if not len(world.suite.comparing):
            world.wait(minutes=61)
            resume_split(world.suite)
    [name] = world.suite.state.folders(SHARED)
    assert shared_in_suite(world, name) == shared_on_one_machine(world)
    assert lost > 10


def test_of_two_attempts_at_once_the_first_mark_counts(world):
    """What both write has other names, so later steps must read what one of them wrote."""
    world.hotels(hotels())
    world.ask()
    handle(world.suite, world.suite.comparing.receive().body)
    mark = share_done_key(folder(world), "gather", 0)

    def slower(plan, share, suite):
        suite.state.put(mark, b"first")
        return b"second"

    order = ShareMessage(folder=folder(world), step="gather", share=0)
    assert do_share(order, world.suite, {"gather": slower}) == b"second"
    assert world.suite.state.get(mark).data == b"first"


def test_of_two_rounds_at_once_one_counts_and_nothing_of_the_other_stays(world, monkeypatch):
    world.hotels(hotels())
    world.ask()
    monkeypatch.setattr(rounds, "_is_under_way", lambda suite: False)
    world.ask()
    drained(world.suite, random.Random(3))
    [name] = world.suite.state.folders(SHARED)
    assert shared_in_suite(world, name) == shared_on_one_machine(world)
    assert {listed.key for listed in world.suite.state.list(SHARED)} - {LATEST_ROUND} == {
        listed.key for listed in world.suite.state.list(round_folder(name))
    }


def note(world, hotel_id, seq):
    """Note that a hotel changed, as `process_hotel` does."""
    world.suite.state.put(note_key(world.now, hotel_id, seq), b"")


def test_what_came_since_is_compared_with_all_and_what_went_is_forgotten(world, tmp_path):
    families = Families(PrintIndex(tmp_path / "prints.sqlite"))
    world.now = datetime.now(UTC)
    world.hotels(hotels())
    first = world.round()
    assert shared_in_suite(world, first.round) == shared_on_one_machine(world, families)
    new = {f"n{number}": {f"b{number}": [(3, "smaller"), (4, "smaller"), number + 6]} for number in range(6)}
    new["n3"]["b3"].append((2, "smaller"))  # its range comes before that of h1
    world.hotels(hotels(h5={"a5": [(3, "smaller"), (4, "dark")]}, h4=None, h2={"a2": [(0, "smaller"), 3]}, **new))
    merge_fingerprints(world.suite.state, Accommodation("atlas", "a2"), {}, frozenset(images((1, "smaller"))))
    for hotel_id in ("h2", "h4", "h5", *new):
        note(world, hotel_id, 2)
    second = world.round()
    assert second.hotels == 10
    found = shared_in_suite(world, second.round)
    assert found == shared_on_one_machine(world, families)
    hotels_of = [{hotel_id for hotel_id, _ in family} for family in found]
    assert {"h1", "h2"} in hotels_of  # as before
    assert {"h2", "h5", *new} in hotels_of  # wherever the new ones stand
    assert {"h1", "n3"} in hotels_of
    assert not any("h4" in family for family in hotels_of)


def test_nothing_is_read_or_verified_twice(world, monkeypatch):
    world.now = datetime.now(UTC)
    world.hotels(hotels())
    expected = shared_in_suite(world, world.round().round)
    monkeypatch.setattr("image_release.sharing.gathering.readable_fingerprints", lambda *_: pytest.fail("read again"))
    monkeypatch.setattr(Verifier, "links", lambda *_: pytest.fail("verified again"))
    assert shared_in_suite(world, world.round().round) == expected


def test_a_round_that_lost_what_the_one_before_kept_reads_all_hotels(world):
    world.hotels(hotels())
    first = world.round()
    expected = shared_in_suite(world, first.round)
    for listed in list(world.suite.state.list(round_folder(first.round))):
        world.suite.state.put(listed.key, b"damaged")
    assert shared_in_suite(world, world.round().round) == expected


def test_a_round_that_cannot_be_read_is_replaced(world):
    world.hotels(hotels())
    expected = shared_in_suite(world, world.round().round)
    world.suite.state.put(LATEST_ROUND, b"{")
    assert shared_in_suite(world, world.round().round) == expected


def test_an_object_that_is_damaged_within_a_round_stops_its_share_and_nothing_is_guessed(world):
    world.hotels(hotels())
    world.ask()
    handle(world.suite, world.suite.comparing.receive().body)
    while world.suite.state.head(f"{folder(world)}/near/0") is None:
        name = world.suite.comparing.visible()[0]
        handle(world.suite, world.suite.comparing.receive(name).body)
        world.suite.comparing.delete(name)
    world.suite.state.put(f"{folder(world)}/near/0", b"damaged")
    with pytest.raises(WorkUnreadableError, match="near/0"):
        drained(world.suite)
    assert world.suite.state.head(LATEST_ROUND) is None


def folder(world):
    """The folder of the round that is under way."""
    [name] = world.suite.state.folders(ROUNDS)
    return ROUNDS + name


def test_a_share_without_time_keeps_what_it_did_and_goes_on(world, monkeypatch):
    world.hotels(hotels())
    world.ask()
    left = iter([100.0, 0.0] * 500)
    suite = replace(world.suite, seconds_left=lambda: next(left))
    monkeypatch.setattr(round_steps, "IMAGES_A_SLICE", 20)
    monkeypatch.setattr(compare_hotels, "IMAGES_A_SLICE", 20)
    monkeypatch.setattr(compare_hotels, "IMAGES_A_GROUP", 20)
    stopped = 0
    while waiting := suite.comparing.visible():
        body = suite.comparing.receive(waiting[0]).body
        for _ in range(20):
            try:
                handle(suite, body)
                break
            except round_steps.NotDoneYetError:
                stopped += 1
        suite.comparing.delete(waiting[0])
    assert stopped >= 3
    [name] = suite.state.folders(SHARED)
    assert shared_in_suite(world, name) == shared_on_one_machine(world)
