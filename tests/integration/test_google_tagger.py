"""The real Google client with a real gRPC server on 127.0.0.1 that behaves like Vision.

Vision's answers become labels. A refusal or a failure becomes an answer that says so, and never an exception. A request
has at most 16 images and 10 MB, and all requests together no more images than the allowance grants.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from itertools import pairwise

import grpc
import pytest
from google.auth.exceptions import DefaultCredentialsError
from google.cloud import vision

from image_release.settings import TaggingSettings
from image_release.tag import GoogleTagger, NotTagged, Tagged, TagRequest
from image_release.values import Label, sha256_hex
from tests.integration.vision_server import (
    Behaviour,
    FakeAllowance,
    Request,
    Response,
    VisionServer,
    label_by_content,
    labelled,
    vision_on_this_machine,
)

OK, INVALID_ARGUMENT, RESOURCE_EXHAUSTED, INTERNAL = 0, 3, 8, 13
"""Codes of an image's own error (google.rpc.Code)."""

CAP_REACHED = NotTagged("no more images may be sent to the tagger in this run", retry=True)

QUICK = TaggingSettings(back_off_s=0.01, max_back_off_s=0.05, timeout_s=20, total_timeout_s=20)


def image_error(code: int, message: str) -> vision.AnnotateImageResponse:
    return vision.AnnotateImageResponse(error={"code": code, "message": message})


def abort(code: grpc.StatusCode, message: str = "no") -> Behaviour:
    def behave(_request: Request, context: grpc.ServicerContext) -> Response:
        context.abort(code, message)
        raise AssertionError("abort raises")

    return behave


@pytest.fixture
def server() -> Iterator[VisionServer]:
    with vision_on_this_machine() as vision_server:
        yield vision_server


def images(count: int, *, start: int = 0) -> list[TagRequest]:
    return [image(f"image {number}".encode()) for number in range(start, start + count)]


def image(jpeg: bytes, sha256: str | None = None) -> TagRequest:
    return TagRequest(sha256 or sha256_hex(jpeg), "https://partner.example/a.jpg", lambda: jpeg, lambda: b"")


def tagger(
    server: VisionServer,
    allowance: FakeAllowance | None = None,
    settings: TaggingSettings = QUICK,
    monotonic: Callable[[], float] = time.monotonic,
) -> GoogleTagger:
    return GoogleTagger(settings, allowance or FakeAllowance(), connect=server.connect, monotonic=monotonic)


class TestLabels:
    def test_each_image_gets_its_own_labels_across_batches(self, server: VisionServer) -> None:
        """Forty images: three requests of at most 16, and every label with its image."""
        requests = images(40)
        answers = tagger(server).tag(requests)
        assert answers == {r.sha256: Tagged((Label(f"is {r.jpeg().decode()}", 0.75),)) for r in requests}
        assert [len(request.requests) for request in server.requests] == [16, 16, 8]

    def test_asks_for_labels_only_and_for_no_more_than_wanted(self, server: VisionServer) -> None:
        """One feature, LABEL_DETECTION, with `max_labels`; a server that gives more is cut."""
        server.behaviours = [lambda *_: Response(responses=[labelled(("A", 0.9), ("B", 0.8), ("C", 0.7))])]
        (answer,) = tagger(server, settings=QUICK.model_copy(update={"max_labels": 2})).tag(images(1)).values()
        assert answer == Tagged((Label("A", 0.9), Label("B", 0.8)))
        (feature,) = server.requests[0].requests[0].features
        assert (feature.type_, feature.max_results) == (vision.Feature.Type.LABEL_DETECTION, 2)

    def test_no_labels_is_an_answer(self, server: VisionServer) -> None:
        """Vision may find nothing; the image is not sent again."""
        server.behaviours = [lambda *_: Response(responses=[labelled()])]
        assert list(tagger(server).tag(images(1)).values()) == [Tagged(())]

    def test_what_is_no_label_is_left_out(self, server: VisionServer) -> None:
        """NaN, a score above 1, an empty description or one with control characters: only valid labels are kept."""
        hostile = labelled(("A", float("nan")), ("B", 7.0), ("", 0.5), ("C\x1b[2J", 0.5), ("x" * 101, 0.5), ("D", 0.93))
        server.behaviours = [lambda *_: Response(responses=[hostile])]
        assert list(tagger(server).tag(images(1)).values()) == [Tagged((Label("D", 0.93),))]

    def test_one_content_is_sent_once(self, server: VisionServer) -> None:
        """The same content from twenty partners costs one image."""
        allowance = FakeAllowance()
        answers = tagger(server, allowance).tag(images(1) * 20)
        assert (len(answers), server.images_sent, allowance.asked) == (1, 1, [1])

    def test_nothing_to_ask_sends_nothing(self, server: VisionServer) -> None:
        """No image, no request and no reservation."""
        allowance = FakeAllowance()
        assert tagger(server, allowance).tag([]) == {}
        assert (server.requests, allowance.asked) == ([], [])


