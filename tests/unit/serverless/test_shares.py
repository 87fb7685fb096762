"""Work that is split into shares: what was confirmed is not repeated, and what stands still goes on."""

from collections import Counter
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from image_release.serverless.messages import GoOnMessage, ShareMessage, read_shard_message
from image_release.serverless.shares import (
    NUDGE,
    Nudging,
    SplitPlan,
    WorkUnreadableError,
    begin,
    do_share,
    nudge_in_shares,
    read_plan,
    remove_work,
    resume_split,
)
from image_release.serverless.steps import STEPS
from image_release.split_keys import plan_key, share_done_folder, share_key, split_folder
from tests.legal_ids import legal_ids
from tests.unit.serverless.conftest import World
from tests.unit.serverless.killing import kills

FOLDER = split_folder("requests", "q1")
HOTELS = [f"h{number}" for number in range(10)]
NUDGING = Nudging("request", "q1")


def nudge(suite, hotels=HOTELS):
    return nudge_in_shares(replace(suite, hotels_a_share=3), FOLDER, hotels, NUDGING)


def orders(world):
    return [ShareMessage.model_validate(body) for body in world.take(world.suite.shards)]


def nudged(world):
    return Counter(body["hotel_id"] for body in world.take(world.suite.urgent))


def work_on_shares(world):
    return [do_share(order, world.suite, STEPS) for order in orders(world)]


class TestNudging:
    def test_a_few_hotels_are_nudged_at_once_and_nothing_is_stored(self, world):
        assert nudge(world.suite, HOTELS[:3]).hotels == 3
        assert nudged(world) == Counter(HOTELS[:3])
        assert list(world.suite.state.list("")) == []

    def test_no_hotels_are_nudged_at_once_too(self, world):
        assert nudge(world.suite, []).hotels == 0

    def test_many_hotels_are_nudged_share_by_share(self, world):
        assert nudge(world.suite).shares == 4
        assert nudged(world) == Counter()
        assert work_on_shares(world) == [b"3", b"3", b"3", b"1"]
        assert nudged(world) == Counter(HOTELS)

    @given(st.lists(legal_ids(), max_size=30))
    def test_every_hotel_is_nudged_once_whatever_its_id(self, hotels):
        world = World()
        nudge(world.suite, hotels)
        work_on_shares(world)
        assert nudged(world) == Counter(hotels)

    def test_says_why_for_which_request_and_in_which_group(self, world):
        nudging = Nudging("catalogue", None, "Bäder & Co", is_urgent=False)
        nudge_in_shares(replace(world.suite, hotels_a_share=5), FOLDER, HOTELS, nudging)
        work_on_shares(world)
        assert len(world.suite.urgent) == 0
        assert {tuple(body) for body in world.take(world.suite.bulk)} == {("hotel_id", "reason")}

    def test_a_share_that_is_done_is_not_sent_again(self, world):
        nudge(world.suite)
        first, *_ = orders(world)
        do_share(first, world.suite, STEPS)
        assert nudge(world.suite).shares == 3
        assert first.share not in {order.share for order in orders(world)}

    def test_a_duplicate_finds_the_mark(self, world):
        nudge(world.suite)
        first, *_ = orders(world)
        assert [do_share(first, world.suite, STEPS) for _ in range(2)] == [b"3", None]
        assert nudged(world) == Counter(HOTELS[:3])

    def test_a_share_that_is_lost_or_damaged_is_no_empty_one(self, world):
        nudge(world.suite)
        first, second, *_ = orders(world)
        world.suite.state.put(share_key(FOLDER, NUDGE, first.share), b"\x1f\x8b")
        world.suite.state.delete(share_key(FOLDER, NUDGE, second.share))
        for order in (first, second):
            with pytest.raises(WorkUnreadableError, match=f"delete what is below {FOLDER}/, and hand in again"):
                do_share(order, world.suite, STEPS)

    @pytest.mark.parametrize("after", [False, True])
    def test_a_planner_that_is_killed_anywhere_repeats_no_share_that_is_done(self, world, after):
        """After every kill all shares that were sent are done; the next planner sends the others only."""
        for _ in kills(world.suite, nudge, after=after):
            work_on_shares(world)
        work_on_shares(world)
        assert nudged(world) == Counter(HOTELS)

    @pytest.mark.parametrize("after", [False, True])
    def test_a_share_that_is_killed_anywhere_comes_back_until_all_its_hotels_are_nudged(self, world, after):
        nudge(world.suite)
        first, *others = orders(world)
        for _ in kills(world.suite, lambda suite: do_share(first, suite, STEPS), after=after):
            assert not [order for order in others if order == first]
        found = nudged(world)
        assert found.keys() == set(HOTELS[:3])
        assert do_share(first, world.suite, STEPS) is None


