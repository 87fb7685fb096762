"""What `process_hotel` records of a change, and what is left of a writer that was killed before its swap."""

import pytest

from image_release.publish import ChangeRecord, counted, read_before
from image_release.storage import MemoryStore
from image_release.store_keys import changes_folder, manifest_key
from tests.integration.world import World, jpeg, photo


class KilledError(Exception):
    """The writer is killed here."""


class Published(MemoryStore):
    """A store in which the next swap of a manifest kills the writer, if it is told so."""

    kills = False

    def put(self, key, data, **conditions):
        if self.kills and key == manifest_key("h1"):
            self.kills = False
            raise KilledError
        super().put(key, data, **conditions)


@pytest.fixture
def world():
    found = World(published=Published())
    urls = [found.serve(f"/{number}.jpg", jpeg(photo(number))) for number in range(3)]
    found.catalogue("atlas", "1", {"a1": urls[:2]})
    found.release("r1", {"h1": [("atlas", "a1")]})
    found.urls = urls
    yield found
    found.close()


def records(world):
    keys = [listed.key for listed in world.state.list(changes_folder("h1"))]
    return [ChangeRecord.from_bytes(world.state.get(key).data) for key in keys]


def changes(world):
    return counted(records(world), read_before(world.published, "h1").manifest)


def test_each_manifest_has_a_record_and_an_unchanged_hotel_writes_none(world):
    world.process()
    world.process()
    world.catalogue("atlas", "2", {"a1": world.urls[1:]})
    world.process()
    assert [(item.seq, len(item.gained), len(item.lost)) for item in changes(world)] == [(1, 2, 0), (2, 1, 1)]


def test_a_killed_writer_leaves_a_record_that_counts_only_once_its_manifest_is_there(world):
    world.published.kills = True
    with pytest.raises(KilledError):
        world.process()
    assert (len(records(world)), changes(world)) == (1, [])
    assert world.process().manifest.seq == 1, "the same change takes the same number"
    assert len(changes(world)) == 1


def test_after_a_killed_writer_another_change_takes_the_next_number(world):
    world.published.kills = True
    with pytest.raises(KilledError):
        world.process()
    world.catalogue("atlas", "2", {"a1": world.urls})
    assert world.process().manifest.seq == 2
    assert [(item.seq, item.previous, len(item.gained)) for item in changes(world)] == [(2, None, 3)]


def test_lost_manifests_do_not_stop_a_hotel_with_many_records(world):
    for version in range(2, 2 + 2 * world.settings.publishing.max_swaps):
        world.catalogue("atlas", str(version), {"a1": world.urls[: version % 3 + 1]})
        world.process()
    before = read_before(world.published, "h1").manifest.seq
    for listed in list(world.published.list("")):
        world.published.delete(listed.key)
    assert world.process().manifest.seq > before
