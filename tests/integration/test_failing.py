"""What becomes of messages that fail, by every queue of the suite: real handlers, real SQS, real dead letters.

A permanent failure is a dead letter after one receive, with its reason. A transient one returns within seconds.
"""

import gzip
import json
import time

import pytest

from tests.integration.deployed import MAX_RECEIVES, Deployed, composition_for

FUNCTIONS = {
    "catalogues": "detect_changes",
    "releases": "fan_out",
    "shards": "fan_out_shard",
    "comparing": "compare_hotels",
    "requests": "reprocess",
    "urgent": "process_hotel",
    "bulk": "process_hotel",
}
ALL_WELL = {"batchItemFailures": []}
SETTINGS = {"download": {"allowed_networks": ["127.0.0.0/8"], "max_attempts": 1, "back_off_s": 0}}
HEAD = "hotel_id,name,country,city,latitude,longitude,accommodations\n"


@pytest.fixture
def deployed(ministack, monkeypatch):
    found = Deployed(ministack, SETTINGS)
    composition_for(found, monkeypatch)
    return found


def told(*keys):
    """The body of S3's notification of some objects."""
    return json.dumps({"Records": [{"s3": {"object": {"key": key}}} for key in keys]})


def handled(deployed, queue, body):
    """Send a message, and call the function of its queue with it as Lambda does. Returns whether it succeeded."""
    deployed.sqs.send_message(QueueUrl=deployed.urls[queue], MessageBody=body, MessageGroupId="group-1")
    return served(deployed, queue)


def served(deployed, queue):
    """Call the function of a queue with its next message. Returns whether it succeeded, and deletes it then."""
    (record,) = deployed.receive(queue)["Records"]
    answer = deployed.handle(FUNCTIONS[queue], {"Records": [record]})
    if answer == ALL_WELL:
        deployed.sqs.delete_message(QueueUrl=deployed.urls[queue], ReceiptHandle=record["receiptHandle"])
    return answer == ALL_WELL


def counted(text, name):
    """The value of a metric that a handler wrote to its output."""
    lines = [json.loads(line) for line in text.splitlines() if f'"{name}"' in line and '"_aws"' in line]
    return sum(sum(line[name]) for line in lines)