class TestSizeOfARequest:
    def test_large_images_are_split_below_ten_megabytes(self, server: VisionServer) -> None:
        """Four JPEGs of 3 MB are 4 MB each in JSON: two a request."""
        server.behaviours = [lambda request, _: Response(responses=[labelled(("A", 0.5))] * len(request.requests))]
        answers = tagger(server).tag([image(bytes([number]) * 3_000_000) for number in range(4)])
        assert set(answers.values()) == {Tagged((Label("A", 0.5),))}
        assert [len(request.requests) for request in server.requests] == [2, 2]

    def test_an_image_too_large_for_any_request_is_bad_and_the_others_go(self, server: VisionServer) -> None:
        """8 MB are 10.7 MB in JSON: never sent, and not worth a retry."""
        large, small = image(bytes(8_000_000)), image(b"small")
        answers = tagger(server).tag([large, small])
        assert isinstance(answers[small.sha256], Tagged)
        assert answers[large.sha256] == NotTagged("8000000 bytes are more than Vision takes in a request", retry=False)
        assert server.images_sent == 1


class TestErrorsOfOneImage:
    @pytest.mark.parametrize(
        ("code", "retry"),
        [
            pytest.param(INVALID_ARGUMENT, False, id="bad image data is final"),
            pytest.param(RESOURCE_EXHAUSTED, True, id="quota"),
            pytest.param(INTERNAL, True, id="internal"),
            pytest.param(999, True, id="an unknown code"),
        ],
    )
    def test_it_concerns_that_image_alone(self, server: VisionServer, code: int, retry: bool) -> None:
        """The image between two good ones fails; the other two get their labels."""
        good = labelled(("Bedroom", 0.5))
        server.behaviours = [lambda *_: Response(responses=[good, image_error(code, "Bad image data.\n"), good])]
        first, second, third = tagger(server).tag(images(3)).values()
        assert first == third == Tagged((Label("Bedroom", 0.5),))
        assert isinstance(second, NotTagged)
        assert second.retry == retry
        assert second.reason.startswith(f"Vision's code {code}: Bad image data.")
        assert second.reason.isprintable()

    def test_an_answer_with_too_few_images_leaves_the_others_for_later(self, server: VisionServer) -> None:
        """One response for three images: the first has labels, two are to be asked again."""
        server.behaviours = [lambda *_: Response(responses=[labelled(("A", 0.5))])]
        first, *others = tagger(server).tag(images(3)).values()
        assert first == Tagged((Label("A", 0.5),))
        assert others == [NotTagged("Vision answered for 1 of 3 images", retry=True)] * 2


