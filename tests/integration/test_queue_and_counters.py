"""The SQS and DynamoDB adapters with a local AWS; the counters in memory must pass the same tests."""

import uuid
from concurrent.futures import ThreadPoolExecutor

import pytest

from image_release.queueing import Message, QueueError, SqsQueue
from image_release.queueing.sqs import ATTEMPTS
from image_release.tag import CountersUnreachableError, DynamoCounters, MemoryCounters


@pytest.fixture
def sqs(ministack):
    client = ministack.client("sqs")
    url = client.create_queue(QueueName=f"q-{uuid.uuid4().hex[:10]}", Attributes={"VisibilityTimeout": "600"})[
        "QueueUrl"
    ]
    return client, url, SqsQueue(url, connect=lambda: client)


@pytest.fixture(params=["memory", "dynamodb"])
def counters(request):
    if request.param == "memory":
        return MemoryCounters()
    aws = request.getfixturevalue("ministack")
    client, table = aws.client("dynamodb"), f"t-{uuid.uuid4().hex[:10]}"
    client.create_table(
        TableName=table,
        KeySchema=[{"AttributeName": "window", "KeyType": "HASH"}],
        AttributeDefinitions=[{"AttributeName": "window", "AttributeType": "S"}],
        BillingMode="PAY_PER_REQUEST",
    )
    return DynamoCounters(table, connect=lambda: client)


class TestAQueue:
    def test_gets_every_message_once_with_its_group(self, sqs):
        client, url, queue = sqs
        assert queue.send(Message(str(number), "r1" if number % 2 else None) for number in range(25)) == 25
        found = []
        while batch := client.receive_message(QueueUrl=url, MaxNumberOfMessages=10).get("Messages"):
            found += batch
        assert sorted(int(message["Body"]) for message in found) == list(range(25))

    def test_gives_a_message_back_when_it_is_told_to(self, sqs):
        client, url, queue = sqs
        queue.send([Message("x")])
        (message,) = client.receive_message(QueueUrl=url)["Messages"]
        assert "Messages" not in client.receive_message(QueueUrl=url)
        queue.return_after(message["ReceiptHandle"], 0)
        assert client.receive_message(QueueUrl=url)["Messages"][0]["Body"] == "x"

    def test_that_is_not_there_is_a_fault(self, ministack):
        client = ministack.client("sqs")
        with pytest.raises(QueueError):
            SqsQueue(f"{ministack.endpoint}/000000000000/none", connect=lambda: client).send([Message("x")])


class TestABatchThatFailsInPart:
    def test_is_sent_again_until_every_message_was_taken_once(self, ministack, sqs):
        """SQS is busy three times, each time for some entries."""
        client, url, queue = sqs
        ministack.fail_in_part(url, 4, 2, 1)
        assert queue.send(Message(str(number)) for number in range(10)) == 10
        found = []
        while batch := client.receive_message(QueueUrl=url, MaxNumberOfMessages=10).get("Messages"):
            found += batch
        assert sorted(int(message["Body"]) for message in found) == list(range(10))

    def test_again_and_again_is_a_fault(self, ministack, sqs):
        client, url, _ = sqs
        ministack.fail_in_part(url, *[1] * ATTEMPTS)
        with pytest.raises(QueueError, match="refused"):
            SqsQueue(url, connect=lambda: client, sleep=lambda _: None).send([Message("x"), Message("y")])


class TestCounters:
    def test_give_what_is_left_and_no_more(self, counters):
        assert [counters.take("w", 4, 10) for _ in range(4)] == [4, 4, 2, 0]
        assert (counters.taken("w"), counters.taken("other")) == (10, 0)

    def test_of_other_windows_are_others(self, counters):
        assert [counters.take(window, 8, 10) for window in ("a", "b", "a")] == [8, 8, 2]

    def test_grant_nothing_beyond_a_limit_of_nothing(self, counters):
        assert (counters.take("w", 5, 0), counters.take("w", 0, 5)) == (0, 0)

    def test_are_taken_from_by_many_at_once_and_never_too_much(self, counters):
        """Eight workers each ask 12 times for 3 of 100 images, and never get more than 100."""
        with ThreadPoolExecutor(8) as pool:
            granted = list(pool.map(lambda _: sum(counters.take("w", 3, 100) for _ in range(12)), range(8)))
        assert sum(granted) == counters.taken("w") <= 100
        assert sum(granted) + counters.take("w", 100, 100) == 100

    def test_that_are_not_there_are_a_fault(self, ministack):
        client = ministack.client("dynamodb")
        with pytest.raises(CountersUnreachableError):
            DynamoCounters("none", connect=lambda: client).take("w", 1, 1)
