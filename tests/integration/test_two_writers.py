"""Two writers process one hotel at the same time with different inputs, on every kind of store."""

import threading
import uuid

import pytest

from image_release.publish import read_before
from image_release.storage import FolderStore, MemoryStore, S3Address, S3Store
from image_release.store_keys import renditions_folder
from tests.integration.world import World, jpeg, photo


@pytest.fixture(params=["memory", "folder", "s3"])
def world(request, tmp_path):
    names = ("inbox", "state", "published")
    if request.param == "s3":
        aws = request.getfixturevalue("ministack")
        bucket = aws.bucket()
        stores = {name: S3Store(S3Address(bucket, f"{uuid.uuid4().hex}/{name}"), aws.environment()) for name in names}
    elif request.param == "folder":
        stores = {name: FolderStore(tmp_path / name) for name in names}
    else:
        stores = {name: MemoryStore() for name in names}
    found = World(**stores)
    yield found
    found.close()


class Gate:
    """A clock that stops a writer after it has read its inputs, until the test lets it continue."""

    def __init__(self, world):
        self.world, self.arrived, self.go_on = world, threading.Event(), threading.Event()

    def now(self):
        self.arrived.set()
        assert self.go_on.wait(60)
        return self.world.now


def shown(manifest):
    return [picture.best.sha256 for picture in manifest.pictures]


def test_the_result_is_the_same_as_of_one_writer_after_the_other(world):
    """The first writer read the old catalogue; the second publishes the new one: the first loses and starts again."""
    urls = [world.serve(f"/{number}.jpg", jpeg(photo(number))) for number in range(3)]
    world.catalogue("atlas", "1", {"a1": urls[:2]})
    world.release("r1", {"h1": [("atlas", "a1")]})
    gate, reports = Gate(world), []
    slow = threading.Thread(target=lambda: reports.append(world.process(now=gate.now)))
    slow.start()
    assert gate.arrived.wait(60)
    world.catalogue("atlas", "2", {"a1": [urls[0], urls[2]]})
    fast = world.process()
    gate.go_on.set()
    slow.join(120)
    assert not slow.is_alive()
    published = read_before(world.published, "h1").manifest
    assert reports[0].manifest == published
    assert (published.seq, shown(published)) == (1, shown(fast.manifest))
    other = World()
    try:
        other.site.files.update(world.site.files)
        other.catalogue("atlas", "2", {"a1": [f"{other.site.address}/{number}.jpg" for number in (0, 2)]})
        other.release("r1", {"h1": [("atlas", "a1")]})
        assert shown(other.process().manifest) == shown(published)
    finally:
        other.close()


def test_a_slow_writer_does_not_replace_inputs_that_have_come_back(world):
    """A slow writer reads B while A is published. A comes back, and a fast writer changes nothing: A must stay."""
    urls = [world.serve(f"/{number}.jpg", jpeg(photo(number))) for number in range(2)]
    world.catalogue("atlas", "1", {"a1": urls[:1]})
    world.release("r1", {"h1": [("atlas", "a1")]})
    first = world.process().manifest
    world.catalogue("atlas", "2", {"a1": urls})
    gate = Gate(world)
    slow = threading.Thread(target=lambda: world.process(now=gate.now))
    slow.start()
    assert gate.arrived.wait(60)
    world.catalogue("atlas", "3", {"a1": urls[:1]})
    assert world.process().status == "unchanged"
    gate.go_on.set()
    slow.join(120)
    assert not slow.is_alive()
    assert shown(read_before(world.published, "h1").manifest) == shown(first)


def test_no_orphans_are_left_after_the_sweep(world):
    """Several writers work at once while catalogues change; after the grace period no unnamed file is left."""
    urls = [world.serve(f"/{number}.jpg", jpeg(photo(number))) for number in range(4)]
    world.catalogue("atlas", "1", {"a1": urls[:2]})
    world.release("r1", {"h1": [("atlas", "a1")]})
    failures = []

    def process():
        try:
            world.process()
        except Exception as error:  # noqa: BLE001 - a queue would deliver the message again, whatever the error
            failures.append(error)

    for version, chosen in (("2", urls[1:3]), ("3", urls[2:]), ("4", urls[:1])):
        writers = [threading.Thread(target=process) for _ in range(3)]
        for thread in writers:
            thread.start()
        world.catalogue("atlas", version, {"a1": chosen})
        for thread in writers:
            thread.join(120)
    world.process()
    for days in (9, 9):
        world.wait(days=days)
        world.process(reason="sweep")
    manifest = read_before(world.published, "h1").manifest
    left = {listed.key for listed in world.published.list(renditions_folder("h1"))}
    assert shown(manifest) == [manifest.pictures[0].best.sha256]
    assert left == manifest.named_keys()
    assert all(type(error).__name__ == "HotelContendedError" for error in failures)
