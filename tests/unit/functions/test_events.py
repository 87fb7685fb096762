"""What the functions receive: keys as S3 writes them, nudges, and malformed messages."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from functions.events import is_notification, override_nudge, s3_keys
from image_release.serverless.messages import (
    BadMessageError,
    NudgeMessage,
    ShardMessage,
    read_nudge,
    read_shard_message,
)
from tests.legal_ids import legal_ids


def notification(*keys):
    return json.dumps({"Records": [{"s3": {"object": {"key": key}}} for key in keys]})


class TestANotification:
    def test_gives_keys_as_they_are_in_the_bucket(self):
        assert s3_keys(notification("releases/week+48%2Ba.csv", "catalogues/%C3%A9/1.jsonl")) == [
            "releases/week 48+a.csv",
            "catalogues/é/1.jsonl",
        ]

    def test_keeps_the_percent_signs_of_an_encoded_id(self):
        """S3 encodes the key once more, and only that encoding is undone."""
        assert s3_keys(notification("catalogues/%2524abc/1.jsonl")) == ["catalogues/%24abc/1.jsonl"]

    def test_of_a_folder_gives_nothing(self):
        assert s3_keys(notification("catalogues/", "catalogues/a/1.jsonl")) == ["catalogues/a/1.jsonl"]

    @given(st.text() | st.recursive(st.none() | st.text(), st.lists).map(json.dumps))
    def test_that_is_malformed_raises_only_bad_message_error(self, body):
        for read in (s3_keys, is_notification, override_nudge):
            try:
                read(body)
            except BadMessageError:
                continue

    def test_that_is_nested_too_deeply_raises_bad_message_error(self):
        body = '{"Records": ' + "[" * 100_000 + "]" * 100_000 + "}"
        for read in (s3_keys, is_notification):
            with pytest.raises(BadMessageError):
                read(body)


class TestANudge:
    def test_of_an_override_names_the_hotel(self):
        """S3 encodes the key once more, which `s3_keys` undoes."""
        (key,) = s3_keys(notification("overrides/a%252Fb.jsonl"))
        assert override_nudge(key) == NudgeMessage(hotel_id="a/b", reason="override")

    def test_may_be_about_a_hotel_called_anything(self):
        message = NudgeMessage(hotel_id='"Records" "s3:TestEvent"', reason="release").message()
        assert not is_notification(message.body)

    @pytest.mark.parametrize("key", ["overrides/a/b.jsonl", "overrides/a.txt", "a.jsonl", "overrides/.jsonl"])
    def test_is_not_made_of_a_file_that_is_not_an_override(self, key):
        with pytest.raises(BadMessageError):
            override_nudge(key)

    @given(st.builds(NudgeMessage, hotel_id=legal_ids(), reason=st.sampled_from(["tag", "x"])))
    def test_is_read_as_it_was_sent(self, order):
        assert read_nudge(order.message().body) == order

    @pytest.mark.parametrize("body", ["", "{}", '{"hotel_id": ""}', '{"hotel_id": 5}', '{"hotel_id": "h", "due": "x"}'])
    def test_without_a_hotel_raises_bad_message_error(self, body):
        with pytest.raises(BadMessageError) as poison:
            read_nudge(body)
        assert str(poison.value).isprintable()

    def test_is_in_the_group_of_its_request_unless_the_sender_names_one(self):
        nudge = NudgeMessage(hotel_id="h", request_id="q1")
        assert [nudge.message().group, nudge.message("tick").group] == ["q1", "tick"]
        assert NudgeMessage(hotel_id="h").message().group is None

    def test_may_have_keys_that_a_newer_version_added(self):
        assert read_nudge('{"hotel_id": "h", "later": 1}') == NudgeMessage(hotel_id="h")


def test_a_shard_message_is_read_as_it_was_sent_and_grouped_by_its_release():
    order = ShardMessage(release_id="r1", folder="releases/r1", shard=3)
    assert read_shard_message(order.message().body) == order
    assert order.message().group == "r1"
