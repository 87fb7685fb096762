"""A world with an index: stores in memory, a feed that tells what was published, a clock."""

from datetime import UTC, datetime, timedelta

import pytest

from image_release.desk.index import catch_up, open_index
from image_release.feed import Cause, Collecting
from image_release.ingest.releases.applying import apply_release
from image_release.settings import Settings
from tests.unit.desk.made_manifests import publish, stores_with


class World:
    """What a desk has of a workspace. `run` publishes as a run does, with its list of changed hotels."""

    def __init__(self, path, *manifests):
        self.stores = stores_with(*manifests)
        self.index = open_index(path)
        self.settings = Settings()
        self.ahead = timedelta(0)

    def now(self):
        return datetime.now(UTC) + self.ahead

    def catch_up(self, **changes):
        return catch_up(self.index, self.stores, self.settings, now=self.now, **changes)

    def run(self, *manifests):
        with Collecting(self.stores, Cause.of("run", self.now())) as changed:
            for made in manifests:
                publish(self.stores, made)
                changed.add(made.hotel_id, [made.seq])

    def release(self, name, *rows):
        """Apply a release; `rows` are (hotel_id, name, country, city)."""
        lines = ["hotel_id,name,country,city,latitude,longitude,accommodations"]
        lines += [f"{row[0]},{row[1]},{row[2]},{row[3]},,,atlas:{number}" for number, row in enumerate(rows)]
        key = f"releases/{name}.csv"
        self.stores.inbox.put(key, "\n".join([*lines, ""]).encode())
        return apply_release(self.stores.inbox, self.stores.state, key, self.settings, self.now())

    def ids(self, query):
        return [hotel.hotel_id for hotel in self.index.find(query).hotels]


@pytest.fixture
def world_of(tmp_path):
    """Make a world of some manifests."""
    return lambda *manifests: World(tmp_path / "desk" / "index.sqlite", *manifests)
