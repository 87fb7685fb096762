"""How the suite processes a nudge: failures are retried, images that crash are found, pending work is not lost."""

import json
import os
import signal
import time
from datetime import timedelta

import pytest

from image_release.child_process import IsolatedCaller
from image_release.feed_keys import NOTED, noted
from image_release.hotel import process as process_module
from image_release.ingest import parse_request, progress, store_request
from image_release.outcomes import Outcome
from image_release.publish import publish, read_before
from image_release.queueing import MemoryQueue
from image_release.serverless.failing import Attempt, ComeBackError, back_off_s
from image_release.serverless.messages import NudgeMessage
from image_release.serverless.ports import Suite
from image_release.serverless.process_hotel import serve
from image_release.serverless.tick import tick
from image_release.state import markers_until
from image_release.storage import StorageError
from image_release.tag import AccountQuota, MemoryCounters, NotTagged, Tagged
from image_release.values import Label
from tests.integration.world import World, jpeg, photo


@pytest.fixture
def world():
    found = World()
    urls = [found.serve(f"/{number}.jpg", jpeg(photo(number))) for number in range(3)]
    found.catalogue("atlas", "1", {"a1": urls})
    found.release("r1", {"h1": [("atlas", "a1")]})
    yield found
    found.close()


def process(world, receives=1, most=5, deadline_s=None, isolated=None, message=None, **ports):
    message = message or NudgeMessage(hotel_id="h1", reason="test")
    caller = isolated or refuse
    return serve(message, world.ports(**ports), Attempt(receives, most), isolated=caller, deadline_s=deadline_s)


def refuse(*_, **__):
    raise AssertionError("a message that is received for the first time must not decode in a child")


def failing():
    raise StorageError("the store is unavailable")


class TestAFailure:
    def test_is_retried_after_a_wait_that_doubles_up_to_a_limit(self):
        bounds = {1: (5, 10), 2: (10, 20), 3: (20, 40), 7: (320, 640), 8: (450, 900), 50: (450, 900)}
        for receives, (least, most) in bounds.items():
            waits = {back_off_s(f"h{number}", receives) for number in range(10_000)}
            assert waits == set(range(least, most + 1))

    def test_says_which_hotel_why_and_when_again(self):
        """An id is untrusted: what is not printable is escaped."""
        assert str(ComeBackError("h\x1b1", 20, "no store")) == "hotel h\\x1b1: no store; again in 20 s"

    def test_is_the_last_one_if_a_person_invokes_the_function(self):
        """Nobody receives that message again."""
        assert Attempt().is_last
        assert Attempt() == Attempt(receives=1, most=1)
        assert not Attempt(receives=2, most=3).is_last

    def test_of_the_store_is_retried_and_counted_at_the_last_receive(self, world):
        request = parse_request(json.dumps({"request_id": "q1", "hotel_ids": ["h1"]}).encode(), "q1.json")
        store_request(world.state, request, 1)
        message = NudgeMessage(hotel_id="h1", reason="request", request_id="q1")
        for receives in (1, 2):
            with pytest.raises(ComeBackError, match="the store is unavailable"):
                process(world, receives, 2, now=failing, message=message, isolated=IsolatedCaller())
            assert progress(world.state, "q1").failed == (receives == 2)
        process(world, message=message)
        found = progress(world.state, "q1")
        assert (found.done, found.failed) == (1, 0)


class TestTheFeed:
    def test_hears_of_a_manifest_before_it_is_published_and_of_nothing_else(self, world, monkeypatch):
        """The note is there when the swap is made, so a killed function loses none; an unchanged hotel has none."""
        noted_at_the_swap = []
        monkeypatch.setattr(
            process_module, "publish", lambda *args: (noted_at_the_swap.extend(notes(world)), publish(*args))[1]
        )
        report = process(world)
        assert noted_at_the_swap == notes(world) == [("h1", report.manifest.seq)]
        assert process(world).status == "unchanged"
        assert len(notes(world)) == 1


def notes(world):
    return [noted(listed.key) for listed in world.state.list(NOTED)]


class TestAMessageReceivedBefore:
    def test_decodes_in_a_child_so_that_an_image_that_kills_becomes_crashed(self, world):
        """The first receive crashed because of the image; the second publishes the other images."""
        bad = world.serve("/bad.jpg", jpeg(photo(9)))
        world.catalogue("atlas", "2", {"a1": [bad, world.site.address + "/0.jpg"]})
        killer = world.site.files["/bad.jpg"]

        class Deadly(IsolatedCaller):
            """A caller whose child process is killed by the bad image."""

            def __call__(self, function, /, *args, **kwargs):
                if args and args[0] == killer:
                    return super().__call__(die)
                return super().__call__(function, *args, **kwargs)

        with Deadly() as isolated:
            report = process(world, receives=2, isolated=isolated)
        assert report.outcomes == {Outcome.PUBLISHED: 1, Outcome.CRASHED: 1}


