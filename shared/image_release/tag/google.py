"""Google Vision's label detection, as the published method uses it.

At most 16 images and 10 MB a request, small JPEGs, and only as many images as the allowance grants. Transient failures
are retried with back-off and jitter. A failure that lasts is an answer and never an exception: a hotel without labels
is still published.

Before the first image is reserved, the tagger connects and sends a request without images, which costs nothing. If that
fails, or if the whole service refuses or does not answer later, nothing is reserved or sent for a minute; then the
tagger connects anew, so that a secret that was put right is found.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from pydantic import ValidationError

from image_release.problems import printable
from image_release.settings import TaggingSettings
from image_release.tag.labels import LabelLine
from image_release.tag.port import (
    Allowance,
    NotTagged,
    Report,
    Tagged,
    TaggerUnavailableError,
    TagRequest,
    report_nothing,
)
from image_release.values import Label

if TYPE_CHECKING:
    from google.api_core.retry import Retry
    from google.cloud.vision import AnnotateImageResponse, ImageAnnotatorClient

MAX_REQUEST_BYTES = 10_000_000
"""Maximum size of a request as JSON: Vision's limit. We keep it over gRPC too, where requests are a quarter smaller."""

ENVELOPE_BYTES = 500
"""Upper estimate of the bytes that surround an image in a JSON request."""

SCORE_PLACES = 6
"""Decimals of a score. Vision's scores are 32-bit floats: more decimals are noise, and recorded files have no more."""

SHORTEST_TIMEOUT_S = 0.001
"""Minimum timeout of a request, in seconds."""

UNUSABLE = "Google Vision cannot be used"
"""How the reason begins for which no image is sent until Vision can be reached again."""
AGAIN_AFTER_S = 60
"""Seconds after which a tagger that could not be used connects anew."""
MOST_CHARS = 200
"""Maximum length of a reason: a manifest keeps as much."""
OK = 0
INVALID_ARGUMENT = 3
"""Codes in the answer for one image (google.rpc.Code). Only "bad image data" is final; every other error may pass."""

_CAP_REACHED = NotTagged("no more images may be sent to the tagger in this run", retry=True)
_OUT_OF_TIME = NotTagged("no time was left to ask the tagger", retry=True)


@dataclass(frozen=True, slots=True)
class _Unusable:
    """Why the tagger cannot be used until a moment of its clock: as an answer for an image, and in full."""

    answer: NotTagged
    why: str
    until_s: float


class _NothingMoreToSendError(Exception):
    """The service refuses, or the allowance or the time is used up; `answer` is for all images not yet sent."""

    def __init__(self, answer: NotTagged) -> None:
        super().__init__(answer.reason)
        self.answer = answer


def google_client() -> ImageAnnotatorClient:
    """Connect to Vision with the environment's credentials. Raises TaggerUnavailableError."""
    from google.auth.exceptions import DefaultCredentialsError
    from google.cloud import vision

    try:
        return vision.ImageAnnotatorClient()
    except DefaultCredentialsError as error:
        raise TaggerUnavailableError(str(error)) from error


