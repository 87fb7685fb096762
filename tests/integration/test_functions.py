"""The handlers with the sample events on a local AWS: real S3, SQS and DynamoDB requests, real images over HTTP."""

import json
import os
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest

from functions import composition
from image_release.ingest import SplitSizes, progress, read_current, read_listing
from image_release.publish import read_before
from image_release.values import Accommodation
from tests.conftest import ROOT
from tests.integration.deployed import EVENTS, Deployed, composition_for, sample
from tests.integration.world import Site, jpeg, photo

SETTINGS = {
    "download": {"allowed_networks": ["127.0.0.0/8"], "max_attempts": 1, "back_off_s": 0},
    "brakes": {"harmless": 0},
    "renditions": [
        {"name": "gallery-640", "width": 640, "height": 427},
        {"name": "thumb-120", "width": 120, "height": 80},
    ],
}
ROWS = """hotel_id,name,country,city,latitude,longitude,accommodations
123456,Euskalduna,ES,Bilbao,43.2661,-2.9469,partner-a:123;partner-b:x
777,Other,FR,Paris,48.85,2.35,partner-a:777
"""


@pytest.fixture(scope="module")
def site():
    found = Site()
    for number in range(4):
        found.files[f"/{number}.jpg"] = jpeg(photo(number))
    yield found
    found.close()


@pytest.fixture
def deployed(ministack, monkeypatch):
    found = Deployed(ministack, SETTINGS)
    composition_for(found, monkeypatch)
    return found


def catalogue(site, lists):
    lines = [
        {"accommodation_id": name, "images": [{"url": f"{site.address}/{number}.jpg"} for number in numbers]}
        for name, numbers in lists.items()
    ]
    return "\n".join(map(json.dumps, lines)).encode()


def hand_in(deployed, site, lists=None):
    """Put a release of two hotels and a catalogue into the inbox, under the keys that the sample events name."""
    deployed.inbox.put("releases/2026-11-25 week 48.csv", ROWS.encode())
    lists = {"123": [0, 1], "777": [2]} if lists is None else lists
    deployed.inbox.put("catalogues/partner-a/2026-11-25.jsonl", catalogue(site, lists))


def published(deployed, hotel_id):
    return read_before(deployed.published, hotel_id).manifest


ALL_WELL = {"batchItemFailures": []}


def test_a_release_and_a_catalogue_become_published_hotels(deployed, site):
    """Every function is called, with its sample event or with the messages that other functions sent."""
    hand_in(deployed, site)
    assert deployed.handle("detect_changes", sample("catalogue_upload")) == ALL_WELL
    assert deployed.handle("fan_out", sample("release_upload")) == ALL_WELL
    assert deployed.drain("fan_out_shard", "shards") == [ALL_WELL]
    assert deployed.drain("process_hotel", "bulk") == [ALL_WELL] * 2
    assert len(published(deployed, "123456").pictures) == 2
    assert len(published(deployed, "777").pictures) == 1
    for hotel_id in ("123456", "777"):
        for key in published(deployed, hotel_id).named_keys():
            assert deployed.published.head(key)
    ticked = deployed.handle("tick", sample("schedule"))
    assert ticked["did"]["completed"] == {"releases": 1}
    assert read_current(deployed.state).completed.release_id == "2026-11-25 week 48"


def test_a_changed_catalogue_nudges_the_hotels_concerned_and_no_other(deployed, site):
    hand_in(deployed, site)
    deployed.handle("fan_out", sample("release_upload"))
    deployed.handle("detect_changes", sample("catalogue_upload"))
    assert sorted(body["hotel_id"] for body in deployed.waiting("urgent")) == ["123456", "777"]
    deployed.inbox.put("catalogues/partner-a/2026-11-26.jsonl", catalogue(site, {"123": [0, 1, 3], "777": [2]}))
    event = json.loads(json.dumps(sample("catalogue_upload")).replace("2026-11-25.jsonl", "2026-11-26.jsonl"))
    assert deployed.handle("detect_changes", event) == ALL_WELL
    assert deployed.waiting("urgent") == [{"hotel_id": "123456", "reason": "catalogue"}]
    assert deployed.handle("detect_changes", event) == ALL_WELL
    assert deployed.waiting("urgent") == []


