"""What is stored of a published hotel, as far as its order needs it: read without a download, a decode or a tagger.

The pictures, their copies and their labels come from the manifest, ranks from the listings, looks from what a local
model said, and pins from people's decisions. Thousands of hotels are read at once, so of a manifest only these parts
are validated.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cache
from typing import Annotated, Literal

from pydantic import Field, TypeAdapter, ValidationError

from image_release.cache import read_labels
from image_release.hotel import Hotel, Pin, decisions_about, places_of
from image_release.ingest import read_listing, read_overrides
from image_release.outcomes import Outcome
from image_release.problems import Problem
from image_release.publish import ManifestUnreadableError
from image_release.rank import PictureToRank, partner_value
from image_release.settings import PrioritisingSettings
from image_release.state import StateUnreadableError
from image_release.storage import StorageError, Store, Stores
from image_release.store_keys import manifest_key
from image_release.values import Accommodation, ImageFacts, Label, Look, Override

_Id = Annotated[str, Field(min_length=1)]
_Side = Annotated[int, Field(ge=1, le=1_000_000)]
"""Pixels; beyond these numbers a manifest is damaged."""
NEUTRAL = 0.5
"""Category part of a picture that nobody labelled."""


@dataclass(frozen=True, slots=True)
class Sender:
    """A partner that sends the bytes of a best image, and the rank that it gives them."""

    accommodation: Accommodation
    url: str
    rank: int | None


@dataclass(frozen=True, slots=True)
class StoredPicture:
    """A published picture: its best image, who sends it, all its copies, and what is known of what it shows."""

    facts: ImageFacts
    senders: tuple[Sender, ...]
    members: frozenset[str]
    """SHA-256 of all copies."""
    names: frozenset[str]
    """Last parts of the URLs of all copies."""
    labels: tuple[Label, ...] | None
    look: Look | None
    same_view: frozenset[str] = frozenset()
    """SHA-256 of the best images of pictures that show the same view."""
    once_with: frozenset[str] = frozenset()
    """SHA-256 of images whose decisions hold here, though they are in another picture now."""

    def to_rank(self, settings: PrioritisingSettings) -> PictureToRank:
        """The picture as the order sees it: of several senders of one content the best one counts."""
        sender = min(
            self.senders,
            key=lambda item: (
                -partner_value(item.accommodation.partner_id, item.rank, settings),
                item.accommodation,
                item.url,
            ),
        )
        partner_id = sender.accommodation.partner_id
        sha256, rank = self.facts.sha256, sender.rank
        return PictureToRank(sha256, self.facts, partner_id, rank, self.labels, self.look, self.same_view)


@dataclass(frozen=True, slots=True)
class StoredHotel:
    """A published hotel: its pictures in the published order, and the positions that people pinned some to."""

    hotel_id: str
    name: str
    pictures: tuple[StoredPicture, ...]
    pins: Mapping[str, int]
    """SHA-256 of a best image -> position."""
    over_limit: int
    """Number of images that belong to pictures beyond the limit of the hotel; they cannot be compared."""


def read_stored_hotel(stores: Stores, hotel_id: str, looks_by: str | None) -> StoredHotel | None:
    """Read a hotel; None if it is not published or shows nothing.

    `looks_by` is the identity of the local model whose looks count; None: no looks. Raises ManifestUnreadableError, and
    StateUnreadableError for a listing.
    """
    stored = stores.published.get(manifest_key(hotel_id))
    if stored is None:
        return None
    manifest = _manifest(hotel_id, stored.data)
    if manifest.withdrawn or not manifest.pictures:
        return None
    facts = _StateOfImages(stores.state, manifest, looks_by)
    pictures = [_picture(published, facts) for published in manifest.pictures]
    over_limit = sum(image.outcome == Outcome.OVER_LIMIT for image in manifest.rejected)
    overrides = read_overrides(stores.inbox, hotel_id)[0]
    shown, pins = _decided(hotel_id, manifest, pictures, overrides) if overrides else (pictures, {})
    return StoredHotel(hotel_id, manifest.name, tuple(shown), pins, over_limit) if shown else None


def readable_hotels(
    stores: Stores,
    hotel_ids: Iterable[str],
    looks_by: str | None,
    problems: list[Problem],
    on_hotel: Callable[[int], None],
) -> Iterator[StoredHotel]:
    """The published hotels among these. Adds to `problems` those that cannot be read.

    `on_hotel` is called after each hotel with its number of pictures.
    """
    for hotel_id in hotel_ids:
        hotel = None
        try:
            hotel = read_stored_hotel(stores, hotel_id, looks_by)
        except (ManifestUnreadableError, StateUnreadableError, StorageError) as error:
            problems.append(Problem(manifest_key(hotel_id), 0, hotel_id, f"the hotel is left out: {error}"))
        if hotel is not None:
            yield hotel
        on_hotel(len(hotel.pictures) if hotel else 0)


@dataclass(frozen=True, slots=True)
class _Image:
    url: str
    partner_id: _Id
    accommodation_id: _Id
    sha256: str
    width: _Side
    height: _Side

    @property
    def accommodation(self) -> Accommodation:
        return Accommodation(self.partner_id, self.accommodation_id)


@dataclass(frozen=True, slots=True)
class _Part:
    value: float


@dataclass(frozen=True, slots=True)
class _Score:
    total: float
    parts: Mapping[str, _Part]


@dataclass(frozen=True, slots=True)
class _View:
    picture: str


@dataclass(frozen=True, slots=True)
class _Picture:
    best: _Image
    labels: tuple[Label, ...]
    score: _Score
    merged: tuple[_Image, ...]
    same_view: tuple[_View, ...] = ()
    once_with: tuple[str, ...] = ()

    @property
    def images(self) -> tuple[_Image, ...]:
        return (self.best, *self.merged)


@dataclass(frozen=True, slots=True)
class _Rejected:
    outcome: str
    sha256: str | None = None
    picture: str | None = None


@dataclass(frozen=True, slots=True)
class _Manifest:
    schema: Literal[1]
    name: str
    pictures: tuple[_Picture, ...] = ()
    rejected: tuple[_Rejected, ...] = ()
    withdrawn: bool = False


@cache
def _manifest_form() -> TypeAdapter[_Manifest]:
    return TypeAdapter(_Manifest)


def _manifest(hotel_id: str, data: bytes) -> _Manifest:
    try:
        return _manifest_form().validate_json(data)
    except ValidationError as error:
        first = error.errors(include_input=False, include_url=False)[0]
        where = ".".join(map(str, first["loc"])) or "manifest"
        raise ManifestUnreadableError(f"{manifest_key(hotel_id)}: {where}: {first['msg']}") from error


class _StateOfImages:
    """What the state holds of a hotel's images: ranks by accommodation and URL, and looks by SHA-256."""

    def __init__(self, state: Store, manifest: _Manifest, looks_by: str | None) -> None:
        accommodations = {image.accommodation for picture in manifest.pictures for image in picture.images}
        self.looks: dict[str, Look] = {}
        self.ranks: dict[tuple[Accommodation, str], int | None] = {}
        for accommodation in sorted(accommodations):
            listing = read_listing(state, accommodation)
            for listed in listing.images if listing else ():
                self.ranks[accommodation, listed.url] = listed.rank
            if looks_by is not None:
                records = read_labels(state, accommodation, looks_by)
                self.looks |= {sha256: record.look for sha256, record in records.items() if record.look}


