"""What only S3 does: transient failures, keys that were made with other tools, addresses."""

import pickle
import threading
from http.server import BaseHTTPRequestHandler

import pytest

from image_release.storage import (
    BadAddressError,
    BadKeyError,
    ConditionFailedError,
    S3Address,
    S3Store,
    StorageError,
)
from image_release.storage.s3 import PART_BYTES
from samples.serve import Server
from tests.local_aws import KEYS

CONFLICT = b"<Error><Code>ConditionalRequestConflict</Code><Message>conflict</Message></Error>"
SLOW_DOWN = b"<Error><Code>SlowDown</Code><Message>slow down</Message></Error>"


class Moody:
    """An S3 that gives the prepared answers first, and then 200 with an ETag; `asked` has all requests."""

    def __init__(self):
        self.answers, self.asked = [], []
        moody = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_PUT(self):
                self.rfile.read(int(self.headers.get("Content-Length", 0)))
                moody.asked.append((self.command, self.path, {k.lower(): v for k, v in self.headers.items()}))
                status, body = moody.answers.pop(0) if moody.answers else (200, b"")
                self.send_response(status)
                self.send_header("ETag", '"etag"')
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def do_GET(self):
                self.do_PUT()

            def log_message(self, *_):
                """Do not log."""

        self.server = Server(Handler)
        threading.Thread(target=self.server.serve_forever, daemon=True).start()
        endpoint = f"http://127.0.0.1:{self.server.server_address[1]}"
        self.store = S3Store(S3Address("bucket"), {**KEYS, "AWS_ENDPOINT_URL": endpoint})


@pytest.fixture
def moody():
    found = Moody()
    yield found
    found.server.shutdown()
    found.server.server_close()


class TestATransientFailure:
    def test_of_two_writers_who_meet_is_tried_again(self, moody):
        """409: S3 asks for another attempt; it does not say that the condition failed."""
        moody.answers = [(409, CONFLICT)] * 2
        moody.store.put("a", b"x", if_match='"old"')
        assert len(moody.asked) == 3
        assert {headers["if-match"] for _, _, headers in moody.asked} == {'"old"'}

    def test_of_a_busy_store_is_tried_again(self, moody):
        """503 to a write and to a read."""
        moody.answers = [(503, SLOW_DOWN)]
        moody.store.put("a", b"x")
        moody.answers = [(503, SLOW_DOWN)]
        assert moody.store.get("a").etag == '"etag"'
        assert len(moody.asked) == 4

    def test_that_lasts_is_a_fault(self, moody):
        """After a bounded number of attempts, within seconds."""
        moody.answers = [(409, CONFLICT)] * 100
        with pytest.raises(StorageError):
            moody.store.put("a", b"x", if_match='"old"')
        assert len(moody.asked) <= 40

    def test_of_a_first_write_that_meets_another_is_tried_again(self, moody):
        """409 to a put with `if_absent`: the next attempt says which writer won."""
        moody.answers = [(409, CONFLICT), (412, b"")]
        with pytest.raises(ConditionFailedError):
            moody.store.put("a", b"x", if_absent=True)

    def test_of_a_first_write_that_always_meets_another_is_a_fault_after_six_attempts(self, moody):
        """It is not a failed condition: S3 did not say that there is an object."""
        moody.answers = [(409, CONFLICT)] * 100
        with pytest.raises(StorageError, match="other writers"):
            moody.store.put("a", b"x", if_absent=True)
        assert len(moody.asked) == 6

    def test_that_refuses_us_is_a_fault_without_another_attempt(self, moody):
        """403 is not transient."""
        moody.answers = [(403, b"<Error><Code>AccessDenied</Code></Error>")] * 10
        with pytest.raises(StorageError, match="AccessDenied"):
            moody.store.get("a")
        assert len(moody.asked) == 1