def die():
    os.kill(os.getpid(), signal.SIGKILL)


class TestATimeBudget:
    def test_that_ends_before_anything_is_rendered_keeps_what_was_downloaded(self, world):
        """The same message continues where it stopped: nothing is downloaded twice."""
        end_s = time.monotonic() + 3_600
        with pytest.raises(ComeBackError, match="out of time") as back:
            process(world, deadline_s=end_s, monotonic=lambda: end_s + 1 if len(world.site.asked) == 3 else 0.0)
        assert back.value.seconds == 1
        assert read_before(world.published, "h1").manifest is None
        report = process(world, receives=2, isolated=IsolatedCaller())
        assert report.outcomes == {Outcome.PUBLISHED: 3}
        assert (report.work.downloads, len(world.site.asked)) == (0, 3)

    def test_that_ends_during_downloads_publishes_a_part_and_continues(self, world):
        with pytest.raises(ComeBackError, match="in part"):
            process(world, deadline_s=-1.0)
        assert process(world).outcomes == {Outcome.PUBLISHED: 3}

    def test_that_ends_at_the_last_receive_leaves_a_marker(self, world):
        """The queue drops the message after its last receive, so a due-marker brings the hotel back."""
        report = process(world, 5, 5, deadline_s=-1.0, isolated=IsolatedCaller())
        assert report.outcomes == {Outcome.DEFERRED: 3}
        assert [item.key for item in world.state.list("due/")] == [f"due/{world.now.date()}/download/h1"]


class PaidTagger:
    """A tagger that labels as many images as the quota grants."""

    identity = "paid-1"
    wants_views = False

    def __init__(self, quota):
        self.quota = quota

    def tag(self, requests, *, deadline_s=None):
        return {
            request.sha256: Tagged((Label("Bedroom", 0.9),))
            if self.quota.reserve(1)
            else NotTagged("quota", retry=True)
            for request in requests
        }


class TestForcedWork:
    """What a request forces and cannot be done now is done later, and the request waits for it."""

    def test_asks_again_just_for_the_labels_that_had_to_wait(self, world):
        process(world, tagger=PaidTagger(AccountQuota(MemoryCounters(), 3, 1_000, lambda: world.now)))
        world.wait(hours=1)
        tagger = PaidTagger(AccountQuota(MemoryCounters(), 2, 1_000, lambda: world.now))
        message = self.force(world, "retag")
        first = process(world, message=message, tagger=tagger)
        [waits] = [entry for entry in first.manifest.pending if entry.kind == "tag"]
        assert (len(waits.again), waits.requests) == (1, ("q1",))
        assert self.counts(world) == (0, 1)
        assert process(world, message=message, tagger=tagger).status == "unchanged"
        assert self.counts(world) == (0, 1)
        world.wait(minutes=61)
        later = NudgeMessage(hotel_id="h1", reason="tag", due=world.now.date().isoformat())
        second = process(world, message=later, tagger=tagger)
        assert second.work.tagged == 1
        assert [entry for entry in second.manifest.pending if entry.kind == "tag"] == []
        assert self.counts(world) == (1, 0)

    def test_downloads_anew_what_there_was_no_time_for(self, world):
        assert process(world).work.downloads == 3
        world.wait(hours=1)
        first = process(world, message=self.force(world, "redownload"), deadline_s=0.0)
        assert first.work.downloads == 0
        assert len(first.manifest.pictures) == 3
        assert self.counts(world) == (0, 1)
        later = NudgeMessage(hotel_id="h1", reason="download", due=world.now.date().isoformat())
        assert process(world, message=later).work.downloads == 3
        assert self.counts(world) == (1, 0)
        assert process(world, message=later).status == "unchanged"

    def test_asks_again_about_pictures_that_come_to_the_hotel_while_it_waits(self, world):
        """Their labels are known from another hotel; the request counts as done when they were asked about, too."""
        self.give_another_hotel(world, photos=(4, 5))
        free = PaidTagger(AccountQuota(MemoryCounters(), 100, 1_000, lambda: world.now))
        process(world, tagger=free)
        process(world, message=NudgeMessage(hotel_id="h2", reason="test"), tagger=free)
        world.wait(hours=1)
        tagger = PaidTagger(AccountQuota(MemoryCounters(), 1, 1_000, lambda: world.now))
        message = self.force(world, "retag")
        process(world, message=message, tagger=tagger)
        world.release("r2", {"h1": [("atlas", "a1"), ("atlas", "a2")]})
        wanted = [5, 4, 3, 2, 1]  # all that it has now, without what each round asks about
        for left in wanted[1:]:
            second = process(world, message=message, tagger=tagger)
            [waits] = [entry for entry in second.manifest.pending if entry.kind == "tag"]
            assert (len(waits.again), waits.requests, self.counts(world)) == (left, ("q1",), (0, 1))
            world.wait(minutes=61)
        last = process(world, message=message, tagger=tagger)
        assert (last.work.tagged, self.counts(world)) == (1, (1, 0))
        assert [entry for entry in last.manifest.pending if entry.kind == "tag"] == []

    def test_is_not_done_where_the_hotel_becomes_another_while_it_is_processed(self, world):
        """Labels of both pictures wait for the quota: none of what the hotel has now was asked about."""
        self.give_another_hotel(world, photos=(4, 5))
        none_left = PaidTagger(AccountQuota(MemoryCounters(), 0, 1_000, lambda: world.now))
        message = self.force(world, "retag")
        moments = iter([lambda: None, lambda: world.release("r2", {"h1": [("atlas", "a2")]})])

        def now():
            next(moments, lambda: None)()
            return world.now

        report = process(world, message=message, tagger=none_left, now=now)
        [waits] = [entry for entry in report.manifest.pending if entry.kind == "tag"]
        assert {picture.best.sha256 for picture in report.manifest.pictures} == set(waits.again)
        assert (report.manifest.release_id, waits.requests, self.counts(world)) == ("r2", ("q1",), (0, 1))

    def test_downloads_anew_what_comes_to_the_hotel_while_it_waits(self, world):
        self.give_another_hotel(world, photos=(4, 5))
        process(world)
        process(world, message=NudgeMessage(hotel_id="h2", reason="test"))
        world.wait(hours=1)
        message = self.force(world, "redownload")
        process(world, message=message, deadline_s=0.0)
        world.release("r2", {"h1": [("atlas", "a1"), ("atlas", "a2")]})
        world.wait(hours=1)
        assert process(world, message=message).work.downloads == 5
        assert self.counts(world) == (1, 0)
        assert process(world, message=message).status == "unchanged"

    def give_another_hotel(self, world, photos):
        """Give the accommodation a2, of a hotel h2, these photographs."""
        urls = [world.serve(f"/{number}.jpg", jpeg(photo(number))) for number in photos]
        ours = [f"{world.site.address}/{number}.jpg" for number in range(3)]
        world.catalogue("atlas", "2", {"a1": ours, "a2": urls})
        world.release("r1b", {"h1": [("atlas", "a1")], "h2": [("atlas", "a2")]})

    def force(self, world, what):
        document = {"request_id": "q1", "hotel_ids": ["h1"], "force": what}
        store_request(world.state, parse_request(json.dumps(document).encode(), "q1.json"), 1)
        return NudgeMessage(hotel_id="h1", reason="request", request_id="q1")

    def counts(self, world):
        found = progress(world.state, "q1")
        return found.done, found.waiting


