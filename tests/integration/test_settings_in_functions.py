"""New settings and newer programs, with the real handlers in a process that stays: no deployment is needed."""

import json
import time
from datetime import UTC, datetime, timedelta

import pytest

from functions import composition
from image_release.ingest import progress
from image_release.publish import read_before
from image_release.store_keys import manifest_key
from tests.integration.deployed import Deployed, composition_for, sample
from tests.integration.world import Site, jpeg, photo

NETWORK = {"download": {"allowed_networks": ["127.0.0.0/8"], "max_attempts": 1, "back_off_s": 0}}
SMALL = {**NETWORK, "renditions": [{"name": "thumb-120", "width": 120, "height": 80}]}
LARGE = {**NETWORK, "renditions": [{"name": "thumb-240", "width": 240, "height": 160}]}
ROWS = """hotel_id,name,country,city,latitude,longitude,accommodations
123456,Euskalduna,ES,Bilbao,43.2661,-2.9469,partner-a:123
"""
ALL_WELL = {"batchItemFailures": []}


@pytest.fixture(scope="module")
def site():
    found = Site()
    found.files["/0.jpg"] = jpeg(photo(0, (400, 300)))
    yield found
    found.close()


@pytest.fixture
def deployed(ministack, monkeypatch, site):
    """A deployed suite with one published hotel, whose process has read the small settings."""
    found = Deployed(ministack, SMALL)
    composition_for(found, monkeypatch)
    line = {"accommodation_id": "123", "images": [{"url": f"{site.address}/0.jpg"}]}
    found.inbox.put("releases/2026-11-25 week 48.csv", ROWS.encode())
    found.inbox.put("catalogues/partner-a/2026-11-25.jsonl", json.dumps(line).encode())
    assert found.handle("fan_out", sample("release_upload")) == ALL_WELL
    assert found.handle("detect_changes", sample("catalogue_upload")) == ALL_WELL
    assert found.drain("process_hotel", "urgent") == [ALL_WELL]
    return found


def sizes(deployed):
    manifest = read_before(deployed.published, "123456").manifest
    return [rendition.name for picture in manifest.pictures for rendition in picture.renditions]


def store(deployed, settings):
    """Store settings at least a second after those of before: S3 tells whole seconds."""
    before = deployed.inbox.head("settings.yaml").modified
    while datetime.now(UTC) < before + timedelta(seconds=1):
        time.sleep(0.01)
    data = settings if isinstance(settings, bytes) else json.dumps(settings).encode()
    deployed.inbox.put("settings.yaml", data)


def request(deployed, request_id):
    document = {"request_id": request_id, "hotel_ids": ["123456"]}
    answer = deployed.handle("reprocess", document)
    assert (answer["hotels"], answer["nudged"]) == (1, 1)


def metrics_of(capsys):
    """The names of the metrics that were written since."""
    lines = [line for line in capsys.readouterr().out.splitlines() if line.startswith("{")]
    documents = [json.loads(line) for line in lines]
    return {name for document in documents if "_aws" in document for name in document}


def test_new_settings_and_a_request_change_every_hotel_at_once(deployed):
    """The process read the old settings a moment ago: the request names newer ones, so it reads again."""
    assert sizes(deployed) == ["thumb-120"]
    store(deployed, LARGE)
    request(deployed, "q1")
    assert deployed.drain("process_hotel", "urgent") == [ALL_WELL]
    assert sizes(deployed) == ["thumb-240"]
    found = progress(deployed.state, "q1")
    assert (found.done, found.failed) == (1, 0)
    manifest = json.loads(deployed.published.get(manifest_key("123456")).data)
    stored_at = deployed.inbox.head("settings.yaml").modified
    assert manifest["settings"]["stored_at"] == stored_at.isoformat().replace("+00:00", "Z")


def test_settings_that_cannot_be_read_leave_the_last_ones_in_force_and_count(deployed, monkeypatch, capsys):
    deployed.handle("tick", {})
    store(deployed, b"renditions: [{name: thumb-240, width: wide}]")
    request(deployed, "q1")
    assert "SettingsUnreadable" in metrics_of(capsys)
    composition_for(deployed, monkeypatch)  # a process that starts now
    assert deployed.drain("process_hotel", "urgent") == [ALL_WELL]
    assert "SettingsUnreadable" in metrics_of(capsys)
    assert sizes(deployed) == ["thumb-120"]
    assert composition.suite().settings.renditions[0].name == "thumb-120"
    assert "settings" in deployed.handle("tick", {})["failed"]


def test_a_hotel_that_a_newer_program_made_is_left_and_its_nudge_sent_again(deployed, capsys):
    """The message is deleted, and another one waits with a delay: no receive is counted."""
    document = json.loads(deployed.published.get(manifest_key("123456")).data)
    document["program"] += 1
    deployed.published.put(manifest_key("123456"), json.dumps(document).encode())
    request(deployed, "q1")
    event = deployed.receive("urgent")
    assert deployed.handle("process_hotel", event) == ALL_WELL
    assert "HotelsLeft" in metrics_of(capsys)
    attributes = deployed.sqs.get_queue_attributes(
        QueueUrl=deployed.urls["urgent"], AttributeNames=["ApproximateNumberOfMessagesDelayed"]
    )["Attributes"]
    assert attributes == {"ApproximateNumberOfMessagesDelayed": "1"}
    assert progress(deployed.state, "q1").done == 0


def test_a_person_who_invokes_the_function_is_told_that_the_hotel_was_left(deployed):
    document = json.loads(deployed.published.get(manifest_key("123456")).data)
    document["program"] += 1
    deployed.published.put(manifest_key("123456"), json.dumps(document).encode())
    with pytest.raises(Exception, match="left to a newer writer"):
        deployed.handle("process_hotel", {"hotel_id": "123456"})
