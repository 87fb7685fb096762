"""Labels at the pace of the quota: it is used in every minute while work waits, whatever the interval of ticks."""

from __future__ import annotations

import json
import random
from dataclasses import replace
from datetime import date, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from image_release.publish import Manifest, Pending
from image_release.serverless.due_markers import leave_due_markers, settle_marker
from image_release.serverless.label_pace import IMAGES_A_HOTEL, PROBES, Pace, images_waiting
from image_release.serverless.tick import tick
from image_release.state import leave_marker, marker_etag
from image_release.tag import AccountQuota, CountersUnreachableError, MemoryCounters
from image_release.upkeep_keys import TAGGER_UNAVAILABLE

A_MINUTE, A_DAY = 1_800, 50_000


class Hotels:
    """Hotels that wait for labels, and what processes them: it reserves images when a nudge can be received."""

    def __init__(self, world, count, *, images, a_day=A_DAY, seed=1):
        self.world, self.dice = world, random.Random(seed)
        quota = AccountQuota(world.counters, A_MINUTE, a_day, lambda: world.now)
        self.suite = replace(world.suite, tagger="google", quota=quota)
        self.waiting = {f"h{number:05}": images(self.dice) for number in range(count)}
        self.nudges = {}
        self.others = 0
        self.started = True
        self.manifests = {}
        for hotel_id in self.waiting:
            self.publish(hotel_id)

    def publish(self, hotel_id):
        """Leave the marker of what still waits, as publishing the hotel does."""
        now, images = self.world.now, self.waiting[hotel_id]
        pending = [Pending(kind="tag", not_before=now + timedelta(hours=1), images=images)] if images else []
        before = self.manifests.get(hotel_id)
        self.manifests[hotel_id] = Manifest(
            seq=before.seq + 1 if before else 1, hotel_id=hotel_id, name="", release_id="r", inputs="", versions={},
            published_at=now, pending=tuple(pending),
        )  # fmt: skip
        leave_due_markers(self.suite.state, before, self.manifests[hotel_id])

    def serve(self):
        """Process what can be received now."""
        queue = self.suite.bulk
        for receipt in queue.visible():
            received = queue.receive(receipt)
            order = json.loads(received.body)
            hotel_id, day = order["hotel_id"], date.fromisoformat(order["due"])
            etag = marker_etag(self.suite.state, day, order["reason"], hotel_id)
            if order["reason"] == "tag":
                minute = self.world.now.strftime("%H:%M")
                self.nudges[minute] = self.nudges.get(minute, 0) + 1
                while self.started and self.waiting[hotel_id]:
                    granted = self.suite.quota.reserve(min(16, self.waiting[hotel_id]))
                    self.waiting[hotel_id] -= granted
                    if not granted:
                        break
                self.publish(hotel_id)
            else:
                self.others += 1
            settle_marker(self.suite.state, hotel_id, order["reason"], day, etag, self.manifests.get(hotel_id))
            queue.delete(received.receipt)

    def play(self, minutes, interval, *, late=0):
        """Let time pass in steps of 5 s, with a tick at each interval, up to `late` seconds late."""
        next_tick = self.world.now
        end = self.world.now + timedelta(minutes=minutes)
        while self.world.now < end:
            if self.world.now >= next_tick:
                assert tick(self.suite).failed == {}
                next_tick += timedelta(minutes=interval)
            self.serve()
            self.world.wait(seconds=5)

    def taken(self, first, last):
        """Images taken in each whole minute between two moments."""
        minutes = int((last - first) / timedelta(minutes=1))
        names = ((first + timedelta(minutes=number)).strftime("minute#%Y-%m-%dT%H:%M") for number in range(minutes))
        return [self.world.counters.taken(name) for name in names]


@pytest.mark.parametrize("interval", [1, 5, 15])
@pytest.mark.parametrize("most", [1, 39], ids=["20 images each", "1 to 39 images each"])
def test_the_quota_is_used_in_every_minute_and_never_exceeded(world, interval, most):
    """At least 90 % of it, from the first minute on, with any interval of ticks and any number of images a hotel."""
    hotels = Hotels(world, 1_500, images=lambda dice: 20 if most == 1 else dice.randint(1, most))
    world.wait(hours=2)
    began = world.now
    hotels.play(14, interval)
    taken = hotels.taken(began, world.now)
    assert max(taken) <= A_MINUTE
    assert min(taken) >= 0.9 * A_MINUTE, taken
    assert sum(taken) >= 0.95 * A_MINUTE * len(taken)


