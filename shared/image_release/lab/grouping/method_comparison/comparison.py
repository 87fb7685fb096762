"""Measures every threshold of several grouping methods on a labelled corpus, and recommends one.

A method hashes each image once and compares each pair once; each threshold is then one pass over the distances. Only
grouping is compared: all methods get the images that the product does not reject, and the best image of a group is
always its largest one.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from image_release.decode import decode_draft, decode_full, read_header
from image_release.dedup import groupings
from image_release.lab.corpus_csv import CorpusUnreadableError
from image_release.lab.grouping.corpus_hotels import CorpusHotel, FingerprintedHotel, fingerprint_hotel, read_hotels
from image_release.lab.grouping.evaluation import HotelCallback
from image_release.lab.grouping.labels import LabelledImage
from image_release.lab.grouping.measures import REJECTED, GroupedImage, GroupingMeasures, measure
from image_release.lab.grouping.method_comparison.methods import METHODS, Hashes, Method, distances
from image_release.lab.grouping.method_comparison.threshold_groups import Groups, groups_at_thresholds
from image_release.lab.grouping.worker_pool import map_over_processes
from image_release.lab.size_filter import any_size_filter
from image_release.outcomes import Rejection
from image_release.problems import Problem
from image_release.settings import GroupingSettings, Settings


@dataclass(frozen=True, slots=True)
class ThresholdResult:
    """The measures of one threshold of a method."""

    threshold: float
    groups: int
    purity: float
    completeness: float
    duplicates: float
    lost: float


@dataclass(frozen=True, slots=True)
class MethodCurve:
    """All thresholds of a method, strictest first, and the recommended one; None if none is good enough."""

    method: str
    title: str
    unit: str
    points: tuple[ThresholdResult, ...]
    recommended: ThresholdResult | None


@dataclass(frozen=True, slots=True)
class MethodComparison:
    """The curves of all methods, the maximum share of lost labels, and the name of the recommended method."""

    max_lost: float
    images: int
    curves: tuple[MethodCurve, ...]
    recommended: str | None
    problems: tuple[Problem, ...]


@dataclass(frozen=True, slots=True, eq=False)
class _HotelGroups:
    """The groups of one hotel, as a worker returns them."""

    rejected: Mapping[str, str]
    """Image -> name of its group, which says why it is rejected."""
    groups: Mapping[str, Sequence[Groups]]
    """Method -> for each threshold the group of each image of `images`."""
    images: tuple[str, ...]
    """The largest image first."""


def compare_methods(
    corpus: Path, settings: Settings, methods: Sequence[Method], max_lost: float, workers: int, on_hotel: HotelCallback
) -> MethodComparison:
    """Measure every threshold of the methods. Raises CorpusUnreadableError and WorkerDiedError."""
    hotels, problems = read_hotels(corpus, settings)
    names = tuple(method.name for method in methods)
    results = []
    from_workers = map_over_processes(partial(_group_hotel, names), hotels, workers)
    for hotel, found in zip(hotels, from_workers, strict=True):
        results.append((hotel.hotel_id, found))
        on_hotel(hotel.hotel_id, len(hotel.images))
    labelled = [item for hotel in hotels for item in hotel.images]
    if not any(found.images for _, found in results):
        rejected = next(iter(results[0][1].rejected.items()))
        raise CorpusUnreadableError(f"{corpus}: no image can be grouped, such as {': '.join(rejected)}")
    curves = tuple(_curve(method, labelled, results, max_lost) for method in methods)
    usable = [curve for curve in curves if curve.recommended]
    best = max(usable, key=lambda curve: _quality(curve.recommended), default=None)
    return MethodComparison(max_lost, len(labelled), curves, best.method if best else None, tuple(problems))


def recommended(points: Iterable[ThresholdResult], max_lost: float) -> ThresholdResult | None:
    """The threshold with the highest completeness, then purity, of those that lose at most `max_lost`.

    If several are equally good, the middle one is chosen, because it has room on both sides. None if all lose more.
    """
    allowed = [point for point in points if point.lost <= max_lost]
    top = max(map(_quality, allowed), default=None)
    best = [point for point in allowed if _quality(point) == top]
    return best[(len(best) - 1) // 2] if best else None


def shifted(settings: GroupingSettings, shift: float) -> GroupingSettings:
    """The settings with all score thresholds moved by `shift`."""
    moved = {name: value + shift for name, value in settings.model_dump().items() if name.endswith("_score")}
    return settings.model_copy(update=moved)


def _quality(point: ThresholdResult | None) -> tuple[float, float]:
    return (point.completeness, point.purity) if point else (-1.0, -1.0)


def _curve(
    method: Method, labelled: Sequence[LabelledImage], results: Sequence[tuple[str, _HotelGroups]], max_lost: float
) -> MethodCurve:
    points = []
    for number, threshold in enumerate(method.thresholds):
        grouped_images = [item for hotel_id, found in results for item in _placed(hotel_id, found, method.name, number)]
        points.append(_point(threshold, measure(labelled, grouped_images)))
    return MethodCurve(method.name, method.title, method.unit, tuple(points), recommended(points, max_lost))


def _point(threshold: float, found: GroupingMeasures) -> ThresholdResult:
    return ThresholdResult(threshold, found.groups, found.purity, found.completeness, found.duplicates, found.lost)


def _placed(hotel_id: str, found: _HotelGroups, method: str, number: int) -> Iterable[GroupedImage]:
    for image, rejection in found.rejected.items():
        yield GroupedImage(image, hotel_id, rejection, best=False)
    shown = set()
    for image, group in zip(found.images, found.groups[method][number], strict=True):
        yield GroupedImage(image, hotel_id, f"g{group}", group not in shown)
        shown.add(group)


def _group_hotel(methods: Sequence[str], hotel: CorpusHotel) -> _HotelGroups:
    """Group one hotel by every threshold of the methods. Runs in a worker process."""
    fingerprints = fingerprint_hotel(hotel)
    facts = {sha256: seen.facts for sha256, seen in fingerprints.seen.items()}
    order = sorted(
        fingerprints.contents,
        key=lambda image: (
            -facts[fingerprints.contents[image]].pixels,
            -facts[fingerprints.contents[image]].bytes,
            image,
        ),
    )
    rejected = {image: f"{REJECTED}{why.outcome}" for image, why in fingerprints.rejected.items()}
    hashing = [METHODS[name] for name in methods if METHODS[name].hashes]
    hashes = _hash_images(hotel, fingerprints, hashing) if hashing else {}
    groups: dict[str, Sequence[Groups]] = {}
    for name in methods:
        method = METHODS[name]
        if method.hashes:
            sets = [hashes[fingerprints.contents[image]][name] for image in order]
            groups[name] = groups_at_thresholds(distances(sets), method.thresholds)
        else:
            groups[name] = _group_by_registration(hotel.settings.grouping, fingerprints, order, method.thresholds)
    return _HotelGroups(rejected, groups, tuple(order))


def _hash_images(
    hotel: CorpusHotel, fingerprints: FingerprintedHotel, methods: Sequence[Method]
) -> dict[str, dict[str, Hashes]]:
    """SHA-256 -> method -> hashes of the fully decoded image, as the authors of the methods make them."""
    found: dict[str, dict[str, Hashes]] = {}
    for image, sha256 in fingerprints.contents.items():
        if sha256 in found:
            continue
        data = hotel.path(image).read_bytes()
        facts = read_header(data, sha256, any_size_filter(hotel.settings))
        assert not isinstance(facts, Rejection), "rejected images have no content"
        image_pixels = decode_full(data, facts)
        if isinstance(
            image_pixels, Rejection
        ):  # damaged in a part that the draft skips: hash the draft, as grouping does
            draft = decode_draft(data, facts)
            assert not isinstance(draft, Rejection), "its draft was decoded before"
            image_pixels = draft.image
        found[sha256] = {method.name: method.hashes(image_pixels) for method in methods if method.hashes}
    return found


def _group_by_registration(
    settings: GroupingSettings, fingerprints: FingerprintedHotel, order: Sequence[str], shifts: Sequence[float]
) -> list[Groups]:
    found = []
    registered = settings.model_copy(update={"method": "registered"})
    for pictures in groupings(fingerprints.seen, [shifted(registered, shift) for shift in shifts]):
        group_of = {sha256: number for number, picture in enumerate(pictures) for sha256 in picture.members}
        found.append(tuple(group_of[fingerprints.contents[image]] for image in order))
    return found
