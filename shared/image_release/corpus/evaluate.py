"""Evaluate: the product's own grouping on a labelled corpus.

It judges grouping, so the filters by size, pixels and flatness are off; only a placeholder, or a file that cannot be
decoded, is rejected.
"""

from __future__ import annotations

import os
import time
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from multiprocessing import get_context
from pathlib import Path

from image_release.corpus.labels import LabelledImage, read_labels
from image_release.corpus.measures import REJECTED, Measures, Placed, measure
from image_release.decoding import decode_draft, read_header
from image_release.deduplicating import Seen, choose_best, group_same, placeholder
from image_release.fingerprinting import fingerprint
from image_release.outcomes import Rejection
from image_release.problems import Problem
from image_release.settings import FilterSettings, Settings
from image_release.values import sha256_hex


@dataclass(frozen=True, slots=True)
class Cost:
    """CPU seconds of this process and its threads."""

    images: int
    decode_s: float
    print_s: float
    group_s: float


@dataclass(frozen=True, slots=True)
class Evaluation:
    """What came out: the measures, where every image was put, the bad rows, and the CPU time by stage."""

    measures: Measures
    placed: tuple[Placed, ...]
    problems: tuple[Problem, ...]
    cost: Cost


def evaluate(corpus: Path, settings: Settings, workers: int, tell: Callable[[str, int], None]) -> Evaluation:
    """Group every hotel of a corpus and measure the result. `tell` hears of each hotel and its number of images.

    Raises CorpusUnreadableError.
    """
    labelled, problems = read_labels(corpus)
    hotels: dict[str, list[LabelledImage]] = {}
    for item in labelled:
        hotels.setdefault(item.hotel_id, []).append(item)
    tasks = [(corpus, hotel_id, images, settings) for hotel_id, images in sorted(hotels.items())]
    placed: list[Placed] = []
    costs = []
    for name in ("OPENBLAS_NUM_THREADS", "OMP_NUM_THREADS"):
        os.environ.setdefault(name, "1")  # the processes are the parallelism; read when a child imports numpy
    with ProcessPoolExecutor(workers, get_context("spawn")) as pool:
        for hotel_placed, cost in pool.map(group_hotel, tasks):
            placed += hotel_placed
            costs.append(cost)
            tell(hotel_placed[0].hotel_id, cost.images)
    total = Cost(
        images=sum(cost.images for cost in costs),
        decode_s=sum(cost.decode_s for cost in costs),
        print_s=sum(cost.print_s for cost in costs),
        group_s=sum(cost.group_s for cost in costs),
    )
    return Evaluation(measure(labelled, placed), tuple(placed), tuple(problems), total)


def group_hotel(task: tuple[Path, str, list[LabelledImage], Settings]) -> tuple[list[Placed], Cost]:
    """Group the images of one hotel as the product would, its filters off."""
    corpus, hotel_id, images, settings = task
    open_filter = FilterSettings(min_short_side_px=1, min_long_side_px=1, max_pixels=settings.filter.max_pixels)
    seen: dict[str, Seen] = {}
    contents: dict[str, str] = {}
    rejected: dict[str, Rejection] = {}
    decode_s = print_s = 0.0
    for item in images:
        data = (corpus / "images" / item.image).read_bytes()
        contents[item.image] = sha256 = sha256_hex(data)
        if sha256 in seen or sha256 in rejected:
            continue
        started = time.process_time()
        facts = read_header(data, sha256, open_filter)
        draft = facts if isinstance(facts, Rejection) else decode_draft(data, facts)
        decoded = time.process_time()
        decode_s += decoded - started
        if isinstance(draft, Rejection) or isinstance(facts, Rejection):
            rejected[sha256] = draft if isinstance(draft, Rejection) else facts  # type: ignore[assignment]  # one of the two is
            continue
        print_ = fingerprint(draft, settings.fingerprint)
        print_s += time.process_time() - decoded
        if verdict := placeholder(print_):
            rejected[sha256] = verdict
        else:
            seen[sha256] = Seen(facts, print_)
    started = time.process_time()
    group_of, best = {}, set()
    for number, picture in enumerate(group_same(seen, (), settings.grouping)):
        group_of.update(dict.fromkeys(picture.members, f"g{number:04}"))
        best.add(choose_best(picture, seen, seen.keys()).sha256)
    group_s = time.process_time() - started
    placed = []
    for item in images:
        sha256 = contents[item.image]
        group = f"{REJECTED}{rejected[sha256].outcome}" if sha256 in rejected else group_of[sha256]
        # Of several files with the same bytes, the first stands for the picture.
        placed.append(Placed(item.image, hotel_id, group, sha256 in best))
        best.discard(sha256)
    return placed, Cost(len(images), decode_s, print_s, group_s)