class TestErrorsOfARequest:
    @pytest.mark.parametrize(
        "transient",
        [
            grpc.StatusCode.RESOURCE_EXHAUSTED,
            grpc.StatusCode.UNAVAILABLE,
            grpc.StatusCode.INTERNAL,
            grpc.StatusCode.DEADLINE_EXCEEDED,
        ],
    )
    def test_a_transient_failure_is_retried(self, server: VisionServer, transient: grpc.StatusCode) -> None:
        """Two failures, then labels."""
        server.behaviours = [abort(transient), abort(transient), label_by_content]
        answers = tagger(server).tag(images(2))
        assert all(isinstance(answer, Tagged) for answer in answers.values())
        assert len(server.requests) == 3

    @pytest.mark.parametrize(
        "lasting",
        [
            grpc.StatusCode.PERMISSION_DENIED,
            grpc.StatusCode.UNAUTHENTICATED,
            grpc.StatusCode.FAILED_PRECONDITION,
            grpc.StatusCode.UNIMPLEMENTED,
        ],
    )
    def test_a_lasting_failure_is_not_retried_and_ends_the_call(
        self, server: VisionServer, lasting: grpc.StatusCode
    ) -> None:
        """Forty images, one request: the other images are neither sent nor reserved."""
        server.behaviours = [abort(lasting, "billing\x00 is off")]
        allowance = FakeAllowance()
        answers = tagger(server, allowance).tag(images(40))
        assert len(answers) == 40
        (answer,) = set(answers.values())
        assert isinstance(answer, NotTagged)
        assert (answer.retry, len(server.requests), sum(allowance.asked)) == (True, 1, 16)
        assert "billing" in answer.reason
        assert answer.reason.isprintable()

    def test_labels_that_came_before_the_fault_are_kept(self, server: VisionServer) -> None:
        """Sixteen images were paid for: they keep their labels when the second request is denied."""
        server.behaviours = [label_by_content, abort(grpc.StatusCode.PERMISSION_DENIED)]
        answers = list(tagger(server).tag(images(20)).values())
        assert [type(answer) for answer in answers] == [Tagged] * 16 + [NotTagged] * 4

    def test_a_request_that_vision_finds_invalid_does_not_stop_the_next(self, server: VisionServer) -> None:
        """INVALID_ARGUMENT concerns this request only: the second batch is still labelled."""
        server.behaviours = [abort(grpc.StatusCode.INVALID_ARGUMENT), label_by_content]
        answers = list(tagger(server).tag(images(20)).values())
        assert [type(answer) for answer in answers] == [NotTagged] * 16 + [Tagged] * 4

    @pytest.mark.parametrize(
        ("lasting", "error"),
        [(grpc.StatusCode.RESOURCE_EXHAUSTED, "ResourceExhausted"), (grpc.StatusCode.UNAVAILABLE, "ServiceUnavail")],
    )
    def test_a_transient_failure_that_lasts_is_an_answer(
        self, server: VisionServer, lasting: grpc.StatusCode, error: str
    ) -> None:
        """Retried until `total_timeout_s`; then the answer has the error as its reason, and is worth a retry later."""
        server.behaviours = [abort(lasting)]
        settings = QUICK.model_copy(update={"total_timeout_s": 2})
        answers = tagger(server, FakeAllowance(left=1_000_000), settings).tag(images(20))
        assert len(answers) == 20
        (answer,) = set(answers.values())
        assert isinstance(answer, NotTagged)
        assert answer.retry
        assert answer.reason.startswith(f"Google Vision cannot be used; {error}")
        assert len(server.requests) > 1
        assert {len(request.requests) for request in server.requests} == {16}

    def test_the_last_attempt_cut_short_does_not_hide_the_quota(self, server: VisionServer) -> None:
        """A refusal, and then a request that our own clock ends: the reason is the quota, and not the timeout."""
        server.behaviours = [abort(grpc.StatusCode.RESOURCE_EXHAUSTED), server.hang]
        settings = QUICK.model_copy(update={"total_timeout_s": 2})
        (answer,) = tagger(server, settings=settings).tag(images(1)).values()
        assert isinstance(answer, NotTagged)
        assert (answer.retry, len(server.requests)) == (True, 2)
        assert answer.reason.startswith("Google Vision cannot be used; ResourceExhausted")

    def test_a_hang_ends_at_the_time_limit_and_is_retried(self, server: VisionServer) -> None:
        """The first request gets no answer: `timeout_s` ends it, and the second one brings the labels."""
        server.behaviours = [server.hang, label_by_content]
        answers = tagger(server, settings=QUICK.model_copy(update={"timeout_s": 0.5})).tag(images(2))
        assert [type(answer) for answer in answers.values()] == [Tagged, Tagged]

    def test_a_service_that_only_hangs_is_left_alone(self, server: VisionServer) -> None:
        """Every request hangs: when either time limit is over, the answer is worth a retry later."""
        server.behaviours = [server.hang]
        for timeout_s in (0.1, 3_600):
            settings = QUICK.model_copy(update={"timeout_s": timeout_s, "total_timeout_s": 0.3})
            (answer,) = tagger(server, settings=settings).tag(images(1)).values()
            assert isinstance(answer, NotTagged)
            assert answer.retry
            assert "DeadlineExceeded" in answer.reason

    def test_a_server_that_is_not_there_is_an_answer(self, server: VisionServer) -> None:
        """No server listens at the address."""
        server.endpoint = "127.0.0.1:1"
        settings = QUICK.model_copy(update={"total_timeout_s": 0.3})
        (answer,) = tagger(server, settings=settings).tag(images(1)).values()
        assert isinstance(answer, NotTagged)
        assert answer.retry

    def test_no_credentials_is_an_answer(self) -> None:
        """A machine without Google credentials publishes its hotels without labels."""

        def connect() -> vision.ImageAnnotatorClient:
            raise DefaultCredentialsError("Your default credentials were not found.")

        answers = GoogleTagger(QUICK, FakeAllowance(), connect=connect).tag(images(1))
        (answer,) = answers.values()
        assert isinstance(answer, NotTagged)
        assert answer.retry
        assert "credentials were not found" in answer.reason


