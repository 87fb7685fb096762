"""A tagger that cannot start: nothing is counted, hotels are published without labels, it is told once, nothing stops.

The real Google client, against a server on 127.0.0.1; SSM and DynamoDB of a local AWS; answers that no local AWS gives
come from a server of their own.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import threading
import uuid
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler

import boto3
import grpc
import pytest
from botocore.exceptions import ClientError
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa

from deployment.local_aws import kept_port
from functions.google_credentials import vision_client
from image_release.publish import read_before
from image_release.serverless.tagger_reports import TaggerReports
from image_release.settings import TaggingSettings
from image_release.storage import MemoryStore, StorageError
from image_release.tag import (
    AccountQuota,
    BothTagger,
    DynamoCounters,
    GoogleTagger,
    MemoryCounters,
    NotTagged,
    Tagged,
    TaggerUnavailableError,
    TagRequest,
)
from image_release.tag.local import LocalTagger, ModelUnusableError
from image_release.upkeep_keys import TAGGER_UNAVAILABLE
from image_release.values import Label, Look
from samples.serve import Server
from tests.conftest import ROOT
from tests.integration.deployed import QUEUES
from tests.integration.test_google_tagger import abort
from tests.integration.vision_server import Response, labelled, vision_on_this_machine
from tests.integration.world import World, jpeg, photo

QUICK = TaggingSettings(back_off_s=0.01, max_back_off_s=0.05, timeout_s=20, total_timeout_s=20)
"""Quick where the service answers, however busy the machine is. What fails for as long as it may gets less time."""
NOW = datetime(2026, 11, 25, 12, tzinfo=UTC)
SECRET = "-----BEGIN PRIVATE KEY-----\nc2VjcmV0IHRoYXQgbm9ib2R5IG1heSBzZWU=\n-----END PRIVATE KEY-----\n"


def images(count):
    return [
        TagRequest(f"{number:064x}", "https://p.example/a.jpg", lambda: b"x", lambda: b"") for number in range(count)
    ]


def account_key(**changes):
    """The JSON of a service account's key."""
    made = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    pem = made.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    ).decode()
    return {
        "type": "service_account", "project_id": "p", "private_key_id": "1", "private_key": pem,
        "client_email": "tagger@p.iam.gserviceaccount.com", "token_uri": "https://oauth2.googleapis.com/token",
        **changes,
    }  # fmt: skip


@pytest.fixture
def vision():
    with vision_on_this_machine() as server:
        server.behaviours = [lambda request, _: Response(responses=[labelled(("Pool", 0.9))] * len(request.requests))]
        yield server


@pytest.fixture
def parameter(ministack, monkeypatch):
    """Puts a text into a parameter of SSM, and returns its name; None puts nothing."""
    for name, value in ministack.environment().items():
        monkeypatch.setenv(name, value)
    client = ministack.client("ssm")

    def put(text):
        name = f"/hotels/{uuid.uuid4().hex}"
        if text is not None:
            client.put_parameter(Name=name, Value=text, Type="SecureString")
        return name

    return put


class TestTheSecret:
    def test_that_is_there_connects(self, parameter):
        assert vision_client(parameter(json.dumps(account_key()))).transport.host.startswith("vision.googleapis.com")

    def test_that_is_missing_says_what_to_do(self, parameter):
        name = parameter(None)
        with pytest.raises(TaggerUnavailableError, match=f"the SSM parameter {name} is missing; put the JSON of"):
            vision_client(name)

    @pytest.mark.parametrize(
        "text",
        [
            "{", "no JSON", "[]", "7", "null", "{}", json.dumps({"type": "authorized_user", "client_id": "x"}), SECRET,
            json.dumps(account_key(private_key=SECRET)), json.dumps(account_key(private_key=7)),
            json.dumps(account_key(private_key="")), json.dumps(account_key(client_email=None)),
        ],
    )  # fmt: skip
    def test_that_is_malformed_says_so_and_shows_nothing_of_it(self, parameter, text):
        with pytest.raises(TaggerUnavailableError, match="does not hold the JSON of a service account's key") as raised:
            vision_client(parameter(text))
        assert "c2VjcmV0" not in str(raised.value)
        assert raised.value.__suppress_context__ or "c2VjcmV0" not in str(raised.value.__cause__)

    @pytest.mark.parametrize(
        ("code", "sentence"),
        [
            ("AccessDeniedException", "may not be read; allow ssm:GetParameter, and kms:Decrypt of its key"),
            ("InvalidKeyId", "InvalidKeyId"),
            ("ThrottlingException", "ThrottlingException"),
            ("InternalServerError", "InternalServerError"),
        ],
    )
    def test_that_aws_refuses_says_why(self, monkeypatch, parameter, code, sentence):
        with answering(400, {"__type": code, "message": "User is not authorized"}) as endpoint:
            monkeypatch.setenv("AWS_ENDPOINT_URL", endpoint)
            with pytest.raises(TaggerUnavailableError, match=sentence):
                vision_client("/hotels/google")

    def test_of_an_ssm_that_is_away(self, monkeypatch, parameter):
        with kept_port() as port:
            monkeypatch.setenv("AWS_ENDPOINT_URL", f"http://127.0.0.1:{port}")
            with pytest.raises(TaggerUnavailableError, match="SSM does not answer for /hotels/google"):
                vision_client("/hotels/google")


