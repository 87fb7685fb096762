"""Sending: batches that SQS takes, entries that it refuses, and the memory queue that behaves like SQS."""

import itertools
import string
import threading
from datetime import UTC, datetime, timedelta

import pytest
from botocore.exceptions import EndpointConnectionError
from hypothesis import example, given
from hypothesis import strategies as st

from image_release.queueing import MemoryQueue, Message, MessageRefusedError, QueueError, SqsQueue
from image_release.queueing.rules import MAX_BATCH, MAX_MESSAGE_BYTES, entry_fault
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

    def test_takes_a_group_of_any_text_as_sqs_gets_a_name_of_it(self):
        assert MemoryQueue().send([Message("x", "2026-11-25 week 48"), Message("x", "é" * 200), Message("x", "")]) == 3

    @pytest.mark.parametrize(
        "refused",
        [
            Message(""),
            Message("a\ufffe"),
            Message("a\x0b"),
            Message("a\ud800"),
            Message("x" * (MAX_MESSAGE_BYTES + 1)),
            Message("x", delay_s=901),
            Message("x", delay_s=-1),
            Message("x", reason=""),
            Message("x", reason="\uffff"),
        ],
    )
    def test_refuses_what_sqs_refuses_as_the_queue_of_sqs_does(self, refused):
        for found in (MemoryQueue(), queue(Sqs())):
            with pytest.raises(MessageRefusedError):
                found.send([refused])


class TestARuleOfSqs:
    """The rules are written here once more, as the documentation of SendMessage has them."""

    @given(st.text(max_size=20))
    @example("\t\n\r \ud7ff\ue000\ufffd\U00010000\U0010ffff")
    def test_about_bodies(self, body):
        allowed = [(0x9, 0x9), (0xA, 0xA), (0xD, 0xD), (0x20, 0xD7FF), (0xE000, 0xFFFD), (0x10000, 0x10FFFF)]
        taken = bool(body) and all(any(low <= ord(sign) <= high for low, high in allowed) for sign in body)
        assert (entry_fault(body, None, 0) is None) is taken

    @given(st.text(st.sampled_from(string.printable + "éß\u2028"), max_size=140))
    @example("a" * 128)
    @example("a" * 129)
    def test_about_groups(self, group):
        taken = 1 <= len(group) <= 128 and set(group) <= set(string.ascii_letters + string.digits + string.punctuation)
        assert (entry_fault("x", group, 0) is None) is taken

    @pytest.mark.parametrize(("delay_s", "taken"), [(-1, False), (0, True), (900, True), (901, False)])
    def test_about_delays(self, delay_s, taken):
        assert (entry_fault("x", None, delay_s) is None) is taken

    @pytest.mark.parametrize(("size", "taken"), [(MAX_MESSAGE_BYTES, True), (MAX_MESSAGE_BYTES + 1, False)])
    def test_about_sizes_in_bytes(self, size, taken):
        assert (entry_fault("x" * (size - 2) + "é", None, 0) is None) is taken


class CrowdedSqs(Sqs):
    """Answers none of the first `together` batches before all of them are under way; counts how many were at once."""

    def __init__(self, together, failing=()):
        super().__init__()
        self.barrier, self.lock = threading.Barrier(together, timeout=60), threading.Lock()
        self.failing, self.now, self.most, self.came = failing, 0, 0, 0

    def send_message_batch(self, **request):
        with self.lock:
            self.now += 1
            self.most = max(self.most, self.now)
            self.came += 1
            is_first = self.came <= self.barrier.parties
        if is_first:
            self.barrier.wait()
        with self.lock:
            self.now -= 1
            answer = super().send_message_batch(**request)
        if request["Entries"][0]["MessageBody"] in self.failing:
            raise EndpointConnectionError(endpoint_url="x")
        return answer


class TestManyBatches:
    def test_are_under_way_at_once_as_many_as_there_are_threads(self):
        sqs = CrowdedSqs(4)
        assert SqsQueue("u", threads=4, connect=lambda: sqs).send(messages(120)) == 120
        assert sqs.most == 4
        assert sorted(body for bodies in sqs.sent for body in bodies) == sorted(map(str, range(120)))

    @pytest.mark.parametrize("count", [0, 1, 10, 29])
    def test_but_a_few_need_no_thread(self, count):
        sqs = Sqs()
        assert SqsQueue("u", threads=4, connect=lambda: sqs).send(messages(count)) == count
        assert sqs.sent == [list(map(str, range(count)))[start : start + 10] for start in range(0, count, 10)]

    def test_are_made_no_faster_than_they_are_sent(self):
        """A million messages are never in memory."""
        sqs, made = CrowdedSqs(2), []
        waiting = []

        def stream():
            for message in messages(400):
                made.append(message)
                waiting.append(len(made) - sum(map(len, sqs.sent)))
                yield message

        assert SqsQueue("u", threads=2, connect=lambda: sqs).send(stream()) == 400
        assert max(waiting) <= 40

    def test_end_before_the_error_of_one_is_raised_and_the_source_is_read_no_further(self):
        sqs = CrowdedSqs(2, failing={"0"})
        endless = (Message(str(number)) for number in itertools.count())
        with pytest.raises(QueueError):
            SqsQueue("u", threads=2, connect=lambda: sqs).send(endless)
        assert sqs.now == 0

    def test_end_before_an_error_of_their_source_is_raised(self):
        sqs = CrowdedSqs(2)

        def stream():
            yield from messages(40)
            raise LookupError

        with pytest.raises(LookupError):
            SqsQueue("u", threads=2, connect=lambda: sqs).send(stream())
        assert sqs.now == 0
        assert len(sqs.sent) == 3  # the fourth was not full yet
