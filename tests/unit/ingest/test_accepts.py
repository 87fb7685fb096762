"""What a brake holds, and accepts: each lets one content through, once, whatever is killed or comes twice."""

import json
from datetime import UTC, datetime, timedelta

import pytest

from image_release.ingest import Held, Ignored, all_waiting, hotel_ids, is_let_through, read_current, waiting_release
from image_release.ingest.releases.applying import ReleaseApplied, apply_release
from image_release.settings import Settings
from image_release.state import accept, held
from image_release.storage import MemoryStore
from image_release.store_keys import accept_release_key, held_release_key
from tests.unit.ingest.interrupted import Interrupted
from tests.unit.ingest.test_release import HEADER, row

ALL = range(100)
MOST = range(50)
OTHERS = range(40, 100)


class World:
    """Releases of hotels by number, on a clock that moves by a minute with each write."""

    def __init__(self) -> None:
        self.now = datetime(2026, 11, 1, tzinfo=UTC)
        self.inbox, self.state = MemoryStore(self.clock), Interrupted()
        self.state._clock = self.clock
        self.settings = Settings()

    def clock(self):
        self.now += timedelta(minutes=1)
        return self.now

    def apply(self, release_id, numbers, end="\n"):
        rows = [HEADER, *(row(f"h{number}") for number in numbers)]
        self.inbox.put(f"releases/{release_id}.csv", ("\n".join(rows) + end).encode())
        return apply_release(self.inbox, self.state, f"releases/{release_id}.csv", self.settings, self.now)

    def accept(self, release_id):
        found = waiting_release(self.inbox, self.state, release_id)
        accept(self.inbox, found.accept_key, found.document)

    def upload(self, release_id, data):
        self.inbox.put(accept_release_key(release_id), data)

    @property
    def hotels(self):
        return len(list(hotel_ids(self.state, read_current(self.state))))

    @property
    def waiting(self):
        return [(found.names, found.is_accepted) for found in all_waiting(self.inbox, self.state)]


@pytest.fixture
def world():
    found = World()
    found.apply("r1", ALL)
    return found


class TestTheBrake:
    @pytest.mark.parametrize(
        ("before", "after", "is_held"),
        [
            (100, 80, False),  # twenty are harmless, whatever their share
            (100, 79, True),  # 21 of 100
            (1_000, 951, False),  # 49 are less than the share
            (1_000, 950, False),
            (1_000, 949, True),
            (2, 1, False),
        ],
    )
    def test_holds_what_exceeds_the_share_and_the_number(self, before, after, is_held):
        world = World()
        world.apply("r1", range(before))
        assert isinstance(world.apply("r2", range(after)), Held if is_held else ReleaseApplied)

    @pytest.mark.parametrize("number", [1, 3])
    def test_always_holds_what_takes_everything(self, number):
        """The file has other hotels only."""
        world = World()
        world.apply("r1", range(number))
        found = world.apply("r2", [9])
        assert (type(found), found.reason) == (Held, "everything would go")

    def test_is_off_where_its_share_is_one(self, world):
        world.settings = Settings.model_validate({"brakes": {"max_withdrawn_share": 1}})
        assert isinstance(world.apply("r2", [500]), ReleaseApplied)


