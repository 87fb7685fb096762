"""The functions on a local AWS: real buckets, queues and counters and the real handlers. Tests play Lambda's part."""

from __future__ import annotations

import importlib
import json
import os
import uuid
from dataclasses import dataclass, field
from typing import Any

from image_release.storage import S3Address, S3Store
from tests.conftest import ROOT
from tests.local_aws import LocalAws

EVENTS = ROOT / "events"
STORES = ("inbox", "state", "published")
QUEUES = {"urgent": "URGENT", "bulk": "BULK", "shards": "SHARD", "catalogues": "CATALOGUE", "comparing": "COMPARING"}
"""The queues that functions send to: name in these tests -> name in the environment."""
ONLY_READ = ("releases", "requests")
"""The queues that only S3 sends to."""
MAX_RECEIVES = 3


@dataclass
class Context:
    """What Lambda tells a handler about its invocation."""

    function_name: str
    remaining_ms: int = 300_000
    memory_limit_in_mb: int = 2048
    invoked_function_arn: str = "arn:aws:lambda:eu-west-1:123456789012:function:x"
    aws_request_id: str = field(default_factory=lambda: str(uuid.uuid4()))

    def get_remaining_time_in_millis(self) -> int:
        return self.remaining_ms


def sample(name: str) -> dict[str, Any]:
    """Return a sample event by its name."""
    return json.loads((EVENTS / f"{name}.json").read_text())


class Deployed:
    """Buckets, queues and a table for one test, and the environment variables that name them."""

    def __init__(self, aws: LocalAws, settings: dict[str, Any]) -> None:
        self.aws = aws
        self.name = f"t{uuid.uuid4().hex[:12]}"
        self.buckets = {name: aws.bucket() for name in STORES}
        self.sqs = aws.client("sqs")
        self.urls = {name: self._queue(name) for name in (*QUEUES, *ONLY_READ)}
        self.table = f"{self.name}-quota"
        aws.client("dynamodb").create_table(
            TableName=self.table,
            KeySchema=[{"AttributeName": "window", "KeyType": "HASH"}],
            AttributeDefinitions=[{"AttributeName": "window", "AttributeType": "S"}],
            BillingMode="PAY_PER_REQUEST",
        )
        self.inbox, self.state, self.published = (
            S3Store(S3Address(self.buckets[name]), aws.environment()) for name in STORES
        )
        self.inbox.put("settings.yaml", json.dumps(settings).encode())

    def environment(self) -> dict[str, str]:
        """Return the environment variables of a function."""
        return {
            **self.aws.environment(),
            **{f"IMAGE_RELEASE_{name.upper()}": f"s3://{bucket}" for name, bucket in self.buckets.items()},
            **{f"IMAGE_RELEASE_{variable}_QUEUE": self.urls[name] for name, variable in QUEUES.items()},
            "IMAGE_RELEASE_QUOTA_TABLE": self.table,
            "IMAGE_RELEASE_SETTINGS": "settings.yaml",
            "IMAGE_RELEASE_MAX_RECEIVES": str(MAX_RECEIVES),
        }

    def handle(self, function: str, event: dict[str, Any], **context: Any) -> Any:
        """Call a function's handler with an event, and return its answer."""
        module = importlib.import_module(f"functions.{function}.handler")
        return module.handle(event, Context(function, **context))

    def receive(self, queue: str, most: int = 1) -> dict[str, Any] | None:
        """Return an event with up to `most` messages, as Lambda makes it, or None when the queue is empty."""
        answer = self.sqs.receive_message(
            QueueUrl=self.urls[queue], MaxNumberOfMessages=most, AttributeNames=["All"], WaitTimeSeconds=0
        )
        records = [
            {
                "messageId": message["MessageId"],
                "receiptHandle": message["ReceiptHandle"],
                "body": message["Body"],
                "attributes": message["Attributes"],
                "messageAttributes": {},
                "eventSource": "aws:sqs",
                "eventSourceARN": self.arn(queue),
                "awsRegion": "eu-west-1",
            }
            for message in answer.get("Messages", [])
        ]
        return {"Records": records} if records else None

    def drain(self, function: str, queue: str) -> list[dict[str, Any]]:
        """Call a function with each message, delete the messages that succeed, and return the answers."""
        answers = []
        while event := self.receive(queue):
            answer = self.handle(function, event)
            answers.append(answer)
            failed = {item["itemIdentifier"] for item in answer["batchItemFailures"]}
            for record in event["Records"]:
                if record["messageId"] not in failed:
                    self.sqs.delete_message(QueueUrl=self.urls[queue], ReceiptHandle=record["receiptHandle"])
        return answers

    def waiting(self, queue: str) -> list[dict[str, Any]]:
        """Return the bodies of all messages that wait in a queue. The messages are hidden afterwards."""
        bodies = []
        while event := self.receive(queue, 10):
            bodies += [json.loads(record["body"]) for record in event["Records"]]
        return bodies

    def arn(self, queue: str) -> str:
        """Return the ARN of a queue."""
        return f"arn:aws:sqs:eu-west-1:000000000000:{self.name}-{queue}"

    def dead_letters(self, queue: str) -> list[tuple[str, str | None]]:
        """Return the body and the reason of every dead letter of a queue. They are hidden afterwards."""
        found = []
        while messages := self.sqs.receive_message(
            QueueUrl=f"{self.urls[queue]}-dead-letters", MaxNumberOfMessages=10, MessageAttributeNames=["All"]
        ).get("Messages"):
            for message in messages:
                reason = message.get("MessageAttributes", {}).get("reason", {}).get("StringValue")
                found.append((message["Body"], reason))
        return found

    def _queue(self, name: str) -> str:
        """Make a queue with its dead-letter queue, as the template does. Returns its address."""
        self.sqs.create_queue(QueueName=f"{self.name}-{name}-dead-letters")
        redrive = {"deadLetterTargetArn": self.arn(f"{name}-dead-letters"), "maxReceiveCount": MAX_RECEIVES}
        attributes = {"VisibilityTimeout": "600", "RedrivePolicy": json.dumps(redrive)}
        return self.sqs.create_queue(QueueName=f"{self.name}-{name}", Attributes=attributes)["QueueUrl"]


def composition_for(deployed: Deployed, monkeypatch: Any) -> None:
    """Make the composition root use a deployment, for one test."""
    for name in [name for name in os.environ if name.startswith(("IMAGE_RELEASE_", "AWS_"))]:
        monkeypatch.delenv(name)
    for name, value in deployed.environment().items():
        monkeypatch.setenv(name, value)
    importlib.reload(importlib.import_module("functions.composition"))  # it has built nothing, as in a new process
