"""The feed of the deployed suite: types and cache headers as S3 gives them, and snapshots by `tick`."""

import gzip
import json
from datetime import UTC, datetime

import pytest

from samples.partners import sample_hotels

pytestmark = [pytest.mark.deployed, pytest.mark.timeout(1800)]

FOR_EVER = "public, max-age=31536000, immutable"


def told(suite, key):
    """Type and Cache-Control of a published object."""
    answer = suite.s3.head_object(Bucket=suite.buckets["published"], Key=key)
    return answer["ContentType"], answer.get("CacheControl")


def snapshot(suite):
    """The lines of the latest snapshot, by hotel."""
    latest = json.loads(suite.read("published", "feed/latest.json"))
    lines = gzip.decompress(suite.read("published", latest["snapshot"])).decode().splitlines()
    return {line["hotel_id"]: line for line in map(json.loads, lines)}


def test_what_is_published_says_its_type_and_how_long_it_may_be_kept(suite):
    """A browser shows it, and a cache keeps what never changes."""
    keys = suite.keys("published", "hotels/")
    assert {told(suite, key) for key in keys if key.endswith("/manifest.json")} == {
        ("application/json; charset=utf-8", "no-cache")
    }
    pages, renditions = ([key for key in keys if part in key] for part in ("/index.html", "/renditions/"))
    assert {told(suite, key) for key in pages} == {("text/html; charset=utf-8", "no-cache")}
    assert {told(suite, key) for key in renditions} == {("image/jpeg", FOR_EVER)}


def test_ticks_write_a_snapshot_of_all_hotels(suite):
    """The first one reads the hotels, the next one has the cities of the release, too."""
    for _ in range(3):
        answer = suite.call("tick", {})
        assert answer["failed"] == {}
    lines = snapshot(suite)
    for hotel in sample_hotels():
        manifest = suite.manifest(hotel.hotel_id)
        line = lines[hotel.hotel_id]
        assert (line["seq"], line["pictures"]) == (manifest["seq"], len(manifest["pictures"]))
        assert line["city"]
    latest = json.loads(suite.read("published", "feed/latest.json"))
    assert told(suite, latest["snapshot"]) == ("application/gzip", FOR_EVER)
    assert told(suite, "feed/latest.json") == ("application/json; charset=utf-8", "no-cache")


def test_a_tick_reads_lists_that_commands_wrote(suite):
    """A person may process hotels in the suite's buckets, too."""
    time = datetime.now(UTC).strftime("%Y-%m-%dT%H%M%S.%fZ")
    hotel_id = sample_hotels()[0].hotel_id
    line = json.dumps([hotel_id, 10**6]).encode()
    suite.put("state", f"changed/{time}/hotel-{time}.jsonl.gz", gzip.compress(line + b"\n"))
    answer = suite.call("tick", {})
    assert answer["did"]["feed"]["read"] == 1