class TestAnAccept:
    def test_lets_what_is_held_through(self, world):
        world.apply("r2", MOST)
        assert world.waiting == [(("r2",), False)]
        world.accept("r2")
        assert (world.waiting, world.hotels) == ([(("r2",), True)], 100)
        assert isinstance(world.apply("r2", MOST), ReleaseApplied)
        assert (world.waiting, world.hotels) == ([], 50)

    def test_counts_once(self, world):
        """The same content is held again when it would take hotels again."""
        for _ in range(2):
            world.apply("rx", ALL)
            assert [type(world.apply("rx", MOST)) for _ in range(2)] == [Held, Held]
            world.accept("rx")
            assert isinstance(world.apply("rx", MOST), ReleaseApplied)

    def test_counts_for_no_other_content(self, world):
        world.apply("r2", MOST)
        world.accept("r2")
        assert isinstance(world.apply("r2", OTHERS), Held)
        assert isinstance(world.apply("r2", MOST), Held), "the accept was of the record before"

    def test_counts_through_a_kill_before_the_switch(self, world):
        world.apply("r2", MOST)
        world.accept("r2")
        world.state.before["releases/current.json"] = lambda: (_ for _ in ()).throw(KeyboardInterrupt)
        with pytest.raises(KeyboardInterrupt):
            world.apply("r2", MOST)
        assert isinstance(world.apply("r2", MOST), ReleaseApplied)

    def test_counts_for_nothing_after_a_kill_behind_the_switch(self, world):
        """The record stayed. The next attempt deletes it, and until then nothing is told as held."""
        world.apply("r2", MOST)
        world.accept("r2")
        record = world.state.get(held_release_key("r2")).data
        world.apply("r2", MOST)
        world.state.put(held_release_key("r2"), record)
        assert world.waiting == []
        assert isinstance(world.apply("r2", MOST), Ignored)
        assert world.state.get(held_release_key("r2")) is None


class TestAnUploadedAccept:
    @pytest.mark.parametrize("data", [b"", b"yes", b"{}", b"[1]", b"\xff"])
    def test_without_a_digest_counts_if_it_came_after_the_record(self, world, data):
        world.apply("r2", MOST)
        world.upload("r2", data)
        assert is_let_through(world.inbox, world.state, accept_release_key("r2"))
        assert isinstance(world.apply("r2", MOST), ReleaseApplied)

    def test_without_a_digest_counts_for_nothing_if_it_came_before(self, world):
        """Old workspaces are full of them."""
        world.upload("r2", b"")
        assert isinstance(world.apply("r2", MOST), Held)
        assert isinstance(world.apply("r2", MOST), Held)

    def test_of_an_old_workspace_counts_for_nothing(self, world):
        """Version 0.2.0 wrote a record without a digest, and never deleted it."""
        world.state.put(held_release_key("r2"), b'{"identifier": "r2", "leaving": 1, "of": 9, "limit": 0.05}')
        world.upload("r2", b"")
        assert isinstance(world.apply("r2", MOST), Held)
        assert isinstance(world.apply("r2", MOST), Held)

    @pytest.mark.parametrize(("digest", "result"), [(None, ReleaseApplied), ("0" * 64, Held)])
    def test_with_a_digest_counts_for_that_content(self, world, digest, result):
        world.apply("r2", MOST)
        digest = digest or held(world.state, held_release_key("r2"))["digest"]
        world.upload("r2", json.dumps({"digest": digest}).encode())
        assert isinstance(world.apply("r2", MOST), result)


class TestTheRecord:
    def test_stays_as_it_is_when_the_same_content_comes_again(self, world):
        """Otherwise an accept that names it would be lost."""
        world.apply("r2", MOST)
        record = world.state.get(held_release_key("r2"))
        world.apply("r2", MOST)
        assert world.state.get(held_release_key("r2")) == record

    @pytest.mark.parametrize("data", [b"", b"{", b"[]", b"null"])
    def test_that_cannot_be_read_is_written_again(self, world, data):
        world.apply("r2", MOST)
        world.state.put(held_release_key("r2"), data)
        assert world.waiting == []
        assert isinstance(world.apply("r2", MOST), Held)
        assert world.waiting == [(("r2",), False)]

    def test_of_a_release_that_a_later_one_superseded_is_no_longer_told(self, world):
        world.apply("r2", MOST)
        world.apply("r3", ALL)
        assert world.waiting == []
        world.apply("r2", MOST)
        assert world.state.get(held_release_key("r2")) is None

    def test_of_a_file_that_may_be_cut_says_so(self, world):
        """One hotel would go, which no brake holds."""
        found = world.apply("r2", range(99), end="")
        assert (found.leaving, "no line end" in found.reason) == (1, True)
        world.accept("r2")
        assert isinstance(world.apply("r2", range(99), end=""), ReleaseApplied)
        assert world.hotels == 99
