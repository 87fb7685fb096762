"""The account's quota, of a minute and of a day, for all workers together."""

from datetime import UTC, datetime, timedelta

import pytest

from image_release.tag import AccountQuota, CountersUnreachableError, MemoryCounters, TaggerUnavailableError


class Clock:
    def __init__(self):
        self.now = datetime(2026, 11, 25, 23, 59, 30, tzinfo=UTC)

    def __call__(self):
        return self.now


def test_every_minute_grants_its_number_of_images():
    clock = Clock()
    quota = AccountQuota(MemoryCounters(), 10, 1_000, clock)
    assert [quota.reserve(6), quota.reserve(6), quota.reserve(6)] == [6, 4, 0]
    clock.now += timedelta(minutes=1)
    assert quota.reserve(6) == 6


def test_the_day_limits_what_its_minutes_grant():
    clock = Clock()
    clock.now = clock.now.replace(hour=8)
    quota = AccountQuota(MemoryCounters(), 10, 15, clock)
    assert quota.reserve(10) == 10
    clock.now += timedelta(minutes=1)
    assert (quota.left(), quota.reserve(10), quota.left()) == (5, 5, 0)
    clock.now += timedelta(days=1)
    assert quota.reserve(10) == 10


def test_all_workers_share_it():
    counters, clock = MemoryCounters(), Clock()
    assert [AccountQuota(counters, 10, 100, clock).reserve(4) for _ in range(4)] == [4, 4, 2, 0]


def test_a_counter_that_cannot_be_reached_grants_nothing():
    """No image is sent without being counted, and whoever asks is told why."""

    class Unreachable(MemoryCounters):
        def take(self, window, wanted, limit):
            raise CountersUnreachableError("connection refused")

    with pytest.raises(TaggerUnavailableError, match="connection refused"):
        AccountQuota(Unreachable(), 10, 100, Clock()).reserve(5)