class TestDeadline:
    def test_after_it_nothing_is_sent(self, server: VisionServer) -> None:
        """The hotel's time is over: no request and no reservation; the images are to be asked later."""
        allowance = FakeAllowance()
        answers = tagger(server, allowance, monotonic=lambda: 100.0).tag(images(20), deadline_s=100.0)
        assert set(answers.values()) == {NotTagged("no time was left to ask the tagger", retry=True)}
        assert (len(answers), server.requests, allowance.asked) == (20, [], [])

    def test_between_two_requests_it_keeps_what_is_labelled(self, server: VisionServer) -> None:
        """Time runs out after the first batch: sixteen labelled, four for later."""
        clock = [0.0]

        def slow(request: Request, context: grpc.ServicerContext) -> Response:
            clock[0] = 60.0
            return label_by_content(request, context)

        server.behaviours = [slow]
        answers = list(tagger(server, monotonic=lambda: clock[0]).tag(images(20), deadline_s=50.0).values())
        assert [type(answer) for answer in answers] == [Tagged] * 16 + [NotTagged] * 4

    def test_it_shortens_the_waiting_for_a_service_that_fails(self, server: VisionServer) -> None:
        """A deadline in 0.3 s and a service that never recovers: the call ends, long before `total_timeout_s`."""
        server.behaviours = [abort(grpc.StatusCode.UNAVAILABLE)]
        settings = QUICK.model_copy(update={"total_timeout_s": 3_600})
        (answer,) = tagger(server, settings=settings).tag(images(1), deadline_s=time.monotonic() + 0.3).values()
        assert isinstance(answer, NotTagged)
        assert answer.retry


class TestAllowance:
    def test_no_more_is_sent_than_granted(self, server: VisionServer) -> None:
        """Twenty allowed, forty wanted: twenty labelled, twenty not sent, and no JPEG made of those."""
        made: list[int] = []

        def counted(number: int) -> TagRequest:
            jpeg = f"image {number}".encode()
            return TagRequest(
                sha256_hex(jpeg), "https://partner.example/a.jpg", lambda: made.append(number) or jpeg, lambda: b""
            )

        allowance = FakeAllowance(left=20)
        answers = list(tagger(server, allowance).tag([counted(number) for number in range(40)]).values())
        assert [type(answer) for answer in answers] == [Tagged] * 20 + [NotTagged] * 20
        assert set(answers[20:]) == {CAP_REACHED}
        assert (server.images_sent, made) == (20, list(range(20)))
        assert allowance.asked == [16, 16]

    def test_no_allowance_sends_nothing(self, server: VisionServer) -> None:
        """A cap of 0: no image is sent, and nothing connects."""
        answers = tagger(server, FakeAllowance(left=0)).tag(images(3))
        assert set(answers.values()) == {CAP_REACHED}
        assert server.requests == []

    def test_an_attempt_that_may_have_been_billed_is_paid_again(self, server: VisionServer) -> None:
        """After UNAVAILABLE every retry reserves two images again: a cap of 6 allows three attempts."""
        server.behaviours = [abort(grpc.StatusCode.UNAVAILABLE)]
        answers = tagger(server, FakeAllowance(left=6)).tag(images(2))
        assert set(answers.values()) == {CAP_REACHED}
        assert server.images_sent == 6

    def test_a_quota_refusal_is_not_paid(self, server: VisionServer) -> None:
        """RESOURCE_EXHAUSTED costs nothing: a retry needs no new reservation."""
        server.behaviours = [*[abort(grpc.StatusCode.RESOURCE_EXHAUSTED)] * 3, label_by_content]
        allowance = FakeAllowance(left=2)
        answers = tagger(server, allowance).tag(images(2))
        assert all(isinstance(answer, Tagged) for answer in answers.values())
        assert allowance.asked == [2]


def test_an_error_of_jpeg_is_raised(server: VisionServer) -> None:
    """Our own error is not an answer of Vision: it reaches the caller."""

    def broken() -> bytes:
        raise OSError("the original is gone")

    with pytest.raises(OSError, match="the original is gone"):
        tagger(server).tag([TagRequest("0" * 64, "https://partner.example/a.jpg", broken, broken)])


def test_one_channel_serves_all_calls_of_a_tagger(server: VisionServer) -> None:
    """A tagger connects once, at its first image."""
    connections = []

    def connect() -> vision.ImageAnnotatorClient:
        connections.append(1)
        return server.connect()

    asked = GoogleTagger(QUICK, FakeAllowance(), connect=connect)
    assert connections == []
    for start, _ in pairwise(range(4)):
        asked.tag(images(1, start=start))
    assert connections == [1]
