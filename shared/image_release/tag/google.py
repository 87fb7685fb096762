"""Google Vision's label detection, as the published method uses it: the real client behind the tagger port.

At most 16 images and 10 MB a request, small JPEGs, only what the allowance grants. Passing faults are tried again with
back-off and jitter; what stays wrong is an answer, never an exception, because a hotel is published without labels
rather than not at all. When the service as a whole refuses or is away, nothing more is sent in this call.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from enum import IntEnum
from functools import cached_property
from typing import TYPE_CHECKING

from pydantic import ValidationError

from image_release.problems import printable
from image_release.settings import TaggingSettings
from image_release.tag.labels import LabelLine
from image_release.tag.port import Allowance, NotTagged, Tagged, TagRequest
from image_release.values import Label

if TYPE_CHECKING:
    from google.api_core.retry import Retry
    from google.cloud.vision import AnnotateImageResponse, ImageAnnotatorClient

MAX_REQUEST_BYTES = 10_000_000
"""Vision's limit of a request as JSON; we keep to it over gRPC too, where a request is a quarter smaller."""

ENVELOPE_BYTES = 500
"""What surrounds an image in a JSON request, generously."""

SCORE_PLACES = 6
"""Vision's scores are 32-bit floats: more decimals would be noise, and not what a recorded file says."""

SHORTEST_TIMEOUT_S = 0.001

_CAP_REACHED = NotTagged("refused", "no more images may be sent to the tagger in this run", retry=True)
_OUT_OF_TIME = NotTagged("failed", "no time was left to ask the tagger", retry=True)


class _Code(IntEnum):
    """The codes of an image's own error (google.rpc.Code) that mean something to us; `Bad image data` is 3."""

    OK = 0
    INVALID_ARGUMENT = 3
    RESOURCE_EXHAUSTED = 8


class _NothingMoreToSendError(Exception):
    """The service, the allowance or the time is at its end; what is left gets `answer`."""

    def __init__(self, answer: NotTagged) -> None:
        super().__init__(answer.reason)
        self.answer = answer


def google_client() -> ImageAnnotatorClient:
    """Connect to Vision with the environment's credentials. Raises google.auth.exceptions.DefaultCredentialsError."""
    from google.cloud import vision

    return vision.ImageAnnotatorClient()


