"""What `process_hotel` needs of the outside world, and what it answers: ports in, a report out."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Literal, ParamSpec, Protocol, TypeVar

from image_release.fetch import Fetcher
from image_release.outcomes import Outcome
from image_release.publish import Manifest
from image_release.settings import Settings
from image_release.storage import Store
from image_release.tag import Tagger
from image_release.values import PartnerImage
from image_release.work import Work

P = ParamSpec("P")
T = TypeVar("T")


class Caller(Protocol):
    """Calls a function that decodes hostile bytes: directly, or in a child process that may die for it."""

    def __call__(self, function: Callable[P, T], /, *args: P.args, **kwargs: P.kwargs) -> T:
        """Raises isolation.ChildCrashedError if the child process died."""


def call_directly(function: Callable[P, T], /, *args: P.args, **kwargs: P.kwargs) -> T:
    """Call in this process: what is done until an image is suspected of killing it."""
    return function(*args, **kwargs)


def remind_nobody(before: Manifest | None, manifest: Manifest) -> None:
    """Leave no marker: one machine looks at every hotel in every run."""


@dataclass(frozen=True, slots=True)
class Ports:
    """The outside world of one worker. `now` is aware UTC; `monotonic` is what `deadline_s` is compared with."""

    inbox: Store
    state: Store
    published: Store
    fetcher: Fetcher
    tagger: Tagger
    settings: Settings
    now: Callable[[], datetime]
    monotonic: Callable[[], float]
    call: Caller = call_directly
    threads: int = 8
    """How many puts of one hotel are under way at once."""
    deadline_s: float | None = None
    """A moment of `monotonic`: after it nothing new is begun."""
    remind: Callable[[Manifest | None, Manifest], None] = remind_nobody
    """Told of a manifest before it is published, and of the one before it: what is owed later must not be lost."""
    work: Work = field(default_factory=Work)
    """What the look under way has cost."""

    def out_of_time(self) -> bool:
        """Whether the time budget of this look has ended."""
        return self.deadline_s is not None and self.monotonic() >= self.deadline_s


@dataclass(frozen=True, slots=True)
class ImageReport:
    """What became of one image. `position` is its picture's, where that is shown."""

    candidate: PartnerImage
    outcome: Outcome
    reason: str
    position: int | None = None


@dataclass(frozen=True, slots=True)
class HotelReport:
    """What became of a hotel. `absent`: neither in the release nor published, so there was nothing to do."""

    hotel_id: str
    status: Literal["processed", "unchanged", "absent"]
    manifest: Manifest | None
    images: tuple[ImageReport, ...]
    work: Work = field(default_factory=Work)

    @property
    def outcomes(self) -> Mapping[Outcome, int]:
        """Number of images by outcome; they add up to the images asked for."""
        counts: dict[Outcome, int] = {}
        for image in self.images:
            counts[image.outcome] = counts.get(image.outcome, 0) + 1
        return counts
