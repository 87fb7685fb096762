"""What the index knows of a hotel: facts of its manifest and of people's decisions about it. Pure functions.

Of a manifest only what is needed is validated: a first build reads a hundred thousand of them.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from functools import cache
from typing import Any

from pydantic import TypeAdapter, ValidationError

from image_release.gallery import UNSCORED
from image_release.outcomes import Outcome
from image_release.store_keys import rendition_seq
from image_release.values import Override

GOOD_LONG_SIDE_PX = 1_000
"""A good picture has a best image whose long side has so many pixels, and is of a kind that may open a hotel."""
THUMB_PX = 320
"""Minimum width of the rendition that a list shows."""


@dataclass(frozen=True, slots=True)
class OpeningPicture:
    """The picture that opens a hotel. `thumbnail` is the key of its smallest rendition that is wide enough."""

    sha256: str
    category: str | None
    thumbnail: str | None


@dataclass(frozen=True, slots=True)
class PartnerFacts:
    """One partner's part in a hotel.

    `outcomes` counts its images, each once. `pictures` are those that it has an image of, `only` those that nobody else
    sends, `best` those that its copy stands for; `shared_best` are those of `best` that another partner sends, too.
    """

    partner_id: str
    images: int
    outcomes: Mapping[str, int]
    pictures: int
    only: int
    best: int
    shared_best: int
    unavailable: int


@dataclass(frozen=True, slots=True)
class HotelFacts:
    """A hotel as the index keeps it. `unavailable` images could not be fetched, also where an older copy is shown."""

    hotel_id: str
    name: str = ""
    seq: int = 0
    published_at: datetime | None = None
    pictures: int = 0
    good: int = 0
    first: OpeningPicture | None = None
    opens_badly: bool = False
    unlabelled: int = 0
    least_join: float | None = None
    least_margin: float | None = None
    unavailable: int = 0
    pending: tuple[str, ...] = ()
    withdrawn: bool = False
    withdrawn_by_person: bool = False
    decisions: Mapping[str, int] = field(default_factory=dict)
    partners: tuple[PartnerFacts, ...] = ()
    unreadable: bool = False
    split: bool = False
    """Whether a decision holds for two pictures that were one."""


class NotIndexableError(Exception):
    """The bytes are no manifest that the index can read."""


@dataclass(frozen=True, slots=True)
class _BestImage:
    partner_id: str
    sha256: str
    width: int
    height: int
    reason: str | None = None


@dataclass(frozen=True, slots=True)
class _Evidence:
    score: float
    method: str


@dataclass(frozen=True, slots=True)
class _MergedCopy:
    partner_id: str
    sha256: str
    evidence: _Evidence
    reason: str | None = None


@dataclass(frozen=True, slots=True)
class _IndexedRendition:
    key: str
    width: int


@dataclass(frozen=True, slots=True)
class _IndexedPicture:
    best: _BestImage
    margin: float
    category: str | None
    labels: list[Any]
    renditions: list[Any]
    """Only those of the first picture become values: there are hundreds in a manifest."""
    merged: tuple[_MergedCopy, ...]
    once_with: tuple[str, ...] = ()

    @property
    def partners(self) -> frozenset[str]:
        return frozenset((self.best.partner_id, *(copy.partner_id for copy in self.merged)))


@dataclass(frozen=True, slots=True)
class _RefusedImage:
    partner_id: str
    outcome: str
    once_with: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class _Pending:
    kind: str


@dataclass(frozen=True, slots=True)
class IndexedManifest:
    """What the index needs of a manifest."""

    hotel_id: str
    name: str
    seq: int
    published_at: datetime
    withdrawn: bool = False
    pictures: tuple[_IndexedPicture, ...] = ()
    rejected: tuple[_RefusedImage, ...] = ()
    pending: tuple[_Pending, ...] = ()


def read_indexed(data: bytes) -> IndexedManifest:
    """What the index needs of a manifest's bytes. Raises NotIndexableError."""
    try:
        return _form().validate_json(data)
    except ValidationError as error:
        raise NotIndexableError(str(error)) from error