class TestAHotelOverTheQuota:
    def test_is_published_without_labels_and_nudged_again_by_tick(self, world):
        quota = AccountQuota(MemoryCounters(), 2, 1_000, lambda: world.now)
        bulk = MemoryQueue(lambda: world.now)
        stores = (world.inbox, world.state, world.published)
        suite = Suite(*stores, *[bulk] * 5, quota, world.settings, lambda: world.now, "google")
        tagger = PaidTagger(quota)
        first = process(world, tagger=tagger)
        assert sorted(len(picture.labels) for picture in first.manifest.pictures) == [0, 1, 1]
        assert [entry.images for entry in first.manifest.pending if entry.kind == "tag"] == [1]
        tick(suite)
        assert len(bulk) == 0
        world.wait(minutes=91)
        assert tick(suite).did["nudged_for_labels"]["tag"] == 1
        message = NudgeMessage.model_validate_json(bulk.receive().body)
        assert process(world, message=message, tagger=tagger).status == "processed"
        assert [len(picture.labels) for picture in read_before(world.published, "h1").manifest.pictures] == [1] * 3
        world.wait(hours=2)
        assert "tag" not in tick(suite).did["nudged_for_labels"]


class TestASweep:
    def test_that_is_served_leaves_a_marker_for_files_that_are_too_young(self, world):
        """A failed writer left a rendition; nothing else would ask for this hotel's next sweep."""
        process(world)
        world.wait(days=3)
        world.published.put("hotels/h1/renditions/9/left-small.jpg", b"x")
        process(world, message=NudgeMessage(hotel_id="h1", reason="tag", due=world.now.date().isoformat()))
        old_enough = world.now.date() + timedelta(days=world.settings.publishing.grace_days + 1)
        markers = lambda: [(marker.kind, marker.day) for marker in markers_until(world.state, old_enough)]
        assert ("sweep", old_enough) not in markers()
        message = NudgeMessage(hotel_id="h1", reason="sweep", due=world.now.date().isoformat())
        assert process(world, message=message).status == "unchanged"
        assert ("sweep", old_enough) in markers()
