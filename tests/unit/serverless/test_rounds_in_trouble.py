"""Rounds over all hotels while other things happen: hotels that change, late messages, damage, and too little time."""

import random
from collections import Counter
from dataclasses import replace
from datetime import UTC, datetime

import pytest
import yaml

from image_release.feed_keys import note_key
from image_release.fingerprint import FINGERPRINT_VERSION
from image_release.serverless import compare_hotels, round_steps
from image_release.serverless.rounds import begin_round
from image_release.serverless.shares import WorkUnreadableError
from image_release.sharing import Verifier, linking, planning, read_round, rounds_under_way
from image_release.sharing_keys import ASKED, ROUNDS, SHARED, families_key, found_key, ranges_key
from image_release.split_keys import plan_key
from image_release.store_keys import fingerprints_key
from image_release.values import Accommodation
from tests.conftest import ROOT
from tests.unit.serverless.killing import kills
from tests.unit.serverless.round_world import RoundWorld, drained, handle
from tests.unit.serverless.test_rounds import hotels, images, once_each, shared_in_suite, shared_on_one_machine


@pytest.fixture
def world(monkeypatch):
    monkeypatch.setattr(compare_hotels, "SHARDS_A_RANGE_BITS", -2)  # four ranges of a small release
    made = RoundWorld()
    made.now = datetime.now(UTC)
    return made


def folder(world):
    """The folder of the round that is under way."""
    [name] = world.suite.state.folders(ROUNDS)
    return ROUNDS + name


def worked_on(world, dice=None):
    """Work on one message; returns its body."""
    waiting = world.suite.comparing.visible()
    name = dice.choice(waiting) if dice else waiting[0]
    body = world.suite.comparing.receive(name).body
    handle(world.suite, body)
    world.suite.comparing.delete(name)
    return body


def note(world, *hotel_ids):
    """Note that hotels changed, as `process_hotel` does."""
    for hotel_id in hotel_ids:
        world.suite.state.put(note_key(world.now, hotel_id, 2), b"")


@pytest.mark.parametrize("seed", range(4))
def test_hotels_that_change_while_a_round_goes_on_are_right_after_the_next_one(world, seed):
    dice = random.Random(seed)
    world.hotels(hotels())
    world.ask()
    versions = [
        {"h2": None, "h5": {"a5": [(3, "smaller"), 4]}},
        {"h2": {"a2": [(1, "dark")]}, "h1": {"a1": [0, (5, "dark")]}},
        {"h4": None, "h3": None, "h5": None},
        {"h6": {"a6": [0, 1, 2, 3]}, "h1": {"a1": [0, (5, "dark")]}},
    ]
    while world.suite.comparing.visible():
        worked_on(world, dice)
        if versions and dice.random() < 0.4:
            version = versions.pop(0)
            world.hotels(hotels(**version))
            note(world, *version)
    assert read_round(world.stores) is not None
    for version in versions:
        world.hotels(hotels(**version))
        note(world, *version)
    found = hotels_of(shared_in_suite(world, world.round(dice).round))
    # an image that left may connect what it was a copy of; of copies in one hotel, one may connect it
    expected = hotels_of(shared_on_one_machine(world))
    assert all(any(family <= other for other in found) for family in expected)
    assert set().union(*found) == set().union(*expected)


def hotels_of(families):
    """The hotels of each family."""
    return [{hotel_id for hotel_id, _ in family} for family in families]


def test_late_messages_of_an_earlier_round_change_nothing(world):
    dice = random.Random(4)
    world.hotels(hotels())
    world.ask()
    late = []
    while world.suite.comparing.visible():
        late.append(worked_on(world))
    world.hotels(hotels(h5={"a5": [3, 4]}))
    world.ask()
    while world.suite.comparing.visible():
        handle(world.suite, dice.choice(late))
        worked_on(world, dice)
    for body in late:
        handle(world.suite, body)
    [name] = world.suite.state.folders(SHARED)
    assert shared_in_suite(world, name) == shared_on_one_machine(world)
    assert not list(world.suite.state.list(ROUNDS))


def test_a_suite_without_hotels_has_a_round_that_finds_nothing(world):
    world.round()
    found = read_round(world.stores).shared
    assert (found.images, found.hotels, found.pictures, found.pairs) == (0, 0, (), ())
    world.hotels({"h1": {"a1": {}}})
    world.round()
    assert read_round(world.stores).shared.hotels == 0  # as without a round: it has no images


