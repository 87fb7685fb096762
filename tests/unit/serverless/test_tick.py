"""`tick`: a due-marker is nudged on its day, as far as the quota allows, and is kept until it has been served."""

from dataclasses import replace
from datetime import date, timedelta

import pytest

from image_release.publish import Manifest, Pending
from image_release.queueing import QueueError
from image_release.serverless import due, label_pace
from image_release.serverless import tick as ticking
from image_release.serverless.due_markers import leave_due_markers, mark_next_sweep, settle_marker
from image_release.serverless.tick import tick
from image_release.state import SERVED, StateUnreadableError, leave_marker, marker_etag, markers_of
from image_release.storage import StorageError
from image_release.store_keys import due_key
from image_release.upkeep_keys import walk_key
from tests.unit.serverless.conftest import World


def manifest(world, kind, seq=1, hotel_id="h1", **later):
    pending = Pending(kind=kind, not_before=world.now + timedelta(**later))
    return Manifest(
        seq=seq, hotel_id=hotel_id, name="", release_id="r", inputs="", versions={}, published_at=world.now,
        pending=(pending,),
    )  # fmt: skip


def did(ticked, job):
    """What a job of `tick` did, without what it did not do."""
    assert ticked.failed == {}
    return {name: number for name, number in ticked.did[job].items() if number}


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
        leave_due_markers(world.suite.state, None, manifest(world, "download", hours=1))
        for minutes, expected in ((1, 0), (61, 1), (1, 0), (61, 1)):
            world.wait(minutes=minutes)
            tick(world.suite)
            assert len(nudged(world)) == expected

    @pytest.mark.parametrize(("kind", "hours"), [("tag", 1.5), ("download", 1), ("revalidate", 6), ("sweep", 6)])
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
        tick(world.suite)
        assert nudged(world) == []
        assert [listed.key for listed in world.suite.state.list("due/")] == ["due/2026-11-25/translate/h1"]

    def test_that_was_served_is_gone(self, world):
        state, today = world.suite.state, world.now.date()
        leave_due_markers(state, None, manifest(world, "tag", hours=1))
        assert settle_marker(state, "h1", "tag", today, marker_etag(state, today, "tag", "h1"), None)
        assert list(state.list("due/")) == []

    @pytest.mark.parametrize(("kind", "job"), [("tag", "nudged_for_labels"), ("sweep", "nudged")])
    def test_that_an_earlier_version_served_is_not_nudged_and_is_deleted_after_its_day(self, world, kind, job):
        state, today = world.suite.state, world.now.date()
        leave_marker(state, today, kind, "h1", SERVED)
        world.wait(hours=7)
        assert did(tick(world.suite), job) == {}
        assert (nudged(world), state.get(due_key(today, kind, "h1")).data) == ([], SERVED)
        world.wait(days=1)
        assert did(tick(world.suite), job) == {}
        world.wait(days=1)
        assert did(tick(world.suite), job) == {"tidied": 1}
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