class answering:  # noqa: N801 - used like a function
    """A server that gives one answer to all requests."""

    def __init__(self, status, document):
        body = json.dumps(document).encode()

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self):
                self.rfile.read(int(self.headers["Content-Length"]))
                self.send_response(status)
                self.send_header("Content-Type", "application/x-amz-json-1.1")
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, *_):
                pass

        self.server = Server(Handler)

    def __enter__(self):
        threading.Thread(target=self.server.serve_forever, daemon=True).start()
        return f"http://127.0.0.1:{self.server.server_port}"

    def __exit__(self, *_):
        self.server.shutdown()
        self.server.server_close()


class Started:
    """A Google tagger with its clock, its quota, and what it reported."""

    def __init__(self, connect, counters=None, seconds=20):
        self.clock, self.reports, self.connections = 0.0, [], 0
        self.connect = connect
        self.quota = AccountQuota(counters or MemoryCounters(), 1_800, 50_000, lambda: NOW)
        self.tagger = GoogleTagger(
            QUICK.model_copy(update={"timeout_s": seconds, "total_timeout_s": seconds}),
            self.quota,
            connect=self.count,
            monotonic=lambda: self.clock,
            report=self.reports.append,
        )

    def count(self):
        self.connections += 1
        return self.connect()

    def tag(self, count=12):
        return list(self.tagger.tag(images(count)).values())


def unavailable():
    raise TaggerUnavailableError("the SSM parameter /hotels/google is missing; put it there")


