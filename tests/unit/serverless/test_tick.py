"""`tick`: what is owed is nudged when it is due, as far as the quota goes, and never forgotten before it was served."""

from datetime import date, timedelta

from image_release.publish import Manifest, Pending
from image_release.serverless.due_markers import leave_due_markers, mark_next_sweep, settle_marker
from image_release.serverless.tick import tick
from image_release.state import SERVED, marker_etag
from image_release.store_keys import due_key


def manifest(hand, kind, seq=1, hotel_id="h1", **later):
    owed = Pending(kind=kind, not_before=hand.now + timedelta(**later))
    return Manifest(
        seq=seq, hotel_id=hotel_id, name="", release_id="r", inputs="", versions={}, published_at=hand.now,
        pending=(owed,),
    )  # fmt: skip


def nudged(hand):
    return [(body["hotel_id"], body["reason"], body["due"]) for body in hand.take(hand.suite.bulk)]


class TestAMarker:
    def test_is_nudged_on_its_day_and_not_before(self, hand):
        leave_due_markers(hand.suite.state, None, manifest(hand, "revalidate", days=3))
        tick(hand.suite)
        assert nudged(hand) == []
        hand.wait(days=3)
        tick(hand.suite)
        assert nudged(hand) == [("h1", "revalidate", "2026-11-28")]

    def test_that_was_nudged_rests_and_is_nudged_again_if_nobody_serves_it(self, hand):
        """A nudge that is lost costs an hour and nothing else."""
        leave_due_markers(hand.suite.state, None, manifest(hand, "tag", hours=1))
        for minutes, expected in ((1, 0), (61, 1), (1, 0), (61, 1)):
            hand.wait(minutes=minutes)
            tick(hand.suite)
            assert len(nudged(hand)) == expected

    def test_that_was_served_is_not_nudged_and_goes_when_its_day_is_over(self, hand):
        state, today = hand.suite.state, hand.now.date()
        leave_due_markers(state, None, manifest(hand, "tag", hours=1))
        assert settle_marker(state, "h1", "tag", today, marker_etag(state, today, "tag", "h1"), None)
        hand.wait(hours=2)
        tick(hand.suite)
        assert (nudged(hand), state.get(due_key(today, "tag", "h1")).data) == ([], SERVED)
        hand.wait(days=2)
        assert tick(hand.suite).tidied == 1
        assert list(state.list("due/")) == []

    def test_is_not_served_while_the_hotel_still_owes_it(self, hand):
        state, today = hand.suite.state, hand.now.date()
        owing = manifest(hand, "tag", hours=1)
        leave_due_markers(state, None, owing)
        assert not settle_marker(state, "h1", "tag", today, marker_etag(state, today, "tag", "h1"), owing)

    def test_is_not_served_when_another_look_owed_it_anew_meanwhile(self, hand):
        state, today = hand.suite.state, hand.now.date()
        leave_due_markers(state, None, manifest(hand, "tag", hours=1))
        before = marker_etag(state, today, "tag", "h1")
        leave_due_markers(state, None, manifest(hand, "tag", seq=2, hours=1))
        assert not settle_marker(state, "h1", "tag", today, before, None)
        hand.wait(hours=2)
        tick(hand.suite)
        assert nudged(hand) == [("h1", "tag", "2026-11-25")]

    def test_is_left_once_for_what_was_owed_before(self, hand):
        """A hotel that changes weekly and owes its revalidation in a month leaves one marker, not four."""
        first = manifest(hand, "revalidate", days=30)
        leave_due_markers(hand.suite.state, None, first)
        writes = hand.counter.writes
        leave_due_markers(hand.suite.state, first, first.model_copy(update={"seq": 2}))
        assert hand.counter.writes == writes

    def test_of_what_is_owed_at_once_is_for_today(self, hand):
        leave_due_markers(hand.suite.state, None, manifest(hand, "download", days=-3))
        assert [item.key for item in hand.suite.state.list("due/")] == ["due/2026-11-25/download/h1"]


class TestASweep:
    def test_that_had_to_leave_something_comes_again_after_the_grace_period(self, hand):
        """What a failed writer put under the number of the next manifest may not go before there is one."""
        hand.suite.published.put("hotels/h1/renditions/2/abc-small.jpg", b"x")
        found = manifest(hand, "revalidate", days=30)
        assert mark_next_sweep(hand.suite.state, hand.suite.published, found, hand.now, timedelta(days=7))
        assert [item.key for item in hand.suite.state.list("due/")] == ["due/2026-12-03/sweep/h1"]

    def test_that_left_nothing_does_not(self, hand):
        found = manifest(hand, "revalidate", days=30)
        assert not mark_next_sweep(hand.suite.state, hand.suite.published, found, hand.now, timedelta(days=7))
        assert list(hand.suite.state.list("due/")) == []


class TestTheQuota:
    def test_decides_how_many_refused_hotels_come_back(self, hand):
        for number in range(200):
            leave_due_markers(hand.suite.state, None, manifest(hand, "tag", hotel_id=f"h{number}", hours=1))
        hand.wait(hours=2)
        assert tick(hand.suite).nudged == {"tag": 90}
        hand.suite.quota.reserve(1_800)
        assert tick(hand.suite).nudged == {}
        hand.wait(minutes=1)
        assert tick(hand.suite).nudged == {"tag": 90}

    def test_says_nothing_about_sweeps(self, hand):
        hand.suite.quota.reserve(1_800)
        hand.suite.state.put(due_key(hand.now.date(), "sweep", "h1"), b"")
        hand.wait(hours=7)
        assert tick(hand.suite).nudged == {"sweep": 1}


def test_what_is_no_marker_is_left_alone(hand):
    hand.suite.state.put("due/readme", b"")
    hand.suite.state.put(due_key(date(2026, 1, 1), "sweep", "h1"), b"")
    hand.wait(hours=7)
    tick(hand.suite)
    assert nudged(hand) == [("h1", "sweep", "2026-01-01")]
