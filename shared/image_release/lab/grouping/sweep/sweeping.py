"""Sweep: what every threshold of every method would do on a labelled corpus, and which one to choose.

Each image is hashed once and each pair compared once a method; then every threshold is a pass over what is near
enough. All methods get the same images (what the product rejects is rejected for all) and the same simple best image,
the largest of a group, so that only grouping is compared.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from image_release.decode import decode_draft, decode_full, read_header
from image_release.dedup import groupings
from image_release.lab.grouping.evaluation import Tell
from image_release.lab.grouping.hotels import CorpusHotel, FingerprintedHotel, fingerprinted, open_filter, read_hotels
from image_release.lab.grouping.labels import CorpusUnreadableError, LabelledImage
from image_release.lab.grouping.measures import REJECTED, GroupedImage, Measures, measure
from image_release.lab.grouping.pooling import over_processes
from image_release.lab.grouping.sweep.grouping import Groups, grouped
from image_release.lab.grouping.sweep.methods import METHODS, Hashes, Method, distances
from image_release.outcomes import Rejection
from image_release.problems import Problem
from image_release.settings import GroupingSettings, Settings


@dataclass(frozen=True, slots=True)
class Point:
    """What one threshold of a method does."""

    threshold: float
    groups: int
    purity: float
    completeness: float
    duplicates: float
    lost: float


@dataclass(frozen=True, slots=True)
class Curve:
    """A method from its strictest threshold to its loosest, and the one to choose; None if none is good enough."""

    method: str
    title: str
    unit: str
    points: tuple[Point, ...]
    recommended: Point | None


@dataclass(frozen=True, slots=True)
class Sweep:
    """All curves, the most that may be lost, and the method to choose at its recommended threshold."""

    max_lost: float
    images: int
    curves: tuple[Curve, ...]
    recommended: str | None
    problems: tuple[Problem, ...]


@dataclass(frozen=True, slots=True, eq=False)
class _SweptHotel:
    rejected: Mapping[str, str]
    """Image -> group name."""
    groups: Mapping[str, Sequence[Groups]]
    """Method -> for each threshold the group of each image of `images`, largest image first."""
    images: tuple[str, ...]


def sweep(
    corpus: Path, settings: Settings, methods: Sequence[Method], max_lost: float, workers: int, tell: Tell
) -> Sweep:
    """Try every threshold of the methods. Raises CorpusUnreadableError and WorkerDiedError."""
    hotels, problems = read_hotels(corpus, settings)
    names = tuple(method.name for method in methods)
    swept = []
    for hotel, found in zip(hotels, over_processes(partial(_swept, names), hotels, workers), strict=True):
        swept.append((hotel.hotel_id, found))
        tell(hotel.hotel_id, len(hotel.images))
    labelled = [item for hotel in hotels for item in hotel.images]
    if not any(found.images for _, found in swept):
        rejected = next(iter(swept[0][1].rejected.items()))
        raise CorpusUnreadableError(f"{corpus}: no image can be grouped, such as {': '.join(rejected)}")
    curves = tuple(_curve(method, labelled, swept, max_lost) for method in methods)
    usable = [curve for curve in curves if curve.recommended]
    best = max(usable, key=lambda curve: _merit(curve.recommended), default=None)
    return Sweep(max_lost, len(labelled), curves, best.method if best else None, tuple(problems))


def recommended(points: Iterable[Point], max_lost: float) -> Point | None:
    """Of the thresholds that lose at most so much, the one that repeats least, then the purest.

    Of several that are equally good the middle one, strict to loose: it has room on both sides.
    """
    allowed = [point for point in points if point.lost <= max_lost]
    top = max(map(_merit, allowed), default=None)
    best = [point for point in allowed if _merit(point) == top]
    return best[(len(best) - 1) // 2] if best else None


def shifted(settings: GroupingSettings, shift: float) -> GroupingSettings:
    """All thresholds of our grouping moved by so much."""
    moved = {name: value + shift for name, value in settings.model_dump().items() if name.endswith("_score")}
    return settings.model_copy(update=moved)


def _merit(point: Point | None) -> tuple[float, float]:
    return (point.completeness, point.purity) if point else (-1.0, -1.0)


def _curve(
    method: Method, labelled: Sequence[LabelledImage], swept: Sequence[tuple[str, _SweptHotel]], max_lost: float
) -> Curve:
    points = []
    for number, threshold in enumerate(method.thresholds):
        grouped_images = [item for hotel_id, found in swept for item in _placed(hotel_id, found, method.name, number)]
        points.append(_point(threshold, measure(labelled, grouped_images)))
    return Curve(method.name, method.title, method.unit, tuple(points), recommended(points, max_lost))


def _point(threshold: float, found: Measures) -> Point:
    return Point(threshold, found.groups, found.purity, found.completeness, found.duplicates, found.lost)


def _placed(hotel_id: str, found: _SweptHotel, method: str, number: int) -> Iterable[GroupedImage]:
    for image, rejection in found.rejected.items():
        yield GroupedImage(image, hotel_id, rejection, best=False)
    shown = set()
    for image, group in zip(found.images, found.groups[method][number], strict=True):
        yield GroupedImage(image, hotel_id, f"g{group}", group not in shown)
        shown.add(group)


def _swept(methods: Sequence[str], hotel: CorpusHotel) -> _SweptHotel:
    """One hotel in a worker."""
    fingerprints = fingerprinted(hotel)
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
    hashes = _hashed(hotel, fingerprints, hashing) if hashing else {}
    groups: dict[str, Sequence[Groups]] = {}
    for name in methods:
        method = METHODS[name]
        if method.hashes:
            sets = [hashes[fingerprints.contents[image]][name] for image in order]
            groups[name] = grouped(distances(sets), method.thresholds)
        else:
            groups[name] = _registered(hotel.settings.grouping, fingerprints, order, method.thresholds)
    return _SweptHotel(rejected, groups, tuple(order))


def _hashed(
    hotel: CorpusHotel, fingerprints: FingerprintedHotel, methods: Sequence[Method]
) -> dict[str, dict[str, Hashes]]:
    """SHA-256 -> method -> hashes of the whole picture, as the methods' authors take them."""
    found: dict[str, dict[str, Hashes]] = {}
    for image, sha256 in fingerprints.contents.items():
        if sha256 in found:
            continue
        data = hotel.path(image).read_bytes()
        facts = read_header(data, sha256, open_filter(hotel.settings))
        assert not isinstance(facts, Rejection), "what is rejected has no content"
        picture = decode_full(data, facts)
        if isinstance(picture, Rejection):  # damaged where its draft does not look: hash what grouping saw
            draft = decode_draft(data, facts)
            assert not isinstance(draft, Rejection), "it was printed"
            picture = draft.image
        found[sha256] = {method.name: method.hashes(picture) for method in methods if method.hashes}
    return found


def _registered(
    settings: GroupingSettings, fingerprints: FingerprintedHotel, order: Sequence[str], shifts: Sequence[float]
) -> list[Groups]:
    found = []
    for pictures in groupings(fingerprints.seen, [shifted(settings, shift) for shift in shifts]):
        group_of = {sha256: number for number, picture in enumerate(pictures) for sha256 in picture.members}
        found.append(tuple(group_of[fingerprints.contents[image]] for image in order))
    return found
