"""The handlers on a local AWS: a large request in shares, and ids that no field of AWS takes as they are."""

import json
from urllib.parse import quote, quote_plus

import pytest

from functions import composition
from image_release.ingest import progress, read_current
from image_release.publish import read_before
from image_release.store_keys import catalogue_key, overrides_key
from tests.integration.deployed import Deployed, composition_for, sample
from tests.integration.test_functions import ALL_WELL, SETTINGS, catalogue
from tests.integration.world import Site, jpeg, photo

HEADER = "hotel_id,name,country,city,latitude,longitude,accommodations\n"
RELEASE = "2026-11-25 week 48"
PARTNER = "Bäder & Co"
ODD = ["a" * 200, "é" * 33, "🏨", "Zum Löwen, Hütte 7", "a\uffffb", "..", "旅" * 22]
"""Ids that may be handed in."""


@pytest.fixture
def deployed(ministack, monkeypatch):
    found = Deployed(ministack, SETTINGS)
    composition_for(found, monkeypatch)
    return found


@pytest.fixture(scope="module")
def site():
    found = Site()
    for number in range(2):
        found.files[f"/{number}.jpg"] = jpeg(photo(number))
    yield found
    found.close()


def uploaded(key):
    """S3's notification of an object, as a queue delivers it."""
    event = sample("request_upload")
    body = {"Records": [{"s3": {"object": {"key": quote_plus(key, safe="/")}}}]}
    return {"Records": [{**event["Records"][0], "body": json.dumps(body)}]}


def waiting(deployed, queue):
    answer = deployed.sqs.get_queue_attributes(
        QueueUrl=deployed.urls[queue], AttributeNames=["ApproximateNumberOfMessages"]
    )
    return int(answer["Attributes"]["ApproximateNumberOfMessages"])


def test_a_large_request_is_nudged_in_shares_and_a_retry_repeats_none(deployed):
    """The answer counts shares; a retry and a tick find nothing left to do."""
    hotels = composition.suite().hotels_a_share + 1
    rows = "".join(f"h{number},H,ES,Bilbao,,,p:{number}\n" for number in range(hotels))
    deployed.inbox.put("releases/r1.csv", (HEADER + rows).encode())
    assert deployed.handle("fan_out", uploaded("releases/r1.csv")) == ALL_WELL
    deployed.waiting("shards")

    request = {"request_id": "bilbao-2026-11-25", "all": True}
    told = deployed.handle("reprocess", request, aws_request_id="one")
    assert (told["hotels"], told["nudged"], told["shares"]) == (hotels, 0, 2)
    assert deployed.drain("fan_out_shard", "shards") == [ALL_WELL] * 2
    assert waiting(deployed, "bulk") == hotels
    assert deployed.handle("reprocess", request, aws_request_id="one")["shares"] == 0
    assert deployed.handle("tick", sample("schedule"))["did"]["split"] == {}
    assert waiting(deployed, "bulk") == hotels
    assert progress(deployed.state, "bilbao-2026-11-25").total == hotels
    deployed.inbox.put("requests/all.json", json.dumps(request).encode())
    for _ in range(2):
        assert deployed.handle("reprocess", uploaded("requests/all.json")) == ALL_WELL
    assert deployed.drain("fan_out_shard", "shards") == [ALL_WELL] * 4
    assert waiting(deployed, "bulk") == 2 * hotels


def test_ids_of_any_characters_are_published_from_end_to_end(deployed, site):
    pairs = {hotel: f"{hotel}/1"[:190] if len(hotel) > 190 else f"{hotel}1"[-33:] for hotel in ODD}
    rows = "".join(
        f'"{hotel}",H,ES,Bilbao,,,{quote(PARTNER, safe="")}:{quote(name, safe="")}\n' for hotel, name in pairs.items()
    )
    release, lists = f"releases/{RELEASE}.csv", catalogue_key(PARTNER, "2026 week 48, é", ".jsonl")
    deployed.inbox.put(release, (HEADER + rows).encode())
    deployed.inbox.put(lists, catalogue(site, {name: [0, 1] for name in pairs.values()}))
    assert deployed.handle("fan_out", uploaded(release)) == ALL_WELL
    assert read_current(deployed.state).release_id == RELEASE
    assert deployed.drain("fan_out_shard", "shards") == [ALL_WELL]
    assert deployed.handle("detect_changes", uploaded(lists)) == ALL_WELL
    assert waiting(deployed, "urgent") == waiting(deployed, "bulk") == len(ODD)
    assert deployed.drain("process_hotel", "urgent") == [ALL_WELL] * len(ODD)
    pictures = {hotel: read_before(deployed.published, hotel).manifest.pictures for hotel in ODD}
    assert {hotel: len(found) for hotel, found in pictures.items()} == dict.fromkeys(ODD, 2)

    deployed.inbox.put("requests/früh & spät 🏨.json", b'{"request_id": "q1", "all": true, "force": "rerender"}')
    assert deployed.handle("reprocess", uploaded("requests/früh & spät 🏨.json")) == ALL_WELL
    deployed.drain("process_hotel", "bulk")
    found = progress(deployed.state, "q1")
    assert (found.total, found.done, found.failed) == (len(ODD), len(ODD), 0)

    for hotel in ODD:
        hidden = {"action": "hide", "images": [pictures[hotel][0].best.sha256]}
        deployed.inbox.put(overrides_key(hotel), json.dumps(hidden).encode())
        assert deployed.handle("process_hotel", uploaded(overrides_key(hotel))) == ALL_WELL
        assert len(read_before(deployed.published, hotel).manifest.pictures) == 1