class TestAWalk:
    """Through the markers of one kind."""

    def leave(self, world, count, kind="revalidate", day=None):
        for number in range(count):
            leave_marker(world.suite.state, day or world.now.date(), kind, f"{kind}{number:04}")

    def test_that_runs_out_of_time_goes_on_where_it_stopped(self, world, monkeypatch):
        """Nothing is nudged twice, and what rests is not listed again."""
        monkeypatch.setattr(due, "CHUNK", 10)
        self.leave(world, 45)
        world.wait(hours=7)
        seen = []
        for _ in range(5):
            ticked = tick(replace(world.suite, seconds_left=lambda: 0))
            assert ticked.failed == {}
            seen.append([hotel_id for hotel_id, _, _ in nudged(world)])
        assert [len(hotels) for hotels in seen] == [10, 10, 10, 10, 5]
        assert [hotel_id for hotels in seen for hotel_id in hotels] == [
            f"revalidate{number:04}" for number in range(45)
        ]

    def test_that_ended_begins_again_only_when_a_marker_may_have_rested(self, world):
        """A million resting markers cost one read a tick, and no listing."""
        self.leave(world, 3)
        world.wait(hours=7)
        tick(world.suite)
        state = world.suite.state
        listed, real = [], state.list
        state.list = lambda prefix, **options: listed.append(prefix) or real(prefix, **options)
        for _ in range(5):
            world.wait(minutes=60)
            tick(world.suite)
        assert "due/2026-11-25/revalidate/" not in listed
        del state.list
        world.wait(minutes=60)
        assert did(tick(world.suite), "nudged") == {"revalidate": 3}

    def test_sees_what_was_written_behind_it(self, world, monkeypatch):
        """A marker that is written while the walk is beyond its place is nudged as soon as it has rested."""
        monkeypatch.setattr(due, "CHUNK", 10)
        self.leave(world, 20)
        world.wait(hours=7)
        tick(replace(world.suite, seconds_left=lambda: 0))
        leave_marker(world.suite.state, world.now.date(), "revalidate", "a")
        world.wait(hours=1)
        tick(world.suite)
        nudged(world)
        world.wait(hours=4, minutes=59)
        tick(world.suite)
        assert ("a", "revalidate", "2026-11-25") not in nudged(world)
        world.wait(minutes=1)
        tick(world.suite)
        assert ("a", "revalidate", "2026-11-25") in nudged(world)

    def test_begins_at_midnight_with_the_markers_of_the_new_day(self, world):
        """They were written long ago: they have rested."""
        leave_marker(world.suite.state, date(2026, 11, 26), "sweep", "h2")
        leave_marker(world.suite.state, date(2026, 11, 25), "sweep", "h1")
        world.wait(hours=13, minutes=59)
        tick(world.suite)
        assert nudged(world) == [("h1", "sweep", "2026-11-25")]
        world.wait(minutes=1)
        tick(world.suite)
        assert nudged(world) == [("h2", "sweep", "2026-11-26")]

    def test_takes_old_days_first(self, world):
        days = [date(2026, 11, 25), date(2025, 1, 1), date(2026, 11, 3)]
        for day in days:
            leave_marker(world.suite.state, day, "sweep", "h1")
        world.wait(hours=7)
        tick(world.suite)
        assert [day for _, _, day in nudged(world)] == [day.isoformat() for day in sorted(days)]

    def test_does_not_list_other_kinds(self, world):
        """A million markers of a newer version's kind, or waiting for labels, cost nothing to those who sweep."""
        self.leave(world, 300, "translate")
        self.leave(world, 1, "sweep")
        counted = []
        state = world.suite.state
        real = state.list
        state.list = lambda prefix, **options: (counted.append(one.key) or one for one in real(prefix, **options))
        found = [marker.hotel_id for marker in markers_of(state, "sweep", world.now.date())]
        assert (found, len(counted)) == (["sweep0000"], 2)

    @pytest.mark.parametrize(
        "damaged", [b"", b"{", b"[]", b'{"after": 7}', b"\xff", b'{"wakes": "soon"}', b'{"wakes": "2027-01-01T00:00"}']
    )
    def test_that_is_damaged_begins_anew(self, world, damaged):
        self.leave(world, 3)
        world.suite.state.put(walk_key("revalidate"), damaged)
        world.wait(hours=7)
        assert did(tick(world.suite), "nudged") == {"revalidate": 3}

    def test_sends_nothing_for_markers_that_could_not_be_touched(self, world):
        """They are nudged next time."""
        self.leave(world, 3)
        world.wait(hours=7)
        state = world.suite.state

        def refuse(key, data, **options):
            if key.startswith("due/"):
                raise StorageError("503 Slow Down")
            return type(state).put(state, key, data, **options)

        state.put = refuse
        assert "503 Slow Down" in tick(world.suite).failed["nudged"]
        assert nudged(world) == []
        del state.put
        assert did(tick(world.suite), "nudged") == {"revalidate": 3}

    def test_that_lost_its_queue_nudges_again_after_the_rest_period(self, world):
        self.leave(world, 3)
        world.wait(hours=7)

        class Down:
            def send(self, messages):
                list(messages)
                raise QueueError("down")

        assert "down" in tick(replace(world.suite, bulk=Down())).failed["nudged"]
        assert did(tick(world.suite), "nudged") == {}
        world.wait(hours=6)
        assert did(tick(world.suite), "nudged") == {"revalidate": 3}