class TestWorkThatGoesOn:
    def test_is_told_when_its_last_share_is_done(self, world):
        steps = {"compare": lambda plan, share, suite: f"{plan.details['of']}{share}".encode()}
        begin(world.suite, SplitPlan("split/catalogues/a", "compare", 2, goes_on=True, details={"of": "a"}))
        for share, told in ((1, 0), (0, 1), (0, 1)):
            do_share(ShareMessage(folder="split/catalogues/a", step="compare", share=share), world.suite, steps)
            bodies = world.take(world.suite.catalogues)
            assert [GoOnMessage.model_validate(body).go_on for body in bodies] == ["split/catalogues/a"] * told
        marks = [world.suite.state.get(mark.key).data for mark in world.suite.state.list("split/catalogues/a/done/")]
        assert marks == [b"a0", b"a1"]

    def test_leaves_a_message_of_another_step_alone(self, world):
        begin(world.suite, SplitPlan(FOLDER, "write", 2, goes_on=True))
        for step, share in (("compare", 0), ("write", 2)):
            assert do_share(ShareMessage(folder=FOLDER, step=step, share=share), world.suite, {}) is None

    def test_keeps_the_plan_that_was_first(self, world):
        begin(world.suite, SplitPlan(FOLDER, "write", 2))
        assert begin(world.suite, SplitPlan(FOLDER, "write", 3)).shares == 2


class TestResuming:
    def test_leaves_work_alone_that_moves(self, world):
        nudge(world.suite)
        orders(world)
        world.wait(minutes=59)
        assert resume_split(world.suite) == {}
        assert len(world.suite.shards) == 0

    def test_sends_lost_shares_again_once_an_hour(self, world):
        nudge(world.suite)
        first, *_ = orders(world)
        do_share(first, world.suite, STEPS)
        world.wait(hours=1)
        assert resume_split(world.suite) == {"resumed": 1}
        assert len(orders(world)) == 3
        assert resume_split(world.suite) == {}
        world.wait(hours=1)
        assert resume_split(world.suite) == {"resumed": 1}
        work_on_shares(world)
        assert nudged(world) == Counter(HOTELS)

    def test_tells_work_again_that_it_can_go_on(self, world):
        begin(world.suite, SplitPlan(FOLDER, "compare", 1, goes_on=True))
        do_share(ShareMessage(folder=FOLDER, step="compare", share=0), world.suite, {"compare": lambda *_: b""})
        world.take(world.suite.catalogues)  # and the message is lost
        world.wait(hours=1)
        assert [resume_split(world.suite), len(world.suite.catalogues)] == [{"resumed": 1}, 1]
        assert resume_split(world.suite) == {}

    def test_removes_finished_work_after_a_day_and_a_planner_that_comes_back_before_has_nothing_to_do(self, world):
        nudge(world.suite)
        work_on_shares(world)
        world.wait(hours=23)
        assert resume_split(world.suite) == {}
        assert nudge(world.suite).shares == 0
        world.wait(hours=1)
        assert resume_split(world.suite) == {"removed": 1}
        assert list(world.suite.state.list("split/")) == []

    def test_ignores_a_share_that_comes_after_its_work_was_removed(self, world):
        nudge(world.suite)
        first, *_ = orders(world)
        remove_work(world.suite, FOLDER)
        assert do_share(first, world.suite, STEPS) is None
        assert nudged(world) == Counter()

    def test_removes_shares_whose_planner_never_came_back(self, world):
        world.suite.state.put(share_key(FOLDER, NUDGE, 0), b"")
        world.wait(hours=23)
        assert resume_split(world.suite) == {}
        world.wait(hours=1)
        assert resume_split(world.suite) == {"removed": 1}

    @pytest.mark.parametrize("after", [False, True])
    def test_removes_the_plan_last(self, world, after):
        """Whatever kills it, a plan is there as long as anything else is: so no share is taken for done."""
        for _ in range(2):
            nudge(world.suite)
            work_on_shares(world)
            for _ in kills(world.suite, lambda suite: remove_work(suite, FOLDER), after=after):
                left = [listed.key for listed in world.suite.state.list(f"{FOLDER}/")]
                assert not left or plan_key(FOLDER) in left

    def test_does_other_work_although_one_plan_is_damaged_and_says_so(self, world):
        world.suite.state.put(plan_key("split/requests/a"), b"{")
        world.suite.state.put(plan_key("split/requests/b"), b"{}")
        nudge(world.suite)
        orders(world)
        world.wait(hours=1)
        with pytest.raises(WorkUnreadableError):
            resume_split(world.suite)
        assert len(orders(world)) == 4

    def test_stops_when_its_time_is_over(self, world):
        nudge(world.suite)
        orders(world)
        world.wait(hours=1)
        assert resume_split(replace(world.suite, seconds_left=lambda: 0)) == {}
        assert len(world.suite.shards) == 0

    def test_leaves_a_plan_alone_that_goes_on_meanwhile(self, world):
        nudge(world.suite)
        orders(world)
        world.wait(hours=1)
        plan = read_plan(world.suite.state, FOLDER)

        class Rival:
            def __getattr__(self, name):
                return getattr(world.suite.state, name)

            def list(self, prefix):
                yield from list(world.suite.state.list(prefix))
                if prefix == share_done_folder(FOLDER, NUDGE):
                    world.suite.state.put(plan_key(FOLDER), replace(plan, step="write").data())

        assert resume_split(replace(world.suite, state=Rival())) == {}
        assert len(world.suite.shards) == 0


def test_a_message_of_the_shard_queue_is_a_shard_as_of_old_or_a_share():
    old = read_shard_message('{"release_id":"2026-11-25 week 48","folder":"releases/r1","shard":3}')
    assert (old.release_id, old.shard) == ("2026-11-25 week 48", 3)
    share = read_shard_message('{"folder":"split/requests/q1","step":"nudge","share":3}')
    assert (share.folder, share.step, share.share) == ("split/requests/q1", "nudge", 3)
