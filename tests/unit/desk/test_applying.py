"""Hotels that are processed for the desk: each once at a time, and no decision is left out."""

import threading

import pytest

from image_release.desk.applying import Applied, HotelsUnderWay, SuiteApplier

PATIENCE_S = 60


class HeldApplier:
    """Processes a hotel when the test lets it; remembers which hotels were under way, and how many at once."""

    publishes = True

    def __init__(self):
        self.begun = []
        self.most_of_one = 0
        self.go = threading.Semaphore(0)
        self.started = threading.Semaphore(0)
        self._running = []

    def apply(self, hotel_id):
        self.begun.append(hotel_id)
        self._running.append(hotel_id)
        self.most_of_one = max(self.most_of_one, self._running.count(hotel_id))
        self.started.release()
        assert self.go.acquire(timeout=PATIENCE_S)
        self._running.remove(hotel_id)
        return Applied(hotel_id, "published", len(self.begun))

    def close(self):
        self.go.release(100)


@pytest.fixture
def applier():
    return HeldApplier()


@pytest.fixture
def seen():
    return []


@pytest.fixture
def under_way(applier, seen):
    hotels = HotelsUnderWay(applier, seen.append)
    yield hotels
    hotels.close()


def test_what_is_decided_while_a_hotel_is_processed_is_applied_right_afterwards_in_one_go(under_way, applier):
    first = under_way.begin("h")
    assert applier.started.acquire(timeout=PATIENCE_S)
    later = [under_way.begin("h") for _ in range(3)]
    assert under_way.of("h") is later[0]
    applier.go.release(2)
    assert [future.result(PATIENCE_S).seq for future in (first, *later)] == [1, 2, 2, 2]
    assert applier.most_of_one == 1


def test_other_hotels_do_not_wait(under_way, applier):
    under_way.begin("slow")
    other = under_way.begin("other")
    assert applier.started.acquire(timeout=PATIENCE_S)
    assert applier.started.acquire(timeout=PATIENCE_S)
    applier.go.release(2)
    assert other.result(PATIENCE_S).hotel_id == "other"


def test_nothing_is_under_way_afterwards_and_the_result_is_remembered_and_observed(under_way, applier, seen):
    applier.go.release()
    result = under_way.begin("h").result(PATIENCE_S)
    assert under_way.last("h") == result
    assert seen == [result]
    applier.go.release()
    assert under_way.begin("h").result(PATIENCE_S).seq == 2


def test_an_unexpected_error_is_told_as_a_failure():
    class Broken(SuiteApplier):
        def apply(self, hotel_id):
            raise RuntimeError(f"no luck\x1b with {hotel_id}")

    under_way = HotelsUnderWay(Broken())
    result = under_way.begin("h").result(PATIENCE_S)
    assert (result.status, result.error) == ("failed", "RuntimeError: no luck\\x1b with h")
    assert under_way.last("h") == result
    under_way.close()


def test_beside_a_suite_nothing_is_processed_here():
    applier = SuiteApplier()
    assert not applier.publishes
    assert applier.apply("h") == Applied("h", "waiting")