def test_what_was_held_is_applied_when_it_is_accepted(deployed, site):
    hand_in(deployed, site)
    deployed.inbox.put("catalogues/partner-a/2026-11-24.jsonl", catalogue(site, {"123": [0, 1], "777": [2, 3]}))
    earlier = json.loads(json.dumps(sample("catalogue_upload")).replace("2026-11-25.jsonl", "2026-11-24.jsonl"))
    deployed.handle("detect_changes", earlier)
    deployed.inbox.put("catalogues/partner-a/2026-11-25.jsonl", catalogue(site, {"123": [0]}))
    deployed.handle("detect_changes", sample("catalogue_upload"))
    assert len(read_listing(deployed.state, Accommodation("partner-a", "123")).images) == 2
    deployed.inbox.put("accepts/catalogues/partner-a/2026-11-25", b"")
    assert deployed.handle("detect_changes", sample("catalogue_accepted")) == ALL_WELL
    assert len(read_listing(deployed.state, Accommodation("partner-a", "123")).images) == 1
    deployed.handle("fan_out", sample("release_upload"))
    deployed.inbox.put("releases/2026-11-25 week 48.csv", f"{ROWS.rsplit(chr(10), 2)[0]}\n".encode())
    deployed.handle("fan_out", sample("release_upload"))
    assert read_current(deployed.state).hotels == 2
    deployed.inbox.put("accepts/releases/2026-11-25 week 48", b"")
    assert deployed.handle("fan_out", sample("release_accepted")) == ALL_WELL
    assert read_current(deployed.state).hotels == 1


@pytest.mark.parametrize("how", ["request", "request_upload"])
def test_a_geography_is_urgent_and_its_progress_exact(deployed, site, how):
    """The same request twice sends the same nudges twice; every hotel counts once."""
    hand_in(deployed, site)
    deployed.handle("detect_changes", sample("catalogue_upload"))
    deployed.handle("fan_out", sample("release_upload"))
    deployed.waiting("urgent")
    deployed.inbox.put("requests/bilbao-2026-11-25.json", json.dumps(sample("request")).encode())
    for _ in range(2):
        deployed.handle("reprocess", sample(how))
    assert progress(deployed.state, "bilbao-2026-11-25").done == 0
    answers = deployed.drain("process_hotel", "urgent")
    assert answers == [ALL_WELL] * 2
    found = progress(deployed.state, "bilbao-2026-11-25")
    assert (found.total, found.done, found.failed) == (1, 1, 0)


def test_a_dry_run_counts_and_nudges_nobody(deployed, site):
    hand_in(deployed, site)
    deployed.handle("detect_changes", sample("catalogue_upload"))
    deployed.handle("fan_out", sample("release_upload"))
    deployed.waiting("urgent")
    answer = deployed.handle("reprocess", sample("request_dry_run"))
    assert (answer["hotels"], answer["nudged"], answer["estimate"]["images"]) == (1, 0, 2)
    assert deployed.waiting("urgent") == []


def test_one_hotel_can_be_invoked_directly(deployed, site):
    hand_in(deployed, site)
    deployed.handle("detect_changes", sample("catalogue_upload"))
    deployed.handle("fan_out", sample("release_upload"))
    answer = deployed.handle("process_hotel", sample("one_hotel"))
    assert (answer["status"], answer["outcomes"], answer["seq"]) == ("processed", {"published": 2}, 1)
    for event in ("nudge_urgent", "nudge_bulk"):
        assert deployed.handle("process_hotel", sample(event)) == ALL_WELL
    assert published(deployed, "123456").seq == 1
    assert deployed.handle("fan_out_shard", sample("shard")) == ALL_WELL


def test_an_uploaded_override_is_applied_at_once(deployed, site):
    hand_in(deployed, site)
    deployed.handle("detect_changes", sample("catalogue_upload"))
    deployed.handle("fan_out", sample("release_upload"))
    deployed.handle("process_hotel", sample("one_hotel"))
    last = published(deployed, "123456").pictures[-1].best.sha256
    deployed.inbox.put("overrides/123456.jsonl", json.dumps({"action": "hide", "images": [last]}).encode())
    assert deployed.handle("process_hotel", sample("override_upload")) == ALL_WELL
    assert len(published(deployed, "123456").pictures) == 1


@pytest.mark.parametrize("function", ["detect_changes", "fan_out", "reprocess", "process_hotel"])
def test_the_test_event_of_s3_is_accepted(deployed, function):
    """S3 sends it once, when notifications are set up."""
    assert deployed.handle(function, sample("s3_test")) == ALL_WELL


def test_a_folder_made_in_a_console_is_not_a_catalogue(deployed):
    event = json.loads(json.dumps(sample("catalogue_upload")).replace("partner-a/2026-11-25.jsonl", "partner-a/"))
    assert deployed.handle("detect_changes", event) == ALL_WELL


@pytest.mark.parametrize("function", ["detect_changes", "fan_out", "fan_out_shard", "reprocess", "process_hotel"])
def test_a_malformed_message_fails_alone(deployed, function):
    """The answer names the malformed message as failed, as no queue takes it; the other one of the batch succeeds."""
    event = sample("s3_test")
    poison = {**event["Records"][0], "messageId": "poison", "body": '{"no": "sense"}'}
    both = {"Records": [poison, event["Records"][0]]}
    if function == "fan_out_shard":
        both["Records"][1] = sample("shard")["Records"][0]
    assert deployed.handle(function, both) == {"batchItemFailures": [{"itemIdentifier": "poison"}]}


