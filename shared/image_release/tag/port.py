"""The tagger port: what is on an image, in Vision's vocabulary.

The published method labels the best image of each picture with Google Vision. A tagger is asked about many images at
once and answers for each: labels, or the reason why there are none. What the service does is never an exception: a
hotel whose tagger fails is published with what is known.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

from image_release.values import Label


@dataclass(frozen=True, slots=True)
class TagRequest:
    """An image to label. `jpeg` makes the small copy that a paid tagger is sent; it is called only when needed."""

    sha256: str
    url: str
    jpeg: Callable[[], bytes]


@dataclass(frozen=True, slots=True)
class Tagged:
    """The labels of an image, as the tagger ordered them; it may have found none."""

    labels: tuple[Label, ...]


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
        """Who labels, for the digest of a hotel's inputs: `none`, `google-1`, `recorded-<digest of the file>`."""

    def tag(
        self, requests: Sequence[TagRequest], *, deadline_s: float | None = None
    ) -> Mapping[str, Tagged | NotTagged]:
        """Answer for every requested SHA-256. `deadline_s` is a moment of the monotonic clock.

        Raises only what a request's `jpeg` raises: what the service does is an answer.
        """


class Allowance(Protocol):
    """Who pays says how many images may be sent: a run's cap, or the account's quota."""

    def reserve(self, images: int) -> int:
        """Take images from what may still be sent; answers how many of them may go now (0…`images`).

        What was granted counts as spent, whatever becomes of it.
        """