def _picture(published: _Picture, state: _StateOfImages) -> StoredPicture:
    best = published.best
    senders = [
        Sender(image.accommodation, image.url, state.ranks.get((image.accommodation, image.url)))
        for image in published.images
        if image.sha256 == best.sha256
    ]
    category = published.score.parts.get("category")
    is_untagged = not published.labels and category is not None and category.value == NEUTRAL
    return StoredPicture(
        facts=ImageFacts(best.sha256, best.width, best.height, "", 0),
        senders=tuple(senders),
        members=frozenset(image.sha256 for image in published.images),
        names=frozenset(image.url.rpartition("/")[2] for image in published.images),
        labels=None if is_untagged else published.labels,
        look=state.looks.get(best.sha256),
        same_view=frozenset(view.picture for view in published.same_view),
        once_with=frozenset(published.once_with),
    )


def _decided(
    hotel_id: str, manifest: _Manifest, pictures: Sequence[StoredPicture], overrides: tuple[Override, ...]
) -> tuple[list[StoredPicture], dict[str, int]]:
    """Replay what people decided: the pictures that nobody hid, with their labels, and the pins."""
    hotel = Hotel(hotel_id, "", None, (), overrides)
    shown: list[StoredPicture] = []
    pins = _pins_of_witnesses(manifest, overrides)
    held = frozenset(sha256 for picture in pictures for sha256 in picture.members)
    held |= {image.sha256 for image in manifest.rejected if image.sha256 and image.picture}
    for picture in pictures:
        hidden_by, pin, labels = decisions_about(hotel, picture.members, picture.once_with, held)
        if hidden_by is not None:
            continue
        if pin is not None:
            pins[picture.facts.sha256] = pin
        shown.append(picture if labels is None else replace(picture, labels=labels))
    return shown, places_of(pins)


def _pins_of_witnesses(manifest: _Manifest, overrides: tuple[Override, ...]) -> dict[str, Pin]:
    """Pins that name an image which no partner lists any more: the manifest does not say which picture shows it.

    It is the one published at the pinned position, if a picture with a better score is published after it.
    """
    known = {image.sha256 for picture in manifest.pictures for image in picture.images}
    known |= {image.sha256 for image in manifest.rejected if image.sha256}
    pins = {}
    for line, override in enumerate(overrides):
        if override.action == "pin" and known.isdisjoint(override.images):
            position = min(override.position or 1, len(manifest.pictures))
            pinned, *after = manifest.pictures[position - 1 :]
            if any(picture.score.total > pinned.score.total for picture in after):
                pins[pinned.best.sha256] = Pin(position, line)
    return pins