def test_a_picture_of_many_hotels_is_one_picture_with_all_of_them(world):
    many = {f"h{number}": {f"a{number}": images((7, ("as it is", "smaller")[number % 2]))} for number in range(300)}
    world.hotels(many)
    world.round()
    found = read_round(world.stores).shared
    assert [len(picture.images) for picture in found.pictures] == [300]
    assert found.pairs == ()


def test_ids_of_any_letters_go_through_a_round(world):
    odd = ["../x", "a b", "é/..%2F", "'\"<b>", "=1+1", "\u202eevil", "{}", "\U0001f3e8", "x" * 200, "held/0-"]
    world.hotels({name: {f"a{number}": images(0, number + 1)} for number, name in enumerate(odd)})
    latest = world.round()
    assert latest.hotels == len(odd)
    found = shared_in_suite(world, latest.round)
    assert {hotel_id for family in found for hotel_id, _ in family} == set(odd)
    assert found == shared_on_one_machine(world)


def test_what_people_read_is_there_while_another_round_comes_into_force(world):
    """Between the two reads of a person, the next round ends and deletes what the one before had found."""
    world.hotels(hotels())
    first = world.round()

    class Slow:
        def get(self, key):
            if key == found_key(first.round):
                world.round()
            return world.suite.state.get(key)

    stores = world.stores
    found = read_round(replace(stores, state=Slow()))
    assert found.ended == read_round(stores).ended
    assert world.suite.state.head(found_key(first.round)) is None


def test_a_round_that_ended_and_is_not_deleted_yet_is_not_under_way(world):
    world.hotels(hotels())
    world.ask()
    steps = set()
    while waiting := world.suite.comparing.visible():
        body = world.suite.comparing.receive(waiting[0]).body
        for _ in kills(world.suite, lambda suite, body=body: handle(suite, body), after=True):
            steps |= {found.step for found in rounds_under_way(world.suite.state)}
        world.suite.comparing.delete(waiting[0])
        once_each(world.suite.comparing)
    assert steps == {"begin", "gather", "meet", "verify", "count", "pair"}


def test_a_person_at_the_desk_may_read_how_far_a_round_is(world):
    rights = yaml.safe_load((ROOT / "deployment" / "permissions.yml").read_text("utf-8"))["desk"]["state"]["read"]
    world.hotels(hotels())
    world.ask()
    worked_on(world)

    class Watched:
        folders, list = world.suite.state.folders, world.suite.state.list

        def get(self, key):
            assert key.startswith(tuple(rights)), key
            return world.suite.state.get(key)

    assert [(found.step, found.done, found.shares) for found in rounds_under_way(Watched())] == [("gather", 0, 4)]


def test_a_round_that_a_person_deletes_begins_anew_until_the_request_is_deleted_too(world):
    world.hotels(hotels())
    world.ask()
    worked_on(world)
    world.suite.state.put(plan_key(folder(world)), b"{")
    with pytest.raises(WorkUnreadableError, match=f"delete what is below {ROUNDS}, and `tick` begins the round anew"):
        worked_on(world)
    for listed in list(world.suite.state.list(ROUNDS)):
        world.suite.state.delete(listed.key)
    assert begin_round(world.suite) == {"begun": 1}
    for listed in list(world.suite.state.list(ROUNDS)):
        world.suite.state.delete(listed.key)
    world.suite.inbox.delete(ASKED)
    assert begin_round(world.suite) == {}
    drained(world.suite)
    assert not list(world.suite.state.list(ROUNDS))
    latest = world.round()
    assert list(world.suite.state.folders(SHARED)) == [latest.round]


@pytest.mark.parametrize("key", [ranges_key, families_key])
def test_what_a_round_keeps_for_the_next_one_is_told_as_a_part_of_the_round(key):
    told = str(WorkUnreadableError(key("20261130T100000Z-00000000")))
    assert told.endswith(f"delete what is below {ROUNDS}, and `tick` begins the round anew")


