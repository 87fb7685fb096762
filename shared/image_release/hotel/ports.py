"""What `process_hotel` needs of the outside world, and what it answers: ports in, a report out."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Literal, ParamSpec, Protocol, TypeVar

from image_release.edition import Edition
from image_release.fetch import Fetcher
from image_release.ingest import EverywhereDecisions
from image_release.outcomes import Outcome
from image_release.publish import Manifest, PublishedPicture
from image_release.settings import Settings
from image_release.storage import Stores
from image_release.tag import Tagger
from image_release.values import PartnerImage
from image_release.work_counter import Work

P = ParamSpec("P")
T = TypeVar("T")


class Caller(Protocol):
    """Calls a function that decodes hostile bytes: directly, or in a child process that may die for it."""

    def __call__(self, function: Callable[P, T], /, *args: P.args, **kwargs: P.kwargs) -> T:
        """Return what the function returns. Raises child_process.ChildCrashedError if the child process died."""


def call_directly(function: Callable[P, T], /, *args: P.args, **kwargs: P.kwargs) -> T:
    """Call in this process: what is done until an image is suspected of killing it."""
    return function(*args, **kwargs)


def leave_no_markers(before: Manifest | None, manifest: Manifest) -> None:
    """Leave no due-marker: one machine processes every hotel in every run."""


@dataclass(frozen=True, slots=True)
class Context:
    """What the steps of one hotel share: the clock, the time budget, and the counters of work done."""

    now: Callable[[], datetime]
    """The time, aware and UTC."""
    monotonic: Callable[[], float]
    """The clock that `deadline_s` is compared with, in seconds."""
    deadline_s: float | None = None
    """A moment of `monotonic` after which nothing new is begun; None: no time budget."""
    work: Work = field(default_factory=Work)

    def out_of_time(self) -> bool:
        """Whether the time budget has ended."""
        return self.deadline_s is not None and self.monotonic() >= self.deadline_s


@dataclass(frozen=True, slots=True)
class Ports:
    """The outside world of one worker."""

    stores: Stores
    fetcher: Fetcher
    tagger: Tagger
    settings: Settings
    context: Context
    call: Caller = call_directly
    """How functions that decode hostile bytes are called."""
    threads: int = 8
    """Renditions of one hotel that are written at once."""
    leave_markers: Callable[[Manifest | None, Manifest], None] = leave_no_markers
    """Leaves due-markers for what a manifest puts off, before it is published; gets the manifest before it, too."""
    everywhere: EverywhereDecisions = field(default_factory=EverywhereDecisions)
    """The decisions for every hotel, as this worker knows them."""
    edition: Edition = field(default_factory=Edition)
    """This program, and when `settings` were stored."""
    is_outdated: Callable[[], bool] | None = None
    """Asks whether other settings are stored by now. None: no newer writer may be at work beside this one."""


@dataclass(frozen=True, slots=True)
class ImageReport:
    """What became of one image. `position` is its picture's, where that is shown; so is `picture`, for its best image.

    A plain string as `outcome` is the word of a newer version that published the hotel.
    """

    image: PartnerImage
    outcome: Outcome | str
    reason: str
    position: int | None = None
    picture: PublishedPicture | None = None


@dataclass(frozen=True, slots=True)
class HotelReport:
    """What became of a hotel. `absent`: neither in the release nor published, so there was nothing to do."""

    hotel_id: str
    status: Literal["processed", "unchanged", "absent"]
    manifest: Manifest | None
    images: tuple[ImageReport, ...]
    work: Work = field(default_factory=Work)
    seqs: tuple[int, ...] = ()
    """Numbers of the manifests that were published now: several where inputs changed meanwhile."""

    @property
    def outcomes(self) -> Mapping[str, int]:
        """Number of images by outcome; they add up to the images asked for."""
        counts: dict[str, int] = {}
        for image in self.images:
            counts[image.outcome] = counts.get(image.outcome, 0) + 1
        return counts
