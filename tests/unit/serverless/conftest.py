"""What the functions need, for tests: a suite in memory with a clock that can be moved."""

import json
from datetime import UTC, datetime, timedelta

import pytest

from image_release.queueing import MemoryQueue
from image_release.serverless.ports import Suite
from image_release.settings import Settings
from image_release.storage import CountingStore, MemoryStore, StoreCounter
from image_release.tag import AccountQuota, MemoryCounters


class World:
    """A suite in memory and its clock; methods hand in catalogues and releases."""

    def __init__(self):
        self.now = datetime(2026, 11, 25, 10, tzinfo=UTC)
        clock = lambda: self.now
        self.counter, self.counters = StoreCounter(), MemoryCounters()
        state = CountingStore(MemoryStore(clock), self.counter)
        settings = Settings.model_validate({"brakes": {"max_deleted_share": 1, "max_withdrawn_share": 1}})
        self.suite = Suite(
            inbox=MemoryStore(clock),
            state=state,
            published=MemoryStore(clock),
            urgent=MemoryQueue(clock),
            bulk=MemoryQueue(clock),
            shards=MemoryQueue(clock),
            catalogues=MemoryQueue(clock),
            comparing=MemoryQueue(clock),
            quota=AccountQuota(self.counters, 1_800, 100_000, clock),
            settings=settings,
            now=clock,
        )

    def wait(self, **duration):
        self.now += timedelta(**duration)

    def release(self, release_id, hotels):
        """Hand in a release `{hotel: [accommodation of atlas, …]}`; return the key of its file."""
        rows = ["hotel_id,name,country,city,latitude,longitude,accommodations"]
        for hotel_id, accommodations in hotels.items():
            rows.append(f"{hotel_id},Hotel,ES,Bilbao,43.2,-2.9,{';'.join(f'atlas:{name}' for name in accommodations)}")
        self.suite.inbox.put(f"releases/{release_id}.csv", ("\n".join(rows) + "\n").encode())
        return f"releases/{release_id}.csv"

    def catalogue(self, version, lists):
        """Hand in a catalogue of atlas, `{accommodation: [url, …]}`; return the key of its file."""
        lines = [{"accommodation_id": name, "images": [{"url": url} for url in urls]} for name, urls in lists.items()]
        self.suite.inbox.put(f"catalogues/atlas/{version}.jsonl", "\n".join(map(json.dumps, lines)).encode())
        return f"catalogues/atlas/{version}.jsonl"

    @staticmethod
    def take(queue):
        """Receive and delete all messages of a queue; return their bodies."""
        bodies = []
        while received := queue.receive():
            bodies.append(json.loads(received.body))
            queue.delete(received.receipt)
        return bodies


@pytest.fixture
def world():
    return World()
