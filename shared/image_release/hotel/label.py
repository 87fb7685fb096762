"""Label: ask the tagger about best images that it has not labelled yet, and about no others.

Labels cost money, so they are cached by content with the accommodation. A tagger that fails or may not be asked leaves
the hotel published with the labels that are known (`missing` says which questions are still open).
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, field
from functools import partial

from image_release.decode import call_by_cost, cost_of, thumbnail_jpeg
from image_release.hotel.acquire import Acquired
from image_release.hotel.cached import HotelCache
from image_release.hotel.choose import Chosen
from image_release.hotel.ports import Context, Ports
from image_release.settings import FilterSettings
from image_release.tag import NotTagged, Tagged, Tagger, TagRequest
from image_release.values import ImageFacts, Label, Look


@dataclass(slots=True)
class Labels:
    """Labels of best images by SHA-256 (absent: not tagged), and the new ones among them."""

    known: dict[str, tuple[Label, ...]] = field(default_factory=dict)
    looks: dict[str, Look] = field(default_factory=dict)
    """What a local model says of them besides."""
    learned: dict[str, tuple[Label, ...]] = field(default_factory=dict)
    missing: dict[str, str] = field(default_factory=dict)
    """SHA-256 -> why the tagger was not asked or did not answer, where it is worth asking again."""


def label(
    chosen: Iterable[Chosen],
    cached: HotelCache,
    thumbnail: Callable[[str], bytes],
    tagger: Tagger,
    context: Context,
    *,
    retag: bool,
    lost: AbstractSet[str] = frozenset(),
) -> Labels:
    """Labels of the best images of all pictures that are not hidden.

    `thumbnail` gives the JPEG bytes that are sent for a SHA-256; it is called only for images that the tagger is asked
    about. `retag` asks about all of them but those whose originals are `lost`.
    """
    labels = Labels()
    requests = []
    for picture in chosen:
        sha256 = picture.best.sha256
        if picture.hidden_by is not None:
            continue
        if picture.labels is not None:
            labels.known[sha256] = picture.labels
            continue
        kept, by = _cached_labels(cached, sha256, tagger.identity)
        if kept is not None:
            labels.known[sha256] = kept
        if sha256 not in lost and (retag or kept is None or by != tagger.identity):
            requests.append(
                TagRequest(
                    sha256=sha256,
                    url=picture.image.url,
                    jpeg=partial(thumbnail, sha256),
                    view=partial(thumbnail, sha256),
                )
            )
    for sha256, answer in tagger.tag(requests, deadline_s=context.deadline_s).items():
        if isinstance(answer, Tagged):
            context.work.count(tagged=1)
            labels.known[sha256] = labels.learned[sha256] = answer.labels
            if answer.look:
                labels.looks[sha256] = answer.look
        elif isinstance(answer, NotTagged) and answer.retry:
            labels.missing[sha256] = answer.reason
    return labels


def thumbnail_of(read_original: Callable[[str], bytes], acquired: Acquired, ports: Ports, sha256: str) -> bytes:
    """The JPEG of an image that is sent to the tagger. Raises LostOriginalsError, ChildCrashedError."""
    tagging = ports.settings.tagging
    data = read_original(sha256)
    facts, budget = acquired.facts[sha256], ports.settings.filter
    return ports.call(_thumbnail_within_budget, data, facts, tagging.side_px, tagging.jpeg_quality, budget)


def _thumbnail_within_budget(
    data: bytes, facts: ImageFacts, side_px: int, quality: int, budget: FilterSettings
) -> bytes:
    """As `thumbnail_jpeg`; an image that takes much memory is decoded alone, in a child process."""
    return call_by_cost(cost_of(data, facts, budget), budget, thumbnail_jpeg, data, facts, side_px, quality)


def _cached_labels(cached: HotelCache, sha256: str, identity: str) -> tuple[tuple[Label, ...] | None, str | None]:
    """The labels cached for a content, this tagger's before another's, and the identity of the tagger they are from."""
    labelled = [content for content in cached.contents(sha256) if content.labels is not None]
    if not labelled:
        return None, None
    best = max(labelled, key=lambda content: (content.labels_by == identity, content.at, content.labels_by or ""))
    return best.labels, best.labels_by
