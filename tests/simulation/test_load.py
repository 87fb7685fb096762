"""Two loads: a small request beside a huge one, and a first full load with the tagger's quota."""

import json
from collections import Counter, deque
from dataclasses import replace
from datetime import timedelta
from math import inf
from unittest.mock import patch

from image_release.ingest import parse_request
from image_release.publish import read_before
from image_release.serverless.fan_out import fan_out
from image_release.serverless.messages import read_nudge
from image_release.serverless.reprocess import reprocess
from image_release.storage import MemoryStore
from image_release.values import sha256_hex
from tests.simulation.photographs import best_once, copy_of, group_once
from tests.simulation.processes import SETTINGS
from tests.simulation.scheduling import Faults, Scheduler
from tests.simulation.stage import Stage, documents

HUGE, SMALL, AT_ONCE = 50_000, 20, 40


class FairQueue:
    """A fair queue as in SQS: the waiting group with the fewest messages in flight is next."""

    def __init__(self):
        self.waiting: dict[str | None, deque[str]] = {}
        self.in_flight: Counter = Counter()

    def send(self, messages):
        count = 0
        for message in messages:
            self.waiting.setdefault(message.group, deque()).append(message.body)
            count += 1
        return count

    def receive(self):
        group = min((name for name, queue in self.waiting.items() if queue), key=lambda name: self.in_flight[name])
        self.in_flight[group] += 1
        return group, self.waiting[group].popleft()


def test_a_request_for_20_hotels_is_done_while_50_000_urgent_ones_of_another_wait():
    """Each request has its own message group, so the small one is done before 0.1 % of the huge one."""
    stage = Stage(Scheduler(0))
    rows = ["hotel_id,name,country,city,latitude,longitude,accommodations"]
    rows += [f"h{n},Hotel,{'ES' if n < SMALL else 'FR'},City,,,atlas:{n}" for n in range(HUGE + SMALL)]
    stage.inbox.put("releases/r1.csv", ("\n".join(rows) + "\n").encode())
    suite = plain_suite(stage)
    fan_out("releases/r1.csv", suite)
    for request_id, country in (("huge", "FR"), ("small", "ES")):
        document = {"request_id": request_id, "countries": [country]}
        reprocess(parse_request(json.dumps(document).encode(), request_id), suite)
    done: Counter = Counter()
    under_way = deque(suite.urgent.receive() for _ in range(AT_ONCE))
    while done["small"] < SMALL:
        group, body = under_way.popleft()
        suite.urgent.in_flight[group] -= 1
        done[read_nudge(body).request_id] += 1
        under_way.append(suite.urgent.receive())
    assert done["huge"] < HUGE / 1_000


def plain_suite(stage):
    """Return a suite that reaches the stage's stores without a scheduler, with a fair urgent queue."""

    class Nobody:
        name, scheduler = "nobody", stage.scheduler

        def ask(self, _what, effect, _fault=None):
            return effect()

        def seconds_left(self):
            return inf

    return replace(stage.suite(Nobody()), urgent=FairQueue(), hotels_a_share=2 * HUGE)


def test_a_first_full_load_under_the_quota_ends_with_every_hotel_tagged():
    """No minute exceeds the quota, no image is paid for twice, and every hotel gets its labels."""
    hotels = 40
    scheduler = Scheduler(1, Faults())
    stage = Stage(scheduler)
    rows = ["hotel_id,name,country,city,latitude,longitude,accommodations"]
    rows += [f"h{n},Hotel,ES,City,,,atlas:{n}" for n in range(hotels)]
    lines = []
    for number in range(hotels):
        images = []
        for photo in (number % 6, (number + 1) % 6):
            data, url = copy_of(photo, number), f"https://atlas.example/{number}/{photo}"
            stage.files[url], stage.sees[sha256_hex(data)] = data, photo
            images.append({"url": url, "version": "1"})
        lines.append({"accommodation_id": str(number), "images": images})
    stage.upload("catalogues/atlas/1.jsonl", documents(lines))
    stage.upload("releases/r1.csv", ("\n".join(rows) + "\n").encode())
    with (
        patch("image_release.hotel.choose.group_same", group_once),
        patch("image_release.hotel.choose.choose_best", best_once),
    ):
        for _ in range(6 * 60):
            while scheduler.running or stage.deliver():
                while scheduler.running:
                    scheduler.go_on()
            if all(labelled(stage.published, f"h{number}") for number in range(hotels)):
                break
            scheduler.now = scheduler.now.replace(second=0, microsecond=0) + timedelta(minutes=1)
            stage.tick()
    assert [n for n in range(hotels) if not labelled(stage.published, f"h{n}")] == []
    minutes = {window: count for window, count in stage.counters._counts.items() if window.startswith("minute")}
    assert max(minutes.values()) <= SETTINGS.tagging.images_a_minute
    tagged = sum(" tag " in line for line in scheduler.trace)
    assert tagged == 2 * hotels


def labelled(published: MemoryStore, hotel_id):
    manifest = read_before(published, hotel_id).manifest
    return manifest is not None and all(picture.labels for picture in manifest.pictures)
