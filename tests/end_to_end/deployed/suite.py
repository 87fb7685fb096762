"""The deployed suite as partners and people meet it: buckets to put files into, queues to look at, functions to call."""

import json
import time
from collections.abc import Callable

import boto3
from botocore.config import Config

from deployment.local_aws import REGION, LocalAws
from image_release.values import key_part

STAGE = "local"
PREFIX = f"image-release-{STAGE}"
WAIT_S = 90
"""For what takes seconds when the machine has nothing else to do."""


class DeployedSuite:
    """Clients of a running local AWS with the account owner's rights; what the functions may do is their roles' matter."""

    def __init__(self, aws: LocalAws) -> None:
        self.aws = aws
        self.s3 = self._client("s3")
        self.sqs = self._client("sqs")
        self.functions = self._client("lambda")
        account = self._client("sts").get_caller_identity()["Account"]
        self.buckets = {name: f"{PREFIX}-{name}-{account}-{REGION}" for name in ("inbox", "state", "published")}

    def _client(self, service: str):
        environment = self.aws.environment
        return boto3.client(
            service,
            endpoint_url=self.aws.endpoint,
            region_name=REGION,
            aws_access_key_id=environment["AWS_ACCESS_KEY_ID"],
            aws_secret_access_key=environment["AWS_SECRET_ACCESS_KEY"],
            config=Config(read_timeout=300, retries={"max_attempts": 0}),
        )

    # what people and partners do

    def hand_in(self, key: str, data: bytes | str) -> None:
        body = data.encode() if isinstance(data, str) else data
        self.s3.put_object(Bucket=self.buckets["inbox"], Key=key, Body=body)

    def send(self, queue: str, body: str) -> None:
        self.sqs.send_message(QueueUrl=self.queue_url(queue), MessageBody=body)

    def call(self, function: str, event: dict) -> dict:
        answer = self.functions.invoke(FunctionName=f"{PREFIX}-{function}", Payload=json.dumps(event).encode())
        document = json.loads(answer["Payload"].read())
        assert "FunctionError" not in answer, document
        return document

    # what came out

    def read(self, store: str, key: str) -> bytes | None:
        try:
            return self.s3.get_object(Bucket=self.buckets[store], Key=key)["Body"].read()
        except self.s3.exceptions.NoSuchKey:
            return None

    def keys(self, store: str, prefix: str) -> list[str]:
        pages = self.s3.get_paginator("list_objects_v2").paginate(Bucket=self.buckets[store], Prefix=prefix)
        return [item["Key"] for page in pages for item in page.get("Contents", [])]

    def manifest(self, hotel_id: str) -> dict | None:
        data = self.read("published", f"hotels/{key_part(hotel_id)}/manifest.json")
        return None if data is None else json.loads(data)

    def urls(self, hotel_id: str) -> set[str]:
        """Of all images that a hotel shows, as the best or as a copy of it."""
        pictures = self.manifest(hotel_id)["pictures"]
        return {image["url"] for picture in pictures for image in (picture["best"], *picture["merged"])}

    # queues

    def queue_url(self, queue: str) -> str:
        return self.sqs.get_queue_url(QueueName=f"{PREFIX}-{queue}")["QueueUrl"]

    def depth(self, queue: str) -> int:
        """Messages that wait or are being worked on."""
        names = ["ApproximateNumberOfMessages", "ApproximateNumberOfMessagesNotVisible"]
        found = self.sqs.get_queue_attributes(QueueUrl=self.queue_url(queue), AttributeNames=names)["Attributes"]
        return sum(int(found[name]) for name in names)

    def wait(self, what: str, until: Callable[[], object], seconds: float = WAIT_S):
        """Wait until something is so, and answer with it."""
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            if found := until():
                return found
            time.sleep(0.3)
        waiting = {queue: self.depth(queue) for queue in ("catalogue", "release", "shard", "urgent", "bulk", "request")}
        raise AssertionError(f"not within {seconds} s: {what}; waiting: {waiting}; see {self.aws.log}")

    def settle(self) -> None:
        """Wait until every queue is empty."""
        queues = ("catalogue", "release", "shard", "urgent", "bulk", "request")
        self.wait("empty queues", lambda: not any(self.depth(queue) for queue in queues))

    def invocations(self, function: str) -> int:
        """How often a function ended, by its log."""
        logs = self._client("logs")
        group = f"/aws/lambda/{PREFIX}-{function}"
        pages = logs.get_paginator("filter_log_events").paginate(logGroupName=group, filterPattern='"REPORT RequestId"')
        return sum(len(page["events"]) for page in pages)
