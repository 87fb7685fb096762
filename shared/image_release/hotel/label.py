"""Label: ask the tagger about best images that it has not labelled yet, and about no others.

Labels cost money, so they are cached by content and by tagger with the accommodation. A tagger that fails or may not be
asked leaves the hotel published with the labels that are known (`missing` says which questions are still open).
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, field
from functools import partial

from image_release.decode import call_by_cost, cost_of, decode_view, thumbnail_jpeg
from image_release.hotel.acquire import Acquired
from image_release.hotel.cached import HotelCache
from image_release.hotel.choose import Chosen
from image_release.hotel.ports import Context, Ports
from image_release.settings import FilterSettings
from image_release.tag import NotTagged, Tagged, Tagger, TagRequest, parts_of
from image_release.values import ImageFacts, Label, Look


@dataclass(slots=True)
class Labels:
    """What is known of best images by SHA-256 (absent: not tagged), and what is new of it."""

    known: dict[str, tuple[Label, ...]] = field(default_factory=dict)
    looks: dict[str, Look] = field(default_factory=dict)
    learned: dict[str, dict[str, Tagged]] = field(default_factory=dict)
    """Identity of the tagger -> SHA-256 -> what it says now."""
    missing: dict[str, str] = field(default_factory=dict)
    """SHA-256 -> why a tagger was not asked or did not answer, where it is worth asking again."""

    def add(self, sha256: str, said: Tagged) -> None:
        """Add what a tagger said, where nothing is known yet."""
        self.known.setdefault(sha256, said.labels)
        if said.look is not None:
            self.looks.setdefault(sha256, said.look)


@dataclass(frozen=True, slots=True)
class Pixels:
    """Makes what a tagger looks at, by SHA-256: the JPEG that is sent, or the view of a local model."""

    jpeg: Callable[[str], bytes]
    view: Callable[[str], bytes]


def label(
    chosen: Iterable[Chosen],
    cached: HotelCache,
    pixels: Pixels,
    tagger: Tagger,
    context: Context,
    *,
    again: AbstractSet[str] = frozenset(),
    lost: AbstractSet[str] = frozenset(),
    best_of: Mapping[str, str] | None = None,
) -> Labels:
    """Labels and looks of the best images of all pictures that are not hidden.

    Each tagger that `tagger` is made of is asked for what it has not said yet. People's labels count before all others,
    and labels that another tagger gave earlier count last. `again` are images about which they are asked although
    their labels are known. Nothing is asked about images whose originals are `lost`. `best_of` tells the best image of
    the picture that an image belonged to under other rules: what was said of that one counts, so they cost nothing.
    """
    visible = [picture for picture in chosen if picture.hidden_by is None]
    labels = Labels({picture.best.sha256: picture.labels for picture in visible if picture.labels is not None})
    for part in parts_of(tagger):
        said = {
            sha256: known
            for picture in visible
            if (known := _said(cached, part.identity, sha256 := picture.best.sha256, best_of or {})) is not None
        }
        asked = [
            picture
            for picture in visible
            if picture.best.sha256 not in lost
            and (picture.best.sha256 in again or picture.best.sha256 not in said)
            and (picture.labels is None or part.wants_views)
        ]
        said |= _ask(part, asked, pixels, labels, context)
        for sha256, known in said.items():
            labels.add(sha256, known)
    for picture in visible:
        if (others := cached.labels_by_anybody(picture.best.sha256)) is not None:
            labels.known.setdefault(picture.best.sha256, others)
    context.work.count(tagged=len({sha256 for answers in labels.learned.values() for sha256 in answers}))
    return labels


def _said(cached: HotelCache, identity: str, sha256: str, best_of: Mapping[str, str]) -> Tagged | None:
    """What a tagger said of an image, or else of the one that stood for its picture before."""
    known = cached.said(sha256, identity)
    before = best_of.get(sha256, sha256)
    return known or (cached.said(before, identity) if before != sha256 else None)


def _ask(
    tagger: Tagger, pictures: Iterable[Chosen], pixels: Pixels, labels: Labels, context: Context
) -> dict[str, Tagged]:
    """What a tagger says of best images now; why it says nothing of others is added to the missing labels."""
    requests = [
        TagRequest(
            sha256=sha256,
            url=picture.image.url,
            jpeg=partial(pixels.jpeg, sha256),
            view=partial(pixels.view, sha256),
        )
        for picture in pictures
        if (sha256 := picture.best.sha256)
    ]
    answers = tagger.tag(requests, deadline_s=context.deadline_s)
    tagged = {sha256: answer for sha256, answer in answers.items() if isinstance(answer, Tagged)}
    for sha256, answer in answers.items():
        if isinstance(answer, NotTagged) and answer.retry:
            labels.missing.setdefault(sha256, answer.reason)
    if tagged:
        labels.learned[tagger.identity] = tagged
        context.work.count_tagged_by(tagger.identity, len(tagged))
    return tagged


def pixels_of(read_original: Callable[[str], bytes], acquired: Acquired, ports: Ports) -> Pixels:
    """What taggers look at, made from originals; `acquired` has the views of images that were just examined."""
    return Pixels(
        jpeg=partial(thumbnail_of, read_original, acquired, ports),
        view=partial(view_for, read_original, acquired, ports),
    )


def thumbnail_of(read_original: Callable[[str], bytes], acquired: Acquired, ports: Ports, sha256: str) -> bytes:
    """The JPEG of an image that is sent to the tagger. Raises LostOriginalsError, ChildCrashedError."""
    tagging = ports.settings.tagging
    data = read_original(sha256)
    facts, budget = acquired.facts[sha256], ports.settings.filter
    return ports.call(_thumbnail_within_budget, data, facts, tagging.side_px, tagging.jpeg_quality, budget)


def view_for(read_original: Callable[[str], bytes], acquired: Acquired, ports: Ports, sha256: str) -> bytes:
    """The view of an image, from its first decode or from another one. Raises LostOriginalsError, ChildCrashedError."""
    if (view := acquired.views.get(sha256)) is not None:
        return view
    data = read_original(sha256)
    ports.context.work.count(decodes=1)
    return ports.call(_view_within_budget, data, acquired.facts[sha256], ports.settings.filter)


def _thumbnail_within_budget(
    data: bytes, facts: ImageFacts, side_px: int, quality: int, budget: FilterSettings
) -> bytes:
    """As `thumbnail_jpeg`; an image that takes much memory is decoded alone, in a child process."""
    return call_by_cost(cost_of(data, facts, budget), budget, thumbnail_jpeg, data, facts, side_px, quality)


def _view_within_budget(data: bytes, facts: ImageFacts, budget: FilterSettings) -> bytes:
    """As `decode_view`; an image that takes much memory is decoded alone, in a child process."""
    return call_by_cost(cost_of(data, facts, budget), budget, decode_view, data, facts)