def test_a_share_of_slow_images_keeps_each_of_them(world, monkeypatch):
    """However many images are kept together: what was verified before the time was over is not verified again."""
    world.hotels(hotels())
    expected = shared_on_one_machine(world)
    images_of_hotels = sum(len(own) for hotel in hotels().values() for own in hotel.values())
    verified, links = Counter(), Verifier.links
    left = [0.0]

    def slow(verifier, image):
        verified[image.sha] += 1
        left[0] -= 30
        return links(verifier, image)

    monkeypatch.setattr(Verifier, "links", slow)
    suite = replace(world.suite, seconds_left=lambda: left[0])
    world.ask()
    stopped = 0
    while waiting := suite.comparing.visible():
        body, is_done = suite.comparing.receive(waiting[0]).body, False
        while not is_done:
            left[0] = 100.0  # two images
            try:
                handle(suite, body)
                is_done = True
            except round_steps.NotDoneYetError:
                stopped += 1
        suite.comparing.delete(waiting[0])
    assert stopped == 4
    assert verified.total() == images_of_hotels
    [name] = suite.state.folders(SHARED)
    assert shared_in_suite(world, name) == expected


def test_fingerprints_that_cannot_be_read_are_read_again_by_the_next_round(world):
    """Nobody notes a change when they can be read again."""
    world.hotels(hotels(h2={"a2": [(0, "smaller")], "b2": [(1, "smaller")]}))
    key = fingerprints_key(Accommodation("atlas", "a2"), FINGERPRINT_VERSION)
    whole = world.suite.state.get(key).data
    world.suite.state.put(key, b"damaged")
    damaged = shared_in_suite(world, world.round().round)
    assert damaged == shared_on_one_machine(world)
    assert "h2" in {hotel_id for family in damaged for hotel_id, _ in family}  # by its other accommodation
    world.suite.state.put(key, whole)
    again = shared_in_suite(world, world.round().round)
    assert again == shared_on_one_machine(world) != damaged


def test_images_of_a_picture_that_left_all_hotels_are_still_known_as_copies_of_it(world):
    """A person may have decided about one of them."""
    many = {f"h{number:02}": {f"a{number}": images((7, "as it is"))} for number in range(12)}
    world.hotels(many | {"old": {"old": images((7, "smaller"))}})
    left = next(iter(images((7, "smaller"))))
    for _ in range(3):
        world.round()
        [picture] = read_round(world.stores).shared.pictures
        assert left in picture.copies
        world.hotels(many)
    assert {sha for own in picture.images.values() for sha in own} == images((7, "as it is")).keys()
    world.suite.state.put(found_key(world.round().round), b"damaged")
    world.round()
    [picture] = read_round(world.stores).shared.pictures
    assert left not in picture.copies  # what was lost is lost, and no round stops for it


def test_what_a_round_has_no_room_for_is_told_with_what_it_found(world, monkeypatch):
    world.hotels(hotels())
    monkeypatch.setattr(planning, "MOST_PAIRS", 1)
    monkeypatch.setattr(linking, "MOST_LINKS", 1)
    world.round()
    told = {problem.value: problem.rule for problem in read_round(world.stores).shared.problems}
    assert told == {
        "copies: 1": "there is no room for them",
        "pairs of hotels: 1": "there is no room for them in one round; the next rounds look at them in turn",
    }


def test_pairs_that_a_round_has_no_room_for_are_looked_at_by_the_next_ones(world, monkeypatch):
    """Each round goes on where the one before ended, and begins again after the last pair."""
    shared = images(0, 1, 2)
    world.hotels({f"h{number}": {f"a{number}": shared} for number in range(3)})
    looked = []
    planned = compare_hotels.plan_pairs

    def noted(*args):
        found = planned(*args)
        looked.append([pair for share in found.shares for pair in share.pairs])
        return found

    monkeypatch.setattr(compare_hotels, "plan_pairs", noted)
    monkeypatch.setattr(planning, "MOST_PAIRS", 1)
    told = {problem.value for _ in range(4) for problem in read_after(world).shared.problems}
    assert looked == [[("h0", "h1")], [("h0", "h2")], [("h1", "h2")], [("h0", "h1")]]
    assert told == {"pairs of hotels: 2"}
    monkeypatch.setattr(planning, "MOST_PAIRS", 3)
    assert read_after(world).shared.problems == ()
    assert looked[-1] == looked[0] + looked[1] + looked[2]


def read_after(world):
    """What a round finds."""
    world.round()
    return read_round(world.stores)
