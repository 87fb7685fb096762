"""The deployed suite as partners and people use it: put files into buckets, watch queues, call functions."""

import json
import os
import subprocess
import time
from collections.abc import Callable
from contextlib import contextmanager

import boto3
from botocore.config import Config

from deployment.local_aws import REGION, LocalAws
from image_release.values import key_part
from tests.end_to_end.machine import COMMAND

STAGE = "local"
PREFIX = f"image-release-{STAGE}"
QUEUES = ("catalogue", "release", "shard", "request", "comparing", "urgent", "bulk")
"""In the order in which messages of one lead to messages of the next."""
WAIT_S = 400
"""Seconds to wait for what takes about ten seconds on two idle cores."""


class DeployedSuite:
    """Clients of a running local AWS with all rights. The functions have only the rights of their roles."""

    def __init__(self, aws: LocalAws) -> None:
        self.aws = aws
        self.s3 = self.client("s3")
        self.sqs = self.client("sqs")
        self.functions = self.client("lambda")
        self.logs = self.client("logs")
        account = self.client("sts").get_caller_identity()["Account"]
        self.buckets = {name: f"{PREFIX}-{name}-{account}-{REGION}" for name in ("inbox", "state", "published")}
        self._stop_the_schedule()

    def _stop_the_schedule(self) -> None:
        """Let `tick` run only when a test calls it, and not also five minutes after the deployment, in any test."""
        events = self.client("events")
        scheduled = [rule["Name"] for rule in events.list_rules()["Rules"] if "ScheduleExpression" in rule]
        for name in scheduled:
            events.disable_rule(Name=name)

    def client(self, service: str, keys: dict[str, str] | None = None):
        return boto3.client(
            service,
            endpoint_url=self.aws.endpoint,
            region_name=REGION,
            **(keys or self.aws.keys),
            config=Config(read_timeout=300, retries={"max_attempts": 0}),
        )

    # what people and partners do

    def hand_in(self, key: str, data: bytes | str) -> None:
        self.put("inbox", key, data)

    def put(self, store: str, key: str, data: bytes | str) -> None:
        body = data.encode() if isinstance(data, str) else data
        self.s3.put_object(Bucket=self.buckets[store], Key=key, Body=body)

    @property
    def workspace(self) -> str:
        """The address of the three stores, for the command line."""
        return ",".join(f"s3://{bucket}" for bucket in self.buckets.values())

    def status(self, request_id: str) -> str:
        """Return what `image-release status` prints about a request."""
        command = [COMMAND, "status", request_id, "--workspace", self.workspace]
        environment = {**os.environ, **self.aws.environment}
        return subprocess.run(command, env=environment, capture_output=True, text=True, check=True).stdout.strip()

    def person(self, name: str) -> dict[str, str]:
        """Return the keys of a new user who has the stack's policy for people at the desk, and no other right."""
        iam = self.client("iam")
        (stack,) = self.client("cloudformation").describe_stacks(StackName=PREFIX)["Stacks"]
        outputs = {output["OutputKey"]: output["OutputValue"] for output in stack["Outputs"]}
        iam.create_user(UserName=name)
        iam.attach_user_policy(UserName=name, PolicyArn=outputs["DeskPolicy"])
        key = iam.create_access_key(UserName=name)["AccessKey"]
        return {"aws_access_key_id": key["AccessKeyId"], "aws_secret_access_key": key["SecretAccessKey"]}

    def send(self, queue: str, body: str) -> None:
        self.sqs.send_message(QueueUrl=self.queue_url(queue), MessageBody=body)

    def call(self, function: str, event: dict) -> dict:
        answer = self.functions.invoke(
            FunctionName=f"{PREFIX}-{function}", Qualifier="live", Payload=json.dumps(event).encode()
        )
        document = json.loads(answer["Payload"].read())
        assert "FunctionError" not in answer, document
        return document

    # what came out

    def bucket_names(self) -> list[str]:
        return [bucket["Name"] for bucket in self.s3.list_buckets()["Buckets"]]

    def read(self, store: str, key: str) -> bytes | None:
        try:
            return self.s3.get_object(Bucket=self.buckets[store], Key=key)["Body"].read()
        except self.s3.exceptions.NoSuchKey:
            return None

    def headers(self, key: str) -> tuple[str, str | None]:
        """Return the content type of a published object, and how long caches keep it."""
        found = self.s3.head_object(Bucket=self.buckets["published"], Key=key)
        return found["ContentType"], found.get("CacheControl")

    def keys(self, store: str, prefix: str) -> list[str]:
        pages = self.s3.get_paginator("list_objects_v2").paginate(Bucket=self.buckets[store], Prefix=prefix)
        return [item["Key"] for page in pages for item in page.get("Contents", [])]

    def manifest(self, hotel_id: str) -> dict | None:
        data = self.read("published", f"hotels/{key_part(hotel_id)}/manifest.json")
        return None if data is None else json.loads(data)

    def counted_images(self) -> int:
        """Return the number of windows in which images were counted against Google's quota."""
        return self.client("dynamodb").scan(TableName=f"{PREFIX}-quota")["Count"]

    def done(self, request_id: str) -> set[str]:
        """Return the hotels of a request that are done."""
        return {key.rsplit("/", 1)[1] for key in self.keys("state", f"requests/{request_id}/done/")}

    def served(self) -> list[tuple[str, str]]:
        """Return every hotel that was processed and the reason, in the order of the log."""
        lines = self.log_lines("process_hotel")
        documents = (json.loads(line) for line in lines if line.startswith('{"level"'))
        return [(found["hotel_id"], found["reason"]) for found in documents if found["message"] == "hotel"]

    # queues

    def queue_url(self, queue: str) -> str:
        return self.sqs.get_queue_url(QueueName=f"{PREFIX}-{queue}")["QueueUrl"]

    def depth(self, queue: str) -> int:
        """Return the number of messages that wait or are being processed."""
        names = ["ApproximateNumberOfMessages", "ApproximateNumberOfMessagesNotVisible"]
        found = self.sqs.get_queue_attributes(QueueUrl=self.queue_url(queue), AttributeNames=names)["Attributes"]
        return sum(int(found[name]) for name in names)

    def wait(self, what: str, until: Callable[[], object], seconds: float = WAIT_S):
        """Wait until a condition holds, and return its value. Raises AssertionError after `seconds`."""
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            if found := until():
                return found
            time.sleep(0.3)
        waiting = {queue: self.depth(queue) for queue in QUEUES}
        raise AssertionError(f"not within {seconds} s: {what}; waiting: {waiting}; see {self.aws.log}")

    def settle(self) -> None:
        """Wait until every queue is empty, also at a second look: a message may have gone back to one seen before."""
        self.wait("empty queues", lambda: not any(self.depth(queue) for queue in (*QUEUES, *QUEUES)))

    def dead_letters(self) -> dict[str, int]:
        """Return the dead-letter queues that are not empty, with their depth."""
        names = [url.rsplit("/", 1)[1] for url in self.sqs.list_queues(QueueNamePrefix=PREFIX)["QueueUrls"]]
        dead = [name.removeprefix(f"{PREFIX}-") for name in names if name.endswith("-dead-letters")]
        assert len(dead) >= len(QUEUES)
        return {name: depth for name in dead if (depth := self.depth(name))}

    def take_dead(self, queue: str) -> tuple[str, str]:
        """Remove one message from a dead-letter queue, and return its body and the reason beside it."""
        url = self.queue_url(f"{queue}-dead-letters")
        (message,) = self.sqs.receive_message(QueueUrl=url, MessageAttributeNames=["reason"])["Messages"]
        self.sqs.delete_message(QueueUrl=url, ReceiptHandle=message["ReceiptHandle"])
        return message["Body"], message["MessageAttributes"]["reason"]["StringValue"]

    def log_lines(self, function: str) -> list[str]:
        """Return all lines that a function wrote to its log."""
        pages = self.logs.get_paginator("filter_log_events").paginate(logGroupName=f"/aws/lambda/{PREFIX}-{function}")
        return [line for page in pages for event in page["events"] for line in event["message"].splitlines()]

    @contextmanager
    def bulk_stopped(self):
        """Stop the delivery of messages from the bulk queue inside the block."""
        mappings = self.functions.list_event_source_mappings(FunctionName=f"{PREFIX}-process_hotel:live")
        (bulk,) = (m["UUID"] for m in mappings["EventSourceMappings"] if m["EventSourceArn"].endswith(f"{PREFIX}-bulk"))
        self.functions.update_event_source_mapping(UUID=bulk, Enabled=False)
        try:
            yield
        finally:
            self.functions.update_event_source_mapping(UUID=bulk, Enabled=True)
