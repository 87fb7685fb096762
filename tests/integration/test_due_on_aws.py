"""What is due, on a local S3 and SQS with the real clients: walked through, nudged in threads, served, removed."""

from __future__ import annotations

import json
import uuid
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import pytest

from image_release.queueing import SqsQueue
from image_release.serverless import due
from image_release.serverless.ports import Suite
from image_release.serverless.tick import tick
from image_release.settings import Settings
from image_release.state import leave_marker, marker_etag, markers_until, remove_marker
from image_release.storage import S3Address, S3Store
from image_release.tag import AccountQuota, MemoryCounters

OLD, RECENT = date(2026, 1, 1), date(2026, 11, 1)


@pytest.fixture
def suite(ministack):
    """A suite whose clock is a week ahead of that of the bucket: all markers have rested."""
    now = lambda: datetime.now(UTC) + timedelta(days=7)
    client = ministack.client("sqs")
    url = client.create_queue(QueueName=f"q-{uuid.uuid4().hex[:10]}")["QueueUrl"]
    queue = SqsQueue(url, threads=4, connect=lambda: client)
    store = lambda: S3Store(S3Address(ministack.bucket()), ministack.environment())
    quota = AccountQuota(MemoryCounters(), 1_800, 50_000, now)
    return Suite(store(), store(), store(), *[queue] * 5, quota, Settings(), now, "google", threads=8)


def received(suite, ministack):
    client, found = ministack.client("sqs"), []
    while batch := client.receive_message(QueueUrl=suite.bulk.url, MaxNumberOfMessages=10).get("Messages"):
        for message in batch:
            found.append(json.loads(message["Body"]))
            client.delete_message(QueueUrl=suite.bulk.url, ReceiptHandle=message["ReceiptHandle"])
    return found


def test_markers_are_nudged_oldest_first_over_several_ticks_and_are_gone_when_served(suite, ministack, monkeypatch):
    monkeypatch.setattr(due, "CHUNK", 25)
    for day in (OLD, RECENT):
        for number in range(30):
            leave_marker(suite.state, day, "revalidate", f"h/{number} ü")
    hurried = replace(suite, seconds_left=lambda: 0)
    first = tick(hurried)
    assert (first.failed, first.did["nudged"]) == ({}, {"tidied": 0, "revalidate": 25})
    assert {order["due"] for order in received(suite, ministack)} == {OLD.isoformat()}
    assert tick(suite).did["nudged"]["revalidate"] == 35
    orders = received(suite, ministack)
    assert len(orders) == 35
    for order in orders:
        day, kind, hotel_id = date.fromisoformat(order["due"]), order["reason"], order["hotel_id"]
        assert remove_marker(suite.state, day, kind, hotel_id, marker_etag(suite.state, day, kind, hotel_id))
    assert len(list(markers_until(suite.state, RECENT))) == 25


def test_a_marker_that_is_written_anew_while_its_hotel_is_processed_stays(suite):
    leave_marker(suite.state, RECENT, "sweep", "h1", b"of manifest 1")
    etag = marker_etag(suite.state, RECENT, "sweep", "h1")
    leave_marker(suite.state, RECENT, "sweep", "h1", b"of manifest 2")
    assert not remove_marker(suite.state, RECENT, "sweep", "h1", etag)
    assert [marker.hotel_id for marker in markers_until(suite.state, RECENT)] == ["h1"]


def test_labels_are_delayed_so_that_each_minute_fits_the_quota(suite, ministack):
    for number in range(12):
        leave_marker(suite.state, RECENT, "tag", f"h{number}", json.dumps({"images": 1_800}).encode())
    assert tick(suite).did["nudged_for_labels"]["tag"] == 12  # a minute each
    client = ministack.client("sqs")
    wanted = ["ApproximateNumberOfMessages", "ApproximateNumberOfMessagesDelayed"]
    found = client.get_queue_attributes(QueueUrl=suite.bulk.url, AttributeNames=wanted)["Attributes"]
    assert [found[name] for name in wanted] == ["1", "11"]