class TestAPermanentFailure:
    @pytest.mark.parametrize("queue", FUNCTIONS)
    def test_of_a_body_that_no_function_sends_is_a_dead_letter_at_once(self, deployed, queue, capsys):
        """The letter has the body as it was and says why, the metric tells of it, and the queue is empty."""
        assert handled(deployed, queue, '{"no": "sense"}')
        ((body, reason),) = deployed.dead_letters(queue)
        assert body == '{"no": "sense"}'
        assert reason.startswith("BadMessageError: ")
        assert counted(capsys.readouterr().out, "FailedForGood") == 1
        assert deployed.receive(queue) is None

    @pytest.mark.parametrize(
        ("queue", "key", "data", "says"),
        [
            ("catalogues", "catalogues/atlas/deep/er.jsonl", b"{}", "CatalogueMisnamedError"),
            ("catalogues", "catalogues/atlas/1.jsonl.gz", b"\x1f\x8b damaged", "not a whole gzip file"),
            ("catalogues", "catalogues/atlas/2.jsonl.gz", gzip.compress(b"{}", mtime=0)[:-6], "not a whole gzip file"),
            ("catalogues", "catalogues/atlas/3.jsonl", "{}".encode("utf-16"), "UTF-16"),
            ("catalogues", "catalogues/atlas/gone.jsonl", None, "MissingInputError"),
            ("releases", "releases/1.csv.gz", b"no gzip", "not a whole gzip file"),
            ("releases", "releases/2.csv", b"id,name\n1,Hotel\n", "hotel_id"),
            ("releases", "releases/gone.csv", None, "MissingInputError"),
            ("requests", "requests/a.json", b"{not JSON", "requests/a.json"),
            ("requests", "requests/b.json", b'{"request_id": "b", "cities": "Bilbao"}', "cities"),
            ("requests", "requests/gone.json", None, "MissingInputError"),
            ("urgent", "overrides/h1.json", b"", "overrides/<hotel_id>.jsonl"),
        ],
    )
    def test_of_a_file_names_the_file_and_the_rule(self, deployed, queue, key, data, says):
        if data is not None:
            deployed.inbox.put(key, data)
        assert handled(deployed, queue, told(key))
        ((body, reason),) = deployed.dead_letters(queue)
        assert body == told(key)
        assert reason.startswith(f"{key}: ")
        assert says in reason

    def test_of_a_name_with_control_characters_is_told_in_one_plain_line(self, deployed):
        """SQS takes no control character in an attribute, and a log line would be broken by it."""
        key = "catalogues/at%0alas\x1b[31m/x/\u202e1.jsonl"
        assert handled(deployed, "catalogues", told(key))
        ((_, reason),) = deployed.dead_letters("catalogues")
        assert reason.isprintable()

    def test_of_one_object_does_not_stop_the_others_of_a_notification(self, deployed):
        """The release beside the misnamed one comes into force, and the letter names only what failed."""
        deployed.inbox.put("releases/good.csv", f"{HEAD}h1,Hotel,ES,Bilbao,,,atlas:1\n".encode())
        assert handled(deployed, "releases", told("releases/gone.csv", "releases/good.csv"))
        ((_, reason),) = deployed.dead_letters("releases")
        assert reason == "releases/gone.csv: MissingInputError: releases/gone.csv"
        assert deployed.state.get("releases/current.json")

    def test_that_was_repaired_is_understood_when_it_is_moved_back(self, deployed):
        """StartMessageMoveTask keeps the body and the attributes of a message."""
        assert handled(deployed, "releases", told("releases/late.csv"))
        ((body, reason),) = deployed.dead_letters("releases")
        deployed.inbox.put("releases/late.csv", f"{HEAD}h1,Hotel,ES,Bilbao,,,atlas:1\n".encode())
        deployed.sqs.send_message(
            QueueUrl=deployed.urls["releases"],
            MessageBody=body,
            MessageAttributes={"reason": {"DataType": "String", "StringValue": reason}},
        )
        assert served(deployed, "releases")
        assert deployed.state.get("releases/current.json")

    def test_whose_letter_cannot_be_sent_returns_to_its_queue(self, deployed):
        """Nothing is lost: after its last receive SQS itself moves the message."""
        deployed.sqs.delete_queue(QueueUrl=f"{deployed.urls['requests']}-dead-letters")
        assert not handled(deployed, "requests", told("requests/gone.json"))


class TestATransientFailure:
    @pytest.fixture(autouse=True)
    def no_state(self, deployed, monkeypatch):
        """The settings name a bucket that does not exist: the stage is broken, and not the message."""
        monkeypatch.setenv("IMAGE_RELEASE_STATE", "s3://not-there-at-all")
        deployed.inbox.put("catalogues/atlas/1.jsonl", b'{"accommodation_id": "1", "images": []}\n')
        deployed.inbox.put("releases/1.csv", f"{HEAD}h1,Hotel,ES,Bilbao,,,atlas:1\n".encode())
        deployed.inbox.put("requests/r.json", b'{"request_id": "r", "all": true}')

    BODIES = {  # noqa: RUF012 - only read
        "catalogues": told("catalogues/atlas/1.jsonl"),
        "releases": told("releases/1.csv"),
        "shards": json.dumps({"release_id": "1", "folder": "1-0", "shard": 0}),
        "comparing": json.dumps({"go_on": "split/shared/20261125T100000Z-6f1e02aa"}),
        "requests": told("requests/r.json"),
        "urgent": json.dumps({"hotel_id": "h1"}),
        "bulk": json.dumps({"hotel_id": "h1"}),
    }

    @pytest.mark.parametrize("queue", FUNCTIONS)
    def test_returns_in_seconds_and_after_its_last_receive_says_why(self, deployed, queue):
        """The visibility timeout of the queue is ten minutes; the first wait is ten seconds at most."""
        assert not handled(deployed, queue, self.BODIES[queue])
        assert deployed.dead_letters(queue) == []
        end = time.monotonic() + 60
        while (event := deployed.receive(queue)) is None:
            assert time.monotonic() < end
            time.sleep(0.5)
        (record,) = event["Records"]
        record["attributes"]["ApproximateReceiveCount"] = str(MAX_RECEIVES)
        assert deployed.handle(FUNCTIONS[queue], {"Records": [record]}) == ALL_WELL
        ((body, reason),) = deployed.dead_letters(queue)
        assert body == self.BODIES[queue]
        assert "StorageError" in reason
