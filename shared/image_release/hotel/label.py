"""Label: ask the tagger about best images that it has not labelled yet, and about no others.

Labels are money: they are kept by content hash with the accommodation, and a tagger that fails or may not be asked
leaves the hotel published with what is known (`owed` says that the question is still open).
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from functools import partial

from image_release.decode import thumbnail_jpeg
from image_release.hotel.acquire import Acquired, HotelCache
from image_release.hotel.choose import Chosen
from image_release.hotel.ports import Ports
from image_release.tag import NotTagged, Tagged, TagRequest
from image_release.values import Label


@dataclass(slots=True)
class Labels:
    """Labels of best images by SHA-256 (absent: not tagged), those among them that are new, and what is owed."""

    known: dict[str, tuple[Label, ...]] = field(default_factory=dict)
    learned: dict[str, tuple[Label, ...]] = field(default_factory=dict)
    owed: dict[str, str] = field(default_factory=dict)
    """SHA-256 -> why the tagger could not be asked or did not answer, where asking again is worth it."""


def label(
    chosen: Iterable[Chosen],
    known: HotelCache,
    acquired: Acquired,
    read_original: Callable[[str], bytes],
    ports: Ports,
    *,
    retag: bool,
) -> Labels:
    """Labels of the best images of all pictures that are not hidden."""
    labels = Labels()
    requests = []
    for picture in chosen:
        sha256 = picture.best.sha256
        if picture.hidden_by is not None:
            continue
        if picture.labels is not None:
            labels.known[sha256] = picture.labels
            continue
        remembered, by = _remembered(known, sha256, ports.tagger.identity)
        if remembered is not None:
            labels.known[sha256] = remembered
        if retag or remembered is None or by != ports.tagger.identity:
            jpeg = partial(_thumbnail, read_original, sha256, acquired, ports)
            requests.append(TagRequest(sha256=sha256, url=picture.candidate.url, jpeg=jpeg))
    for sha256, answer in ports.tagger.tag(requests, deadline_s=ports.deadline_s).items():
        if isinstance(answer, Tagged):
            ports.work.count(tagged=1)
            labels.known[sha256] = labels.learned[sha256] = answer.labels
        elif isinstance(answer, NotTagged) and answer.retry:
            labels.owed[sha256] = answer.reason
    return labels


def _remembered(known: HotelCache, sha256: str, identity: str) -> tuple[tuple[Label, ...] | None, str | None]:
    """The labels kept for a content, this tagger's before another's, and whose they are."""
    labelled = [content for content in known.contents(sha256) if content.labels is not None]
    if not labelled:
        return None, None
    best = max(labelled, key=lambda content: (content.labels_by == identity, content.at, content.labels_by or ""))
    return best.labels, best.labels_by


def _thumbnail(read_original: Callable[[str], bytes], sha256: str, acquired: Acquired, ports: Ports) -> bytes:
    tagging = ports.settings.tagging
    data = read_original(sha256)
    return ports.call(thumbnail_jpeg, data, acquired.facts[sha256], tagging.side_px, tagging.jpeg_quality)