def test_what_was_sent_ahead_is_not_sent_again(world):
    """A tick sends a quarter of an hour ahead, the next one what has passed since: 90 hotels of 20 images a minute."""
    hotels = Hotels(world, 4_000, images=lambda dice: 20)
    world.wait(hours=2)
    sent = []
    for minutes in (0, 0, 5, 1, 15):
        world.wait(minutes=minutes)
        sent.append(tick(hotels.suite).did["nudged_for_labels"].get("tag", 0))
    assert sent == [15 * 90, 0, 5 * 90, 90, 15 * 90]


def test_the_quota_is_used_over_several_ticks_of_fifteen_minutes(world):
    hotels = Hotels(world, 4_000, images=lambda dice: dice.randint(10, 30), a_day=1_000_000)
    world.wait(hours=2)
    began = world.now
    hotels.play(40, 15)
    taken = hotels.taken(began, world.now)
    assert max(taken) <= A_MINUTE
    assert min(taken) >= 0.9 * A_MINUTE, taken


def test_the_cap_of_the_day_holds_and_the_next_day_begins_at_midnight(world):
    """When the day's images are gone, nobody is nudged in vain; at midnight the next day's are there."""
    hotels = Hotels(world, 1_500, images=lambda dice: 20, a_day=9_000)
    world.wait(hours=13)  # 23:00
    hotels.play(59, 5)
    assert world.counters.taken("day#2026-11-25") == 9_000
    assert sum(hotels.nudges.values()) <= 9_000 / 20 + 1_800 * 15 / 20 / 15  # a minute's worth came too late
    began = world.now
    hotels.play(8, 5)
    assert world.counters.taken("day#2026-11-26") == 9_000
    assert hotels.taken(began + timedelta(minutes=1), began + timedelta(minutes=5)) == pytest.approx(
        [1_800] * 4, rel=0.1
    )


def test_other_kinds_do_not_wait_for_labels(world):
    hotels = Hotels(world, 1_000, images=lambda dice: 20)
    for number in range(700):
        leave_marker(world.suite.state, world.now.date(), "revalidate", f"r{number}")
    world.wait(hours=7)
    hotels.play(1, 5)
    assert hotels.others == 700


def test_what_others_take_is_not_taken_twice(world):
    """Urgent hotels take half of each minute; ours that come too late stay due, and the quota holds."""
    hotels = Hotels(world, 1_000, images=lambda dice: 20)
    world.wait(hours=2)
    for _ in range(10):
        hotels.suite.quota.reserve(900)
        hotels.play(1, 5)
    taken = hotels.taken(world.now - timedelta(minutes=10), world.now)
    assert max(taken) <= A_MINUTE
    assert min(taken) >= 0.9 * A_MINUTE


def test_a_minute_that_others_have_used_is_left_to_them(world):
    hotels = Hotels(world, 100, images=lambda dice: 20)
    world.wait(hours=2)
    hotels.suite.quota.reserve(A_MINUTE)
    tick(hotels.suite)
    hotels.serve()
    assert hotels.nudges == {}
    world.wait(minutes=1)
    hotels.serve()
    assert hotels.nudges == {"12:01": 1}


def test_a_stage_that_asks_nobody_for_money_has_no_pace(world):
    hotels = Hotels(world, 300, images=lambda dice: 20)
    world.wait(hours=2)
    assert tick(replace(hotels.suite, tagger="local")).did["nudged_for_labels"]["tag"] == 300