class TestATagger:
    def test_that_cannot_connect_counts_nothing_and_tries_again_after_a_minute(self, vision):
        """Three hotels: the quota is whole, SSM was asked once. When the secret is there, the fourth gets labels."""
        started = Started(unavailable)
        for _ in range(3):
            assert set(started.tag()) == {
                NotTagged(
                    "Google Vision cannot be used; the SSM parameter /hotels/google is missing; put it there", True
                )
            }
        assert (started.quota.left(), started.connections, len(started.reports)) == (1_800, 1, 3)
        started.connect = vision.connect
        started.clock = 59
        assert not started.tagger.has_recovered("Google Vision cannot be used; whatever")
        started.clock = 60
        assert started.tagger.has_recovered("Google Vision cannot be used; whatever")
        assert not started.tagger.has_recovered("no more images may be sent to the tagger in this run")
        assert started.tag() == [Tagged((Label("Pool", 0.9),))] * 12
        assert (started.quota.left(), started.connections, len(started.reports)) == (1_788, 2, 3)

    def test_of_which_nobody_foresaw_why_it_cannot_connect_counts_nothing_either(self):
        def connect():
            raise ClientError({"Error": {"Code": "ParameterNotFound", "Message": "none"}}, "GetParameter")

        started = Started(connect)
        (answer,) = set(started.tag())
        assert answer.reason.startswith(
            "Google Vision cannot be used; ClientError: An error occurred (ParameterNotFound)"
        )
        assert (started.quota.left(), started.reports[0][:50]) == (1_800, answer.reason[:50])

    @pytest.mark.parametrize(
        "code",
        [
            grpc.StatusCode.PERMISSION_DENIED, grpc.StatusCode.UNAUTHENTICATED, grpc.StatusCode.UNAVAILABLE,
            grpc.StatusCode.RESOURCE_EXHAUSTED, grpc.StatusCode.UNIMPLEMENTED,
        ],
    )  # fmt: skip
    def test_whose_service_refuses_counts_nothing(self, vision, code):
        vision.without_images = abort(code, "billing is off")
        started = Started(vision.connect, seconds=3)
        for _ in range(3):
            (answer,) = set(started.tag())
            assert answer.retry
            assert "billing is off" in answer.reason
        assert (started.quota.left(), vision.requests, started.connections) == (1_800, [], 1)
        vision.without_images = abort(grpc.StatusCode.INVALID_ARGUMENT, "no image")  # it answers: it works
        started.clock = 60
        assert set(started.tag()) == {Tagged((Label("Pool", 0.9),))}

    def test_whose_service_hangs_or_is_not_there_counts_nothing(self, vision):
        vision.without_images = vision.hang
        started = Started(vision.connect, seconds=1)
        assert all(isinstance(answer, NotTagged) for answer in started.tag())
        with kept_port() as port:
            vision.endpoint = f"127.0.0.1:{port}"
            started.clock = 60
            assert all(isinstance(answer, NotTagged) for answer in started.tag())
        assert (started.quota.left(), vision.requests, len(started.reports)) == (1_800, [], 2)

    def test_whose_service_goes_away_later_sends_no_further_request(self, vision):
        """What was sent counts as spent, because Vision may have billed it; the next hotels spend nothing."""
        vision.behaviours = [vision.behaviours[0], abort(grpc.StatusCode.PERMISSION_DENIED, "billing is off")]
        started = Started(vision.connect)
        assert set(started.tag()) == {Tagged((Label("Pool", 0.9),))}
        for _ in range(5):
            assert all(isinstance(answer, NotTagged) for answer in started.tag())
        assert (started.quota.left(), len(vision.requests), len(started.reports)) == (1_776, 2, 5)

    def test_is_not_blamed_for_a_hotel_that_ran_out_of_time(self, vision):
        started = Started(vision.connect)

        def late(request, context):
            started.clock = 10
            return abort(grpc.StatusCode.UNAVAILABLE)(request, context)

        vision.behaviours = [late]
        started.tagger.tag(images(1), deadline_s=5)
        assert started.reports == []

    def test_whose_counters_are_away_sends_nothing(self, vision):
        """DynamoDB does not answer: nobody knows how much may be sent."""
        with kept_port() as port:
            client = boto3.client(
                "dynamodb", endpoint_url=f"http://127.0.0.1:{port}", region_name="eu-west-1",
                aws_access_key_id="test", aws_secret_access_key="test",
            )  # fmt: skip
            started = Started(vision.connect, DynamoCounters("quota", connect=lambda: client))
            (answer,) = set(started.tag())
        assert answer.reason.startswith(
            "Google Vision cannot be used; the table quota that counts images does not answer"
        )
        assert started.tag() == [answer] * 12
        assert (vision.requests, len(started.reports)) == ([], 2)

    def test_whose_counters_have_no_table_sends_nothing(self, ministack, vision):
        started = Started(vision.connect, DynamoCounters("none", connect=lambda: ministack.client("dynamodb")))
        (answer,) = set(started.tag())
        assert "the table none that counts images does not answer" in answer.reason
        assert vision.requests == []


class Eyes:
    """A local model that works."""

    identity = "local-eyes"
    wants_views = True

    def tag(self, requests, *, deadline_s=None):
        return {one.sha256: Tagged((Label("Bedroom", 0.6),), Look(self.identity, 0.5, (0.6, 0.8))) for one in requests}


def broken_model():
    raise ModelUnusableError("to mend it: deploy the layer again; its file is damaged")


class TestAHotel:
    @pytest.fixture
    def world(self):
        found = World()
        urls = [found.serve(f"/{number}.jpg", jpeg(photo(number))) for number in range(3)]
        found.catalogue("atlas", "1", {"a1": urls})
        found.release("r1", {"h1": [("atlas", "a1")]})
        yield found
        found.close()

    def pending(self, world):
        manifest = read_before(world.published, "h1").manifest
        return [(entry.reason, entry.images) for entry in manifest.pending if entry.kind == "tag"]

    def test_is_published_without_labels_and_gets_them_when_the_tagger_can_start(self, world, vision):
        started = Started(unavailable)
        report = world.process(tagger=started.tagger)
        assert (report.status, len(report.manifest.pictures)) == ("processed", 3)
        assert [picture.labels for picture in report.manifest.pictures] == [()] * 3
        ((reason, waiting),) = self.pending(world)
        assert ("/hotels/google is missing" in reason, waiting, started.quota.left()) == (True, 3, 1_800)
        assert world.process(tagger=started.tagger).status == "unchanged"
        started.connect, started.clock = vision.connect, 60
        report = world.process(tagger=started.tagger)  # any nudge: nobody waits for the hour to be over
        assert [len(picture.labels) for picture in report.manifest.pictures] == [1] * 3
        assert (self.pending(world), started.quota.left()) == ([], 1_797)

    def test_keeps_what_the_local_model_says_while_google_cannot_start(self, world, vision):
        started = Started(unavailable)
        report = world.process(tagger=BothTagger(started.tagger, Eyes()))
        assert [[label.description for label in picture.labels] for picture in report.manifest.pictures] == [
            ["Bedroom"]
        ] * 3
        assert self.pending(world)[0][1] == 3
        started.connect, started.clock = vision.connect, 60
        report = world.process(tagger=BothTagger(started.tagger, Eyes()))
        assert [[label.description for label in picture.labels] for picture in report.manifest.pictures] == [
            ["Pool"]
        ] * 3

    def test_keeps_what_google_says_while_the_local_model_cannot_start(self, world, vision):
        reports = []
        started, local = Started(vision.connect), LocalTagger(load=broken_model, report=reports.append)
        report = world.process(tagger=BothTagger(started.tagger, local))
        assert [[label.description for label in picture.labels] for picture in report.manifest.pictures] == [
            ["Pool"]
        ] * 3
        assert reports == ["the local model cannot be used; to mend it: deploy the layer again; its file is damaged"]
        assert started.reports == []


