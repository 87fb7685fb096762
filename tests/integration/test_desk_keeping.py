"""The thread that keeps the desk's index: it builds it, follows what is published, and tells what goes wrong."""

import threading

import pytest

from image_release.desk.index import Query, open_index
from image_release.desk.keeping import IndexKeeper
from image_release.storage import MemoryStore, StorageError, Stores
from tests.integration.world import World

PATIENCE_S = 60


class Flaky(MemoryStore):
    """A store that cannot answer while it is down."""

    is_down = False

    def get(self, key):
        if self.is_down:
            raise StorageError("the store is down")
        return super().get(key)


@pytest.fixture
def world():
    world = World(published=Flaky())
    world.release("2026-11-01", {"h1": [], "h2": []})
    world.process("h1")
    yield world
    world.close()


@pytest.fixture
def kept(world, tmp_path):
    """The index of the world, which is followed while the test runs, and each step that was told."""
    index, told = open_index(tmp_path / "index.sqlite"), []
    keeper = IndexKeeper(index, Stores(world.inbox, world.state, world.published), world.settings, told.append)
    keeper.start()
    yield index, keeper, told
    keeper.stop()
    keeper.join(PATIENCE_S)


def ids(index):
    return sorted(hotel.hotel_id for hotel in index.find(Query()).hotels)


def test_the_index_is_built_with_progress(kept):
    index, keeper, told = kept
    assert keeper.caught_up(PATIENCE_S)
    assert ids(index) == ["h1"]
    assert "reading" in {now.what for now in told}


def test_a_hotel_that_somebody_decided_about_is_read_at_once(kept, world):
    index, keeper, _ = kept
    keeper.caught_up(PATIENCE_S)
    world.process("h2")
    keeper.look("h1", "h2")
    assert ids(index) == ["h1", "h2"]


def test_what_goes_wrong_is_a_sentence_and_goes_away(kept, world):
    """The list stays as it was."""
    index, keeper, _ = kept
    keeper.caught_up(PATIENCE_S)
    world.published.is_down = True
    keeper.look("h1")
    assert ids(index) == ["h1"]
    world.published.is_down = False
    assert keeper.caught_up(PATIENCE_S)
    assert keeper.now.error == ""


def test_a_store_that_is_down_at_the_beginning_is_told(world, tmp_path):
    world.published.is_down = True
    keeper = IndexKeeper(
        open_index(tmp_path / "index.sqlite"), Stores(world.inbox, world.state, world.published), world.settings
    )
    keeper.start()
    try:
        assert keeper.caught_up(PATIENCE_S)
        assert "the store is down" in keeper.now.error
    finally:
        keeper.stop()
        keeper.join(PATIENCE_S)


def test_what_is_asked_while_a_turn_ends_is_done_by_the_next_turn(world, tmp_path):
    """The turn that ends may have looked before whoever asks changed something."""
    ends, go_on, was_waiting = threading.Event(), threading.Event(), []

    def observe(now):
        if now.what:
            return
        if not ends.is_set():  # the first turn has looked, and is not over yet
            ends.set()
            assert go_on.wait(PATIENCE_S)
        elif not was_waiting:
            asking.join(0.2)
            was_waiting.append(asking.is_alive())

    stores = Stores(world.inbox, world.state, world.published)
    keeper = IndexKeeper(open_index(tmp_path / "index.sqlite"), stores, world.settings, observe)
    asking = threading.Thread(target=keeper.caught_up, args=(PATIENCE_S,))
    keeper.start()
    try:
        assert ends.wait(PATIENCE_S)
        asking.start()
        assert keeper._wanted.wait(PATIENCE_S)
        go_on.set()
        asking.join(PATIENCE_S)
        assert was_waiting == [True]
    finally:
        go_on.set()
        keeper.stop()
        keeper.join(PATIENCE_S)
