"""Planners, shares, duplicates, kills and ticks in any order: each hotel is nudged, and no marked share again."""

from collections import Counter
from contextlib import suppress
from dataclasses import replace

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from image_release.serverless.messages import ShareMessage
from image_release.serverless.shares import NUDGE, Nudging, do_share, nudge_in_shares, resume_split
from image_release.serverless.steps import STEPS
from image_release.split_keys import share_done_key, split_folder
from tests.unit.serverless.conftest import World
from tests.unit.serverless.killing import Fate, KilledError, doomed

FOLDER = split_folder("requests", "q1")
HOTELS = [f"h{number}" for number in range(8)]
A_SHARE = 3


class Shares(RuleBasedStateMachine):
    """What may happen to one piece of work. Messages are lost, too: `tick` sends them again."""

    def __init__(self):
        super().__init__()
        self.world = World()
        self.suite = replace(self.world.suite, hotels_a_share=A_SHARE)
        self.nudged = Counter()
        self.old = []
        """Every message that was ever sent: any of them may come once more, at any time."""
        self.is_planned = False

    def marked(self):
        shares = range(-(-len(HOTELS) // A_SHARE))
        return {share for share in shares if self.world.suite.state.head(share_done_key(FOLDER, NUDGE, share))}

    def survive(self, work, at):
        """Do work that may be killed at its request number `at`; count the nudges that it sent."""
        before, marked = Counter(), self.marked()
        with suppress(KilledError):
            work(doomed(self.suite, Fate(at, after=at % 2 == 0)))
        before.update(body["hotel_id"] for body in self.world.take(self.world.suite.urgent))
        confirmed = {hotel for share in marked for hotel in HOTELS[share * A_SHARE : (share + 1) * A_SHARE]}
        assert confirmed.isdisjoint(before), "a share that was marked is nudged again"
        self.nudged += before
        self.old += [ShareMessage.model_validate(body) for body in self.world.take(self.world.suite.shards)]

    @rule(at=st.integers(1, 20))
    def plan(self, at):
        self.survive(lambda suite: nudge_in_shares(suite, FOLDER, HOTELS, Nudging("request", "q1")), at)
        self.is_planned = self.is_planned or self.world.suite.state.head(f"{FOLDER}/plan.json") is not None

    @precondition(lambda self: self.old)
    @rule(at=st.integers(1, 20), which=st.integers(0))
    def deliver(self, at, which):
        order = self.old[which % len(self.old)]
        self.survive(lambda suite: do_share(order, suite, STEPS), at)

    @rule(at=st.integers(1, 20), minutes=st.sampled_from([5, 61]))
    def tick(self, at, minutes):
        self.world.wait(minutes=minutes)
        self.survive(resume_split, at)

    @invariant()
    def a_share_is_marked_only_after_its_hotels_were_nudged(self):
        for share in self.marked():
            assert set(HOTELS[share * A_SHARE : (share + 1) * A_SHARE]) <= self.nudged.keys()

    def teardown(self):
        """Once it is planned, ticks and messages bring it to its end, whatever happened before."""
        if not self.is_planned:
            return
        for _ in range(30):
            self.tick(1_000, 61)
            while orders := self.old:
                self.old = []
                for order in orders:
                    self.survive(lambda suite, order=order: do_share(order, suite, STEPS), 1_000)
        assert set(self.nudged) == set(HOTELS)
        assert list(self.world.suite.state.list("split/")) == []


TestShares = Shares.TestCase
TestShares.settings = settings(max_examples=60, stateful_step_count=25, deadline=None)
