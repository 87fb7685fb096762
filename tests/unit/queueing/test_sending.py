"""Sending: batches that SQS takes, entries that it refuses, and the memory queue that behaves like SQS."""

from datetime import UTC, datetime, timedelta

import pytest
from botocore.exceptions import EndpointConnectionError
from hypothesis import given
from hypothesis import strategies as st

from image_release.queueing import MemoryQueue, Message, MessageRefusedError, QueueError, SqsQueue
from image_release.queueing.rules import MAX_BATCH, MAX_MESSAGE_BYTES
from image_release.queueing.sqs import batches


class Sqs:
    """An SQS with prepared answers: each maps the indexes of refused entries to whether the sender is at fault."""

    def __init__(self, *answers):
        self.answers, self.sent = list(answers), []

    def send_message_batch(self, **request):
        entries = request["Entries"]
        self.sent.append([entry["MessageBody"] for entry in entries])
        refused = self.answers.pop(0) if self.answers else {}
        if isinstance(refused, Exception):
            raise refused
        failed = [
            {"Id": entries[index]["Id"], "SenderFault": ours, "Code": "Busy", "Message": "later"}
            for index, ours in refused.items()
        ]
        return {"Successful": [], "Failed": failed}


def queue(sqs, waits=None):
    slept = [] if waits is None else waits
    return SqsQueue("https://sqs/q", connect=lambda: sqs, sleep=slept.append)


def messages(count):
    return [Message(str(number)) for number in range(count)]


class TestABatch:
    @given(st.lists(st.integers(1, MAX_MESSAGE_BYTES), max_size=40))
    def test_is_never_more_than_sqs_takes_and_loses_nothing(self, sizes):
        """At most ten entries and 1 MiB together, in the original order."""
        given_messages = [Message("x" * size) for size in sizes]
        cut = list(batches(given_messages))
        assert [message for batch in cut for message in batch] == given_messages
        assert all(1 <= len(batch) <= MAX_BATCH for batch in cut)
        assert all(sum(len(message.body) for message in batch) <= MAX_MESSAGE_BYTES for batch in cut)

    def test_is_as_full_as_allowed(self):
        assert [len(batch) for batch in batches(messages(25))] == [10, 10, 5]

    def test_counts_bytes_and_not_characters(self):
        with pytest.raises(MessageRefusedError):
            list(batches([Message("é" * (MAX_MESSAGE_BYTES // 2 + 1))]))


class TestAnEntryThatIsRefused:
    def test_is_sent_again_alone(self):
        sqs = Sqs({1: False, 3: False}, {0: False})
        assert queue(sqs).send(messages(5)) == 5
        assert sqs.sent == [["0", "1", "2", "3", "4"], ["1", "3"], ["1"]]

    def test_for_our_own_fault_is_not_sent_again(self):
        sqs = Sqs({0: True})
        with pytest.raises(QueueError, match="Busy"):
            queue(sqs).send(messages(3))
        assert len(sqs.sent) == 1

    def test_again_and_again_is_a_fault(self):
        """After six attempts with doubling waits."""
        sqs, waits = Sqs(*[{0: False}] * 100), []
        with pytest.raises(QueueError, match="1 messages refused: Busy: later"):
            queue(sqs, waits).send(messages(1))
        assert len(sqs.sent) == 6
        assert all(0.1 * 2**n <= wait <= 0.2 * 2**n for n, wait in enumerate(waits))
        assert len(waits) == 5

    def test_with_its_whole_request_is_a_fault(self):
        """boto3 has retried the request already."""
        with pytest.raises(QueueError):
            queue(Sqs(EndpointConnectionError(endpoint_url="x"))).send(messages(1))


class TestTheMemoryQueue:
    def test_hides_what_was_received_and_gives_it_back(self):
        now = [datetime(2026, 1, 1, tzinfo=UTC)]
        found = MemoryQueue(lambda: now[0], visibility=timedelta(minutes=1), max_receives=2)
        found.send(messages(1))
        first = found.receive()
        assert (first.body, first.receives) == ("0", 1)
        assert found.receive() is None
        found.return_after(first.receipt, 5)
        now[0] += timedelta(seconds=5)
        assert found.receive().receives == 2
        now[0] += timedelta(minutes=1)
        assert found.receive() is None
        assert [message.body for message in found.dead] == ["0"]

    def test_forgets_what_was_deleted(self):
        found = MemoryQueue()
        found.send(messages(2))
        found.delete(found.receive().receipt)
        assert len(found) == 1
        assert found.receive().body == "1"
