"""Evaluate: the product's own grouping on a labelled corpus.

A worker takes a hotel at a time, and nothing but names and numbers leaves it: whoever wants to see more, as the report
does, hands in a function that looks at a grouped hotel while the worker still holds its fingerprints.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, fields
from functools import partial
from pathlib import Path
from typing import Generic, TypeVar

from image_release.dedup import Picture, choose_best, group_same
from image_release.lab.grouping.hotels import CorpusHotel, FingerprintedHotel, fingerprinted, read_hotels
from image_release.lab.grouping.labels import CorpusUnreadableError
from image_release.lab.grouping.measures import REJECTED, GroupedImage, Measures, measure
from image_release.lab.grouping.pooling import over_processes
from image_release.outcomes import Outcome
from image_release.problems import Problem
from image_release.settings import Settings

T = TypeVar("T")
Tell = Callable[[str, int], None]
"""Hears of each hotel that is done, and of its number of images."""


@dataclass(frozen=True, slots=True)
class Cost:
    """CPU seconds of the workers and their threads; `pairs` counts the pairs of different contents in one hotel."""

    images: int
    pairs: int
    decode_s: float
    fingerprint_s: float
    group_s: float
    best_s: float

    def milliseconds(self) -> dict[str, float]:
        """CPU milliseconds an image, by stage, and of grouping a pair that had to be decided."""
        stages = {"decode": self.decode_s, "print": self.fingerprint_s, "group": self.group_s, "best": self.best_s}
        found = {name: round(1000 * seconds / max(self.images, 1), 2) for name, seconds in stages.items()}
        return {**found, "group_pair": round(1000 * self.group_s / max(self.pairs, 1), 3)}


@dataclass(frozen=True, slots=True, eq=False)
class GroupedHotel:
    """A hotel as a worker sees it once it is grouped; `pictures` speak of contents, `grouped_images` of files."""

    hotel: CorpusHotel
    fingerprinted: FingerprintedHotel
    pictures: tuple[Picture, ...]
    grouped_images: tuple[GroupedImage, ...]
    cost: Cost


@dataclass(frozen=True, slots=True)
class Evaluation:
    """What came out: measures, where every image was put, why some were rejected, the bad rows, and the CPU time."""

    measures: Measures
    grouped_images: tuple[GroupedImage, ...]
    rejected: Mapping[str, str]
    """Image -> outcome and reason."""
    problems: tuple[Problem, ...]
    cost: Cost


@dataclass(frozen=True, slots=True)
class _Told(Generic[T]):
    grouped_images: tuple[GroupedImage, ...]
    rejected: Mapping[str, str]
    problems: tuple[Problem, ...]
    cost: Cost
    seen: T


def evaluate(corpus: Path, settings: Settings, workers: int, tell: Tell) -> Evaluation:
    """Group every hotel of a corpus and measure the result. Raises CorpusUnreadableError and WorkerDiedError."""
    return evaluate_and_look(corpus, settings, workers, tell, _nothing)[0]


def evaluate_and_look(
    corpus: Path, settings: Settings, workers: int, tell: Tell, look: Callable[[GroupedHotel], T]
) -> tuple[Evaluation, list[T]]:
    """Evaluate, and return what `look`, called in the worker, says of each hotel. Raises what `evaluate` raises."""
    hotels, problems = read_hotels(corpus, settings)
    found = []
    for hotel, told in zip(hotels, over_processes(partial(_looked_at, look), hotels, workers), strict=True):
        found.append(told)
        problems += told.problems
        tell(hotel.hotel_id, told.cost.images)
    grouped_images = tuple(item for told in found for item in told.grouped_images)
    rejected = {image: why for told in found for image, why in told.rejected.items()}
    if len(rejected) == len(grouped_images):
        image, why = next(iter(rejected.items()))
        raise CorpusUnreadableError(f"{corpus}: no image can be grouped, such as {image}: {why}")
    labelled = [item for hotel in hotels for item in hotel.images]
    cost = Cost(*(sum(getattr(told.cost, field.name) for told in found) for field in fields(Cost)))
    evaluation = Evaluation(measure(labelled, grouped_images), grouped_images, rejected, tuple(problems), cost)
    return evaluation, [told.seen for told in found]


def group_hotel(hotel: CorpusHotel) -> GroupedHotel:
    """Group the images of one hotel as the product would, its filters off."""
    fingerprints = fingerprinted(hotel)
    started = time.process_time()
    pictures = group_same(fingerprints.seen, (), hotel.settings.grouping)
    grouped = time.process_time()
    best = {choose_best(picture, fingerprints.seen, fingerprints.seen.keys()).sha256 for picture in pictures}
    chosen = time.process_time()
    group_of = {sha256: f"g{number:04}" for number, picture in enumerate(pictures) for sha256 in picture.members}
    grouped_images = []
    for item in hotel.images:
        if item.image in fingerprints.rejected:
            grouped_images.append(
                GroupedImage(
                    item.image, hotel.hotel_id, f"{REJECTED}{fingerprints.rejected[item.image].outcome}", best=False
                )
            )
            continue
        sha256 = fingerprints.contents[item.image]
        # Of several files with the same bytes, the first stands for the picture.
        grouped_images.append(GroupedImage(item.image, hotel.hotel_id, group_of[sha256], sha256 in best))
        best.discard(sha256)
    count = len(fingerprints.seen)
    cost = Cost(
        images=len(hotel.images),
        pairs=count * (count - 1) // 2,
        decode_s=fingerprints.decode_s,
        fingerprint_s=fingerprints.fingerprint_s,
        group_s=grouped - started,
        best_s=chosen - grouped,
    )
    return GroupedHotel(hotel, fingerprints, pictures, tuple(grouped_images), cost)


def _looked_at(look: Callable[[GroupedHotel], T], hotel: CorpusHotel) -> _Told[T]:
    grouped = group_hotel(hotel)
    rejected = grouped.fingerprinted.rejected
    return _Told(
        grouped_images=grouped.grouped_images,
        rejected={image: f"{why.outcome}: {why.reason}" for image, why in rejected.items()},
        problems=tuple(
            Problem(str(hotel.path(image)), 0, image, f"cannot be read: {why.reason}")
            for image, why in rejected.items()
            if why.outcome is Outcome.UNAVAILABLE
        ),
        cost=grouped.cost,
        seen=look(grouped),
    )


def _nothing(grouped: GroupedHotel) -> None:
    """Look at nothing."""
    del grouped