def test_a_hotel_that_fails_is_tried_again_soon_and_then_counted_as_failed(deployed, site):
    """Its message is hidden for seconds, not for the whole visibility timeout. The last receive counts the failure."""
    hand_in(deployed, site)
    deployed.handle("fan_out", sample("release_upload"))
    deployed.handle("reprocess", sample("request"))
    deployed.published.put("hotels/123456/manifest.json", b"no manifest")
    for receives in (1, 2, 3):
        event = deployed.receive("urgent")
        assert event["Records"][0]["attributes"]["ApproximateReceiveCount"] == str(receives)
        assert len(deployed.handle("process_hotel", event)["batchItemFailures"]) == (receives < 3)
        assert progress(deployed.state, "bilbao-2026-11-25").failed == (receives == 3)
        deployed.sqs.change_message_visibility(
            QueueUrl=deployed.urls["urgent"],
            ReceiptHandle=event["Records"][0]["receiptHandle"],
            VisibilityTimeout=0,
        )
    ((_, reason),) = deployed.dead_letters("urgent")
    assert reason.startswith("hotel 123456: ManifestUnreadableError: ")


def test_every_line_about_a_hotel_says_which_hotel_release_and_request(deployed, site):
    """CloudWatch gets the standard output of the process: one log line and one line of metrics."""
    hand_in(deployed, site)
    deployed.handle("detect_changes", sample("catalogue_upload"))
    deployed.handle("fan_out", sample("release_upload"))
    deployed.handle("reprocess", sample("request"))
    program = (
        "from tests.integration.deployed import Context, sample\n"
        "from functions.process_hotel.handler import handle\n"
        "handle(sample('nudge_urgent'), Context('process_hotel'))"
    )
    environment = {**os.environ, **deployed.environment()}
    done = subprocess.run(
        [sys.executable, "-c", program], cwd=ROOT, env=environment, capture_output=True, text=True, check=True
    )
    lines = [json.loads(line) for line in done.stdout.splitlines()]
    told = [line for line in lines if line.get("message") == "hotel"]
    assert [(line["hotel_id"], line["release_id"], line["request_id"]) for line in told] == [
        ("123456", "2026-11-25 week 48", "bilbao-2026-11-25")
    ]
    counted = {name for line in lines if "_aws" in line for name in line}
    assert {"HotelsPublished", "PicturesPublished", "ImagesTagged", "RenditionsWritten"} <= counted


def test_a_share_of_work_that_was_removed_is_nothing_to_do(deployed):
    assert deployed.handle("fan_out_shard", sample("share")) == ALL_WELL


def test_a_split_catalogue_whose_work_was_removed_is_nothing_to_do(deployed):
    assert deployed.handle("detect_changes", sample("catalogue_go_on")) == ALL_WELL


def test_a_round_whose_work_was_removed_is_nothing_to_do(deployed):
    assert deployed.handle("compare_hotels", sample("round_goes_on")) == ALL_WELL


def test_a_large_catalogue_is_split_and_nudges_the_same_hotels(deployed, site, monkeypatch):
    """The messages of its steps go through the real queues, and nothing is left of its work."""
    suite = composition.suite
    sizes = SplitSizes(most_lines=1, share_lines=1)
    monkeypatch.setattr(composition, "suite", lambda: replace(suite(), split_sizes=sizes))
    hand_in(deployed, site)
    assert deployed.handle("fan_out", sample("release_upload")) == ALL_WELL
    assert deployed.handle("detect_changes", sample("catalogue_upload")) == ALL_WELL
    answers = []
    while found := deployed.drain("fan_out_shard", "shards") + deployed.drain("detect_changes", "catalogues"):
        answers += found
    assert answers[0] == ALL_WELL
    assert all(answer == ALL_WELL for answer in answers)
    assert {body["hotel_id"] for body in deployed.waiting("urgent")} == {"123456", "777"}
    assert [listed.key for listed in deployed.state.list("split/")] == []
    assert deployed.state.get("catalogues/partner-a/state.json") is not None


def test_every_sample_event_is_read_by_a_test_of_this_file():
    text = Path(__file__).read_text(encoding="utf-8")
    assert [path.name for path in EVENTS.iterdir() if f'"{path.stem}"' not in text] == []


def test_a_hotel_without_time_keeps_what_it_learned_and_goes_on(deployed, site):
    """The same message returns after a second, and the originals are there already."""
    hand_in(deployed, site)
    deployed.handle("detect_changes", sample("catalogue_upload"))
    deployed.handle("fan_out", sample("release_upload"))
    deployed.waiting("urgent")
    deployed.handle("reprocess", sample("request"))
    event = deployed.receive("urgent")
    assert len(deployed.handle("process_hotel", event, remaining_ms=0)["batchItemFailures"]) == 1
    assert deployed.handle("process_hotel", event) == ALL_WELL
    assert len(published(deployed, "123456").pictures) == 2
