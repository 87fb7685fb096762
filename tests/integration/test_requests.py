"""Counts the requests to the stores while a hotel is processed, because storage is paid for by the request."""

from collections import Counter
from dataclasses import replace
from urllib.parse import unquote

import pytest

from image_release.hotel import process_hotel
from image_release.hotel.cached import read_cache
from image_release.hotel.load import load
from image_release.ingest import Request, store_request
from image_release.storage import Stores
from image_release.values import Nudge
from tests.integration.test_hotel import simple_hotel
from tests.integration.world import World, jpeg, photo

READS = ("get", "open", "fetch_file", "head", "list")
TO_KNOW = {"manifest": 1, "current": 1, "rows": 1, "overrides": 1, "images": 2}
"""What is read each time. The hotel has two accommodations."""


class Requests:
    """A store that records every request."""

    def __init__(self, store, asked):
        self._store, self._asked = store, asked

    def __getattr__(self, operation):
        def noted(key, *args, **kwargs):
            kind = "read" if operation in READS else "write"
            self._asked.append((kind, kind_of(key), key))
            return getattr(self._store, operation)(key, *args, **kwargs)

        return noted


class Rounds:
    """Stores that count how often somebody has to wait: reads that are made together are one round.

    Each call of `together` is made from the round in which they all began, and the longest of them says when all ended.
    """

    def __init__(self, world):
        self.count = 0
        self.stores = Stores(*(self._waiting(getattr(world, name)) for name in STORES), together=self.together)

    def together(self, calls):
        began, longest, found = self.count, self.count, []
        for call in calls:
            self.count = began
            found.append(call())
            longest = max(longest, self.count)
        self.count = longest
        return found

    def _waiting(self, store):
        rounds = self

        class Waiting:
            def __getattr__(self, operation):
                def waited(*args, **kwargs):
                    rounds.count += 1
                    return getattr(store, operation)(*args, **kwargs)

                return waited

        return Waiting()


STORES = ("inbox", "state", "published")
FOLDERS = ("originals", "renditions", "rows", "due", "overrides", "decisions", "changes")


def kind_of(key):
    """Return what is stored under a key: `originals`, `prints`, `state` …"""
    parts = unquote(key).split("/")
    return (
        next(
            (
                part
                for part in parts
                if part in ("originals", "renditions", "rows", "due", "overrides", "decisions", "changes")
            ),
            None,
        )
        or (parts[-1].partition(".")[0].partition("-")[0])
    )


DECISIONS = {"decisions": 2}
"""Listings of decisions for every hotel where an image is new: before lines are written, and after the swap."""


def known_twice():
    """Return the reads of a hotel that publishes: inputs are read once more afterwards, in case they have changed."""
    return {what: 2 * count if what != "manifest" else count for what, count in TO_KNOW.items()}


@pytest.fixture
def world():
    world = World()
    simple_hotel(world)
    yield world
    world.close()


def process(world):
    """Process the hotel. Returns its report, and how often each kind of object was read and written."""
    asked = []
    names = ("inbox", "state", "published")
    report = world.process(**{name: Requests(getattr(world, name), asked) for name in names})
    counts = [Counter(what for kind, what, _ in asked if kind == wanted) for wanted in ("read", "write")]
    return report, *map(dict, counts)


def test_a_new_hotel_is_written_once_and_its_best_images_are_read_once(world):
    """Seven originals, three best images of two renditions each; two accommodations' state is read, then written."""
    report, reads, writes = process(world)
    assert (report.work.downloads, report.work.decodes) == (7, 7 + 3)
    assert reads == known_twice() | DECISIONS | {"state": 2 + 2, "prints": 2, "originals": 3}
    assert writes == {
        "originals": 7,
        "prints": 2,
        "state": 2,
        "due": 1,
        "renditions": 6,
        "index": 1,
        "manifest": 1,
        "changes": 1,
    }


def test_an_unchanged_hotel_costs_a_read_for_each_accommodation_and_four(world):
    """Invariant 7: no state, no fingerprint, no original, and no write."""
    process(world)
    report, reads, writes = process(world)
    assert report.status == "unchanged"
    assert (reads, writes) == (TO_KNOW, {})


def test_a_changed_copy_costs_its_own_decode_and_touches_its_accommodation_alone(world):
    """The best image of the picture stays and has its renditions, so nothing else is decoded, rendered or written."""
    process(world)
    changed = world.serve("/b/1.jpg", jpeg(photo(1).resize((520, 346)), 71))
    others = [world.site.address + f"/b/{name}.jpg" for name in (0, 2, "tiny")]
    world.catalogue("bedbank", "2", {"$b": [{"url": changed, "version": "2"}, *others]})
    report, reads, writes = process(world)
    assert (report.work.downloads, report.work.decodes, report.work.renditions_written) == (1, 1, 0)
    assert reads == known_twice() | DECISIONS | {"state": 2 + 1, "prints": 2 + 1, "credits": 2}
    assert writes == {"originals": 1, "prints": 1, "state": 1, "index": 1, "manifest": 1, "changes": 1}


def test_a_new_best_image_costs_its_own_two_decodes_and_its_renditions(world):
    """One decode for its fingerprint, one for its renditions. The renditions of the other pictures are kept."""
    process(world)
    urls = [world.site.address + f"/a/{number}.jpg" for number in range(3)]
    world.catalogue("atlas", "2", {"a1": [*urls, world.serve("/a/new.jpg", jpeg(photo(50)))]})
    report, reads, writes = process(world)
    assert (report.work.downloads, report.work.decodes, report.work.renditions_written) == (1, 2, 2)
    assert reads == known_twice() | DECISIONS | {"state": 2 + 1, "prints": 2 + 1, "credits": 2, "originals": 1}
    assert writes == {
        "originals": 1,
        "prints": 1,
        "state": 1,
        "due": 1,
        "renditions": 2,
        "index": 1,
        "manifest": 1,
        "changes": 1,
    }


@pytest.mark.parametrize("accommodations", [1, 3, 7])
def test_an_unchanged_hotel_waits_four_times_however_many_accommodations_it_has(world, accommodations):
    """For the manifest, the release in force, the row, and then for all the rest; a request's mark is one more."""
    pairs = {f"a{number}": [world.serve(f"/{number}.jpg", jpeg(photo(1)))] for number in range(accommodations)}
    world.catalogue("atlas", "9", pairs)
    world.release("r9", {"h1": [("atlas", name) for name in pairs]})
    world.process()
    rounds = Rounds(world)
    assert process_hotel(Nudge("h1", "test"), replace(world.ports(), stores=rounds.stores)).status == "unchanged"
    assert rounds.count == 4
    store_request(world.state, Request(request_id="q1", hotel_ids=("h1",)), 1)
    rounds = Rounds(world)
    process_hotel(Nudge("h1", "request", "q1"), replace(world.ports(), stores=rounds.stores))
    assert rounds.count == 5


def test_what_is_cached_is_read_in_two_rounds_however_many_accommodations_there_are(world):
    """Then come the writes, which are not made together."""
    waits = []
    for accommodations in (1, 5):
        pairs = {f"a{number}": [world.serve(f"/{number}.jpg", jpeg(photo(number)))] for number in range(accommodations)}
        world.catalogue("atlas", f"9-{accommodations}", pairs)
        world.release(f"r9-{accommodations}", {"h1": [("atlas", name) for name in pairs]})
        world.process()
        rounds = Rounds(world)
        read_cache(load("h1", rounds.stores), rounds.stores, world.tagger)
        waits.append(rounds.count)
    assert waits == [3 + 2, 3 + 2]
