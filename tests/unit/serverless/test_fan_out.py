"""`fan_out` and `fan_out_shard`: every hotel of a release once, every departed one too, whatever comes twice."""

from image_release.ingest import Ignored, read_current
from image_release.serverless.fan_out import complete_when_fanned_out, fan_out, fan_out_shard
from image_release.serverless.messages import ShardMessage

MANY = 600


def work_shards(hand):
    """Work through the shard messages; what was nudged by reason."""
    for body in hand.take(hand.suite.shards):
        fan_out_shard(ShardMessage.model_validate(body), hand.suite)
    found = {}
    for body in hand.take(hand.suite.bulk):
        found.setdefault(body["reason"], []).append(body["hotel_id"])
    return {reason: sorted(hotels) for reason, hotels in found.items()}


def hotels(numbers):
    return {f"h{number}": [f"a{number}"] for number in numbers}


class TestARelease:
    def test_nudges_every_hotel_once_over_several_shards(self, hand):
        planned = fan_out(hand.release("r1", hotels(range(MANY))), hand.suite)
        assert planned.shards == 4
        assert work_shards(hand) == {"release": sorted(hotels(range(MANY)))}

    def test_nudges_those_that_departed_though_it_has_fewer_shards(self, hand):
        fan_out(hand.release("r1", hotels(range(MANY))), hand.suite)
        work_shards(hand)
        complete_when_fanned_out(hand.suite)
        fan_out(hand.release("r2", hotels(range(10))), hand.suite)
        assert work_shards(hand) == {"release": sorted(hotels(range(10))), "departed": sorted(hotels(range(10, MANY)))}

    def test_nudges_those_of_a_release_that_was_never_completed(self, hand):
        """Its hotels may be published: by catalogues, requests, or the part of it that was fanned out."""
        for release_id, numbers in (("r1", (1, 2)), ("r2", (2, 3)), ("r3", (3, 4))):
            fan_out(hand.release(release_id, hotels(numbers)), hand.suite)
        assert work_shards(hand) == {"release": ["h3", "h4"], "departed": ["h1", "h2"]}
        assert complete_when_fanned_out(hand.suite)
        assert read_current(hand.suite.state).before() == ()

    def test_that_comes_twice_is_sent_again_until_its_shards_are_done(self, hand):
        key = hand.release("r1", hotels(range(MANY)))
        fan_out(key, hand.suite)
        again = fan_out(key, hand.suite)
        assert (isinstance(again.result, Ignored), again.shards) == (True, 4)
        assert work_shards(hand) == {"release": sorted(hotels(range(MANY)))}
        complete_when_fanned_out(hand.suite)
        assert fan_out(key, hand.suite).shards == 0

    def test_that_is_older_sends_nothing(self, hand):
        older = hand.release("r1", hotels([1]))
        fan_out(hand.release("r2", hotels([2])), hand.suite)
        hand.take(hand.suite.shards)
        assert fan_out(older, hand.suite).shards == 0

    def test_is_completed_when_all_its_shards_are(self, hand):
        fan_out(hand.release("r1", hotels(range(MANY))), hand.suite)
        *first, last = hand.take(hand.suite.shards)
        for body in first:
            fan_out_shard(ShardMessage.model_validate(body), hand.suite)
        assert not complete_when_fanned_out(hand.suite)
        fan_out_shard(ShardMessage.model_validate(last), hand.suite)
        assert complete_when_fanned_out(hand.suite)
        assert not complete_when_fanned_out(hand.suite)


class TestAShard:
    def test_of_a_superseded_release_nudges_nobody(self, hand):
        fan_out(hand.release("r1", hotels([1])), hand.suite)
        (old,) = hand.take(hand.suite.shards)
        fan_out(hand.release("r2", hotels([2])), hand.suite)
        assert fan_out_shard(ShardMessage.model_validate(old), hand.suite).superseded

    def test_that_comes_twice_nudges_nobody_twice(self, hand):
        fan_out(hand.release("r1", hotels([1])), hand.suite)
        (body,) = hand.take(hand.suite.shards)
        assert fan_out_shard(ShardMessage.model_validate(body), hand.suite).hotels == 1
        assert fan_out_shard(ShardMessage.model_validate(body), hand.suite).hotels == 0


def test_two_contents_of_one_release_id_never_share_a_folder(hand):
    """Both may be applied at the same time: the first owns the plain folder, and neither writes into the other's."""
    suite = hand.suite
    key = hand.release("r1", hotels([1]))
    suite.state.put("releases/r1/digest", b"of another content, which is on its way")
    fan_out(key, suite)
    first = read_current(suite.state)
    assert first.folder == f"releases/r1+{first.digest[:8]}"
    fan_out(hand.release("r1", hotels([1, 2])), suite)
    second = read_current(suite.state)
    assert second.folder == f"releases/r1+{second.digest[:8]}" != first.folder
    assert work_shards(hand) == {"release": ["h1", "h2"]}


def test_a_content_that_comes_back_is_fanned_out_again(hand):
    """A file is replaced, and replaced by its first content again, and so on: hotels come, go, and come."""
    for numbers, gone in (([1], []), ([1, 2], []), ([1], [2]), ([1, 2], []), ([1], [2]), ([1, 2], [])):
        fan_out(hand.release("r1", hotels(numbers)), hand.suite)
        nudged = work_shards(hand)
        assert nudged["release"] == sorted(hotels(numbers))
        assert nudged.get("departed", []) == sorted(hotels(gone))
        assert complete_when_fanned_out(hand.suite)
