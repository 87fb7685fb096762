"""Runs the product's own grouping on a labelled corpus and measures it.

A worker process groups one hotel at a time and returns only names and numbers. A caller that needs more, such as the
report, passes a function that the worker calls while it still has the fingerprints of the hotel.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, fields
from functools import partial
from pathlib import Path
from typing import Generic, TypeVar

from image_release.dedup import Picture, choose_best, group_same
from image_release.lab.corpus_csv import CorpusUnreadableError
from image_release.lab.grouping.corpus_hotels import CorpusHotel, FingerprintedHotel, fingerprint_hotel, read_hotels
from image_release.lab.grouping.measures import REJECTED, GroupedImage, GroupingMeasures, measure
from image_release.lab.grouping.worker_pool import map_over_processes
from image_release.outcomes import Outcome
from image_release.problems import Problem
from image_release.settings import Settings

T = TypeVar("T")
HotelCallback = Callable[[str, int], None]
"""Called after each hotel with its id and its number of images."""


@dataclass(frozen=True, slots=True)
class Cost:
    """CPU seconds of the workers and their threads. `pairs` counts the pairs of different contents in each hotel."""

    images: int
    pairs: int
    decode_s: float
    fingerprint_s: float
    group_s: float
    best_s: float

    def milliseconds(self) -> dict[str, float]:
        """CPU milliseconds per image by stage, and of grouping per pair (`group_pair`)."""
        stages = {"decode": self.decode_s, "print": self.fingerprint_s, "group": self.group_s, "best": self.best_s}
        found = {name: round(1000 * seconds / max(self.images, 1), 2) for name, seconds in stages.items()}
        return {**found, "group_pair": round(1000 * self.group_s / max(self.pairs, 1), 3)}


@dataclass(frozen=True, slots=True, eq=False)
class GroupedHotel:
    """A hotel in its worker after grouping: `pictures` holds contents (SHA-256), `grouped_images` holds files."""

    hotel: CorpusHotel
    fingerprinted: FingerprintedHotel
    pictures: tuple[Picture, ...]
    grouped_images: tuple[GroupedImage, ...]
    cost: Cost


@dataclass(frozen=True, slots=True)
class GroupingEvaluation:
    """The measures, the group of every image, why images were rejected, the bad rows, and the CPU time."""

    measures: GroupingMeasures
    grouped_images: tuple[GroupedImage, ...]
    rejected: Mapping[str, str]
    """Image -> outcome and reason."""
    problems: tuple[Problem, ...]
    cost: Cost


@dataclass(frozen=True, slots=True)
class _HotelResult(Generic[T]):
    """What a worker returns of a hotel."""

    grouped_images: tuple[GroupedImage, ...]
    rejected: Mapping[str, str]
    problems: tuple[Problem, ...]
    cost: Cost
    collected: T


def evaluate(corpus: Path, settings: Settings, workers: int, on_hotel: HotelCallback) -> GroupingEvaluation:
    """Group every hotel of a corpus and measure the result. Raises CorpusUnreadableError and WorkerDiedError."""
    return evaluate_and_collect(corpus, settings, workers, on_hotel, _collect_nothing)[0]


def evaluate_and_collect(
    corpus: Path, settings: Settings, workers: int, on_hotel: HotelCallback, collect: Callable[[GroupedHotel], T]
) -> tuple[GroupingEvaluation, list[T]]:
    """Evaluate, and return also what `collect` returned for each hotel. `collect` is called in the worker.

    Raises CorpusUnreadableError and WorkerDiedError, and what `collect` raises.
    """
    hotels, problems = read_hotels(corpus, settings)
    results = []
    from_workers = map_over_processes(partial(_evaluate_hotel, collect), hotels, workers)
    for hotel, result in zip(hotels, from_workers, strict=True):
        results.append(result)
        problems += result.problems
        on_hotel(hotel.hotel_id, result.cost.images)
    grouped_images = tuple(item for result in results for item in result.grouped_images)
    rejected = {image: why for result in results for image, why in result.rejected.items()}
    if len(rejected) == len(grouped_images):
        image, why = next(iter(rejected.items()))
        raise CorpusUnreadableError(f"{corpus}: no image can be grouped, such as {image}: {why}")
    labelled = [item for hotel in hotels for item in hotel.images]
    cost = Cost(*(sum(getattr(result.cost, field.name) for result in results) for field in fields(Cost)))
    evaluation = GroupingEvaluation(measure(labelled, grouped_images), grouped_images, rejected, tuple(problems), cost)
    return evaluation, [result.collected for result in results]


def group_hotel(hotel: CorpusHotel) -> GroupedHotel:
    """Group the images of one hotel as the product does, with its filters off."""
    fingerprints = fingerprint_hotel(hotel)
    started = time.process_time()
    pictures = group_same(fingerprints.seen, (), hotel.settings.grouping)
    grouped = time.process_time()
    best = {choose_best(picture, fingerprints.seen, fingerprints.seen.keys()).sha256 for picture in pictures}
    chosen = time.process_time()
    group_of = {sha256: f"g{number:04}" for number, picture in enumerate(pictures) for sha256 in picture.members}
    grouped_images = []
    for item in hotel.images:
        if item.image in fingerprints.rejected:
            group = f"{REJECTED}{fingerprints.rejected[item.image].outcome}"
            grouped_images.append(GroupedImage(item.image, hotel.hotel_id, group, best=False))
            continue
        sha256 = fingerprints.contents[item.image]
        # Of several files with the same bytes, the first one counts as the best image.
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


def _evaluate_hotel(collect: Callable[[GroupedHotel], T], hotel: CorpusHotel) -> _HotelResult[T]:
    grouped = group_hotel(hotel)
    rejected = grouped.fingerprinted.rejected
    return _HotelResult(
        grouped_images=grouped.grouped_images,
        rejected={image: f"{why.outcome}: {why.reason}" for image, why in rejected.items()},
        problems=tuple(
            Problem(str(hotel.path(image)), 0, image, f"cannot be read: {why.reason}")
            for image, why in rejected.items()
            if why.outcome is Outcome.UNAVAILABLE
        ),
        cost=grouped.cost,
        collected=collect(grouped),
    )


def _collect_nothing(grouped: GroupedHotel) -> None:
    """Collect nothing."""
    del grouped