class FailsAt:
    """A store or a queue of which the n-th request fails, before it has an effect or after."""

    def __init__(self, behind, turns, *, before):
        self._behind, self._turns, self._before = behind, turns, before

    def __getattr__(self, name):
        method = getattr(self._behind, name)

        def asked(*args, **options):
            self._turns[0] -= 1
            if self._turns[0] or not self._before:
                found = method(*args, **options)
                found = list(found) if name == "list" else found
            if not self._turns[0]:
                raise StorageError("simulated")
            return iter(found) if name == "list" else found

        return asked


@pytest.mark.parametrize("before", [True, False])
@pytest.mark.parametrize("kind", ["revalidate", "tag"])
def test_no_failure_of_any_request_loses_a_marker(kind, before, monkeypatch):
    """Whichever request fails: when all works again, each hotel is nudged, and none twice within its rest period."""
    monkeypatch.setattr(due, "CHUNK", 4)
    monkeypatch.setattr(label_pace, "CHUNK", 4)
    failing, failed = 0, True
    while failed:
        failing += 1
        world, turns = World(), [failing]
        for number in range(10):
            leave_marker(world.suite.state, world.now.date(), kind, f"h{number}")
        suite = replace(world.suite, tagger="google")
        world.wait(hours=7)
        state, bulk = (FailsAt(behind, turns, before=before) for behind in (suite.state, suite.bulk))
        jobs = {"labels": label_pace.nudge_for_labels, "others": due.nudge_due}
        failed = bool(tick(replace(suite, state=state, bulk=bulk), jobs).failed)
        world.wait(minutes=15)
        first = [hotel_id for hotel_id, _, _ in nudged(world)]
        assert len(first) == len(set(first))
        assert tick(suite, jobs).failed == {}
        world.wait(hours=6)
        assert tick(suite, jobs).failed == {}
        world.wait(hours=6)
        seen = [*first, *(hotel_id for hotel_id, _, _ in nudged(world))]
        assert set(seen) == {f"h{number}" for number in range(10)}, failing
        assert len(list(world.suite.state.list("due/"))) == 10
    assert failing > 15


class TestAJob:
    def test_that_fails_stops_no_other(self, world):
        def fails(suite):
            raise StateUnreadableError("releases/current.json")

        ticked = tick(world.suite, {"first": fails, "second": lambda suite: {"done": 1}})
        assert ticked.did == {"second": {"done": 1}}
        assert "releases/current.json cannot be read" in ticked.failed["first"]

    def test_gets_its_share_of_nearly_half_the_time(self, world, monkeypatch):
        """What a job does not use goes to those after it; what it uses too much is missing there."""
        monkeypatch.setattr(ticking, "SHARES", {"long": 4})
        left = [240.0]
        given = {}

        def job(name, uses):
            def run(suite):
                given[name] = suite.seconds_left()
                left[0] -= uses
                given[name + " after"] = suite.seconds_left()
                return {}

            return run

        jobs = {"short": job("short", 1), "long": job("long", 90), "last": job("last", 200)}
        tick(replace(world.suite, seconds_left=lambda: left[0]), jobs)
        assert given == {
            "short": pytest.approx(18), "short after": pytest.approx(17), "long": pytest.approx(85.6),
            "long after": pytest.approx(-4.4), "last": pytest.approx(17), "last after": pytest.approx(-183),
        }  # fmt: skip


def test_an_object_that_is_no_marker_is_ignored(world):
    world.suite.state.put("due/readme", b"")
    world.suite.state.put(due_key(date(2026, 1, 1), "sweep", "h1"), b"")
    world.wait(hours=7)
    tick(world.suite)
    assert nudged(world) == [("h1", "sweep", "2026-01-01")]