class GoogleTagger:
    """Labels images with Google Vision. It connects, and imports Google's client, at the first image.

    Each worker process builds its own tagger: a gRPC channel does not survive a fork. `connect` raises
    TaggerUnavailableError, whose message says what to do; any other error of it has the same effect. `monotonic` is the
    clock of `deadline_s`.
    """

    identity = "google-1"
    wants_views = False

    def __init__(
        self,
        settings: TaggingSettings,
        allowance: Allowance,
        *,
        connect: Callable[[], ImageAnnotatorClient] = google_client,
        monotonic: Callable[[], float] = time.monotonic,
        report: Report = report_nothing,
    ) -> None:
        self._settings = settings
        self._allowance = allowance
        self._connect = connect
        self._monotonic = monotonic
        self._report = report
        self._client: ImageAnnotatorClient | None = None
        self._unusable: _Unusable | None = None

    def has_recovered(self, reason: str) -> bool:
        """Whether Vision, which could not be used for this reason, can be used now."""
        if not reason.startswith(UNUSABLE):
            return False
        try:
            self._connected(None)
        except _NothingMoreToSendError:
            return False
        return True

    def tag(
        self, requests: Sequence[TagRequest], *, deadline_s: float | None = None
    ) -> Mapping[str, Tagged | NotTagged]:
        """Ask for the labels of every image, once for each SHA-256; answers like `Tagger.tag`."""
        waiting = list({request.sha256: request for request in requests}.values())
        answers: dict[str, Tagged | NotTagged] = {}
        unsent = _CAP_REACHED
        try:
            for start in range(0, len(waiting), self._settings.batch):
                self._connected(deadline_s)
                for packet in self._packets(waiting[start : start + self._settings.batch], answers, deadline_s):
                    answers.update(zip(packet, self._ask(list(packet.values()), deadline_s), strict=True))
        except _NothingMoreToSendError as end:
            unsent = end.answer
        except TaggerUnavailableError as error:  # nobody knows how much may be sent
            unsent = self._stopped(str(error))
        if self._unusable is not None and unsent is self._unusable.answer:
            self._report(self._unusable.why)
        return {request.sha256: answers.get(request.sha256, unsent) for request in waiting}

    def _connected(self, deadline_s: float | None) -> ImageAnnotatorClient:
        """The client, which Vision has answered. Raises _NothingMoreToSendError while it cannot be used."""
        from google.api_core import exceptions
        from google.auth.exceptions import GoogleAuthError

        remaining_s = self._remaining_s(deadline_s)
        if self._client is not None:
            return self._client
        if self._unusable is not None and self._monotonic() < self._unusable.until_s:
            raise _NothingMoreToSendError(self._unusable.answer)
        total_s = min(self._settings.timeout_s, remaining_s)
        try:
            client = self._connect()
        except Exception as error:  # whatever is wrong with the set-up: it is told, and hotels go on
            raise self._ended(error, deadline_s) from error
        try:
            ask = _retrying(self._settings, total_s)(client.batch_annotate_images)
            ask(requests=[], timeout=total_s, retry=None)
        except exceptions.InvalidArgument:
            pass  # it answers, and does not like a request without images
        except exceptions.RetryError as error:
            raise self._ended(error.cause or error, deadline_s) from error
        except (exceptions.GoogleAPICallError, GoogleAuthError) as error:
            raise self._ended(error, deadline_s) from error
        self._client, self._unusable = client, None
        return client

    def _ended(self, error: BaseException, deadline_s: float | None) -> _NothingMoreToSendError:
        """What ends this call after a failure of the whole service. It says nothing of the service if time ran out."""
        if deadline_s is not None and self._monotonic() >= deadline_s:
            return _NothingMoreToSendError(NotTagged(_reason(error), retry=True))
        return _NothingMoreToSendError(self._stopped(_reason(error)))

    def _stopped(self, why: str) -> NotTagged:
        """The answer for all images until the tagger connects anew."""
        answer = NotTagged(printable(f"{UNUSABLE}; {why}", MOST_CHARS), retry=True)
        self._client = None
        self._unusable = _Unusable(answer, f"{UNUSABLE}; {why}", self._monotonic() + AGAIN_AFTER_S)
        return answer

    def _packets(
        self, batch: Sequence[TagRequest], answers: dict[str, Tagged | NotTagged], deadline_s: float | None
    ) -> Iterator[dict[str, bytes]]:
        """Reserve a batch, and split it into requests (SHA-256 -> JPEG) of at most MAX_REQUEST_BYTES."""
        self._remaining_s(deadline_s)
        granted = self._allowance.reserve(len(batch))
        packet: dict[str, bytes] = {}
        packet_bytes = ENVELOPE_BYTES
        for request in batch[:granted]:
            jpeg = request.jpeg()
            jpeg_bytes = -(-len(jpeg) // 3) * 4 + ENVELOPE_BYTES  # base64
            if ENVELOPE_BYTES + jpeg_bytes > MAX_REQUEST_BYTES:
                reason = f"{len(jpeg)} bytes are more than Vision takes in a request"
                answers[request.sha256] = NotTagged(reason, retry=False)
                continue
            if packet_bytes + jpeg_bytes > MAX_REQUEST_BYTES:
                yield packet
                packet, packet_bytes = {}, ENVELOPE_BYTES
            packet[request.sha256] = jpeg
            packet_bytes += jpeg_bytes
        if packet:
            yield packet
        if granted < len(batch):
            raise _NothingMoreToSendError(_CAP_REACHED)

    def _ask(self, jpegs: Sequence[bytes], deadline_s: float | None) -> list[Tagged | NotTagged]:
        """The answers for the images of one request, in the same order."""
        from google.api_core import exceptions
        from google.auth.exceptions import GoogleAuthError

        try:
            responses = self._annotate(jpegs, deadline_s)
        except exceptions.InvalidArgument as error:  # only this request is invalid; the next one may be good
            return [NotTagged(_reason(error), retry=True)] * len(jpegs)
        except (exceptions.GoogleAPICallError, GoogleAuthError) as error:
            raise self._ended(error, deadline_s) from error
        missing = len(jpegs) - len(responses)
        unanswered = NotTagged(f"Vision answered for {len(responses)} of {len(jpegs)} images", retry=True)
        return [self._answer(response) for response in responses[: len(jpegs)]] + [unanswered] * missing

    def _annotate(self, jpegs: Sequence[bytes], deadline_s: float | None) -> Sequence[AnnotateImageResponse]:
        """Send one request and retry transient failures, within `total_timeout_s` and until the deadline.

        The images of the first attempt are reserved already. A retry reserves them again, because the attempt before
        may have been billed, unless Vision refused that attempt for its quota. When the time is over, raises Vision's
        last error, and not the timeout of an attempt that our own clock ended: that says nothing about the cause.
        """
        from google.api_core import exceptions
        from google.cloud import vision

        settings = self._settings
        feature = vision.Feature(type_=vision.Feature.Type.LABEL_DETECTION, max_results=settings.max_labels)
        images = [vision.AnnotateImageRequest(image=vision.Image(content=jpeg), features=[feature]) for jpeg in jpegs]
        client = self._connected(deadline_s)
        total_s = min(settings.total_timeout_s, self._remaining_s(deadline_s))
        end_s = self._monotonic() + total_s
        reserved = True
        last_error: Exception | None = None

        def attempt() -> Sequence[AnnotateImageResponse]:
            if not reserved and self._allowance.reserve(len(images)) < len(images):
                raise _NothingMoreToSendError(_CAP_REACHED)
            timeout_s = min(settings.timeout_s, max(SHORTEST_TIMEOUT_S, end_s - self._monotonic()))
            return list(client.batch_annotate_images(requests=images, timeout=timeout_s, retry=None).responses)

        def attempt_failed(error: Exception) -> None:
            nonlocal reserved, last_error
            reserved = isinstance(error, exceptions.ResourceExhausted)
            if last_error is None or not isinstance(error, exceptions.DeadlineExceeded):
                last_error = error

        try:
            return _retrying(settings, total_s, attempt_failed)(attempt)()
        except exceptions.RetryError as error:
            raise last_error or error from error

    def _answer(self, response: AnnotateImageResponse) -> Tagged | NotTagged:
        error = response.error
        if error.code == OK:
            return Tagged(tuple(_labels(response))[: self._settings.max_labels])
        reason = printable(f"Vision's code {error.code}: {error.message}")
        return NotTagged(reason, retry=error.code != INVALID_ARGUMENT)

    def _remaining_s(self, deadline_s: float | None) -> float:
        """Seconds until the deadline. Raises _NothingMoreToSendError when none are left."""
        if deadline_s is None:
            return float("inf")
        remaining = deadline_s - self._monotonic()
        if remaining <= 0:
            raise _NothingMoreToSendError(_OUT_OF_TIME)
        return remaining


def _retrying(settings: TaggingSettings, total_s: float, on_error: Callable[[Exception], None] | None = None) -> Retry:
    """The retry policy: transient errors, with exponential back-off and jitter, for at most `total_s` seconds."""
    from google.api_core import exceptions, retry

    transient = (
        exceptions.ServiceUnavailable,
        exceptions.ResourceExhausted,
        exceptions.InternalServerError,
        exceptions.DeadlineExceeded,
    )
    return retry.Retry(
        predicate=retry.if_exception_type(*transient),
        initial=settings.back_off_s,
        maximum=settings.max_back_off_s,
        multiplier=2,
        timeout=total_s,
        on_error=on_error,
    )


def _labels(response: AnnotateImageResponse) -> Iterator[Label]:
    """The labels of an answer, without those that are not valid (`LabelLine`)."""
    for annotation in response.label_annotations:
        try:
            line = LabelLine(description=annotation.description, score=round(annotation.score, SCORE_PLACES))
        except ValidationError:
            continue
        yield line.value()


def _reason(error: BaseException) -> str:
    if isinstance(error, TaggerUnavailableError):
        return printable(str(error), limit=MOST_CHARS)
    return printable(f"{type(error).__name__}: {error}", limit=MOST_CHARS)