class TestAReport:
    def test_is_told_once_and_again_after_minutes(self):
        now, told, state = [NOW], [], MemoryStore()
        reports = TaggerReports(state, lambda: now[0], told.append)
        for _ in range(1_000):
            reports.report("the secret is missing")
        assert told == ["the secret is missing"]
        now[0] += timedelta(minutes=4, seconds=59)
        reports.report("the secret is missing")
        now[0] += timedelta(seconds=1)
        reports.report("denied\n\x1b[2J" + "x" * 1_000)
        assert len(told) == 2
        assert told[1].isprintable()
        assert json.loads(state.get(TAGGER_UNAVAILABLE).data) == {"at": now[0].isoformat(), "reason": told[1]}

    def test_that_cannot_be_kept_is_a_fault_of_the_store(self):
        class Full(MemoryStore):
            def put(self, key, data, **options):
                raise StorageError("503 Slow Down")

        with pytest.raises(StorageError):
            TaggerReports(Full(), lambda: NOW, lambda _: None).report("denied")


def test_the_function_tells_it_once_for_all_hotels_with_a_metric_and_a_line(ministack):
    """The whole of it, in a process of its own: no such parameter, three hotels."""
    stores = {name: ministack.bucket() for name in ("inbox", "state", "published")}
    environment = {
        **{name: value for name, value in os.environ.items() if not name.startswith(("AWS_", "IMAGE_RELEASE_"))},
        **ministack.environment(),
        **{f"IMAGE_RELEASE_{name.upper()}": f"s3://{bucket}" for name, bucket in stores.items()},
        **{f"IMAGE_RELEASE_{name}_QUEUE": "http://127.0.0.1/q" for name in QUEUES.values()},
        "IMAGE_RELEASE_QUOTA_TABLE": "none",
        "IMAGE_RELEASE_TAGGER": "google",
        "IMAGE_RELEASE_GOOGLE_SECRET": "/hotels/none",
        "POWERTOOLS_SERVICE_NAME": "process_hotel",
        "POWERTOOLS_METRICS_NAMESPACE": "Hotels",
    }
    script = """
from functions import composition
from functions.observing import metrics
from image_release.tag import TagRequest
tagger = composition.hotel_ports().tagger
for number in range(3):
    requests = [TagRequest(f"{number:064x}", "u", lambda: b"x", lambda: b"")]
    answers = tagger.tag(requests)
    print("answered", *answers.values())
metrics.flush_metrics()
"""
    ended = subprocess.run(
        [sys.executable, "-c", script], cwd=ROOT, env=environment | {"PYTHONPATH": f"{ROOT}:{ROOT}/shared"},
        capture_output=True, text=True, check=True, timeout=120,
    )  # fmt: skip
    lines = ended.stdout.splitlines()
    assert len([line for line in lines if line.startswith("answered") and "is missing; put the JSON" in line]) == 3
    documents = [json.loads(line) for line in lines if line.startswith("{")]
    told = [document for document in documents if "the tagger cannot be used" in document.get("message", "")]
    assert [document["reason"].partition(";")[0] for document in told] == ["Google Vision cannot be used"]
    assert [document["TaggerUnavailable"] for document in documents if "TaggerUnavailable" in document] == [[1.0]]
    kept = ministack.client("s3").get_object(Bucket=stores["state"], Key=TAGGER_UNAVAILABLE)["Body"].read()
    assert "/hotels/none is missing" in json.loads(kept)["reason"]
