"""The tagger port: what an image shows, in the words of Google Vision.

The published method labels the best image of each picture with Google Vision. A tagger is asked about many images at
once, and answers for each image: labels, or the reason why there are none. A failure of the service is never an
exception: a hotel whose tagger fails is published without the missing labels.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol, runtime_checkable

from image_release.values import Label, Look


class TaggerUnavailableError(Exception):
    """A tagger cannot be used for now, whatever the image; the message says why, and what to do."""


Report = Callable[[str], object]
"""Is told, for each hotel that it concerns, that a tagger cannot be used, and why."""


def report_nothing(_reason: str) -> None:
    """Tell nobody: each hotel says in its manifest why it has no labels."""


@dataclass(frozen=True, slots=True)
class TagRequest:
    """An image to label. What a tagger looks at is made only if it asks for it.

    `jpeg` makes the small copy that is sent to a paid tagger, `view` the pixels that a local model looks at
    (`decode.view_of`).
    """

    sha256: str
    url: str
    jpeg: Callable[[], bytes]
    view: Callable[[], bytes]


@dataclass(frozen=True, slots=True)
class Tagged:
    """The labels of an image, in the tagger's order; there may be none. `look` is what a local model says besides."""

    labels: tuple[Label, ...]
    look: Look | None = None


@dataclass(frozen=True, slots=True)
class NotTagged:
    """Why an image got no labels, and whether asking again later may bring some (`retry`).

    Worth a retry: a quota or the spending cap was reached, or the service did not answer. Final: the tagger does not
    know the image, or cannot label it.
    """

    reason: str
    retry: bool


class Tagger(Protocol):
    """Labels images."""

    @property
    def identity(self) -> str:
        """Name of the tagger in the digest of a hotel's inputs.

        `none`, `google-1`, `recorded-<digest of the file>`, `local-<model>`; `google-1+local-<model>` for both.
        """

    @property
    def wants_views(self) -> bool:
        """Whether it looks at `TagRequest.view`; then views are kept from the first decode of an image."""

    def tag(
        self, requests: Sequence[TagRequest], *, deadline_s: float | None = None
    ) -> Mapping[str, Tagged | NotTagged]:
        """An answer for every requested SHA-256. `deadline_s` is a value of the monotonic clock, in seconds.

        Raises only what a request's `jpeg` or `view` raises; a failure of the service is an answer.
        """


@runtime_checkable
class RecoveringTagger(Protocol):
    """A tagger that can say, for nothing, whether what stopped it is mended. Then no hotel waits for its next time."""

    def has_recovered(self, reason: str) -> bool:
        """Whether this reason of an earlier NotTagged does not hold any more."""


class Allowance(Protocol):
    """How many images may still be sent to a paid tagger: a run's spending cap, or the account's quota."""

    def reserve(self, images: int) -> int:
        """Reserve up to `images` images; returns how many may be sent now (0…`images`).

        Reserved images count as spent, even if they are never sent. Raises TaggerUnavailableError if nobody knows how
        many may be sent; then none were reserved.
        """
