"""A consumer that knows docs/consuming.md and nothing else: it ends with what is published, whatever it misses.

Manifests are published with the real store in a local S3, whose notifications go through a topic into its queue.
"""

import gzip
import json
import random
from datetime import UTC, datetime, timedelta
from itertools import islice
from urllib.parse import quote, unquote_plus

import pytest

from image_release.feed import note
from image_release.feed.suite_snapshots import keep_snapshots
from image_release.publish import publish, read_before
from image_release.storage import S3Address, S3Store, Stores
from tests.unit.publish.manifests import manifest, picture

HOTELS = ["h1", "h 2", "café", "a+b", "100%", "%2E", "..", "~x", "h!'()*", "a/b", "旅館", "فندق", "🏨", "é" * 33]
RAW = {"RawMessageDelivery": "true"}
RULES = [{"Name": "prefix", "Value": "hotels/"}, {"Name": "suffix", "Value": "/manifest.json"}]
TOLD = {"Events": ["s3:ObjectCreated:*"], "Filter": {"Key": {"FilterRules": RULES}}}


class Consumer:
    """Keeps the present manifest of each hotel, by the words of the page."""

    def __init__(self, aws, bucket, queue):
        self._s3, self._sqs, self._bucket, self._queue = aws.client("s3"), aws.client("sqs"), bucket, queue
        self.hotels = {}

    def read_queue(self, *, lost=0.0, chance=None):
        """Take all notifications, in any order; some are lost, and some come twice."""
        bodies = []
        while found := self._sqs.receive_message(QueueUrl=self._queue, MaxNumberOfMessages=10).get("Messages"):
            for message in found:
                bodies.append(message["Body"])
                self._sqs.delete_message(QueueUrl=self._queue, ReceiptHandle=message["ReceiptHandle"])
        if chance:
            bodies = [body for body in bodies if chance.random() >= lost]
            bodies += chance.sample(bodies, len(bodies) // 3)
            chance.shuffle(bodies)
        for body in bodies:
            for record in json.loads(body).get("Records", ()):
                self._take(unquote_plus(record["s3"]["object"]["key"]))
        return len(bodies)

    def read_snapshot(self):
        """Read each manifest that is newer than the one that is here."""
        latest = json.loads(self._get("feed/latest.json"))
        for line in gzip.decompress(self._get(latest["snapshot"])).splitlines():
            told = json.loads(line)
            if told["seq"] > self._seq(told["hotel_id"]):
                name = {".": "%2E", "..": "%2E%2E"}.get(told["hotel_id"]) or quote(told["hotel_id"], safe="")
                self._take(f"hotels/{name}/manifest.json")

    def _take(self, key):
        found = json.loads(self._get(key))
        if found["seq"] > self._seq(found["hotel_id"]):
            self.hotels[found["hotel_id"]] = found

    def _seq(self, hotel_id):
        return self.hotels.get(hotel_id, {"seq": 0})["seq"]

    def _get(self, key):
        return self._s3.get_object(Bucket=self._bucket, Key=key)["Body"].read()


class Publisher:
    """Publishes and makes snapshots as the functions do, with a clock of its own."""

    def __init__(self, aws, bucket):
        self.now = datetime.now(UTC)
        buckets = (aws.bucket(), aws.bucket(), bucket)
        self.stores = Stores(*(S3Store(S3Address.parse(f"s3://{name}"), aws.environment()) for name in buckets))
        self.published = {}

    def publish(self, hotel_id, letters):
        before = read_before(self.stores.published, hotel_id)
        pictures = tuple(picture(position=at, sha256=letter * 64) for at, letter in enumerate(letters, start=1))
        named = {"hotel_id": hotel_id, "pictures": pictures, "published_at": self.now, "withdrawn": not letters}
        after = manifest(seq=before.next_seq).model_copy(update=named)
        note(self.stores.state, after)
        publish(self.stores.published, after, before)
        self.published[hotel_id] = after.seq, len(pictures), not letters

    def snapshot(self):
        self.now += timedelta(minutes=61)
        keep_snapshots(self.stores, self.now, lambda: True)


@pytest.fixture
def followed(ministack):
    """A publisher, and a function that begins a consumer: it subscribes first."""
    bucket = ministack.bucket()
    sns, sqs, s3 = (ministack.client(name) for name in ("sns", "sqs", "s3"))
    topic = sns.create_topic(Name=f"{bucket}-published")["TopicArn"]
    s3.put_bucket_notification_configuration(
        Bucket=bucket, NotificationConfiguration={"TopicConfigurations": [{"TopicArn": topic, **TOLD}]}
    )

    def begin():
        queue = sqs.create_queue(QueueName=f"{bucket}-q")["QueueUrl"]
        arn = sqs.get_queue_attributes(QueueUrl=queue, AttributeNames=["QueueArn"])["Attributes"]["QueueArn"]
        sns.subscribe(TopicArn=topic, Protocol="sqs", Endpoint=arn, Attributes=RAW)
        return Consumer(ministack, bucket, queue)

    return Publisher(ministack, bucket), begin


def has(consumer):
    return {
        hotel_id: (found["seq"], len(found["pictures"]), found["withdrawn"])
        for hotel_id, found in consumer.hotels.items()
    }


def test_from_notifications_alone(followed):
    """Each hotel of any id; twice, and in any order."""
    publisher, begin = followed
    publisher.snapshot()
    consumer = begin()
    for round_ in range(2):
        for hotel_id in HOTELS:
            publisher.publish(hotel_id, "ab"[round_:])
    assert consumer.read_queue(chance=random.Random(1)) >= 2 * len(HOTELS)
    assert has(consumer) == publisher.published


def test_whatever_is_lost_comes_with_the_next_snapshot(followed):
    """Half of the notifications are lost, some hotels were there before the consumer, some leave."""
    publisher, begin = followed
    chance = random.Random(2)
    for hotel_id in islice(HOTELS, 7):
        publisher.publish(hotel_id, "a")
    publisher.snapshot()
    publisher.publish(HOTELS[8], "ab")
    consumer = begin()
    consumer.read_snapshot()
    for _ in range(40):
        publisher.publish(chance.choice(HOTELS), chance.choice(["", "a", "ab", "abc"]))
    consumer.read_queue(lost=0.5, chance=chance)
    assert has(consumer) != publisher.published
    publisher.snapshot()
    consumer.read_snapshot()
    assert has(consumer) == publisher.published