class TestABucket:
    def test_is_listed_though_people_put_odd_keys_there(self, ministack):
        """A console's folder, an empty part, a control character: such keys do not hide the others."""
        bucket, client = ministack.bucket(), ministack.client("s3")
        for key in (
            "catalogues/",
            "catalogues//x",
            "catalogues/a/1.jsonl",
            "catalogues/b/1\n.jsonl",
            "catalogues/c/1.jsonl",
        ):
            client.put_object(Bucket=bucket, Key=key, Body=b"x")
        store = S3Store(S3Address(bucket), ministack.environment())
        listed = [item.key for item in store.list("catalogues/")]
        assert [key for key in listed if key.endswith("1.jsonl")] == ["catalogues/a/1.jsonl", "catalogues/c/1.jsonl"]

    def test_that_is_not_there_is_a_fault(self, ministack):
        """It is not the same as a store without objects."""
        store = S3Store(S3Address("no-such-bucket"), ministack.environment())
        with pytest.raises(StorageError):
            store.put("a", b"x")
        with pytest.raises(StorageError):
            list(store.list(""))

    def test_takes_no_key_with_control_characters(self, ministack):
        """obstore cannot send them, and our keys have none."""
        store = S3Store(S3Address(ministack.bucket()), ministack.environment())
        with pytest.raises(BadKeyError):
            store.put("a\nb", b"x")

    def test_shows_keys_as_they_are(self, ministack):
        """A percent character in a key is one in the bucket too: sites find a rendition by the key in the manifest."""
        bucket = ministack.bucket()
        store = S3Store(S3Address(bucket, "below"), ministack.environment())
        store.put("hotels/%24abc/manifest.json", b"x")
        found = ministack.client("s3").list_objects_v2(Bucket=bucket)["Contents"]
        assert [item["Key"] for item in found] == ["below/hotels/%24abc/manifest.json"]


class TestAnAddress:
    def test_names_a_bucket_and_a_prefix(self):
        assert S3Address.parse("s3://bucket") == S3Address("bucket")
        assert S3Address.parse("s3://bucket/a/b/") == S3Address("bucket", "a/b")
        assert str(S3Address("bucket").below("inbox")) == "s3://bucket/inbox"
        assert str(S3Address("bucket", "a").below("inbox")) == "s3://bucket/a/inbox"

    @pytest.mark.parametrize(
        "text", ["", "s3://", "s3:///a", "bucket", "http://bucket", "s3://bucket/../a", "s3://b/a//b"]
    )
    def test_that_is_none_is_refused(self, text):
        with pytest.raises(BadAddressError):
            S3Address.parse(text)

    def test_is_all_that_goes_to_another_process(self):
        store = pickle.loads(pickle.dumps(S3Store(S3Address("bucket", "a"))))
        assert store.address == S3Address("bucket", "a")


@pytest.mark.parametrize("double", ["ministack", "moto"])
class TestWhatABrowserIsTold:
    """Type and Cache-Control as a HEAD gives them, of an object that was put in each way there is."""

    def test_of_an_object_that_was_put_whole(self, request, double):
        """New, and replaced under a condition."""
        store, head = headed(request.getfixturevalue(double))
        key = "hotels/1/manifest.json"
        store.put(key, b"{}", if_absent=True)
        assert head(key) == ("application/json; charset=utf-8", "no-cache")
        store.put(key, b'{"seq": 2}', if_match=store.get(key).etag)
        assert head(key) == ("application/json; charset=utf-8", "no-cache")

    def test_of_a_file(self, request, double, tmp_path):
        """A small one in one part, a large one in several."""
        store, head = headed(request.getfixturevalue(double))
        path = tmp_path / "file"
        for size in (10, 3 * PART_BYTES):
            path.write_bytes(b"x" * size)
            key = f"feed/2026-11-25T00000{size % 7}.000000Z/hotels.jsonl.gz"
            store.put_file(key, path)
            assert head(key) == ("application/gzip", "public, max-age=31536000, immutable")
            assert store.head(key).size == size

    def test_of_what_is_private(self, request, double):
        """A type, so that consoles show it; nobody is told to keep it."""
        store, head = headed(request.getfixturevalue(double))
        store.put("releases/current.json", b"{}")
        assert head("releases/current.json") == ("application/json; charset=utf-8", None)


def headed(aws):
    """A store in a bucket of its own, and what S3 says of an object: its type, and how long it may be kept."""
    bucket, client = aws.bucket(), aws.client("s3")

    def head(key):
        told = client.head_object(Bucket=bucket, Key=key)
        return told.get("ContentType"), told.get("CacheControl")

    return S3Store(S3Address(bucket), aws.environment()), head