class GoogleTagger:
    """Labels images with Google Vision; safe to build anywhere, it connects (and imports) at the first image.

    A worker process builds its own: a gRPC channel does not survive a fork. `monotonic` is the clock of `deadline_s`.
    """

    identity = "google-1"

    def __init__(
        self,
        settings: TaggingSettings,
        allowance: Allowance,
        *,
        connect: Callable[[], ImageAnnotatorClient] = google_client,
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        self._settings = settings
        self._allowance = allowance
        self._connect = connect
        self._monotonic = monotonic

    @cached_property
    def _client(self) -> ImageAnnotatorClient:
        return self._connect()

    def tag(
        self, requests: Sequence[TagRequest], *, deadline_s: float | None = None
    ) -> Mapping[str, Tagged | NotTagged]:
        """Ask for the labels of every image, once per content."""
        waiting = list({request.sha256: request for request in requests}.values())
        answers: dict[str, Tagged | NotTagged] = {}
        unsent = _CAP_REACHED
        try:
            for start in range(0, len(waiting), self._settings.batch):
                for packet in self._packets(waiting[start : start + self._settings.batch], answers, deadline_s):
                    answers.update(zip(packet, self._ask(list(packet.values()), deadline_s), strict=True))
        except _NothingMoreToSendError as end:
            unsent = end.answer
        return {request.sha256: answers.get(request.sha256, unsent) for request in waiting}

    def _packets(
        self, batch: Sequence[TagRequest], answers: dict[str, Tagged | NotTagged], deadline_s: float | None
    ) -> Iterator[dict[str, bytes]]:
        """Reserve a batch and split it into requests (SHA-256 -> JPEG) that are small enough."""
        self._remaining_s(deadline_s)
        granted = self._allowance.reserve(len(batch))
        packet: dict[str, bytes] = {}
        packet_bytes = ENVELOPE_BYTES
        for request in batch[:granted]:
            jpeg = request.jpeg()
            jpeg_bytes = -(-len(jpeg) // 3) * 4 + ENVELOPE_BYTES  # base64
            if ENVELOPE_BYTES + jpeg_bytes > MAX_REQUEST_BYTES:
                reason = f"{len(jpeg)} bytes are more than Vision takes in a request"
                answers[request.sha256] = NotTagged("bad_image", reason, retry=False)
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
        """Answers for the images of one request, in their order."""
        from google.api_core import exceptions
        from google.auth.exceptions import GoogleAuthError

        try:
            responses = self._annotate(jpegs, deadline_s)
        except exceptions.InvalidArgument as error:  # this request is at fault, the next one need not be
            return [NotTagged("failed", _reason(error), retry=True)] * len(jpegs)
        except exceptions.ResourceExhausted as error:
            raise _NothingMoreToSendError(NotTagged("refused", _reason(error), retry=True)) from error
        except (exceptions.GoogleAPICallError, GoogleAuthError) as error:
            raise _NothingMoreToSendError(NotTagged("failed", _reason(error), retry=True)) from error
        missing = len(jpegs) - len(responses)
        unanswered = NotTagged("failed", f"Vision answered for {len(responses)} of {len(jpegs)} images", retry=True)
        return [self._answer(response) for response in responses[: len(jpegs)]] + [unanswered] * missing

    def _annotate(self, jpegs: Sequence[bytes], deadline_s: float | None) -> Sequence[AnnotateImageResponse]:
        """Send one request, again and again while that may help, within `total_timeout_s` and the deadline.

        The first attempt was reserved; a later one reserves anew, as the one before may have been billed, except where
        Vision refused it for its quota. When the time is over, raises what Vision said last: an attempt that our own
        clock cut short says nothing of why the ones before it failed.
        """
        from google.api_core import exceptions
        from google.cloud import vision

        settings = self._settings
        feature = vision.Feature(type_=vision.Feature.Type.LABEL_DETECTION, max_results=settings.max_labels)
        images = [vision.AnnotateImageRequest(image=vision.Image(content=jpeg), features=[feature]) for jpeg in jpegs]
        total_s = min(settings.total_timeout_s, self._remaining_s(deadline_s))
        end_s = self._monotonic() + total_s
        reserved = True
        said: Exception | None = None

        def attempt() -> Sequence[AnnotateImageResponse]:
            if not reserved and self._allowance.reserve(len(images)) < len(images):
                raise _NothingMoreToSendError(_CAP_REACHED)
            timeout_s = min(settings.timeout_s, max(SHORTEST_TIMEOUT_S, end_s - self._monotonic()))
            return list(self._client.batch_annotate_images(requests=images, timeout=timeout_s, retry=None).responses)

        def attempt_failed(error: Exception) -> None:
            nonlocal reserved, said
            reserved = isinstance(error, exceptions.ResourceExhausted)
            if said is None or not isinstance(error, exceptions.DeadlineExceeded):
                said = error

        try:
            return _retrying(settings, total_s, attempt_failed)(attempt)()
        except exceptions.RetryError as error:
            raise said or error from error

    def _answer(self, response: AnnotateImageResponse) -> Tagged | NotTagged:
        error = response.error
        reason = printable(f"Vision's code {error.code}: {error.message}")
        match error.code:
            case _Code.OK:
                return Tagged(tuple(_labels(response))[: self._settings.max_labels])
            case _Code.INVALID_ARGUMENT:
                return NotTagged("bad_image", reason, retry=False)
            case _Code.RESOURCE_EXHAUSTED:
                return NotTagged("refused", reason, retry=True)
            case _:
                return NotTagged("failed", reason, retry=True)

    def _remaining_s(self, deadline_s: float | None) -> float:
        """Seconds until the deadline; ends the call when none are left."""
        if deadline_s is None:
            return float("inf")
        remaining = deadline_s - self._monotonic()
        if remaining <= 0:
            raise _NothingMoreToSendError(_OUT_OF_TIME)
        return remaining


def _retrying(settings: TaggingSettings, total_s: float, on_error: Callable[[Exception], None]) -> Retry:
    """The retry policy: what may pass, with exponential back-off and jitter, for at most `total_s` seconds."""
    from google.api_core import exceptions, retry

    passing = (
        exceptions.ServiceUnavailable,
        exceptions.ResourceExhausted,
        exceptions.InternalServerError,
        exceptions.DeadlineExceeded,
    )
    return retry.Retry(
        predicate=retry.if_exception_type(*passing),
        initial=settings.back_off_s,
        maximum=settings.max_back_off_s,
        multiplier=2,
        timeout=total_s,
        on_error=on_error,
    )


def _labels(response: AnnotateImageResponse) -> Iterator[Label]:
    """The labels of an answer that are labels; one that breaks a rule of the border is left out."""
    for annotation in response.label_annotations:
        try:
            line = LabelLine(description=annotation.description, score=round(annotation.score, SCORE_PLACES))
        except ValidationError:
            continue
        yield line.value()


def _reason(error: BaseException) -> str:
    return printable(f"{type(error).__name__}: {error}", limit=200)
