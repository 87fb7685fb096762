"""`tick`: a due-marker is nudged on its day, as far as the quota allows, and is kept until it has been served."""

from datetime import date, timedelta

import pytest

from image_release.publish import Manifest, Pending
from image_release.serverless.due_markers import leave_due_markers, mark_next_sweep, settle_marker
from image_release.serverless.tick import tick
from image_release.state import SERVED, leave_marker, marker_etag
from image_release.store_keys import due_key


def manifest(world, kind, seq=1, hotel_id="h1", **later):
    pending = Pending(kind=kind, not_before=world.now + timedelta(**later))
    return Manifest(
        seq=seq, hotel_id=hotel_id, name="", release_id="r", inputs="", versions={}, published_at=world.now,
        pending=(pending,),
    )  # fmt: skip


def nudged(world):
    return [(body["hotel_id"], body["reason"], body["due"]) for body in world.take(world.suite.bulk)]


class TestAMarker:
    def test_is_nudged_on_its_day_and_not_before(self, world):
        leave_due_markers(world.suite.state, None, manifest(world, "revalidate", days=3))
        tick(world.suite)
        assert nudged(world) == []
        world.wait(days=3)
        tick(world.suite)
        assert nudged(world) == [("h1", "revalidate", "2026-11-28")]

    def test_that_was_nudged_is_nudged_again_after_an_hour_unless_served(self, world):
        """A lost nudge costs an hour and nothing else."""
        leave_due_markers(world.suite.state, None, manifest(world, "tag", hours=1))
        for minutes, expected in ((1, 0), (61, 1), (1, 0), (61, 1)):
            world.wait(minutes=minutes)
            tick(world.suite)
            assert len(nudged(world)) == expected

    @pytest.mark.parametrize(("kind", "hours"), [("tag", 1), ("download", 1), ("revalidate", 6), ("sweep", 6)])
    def test_rests_for_exactly_the_hours_of_its_kind(self, world, kind, hours):
        leave_due_markers(world.suite.state, None, manifest(world, kind, hours=1))
        world.wait(hours=7)
        tick(world.suite)
        assert len(nudged(world)) == 1
        for duration, expected in ((timedelta(hours=hours, microseconds=-1), 0), (timedelta(microseconds=1), 1)):
            world.wait(seconds=duration.total_seconds())
            tick(world.suite)
            assert len(nudged(world)) == expected

    def test_of_a_kind_that_a_newer_version_added_is_left_to_it(self, world):
        """This version cannot serve it: nudging it would cost a message every few hours, for ever."""
        leave_marker(world.suite.state, world.now.date(), "translate", "h1")
        world.wait(days=3)
        assert tick(world.suite).nudged == {}
        assert nudged(world) == []
        assert [listed.key for listed in world.suite.state.list("due/")] == ["due/2026-11-25/translate/h1"]

    def test_that_was_served_is_not_nudged_and_is_deleted_after_its_day(self, world):
        state, today = world.suite.state, world.now.date()
        leave_due_markers(state, None, manifest(world, "tag", hours=1))
        assert settle_marker(state, "h1", "tag", today, marker_etag(state, today, "tag", "h1"), None)
        world.wait(hours=2)
        tick(world.suite)
        assert (nudged(world), state.get(due_key(today, "tag", "h1")).data) == ([], SERVED)
        world.wait(days=1)
        assert tick(world.suite).tidied == 0
        world.wait(days=1)
        assert tick(world.suite).tidied == 1
        assert list(state.list("due/")) == []

    def test_is_not_served_while_the_hotel_is_still_due(self, world):
        state, today = world.suite.state, world.now.date()
        still_due = manifest(world, "tag", hours=1)
        leave_due_markers(state, None, still_due)
        assert not settle_marker(state, "h1", "tag", today, marker_etag(state, today, "tag", "h1"), still_due)

    def test_is_not_served_when_another_run_wrote_it_again_meanwhile(self, world):
        state, today = world.suite.state, world.now.date()
        leave_due_markers(state, None, manifest(world, "tag", hours=1))
        before = marker_etag(state, today, "tag", "h1")
        leave_due_markers(state, None, manifest(world, "tag", seq=2, hours=1))
        assert not settle_marker(state, "h1", "tag", today, before, None)
        world.wait(hours=2)
        tick(world.suite)
        assert nudged(world) == [("h1", "tag", "2026-11-25")]

    def test_is_not_written_again_for_work_that_was_pending_before(self, world):
        """A hotel that changes weekly and is due for revalidation in a month gets one marker, not four."""
        first = manifest(world, "revalidate", days=30)
        leave_due_markers(world.suite.state, None, first)
        writes = world.counter.writes
        leave_due_markers(world.suite.state, first, first.model_copy(update={"seq": 2}))
        assert world.counter.writes == writes

    def test_of_work_that_is_due_at_once_is_for_today(self, world):
        leave_due_markers(world.suite.state, None, manifest(world, "download", days=-3))
        assert [item.key for item in world.suite.state.list("due/")] == ["due/2026-11-25/download/h1"]


class TestASweep:
    def test_that_had_to_leave_files_is_repeated_after_the_grace_period(self, world):
        """Files that a failed writer put for the next manifest may be deleted only once that manifest exists."""
        world.suite.published.put("hotels/h1/renditions/2/abc-small.jpg", b"x")
        found = manifest(world, "revalidate", days=30)
        assert mark_next_sweep(world.suite.state, world.suite.published, found, world.now, timedelta(days=7))
        assert [item.key for item in world.suite.state.list("due/")] == ["due/2026-12-03/sweep/h1"]

    def test_that_left_no_files_is_not_repeated(self, world):
        found = manifest(world, "revalidate", days=30)
        assert not mark_next_sweep(world.suite.state, world.suite.published, found, world.now, timedelta(days=7))
        assert list(world.suite.state.list("due/")) == []


class TestTheQuota:
    def test_limits_how_many_hotels_are_nudged_for_labels(self, world):
        for number in range(200):
            leave_due_markers(world.suite.state, None, manifest(world, "tag", hotel_id=f"h{number}", hours=1))
        world.wait(hours=2)
        assert tick(world.suite).nudged == {"tag": 90}
        world.suite.quota.reserve(1_800)
        assert tick(world.suite).nudged == {}
        world.wait(minutes=1)
        assert tick(world.suite).nudged == {"tag": 90}

    def test_does_not_limit_sweeps(self, world):
        world.suite.quota.reserve(1_800)
        world.suite.state.put(due_key(world.now.date(), "sweep", "h1"), b"")
        world.wait(hours=7)
        assert tick(world.suite).nudged == {"sweep": 1}


def test_an_object_that_is_no_marker_is_ignored(world):
    world.suite.state.put("due/readme", b"")
    world.suite.state.put(due_key(date(2026, 1, 1), "sweep", "h1"), b"")
    world.wait(hours=7)
    tick(world.suite)
    assert nudged(world) == [("h1", "sweep", "2026-01-01")]
