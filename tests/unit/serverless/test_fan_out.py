"""`fan_out` and `fan_out_shard`: each hotel, released or departed, is nudged once, even if a message comes twice."""

from collections import Counter
from dataclasses import replace

import pytest

from image_release.ingest import Held, Ignored, read_current
from image_release.serverless.fan_out import complete_when_fanned_out, fan_out, fan_out_shard
from image_release.serverless.messages import ShardMessage
from image_release.settings import Settings
from tests.unit.serverless.killing import kills

MANY = 600


def work_shards(world):
    """Process the shard messages; return the nudged hotels by reason."""
    for body in world.take(world.suite.shards):
        fan_out_shard(ShardMessage.model_validate(body), world.suite)
    found = {}
    for body in world.take(world.suite.bulk):
        found.setdefault(body["reason"], []).append(body["hotel_id"])
    return {reason: sorted(hotels) for reason, hotels in found.items()}


def hotels(numbers):
    return {f"h{number}": [f"a{number}"] for number in numbers}


class TestARelease:
    def test_nudges_every_hotel_once_over_several_shards(self, world):
        planned = fan_out(world.release("r1", hotels(range(MANY))), world.suite)
        assert planned.shards == 4
        assert work_shards(world) == {"release": sorted(hotels(range(MANY)))}

    def test_nudges_departed_hotels_when_it_has_fewer_shards(self, world):
        fan_out(world.release("r1", hotels(range(MANY))), world.suite)
        work_shards(world)
        complete_when_fanned_out(world.suite)
        fan_out(world.release("r2", hotels(range(10))), world.suite)
        assert work_shards(world) == {"release": sorted(hotels(range(10))), "departed": sorted(hotels(range(10, MANY)))}

    def test_nudges_departed_hotels_of_releases_that_were_never_completed(self, world):
        """Their hotels may be published, because a catalogue, a request or a part of the release nudged them."""
        for release_id, numbers in (("r1", (1, 2)), ("r2", (2, 3)), ("r3", (3, 4))):
            fan_out(world.release(release_id, hotels(numbers)), world.suite)
        assert work_shards(world) == {"release": ["h3", "h4"], "departed": ["h1", "h2"]}
        assert complete_when_fanned_out(world.suite)
        assert read_current(world.suite.state).before() == ()

    def test_that_comes_twice_is_sent_again_until_its_shards_are_done(self, world):
        key = world.release("r1", hotels(range(MANY)))
        fan_out(key, world.suite)
        again = fan_out(key, world.suite)
        assert (isinstance(again.result, Ignored), again.shards) == (True, 4)
        first, *_ = world.take(world.suite.shards)
        fan_out_shard(ShardMessage.model_validate(first), world.suite)
        assert fan_out(key, world.suite).shards == 3
        assert work_shards(world) == {"release": sorted(hotels(range(MANY)))}
        complete_when_fanned_out(world.suite)
        assert fan_out(key, world.suite).shards == 0

    @pytest.mark.parametrize("after", [False, True])
    def test_that_is_killed_anywhere_comes_back_and_repeats_no_shard_that_is_done(self, world, after):
        key = world.release("r1", hotels(range(MANY)))
        found = Counter()
        for _ in kills(world.suite, lambda doomed: fan_out(key, doomed), after=after):
            found.update(work_shards(world).get("release", ()))
        found.update(work_shards(world).get("release", ()))
        assert found == Counter(hotels(range(MANY)).keys())

    def test_that_is_older_sends_nothing(self, world):
        older = world.release("r1", hotels([1]))
        fan_out(world.release("r2", hotels([2])), world.suite)
        world.take(world.suite.shards)
        assert fan_out(older, world.suite).shards == 0

    def test_is_completed_when_all_its_shards_are_done(self, world):
        fan_out(world.release("r1", hotels(range(MANY))), world.suite)
        *first, last = world.take(world.suite.shards)
        for body in first:
            fan_out_shard(ShardMessage.model_validate(body), world.suite)
        assert not complete_when_fanned_out(world.suite)
        assert fan_out_shard(ShardMessage.model_validate(last), world.suite).superseded is False
        assert complete_when_fanned_out(world.suite)
        assert not complete_when_fanned_out(world.suite)


class TestAnAccept:
    def test_that_comes_again_after_a_kill_sends_the_shards(self, world):
        """The release was in force, and its shards were not sent."""
        suite = replace(world.suite, settings=Settings())
        fan_out(world.release("r1", hotels([1])), suite)
        assert isinstance(fan_out(world.release("r2", hotels([2])), suite).result, Held)
        suite.inbox.put("accepts/releases/r2", b"")
        world.take(suite.shards)
        assert [fan_out("accepts/releases/r2", suite).shards for _ in range(2)] == [1, 1]

    def test_of_what_is_not_held_is_ignored_with_a_warning(self, world):
        suite = world.suite
        suite.inbox.put("accepts/releases/r9", b"")
        planned = fan_out("accepts/releases/r9", suite)
        assert (planned.result.is_warning, planned.shards) == (True, 0)


class TestAShard:
    def test_of_a_superseded_release_nudges_no_hotel(self, world):
        fan_out(world.release("r1", hotels([1])), world.suite)
        (old,) = world.take(world.suite.shards)
        fan_out(world.release("r2", hotels([2])), world.suite)
        assert fan_out_shard(ShardMessage.model_validate(old), world.suite).superseded

    def test_that_comes_twice_nudges_its_hotels_once(self, world):
        fan_out(world.release("r1", hotels([1])), world.suite)
        (body,) = world.take(world.suite.shards)
        assert fan_out_shard(ShardMessage.model_validate(body), world.suite).hotels == 1
        assert fan_out_shard(ShardMessage.model_validate(body), world.suite).hotels == 0


def test_two_contents_of_one_release_id_never_share_a_folder(world):
    """Both may be applied at the same time: the first owns the plain folder, and each other one has its own."""
    suite = world.suite
    key = world.release("r1", hotels([1]))
    suite.state.put("releases/r1/digest", b"digest of another content that is being applied")
    fan_out(key, suite)
    first = read_current(suite.state)
    assert first.folder == f"releases/r1+{first.digest[:8]}"
    fan_out(world.release("r1", hotels([1, 2])), suite)
    second = read_current(suite.state)
    assert second.folder == f"releases/r1+{second.digest[:8]}" != first.folder
    assert work_shards(world) == {"release": ["h1", "h2"]}


def test_a_content_that_comes_back_is_fanned_out_again(world):
    """A file alternates between two contents: a hotel is nudged each time it is released or has departed."""
    for numbers, departed in (([1], []), ([1, 2], []), ([1], [2]), ([1, 2], []), ([1], [2]), ([1, 2], [])):
        fan_out(world.release("r1", hotels(numbers)), world.suite)
        nudged = work_shards(world)
        assert nudged["release"] == sorted(hotels(numbers))
        assert nudged.get("departed", []) == sorted(hotels(departed))
        assert complete_when_fanned_out(world.suite)