def test_counters_that_do_not_answer_stop_labels_alone(world):
    """They are nudged no more, that is reported, and all else goes on."""

    class Away(MemoryCounters):
        def taken(self, window):
            raise CountersUnreachableError("connection refused")

    hotels = Hotels(world, 5, images=lambda dice: 20)
    leave_marker(world.suite.state, world.now.date(), "sweep", "s")
    world.wait(hours=7)
    ticked = tick(replace(hotels.suite, quota=replace(hotels.suite.quota, counters=Away())))
    assert ticked.did["nudged"]["sweep"] == 1
    assert "connection refused" in ticked.failed["nudged_for_labels"]
    assert tick(hotels.suite).did["nudged_for_labels"]["tag"] == 5


class TestATaggerThatCannotBeUsed:
    def report(self, hotels):
        hotels.suite.state.put(TAGGER_UNAVAILABLE, b"{}")

    def test_gets_a_few_hotels_a_tick_until_one_was_served(self, world):
        hotels = Hotels(world, 600, images=lambda dice: 20)
        world.wait(hours=2)
        hotels.started = False
        for _ in range(12):
            self.report(hotels)  # its containers report as long as they are asked
            hotels.play(5, 5)
        assert sum(hotels.nudges.values()) == 12 * PROBES
        hotels.started = True
        hotels.play(5, 5)  # the probes are served
        began = world.now
        hotels.play(5, 5)
        assert min(hotels.taken(began, world.now)) >= 0.9 * A_MINUTE

    def test_is_no_reason_to_wait_while_images_are_taken(self, world):
        """One container cannot use it, the others can."""
        hotels = Hotels(world, 900, images=lambda dice: 20)
        world.wait(hours=2)
        hotels.play(5, 5)
        self.report(hotels)
        began = world.now
        hotels.play(5, 5)
        assert min(hotels.taken(began, world.now)) >= 0.9 * A_MINUTE

    def test_counts_for_a_while_only(self, world):
        """A local model takes no image of a quota: a stage is nudged again when nobody reports any more."""
        hotels = Hotels(world, 10, images=lambda dice: 20)
        suite = replace(hotels.suite, tagger="local")
        world.wait(hours=2)
        self.report(hotels)
        assert tick(suite).did["nudged_for_labels"] == {"tidied": 0, "tag": PROBES, "stopped": 1}
        world.wait(minutes=20)
        assert tick(suite).did["nudged_for_labels"] == {"tidied": 0, "tag": 10 - PROBES, "stopped": 0}


@given(
    st.binary(max_size=40)
    | st.from_type(dict[str, int | str | None]).map(lambda document: json.dumps(document).encode())
)
def test_a_marker_of_any_bytes_has_a_number_of_images(body):
    assert 1 <= images_waiting(body) <= 10_000


def test_a_marker_of_an_earlier_version_counts_as_an_average_hotel():
    assert [images_waiting(body) for body in (b"", b"nudged 2026-11-25", b'{"seq": 1}')] == [IMAGES_A_HOTEL] * 3
    assert [images_waiting(body) for body in (b'{"images": 7}', b'{"images": -7}')] == [7, 1]
    assert images_waiting(b'{"images": Infinity}') == images_waiting(b"[" * 100_000) == IMAGES_A_HOTEL
    assert images_waiting(b'{"images": 1e300}') == 10_000


@given(
    hotels=st.lists(st.integers(1, 500), max_size=200),
    a_minute=st.integers(0, 2_000),
    a_day=st.integers(0, 20_000),
    left=st.integers(-100, 5_000),
)
def test_no_pace_gives_more_than_the_day_and_the_minutes_have(hotels, a_minute, a_day, left):
    """But for the last hotel of each, which may need more than is left."""
    began = datetime.fromisoformat("2026-11-25T23:50:00+00:00")
    pace = Pace(began, left, a_minute, a_day)
    taken = [(moment, images) for images in hotels if (moment := pace.take(images, began + timedelta(minutes=15)))]
    assert [moment for moment, _ in taken] == sorted(moment for moment, _ in taken)
    today = [images for moment, images in taken if moment.day == 25]
    assert sum(today[:-1]) <= max(0, left)
    assert sum([images for moment, images in taken if moment.day == 26][:-1]) <= a_day
    assert taken == [] or (a_minute > 0 and (today or a_day > 0))
    span = (taken[-1][0] - began) / timedelta(minutes=1) if taken else 0
    assert sum(images for _, images in taken[:-1]) <= span * a_minute + 1e-3