def facts_of(
    manifest: IndexedManifest, decisions: Sequence[Override] = (), never_first: Collection[str] = ()
) -> HotelFacts:
    """What the index keeps of a hotel. `decisions` are those in force, `never_first` the kinds that should not open it.

    What a person decided is not unsure: a pinned picture may open a hotel whatever it shows. Raises NotIndexableError.
    """
    pictures = manifest.pictures
    first = pictures[0] if pictures else None
    pinned = _named(decisions, "pin")
    margins = [picture.margin for picture in pictures if _is_choice(picture)]
    joins = [
        copy.evidence.score
        for picture in pictures
        for copy in picture.merged
        if copy.sha256 != picture.best.sha256 and copy.evidence.method not in UNSCORED
    ]
    partners = tuple(_partners(manifest))
    return HotelFacts(
        hotel_id=manifest.hotel_id,
        name=manifest.name,
        seq=manifest.seq,
        published_at=manifest.published_at,
        pictures=len(pictures),
        good=sum(
            is_good(picture.best.width, picture.best.height, picture.category, never_first) for picture in pictures
        ),
        first=_first(first) if first else None,
        opens_badly=first is not None and first.category in never_first and _images(first).isdisjoint(pinned),
        unlabelled=sum(not picture.labels for picture in pictures),
        least_join=min(joins, default=None),
        least_margin=min(margins, default=None),
        unavailable=sum(partner.unavailable for partner in partners),
        pending=tuple(sorted({entry.kind for entry in manifest.pending})),
        withdrawn=manifest.withdrawn,
        withdrawn_by_person=any(decision.action == "withdraw" for decision in decisions),
        decisions=dict(sorted(Counter(decision.action for decision in decisions).items())),
        partners=partners,
        split=any(picture.once_with for picture in pictures) or any(image.once_with for image in manifest.rejected),
    )


def is_good(width: int, height: int, category: str | None, never_first: Collection[str]) -> bool:
    """Whether a picture is good: large, and nothing that should not open a hotel. One without labels may be good."""
    return max(width, height) >= GOOD_LONG_SIDE_PX and category not in never_first


def _named(decisions: Iterable[Override], action: str) -> frozenset[str]:
    return frozenset(sha256 for decision in decisions if decision.action == action for sha256 in decision.images)


def _images(picture: _IndexedPicture) -> frozenset[str]:
    return frozenset((picture.best.sha256, *(copy.sha256 for copy in picture.merged)))


def _is_choice(picture: _IndexedPicture) -> bool:
    """Whether there was another file to choose from, and no person chose: then the margin is 0."""
    return picture.margin > 0 and any(copy.sha256 != picture.best.sha256 for copy in picture.merged)


def _first(picture: _IndexedPicture) -> OpeningPicture:
    try:
        renditions = _renditions_form().validate_python(picture.renditions)
    except ValidationError as error:
        raise NotIndexableError(str(error)) from error
    named = [rendition for rendition in renditions if rendition_seq(rendition.key) is not None]
    wide = [rendition for rendition in named if rendition.width >= THUMB_PX]
    shown = min(wide, key=lambda item: item.width) if wide else max(named, key=lambda item: item.width, default=None)
    return OpeningPicture(picture.best.sha256, picture.category, shown.key if shown else None)


def _partners(manifest: IndexedManifest) -> Iterator[PartnerFacts]:
    """Each partner's part, most images first."""
    outcomes: dict[str, Counter[str]] = {}
    down: Counter[str] = Counter()
    for partner_id, outcome, is_down in _endings(manifest):
        outcomes.setdefault(partner_id, Counter())[outcome] += 1
        down[partner_id] += is_down
    pictures = [(picture.best.partner_id, picture.partners) for picture in manifest.pictures]
    for partner_id, counts in sorted(outcomes.items(), key=lambda item: (-item[1].total(), item[0])):
        having = [senders for _, senders in pictures if partner_id in senders]
        best = [senders for best_of, senders in pictures if best_of == partner_id]
        yield PartnerFacts(
            partner_id=partner_id,
            images=counts.total(),
            outcomes=dict(sorted(counts.items())),
            pictures=len(having),
            only=sum(len(senders) == 1 for senders in having),
            best=len(best),
            shared_best=sum(len(senders) > 1 for senders in best),
            unavailable=down[partner_id],
        )


def _endings(manifest: IndexedManifest) -> Iterator[tuple[str, str, bool]]:
    """Partner and outcome of each image, and whether it could not be fetched."""
    for picture in manifest.pictures:
        yield picture.best.partner_id, Outcome.PUBLISHED, _is_down(picture.best.reason)
        for copy in picture.merged:
            yield copy.partner_id, Outcome.MERGED, _is_down(copy.reason)
    for image in manifest.rejected:
        yield image.partner_id, image.outcome, image.outcome == Outcome.UNAVAILABLE


def _is_down(reason: str | None) -> bool:
    """Whether an older copy is shown because the URL could not be fetched."""
    return (reason or "").partition(":")[0] == Outcome.UNAVAILABLE


@cache
def _form() -> TypeAdapter[IndexedManifest]:
    return TypeAdapter(IndexedManifest)


@cache
def _renditions_form() -> TypeAdapter[list[_IndexedRendition]]:
    return TypeAdapter(list[_IndexedRendition])
