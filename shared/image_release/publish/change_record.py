"""Records of changes: what each manifest changes, kept in the state beside it for 90 days (architecture, Formats).

A record is put before its manifest is swapped in, so it counts only if that manifest names its digest, or if a later
record names it as the manifest before it: a writer that was killed, or lost the swap, leaves a record that never
counts. No time is in a record, so the same change from the same start gives the same bytes.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from typing import Literal

from pydantic import Field, ValidationError

from image_release.publish.manifest import Manifest, ManifestPart, PublishedPicture, Sha256
from image_release.publish.swap import SeqTakenError
from image_release.storage import ConditionFailedError, Store
from image_release.store_keys import change_key, changes_folder, recorded_change
from image_release.values import Nudge, sha256_hex

THUMB_PX = 320
"""Minimum width of the rendition that a record names of a first picture."""


class ChangeUnreadableError(Exception):
    """The bytes are no record of a change that this version can read."""


class FirstPicture(ManifestPart):
    """The picture that opened a hotel. `key` is that of its smallest rendition that is wide enough for a page."""

    sha256: str = Sha256
    category: str | None
    key: str | None


class PreviousManifest(ManifestPart):
    """The manifest that this one replaced. `change` is the digest of its record, null in those of older versions."""

    seq: int
    change: str | None


class ChangeRecord(ManifestPart):
    """What one manifest changed.

    A picture is gained if no manifest before showed any of its images, and lost if none of its images is shown now.
    """

    schema_: Literal[1] = Field(1, alias="schema")
    hotel_id: str
    seq: int = Field(ge=1)
    previous: PreviousManifest | None
    reason: str
    request_id: str | None
    release_id: str
    gained: tuple[str, ...]
    lost: tuple[str, ...]
    other_best: dict[str, str]
    """Pictures that stay, but with another best image: SHA-256 of the one before -> that of the one now."""
    pictures_before: int
    pictures_after: int
    first_before: FirstPicture | None
    first_after: FirstPicture | None
    is_reordered: bool
    withdrawn_before: bool
    withdrawn_after: bool

    def to_bytes(self) -> bytes:
        """The bytes that are kept: the same content gives the same bytes."""
        return json.dumps(self.model_dump(mode="json", by_alias=True), sort_keys=True, ensure_ascii=False).encode()

    @property
    def digest(self) -> str:
        """SHA-256 of the bytes: the manifest names it."""
        return sha256_hex(self.to_bytes())

    @property
    def is_visible(self) -> bool:
        """Whether a traveller sees the change."""
        is_withdrawn_otherwise = self.withdrawn_before != self.withdrawn_after
        is_regrouped = self.pictures_before != self.pictures_after  # copies were joined or divided
        return bool(self.gained or self.lost or self.is_reordered or is_regrouped or is_withdrawn_otherwise)

    @classmethod
    def from_bytes(cls, data: bytes) -> ChangeRecord:
        """Read a record back. Raises ChangeUnreadableError."""
        try:
            return cls.model_validate_json(data)
        except ValidationError as error:
            raise ChangeUnreadableError(str(error)) from error


def change_of(before: Manifest | None, after: Manifest, nudge: Nudge) -> ChangeRecord:
    """What `after` changes, and which nudge asked for it."""
    shown_before, shown_after = _pictures(before), _pictures(after)
    gained = tuple(picture.best.sha256 for picture in shown_after if _images(picture).isdisjoint(_all(shown_before)))
    lost = tuple(picture.best.sha256 for picture in shown_before if _images(picture).isdisjoint(_all(shown_after)))
    return ChangeRecord(
        hotel_id=after.hotel_id,
        seq=after.seq,
        previous=before and PreviousManifest(seq=before.seq, change=before.change),
        reason=nudge.reason,
        request_id=nudge.request_id,
        release_id=after.release_id,
        gained=gained,
        lost=lost,
        other_best=_other_best(shown_before, shown_after),
        pictures_before=len(shown_before),
        pictures_after=len(shown_after),
        first_before=first_picture(before),
        first_after=first_picture(after),
        is_reordered=_is_reordered(shown_before, shown_after),
        withdrawn_before=before.withdrawn if before else False,
        withdrawn_after=after.withdrawn,
    )


def first_picture(manifest: Manifest | None) -> FirstPicture | None:
    """The picture that opens a hotel; None without pictures."""
    if manifest is None or not manifest.pictures:
        return None
    first = manifest.pictures[0]
    return FirstPicture(sha256=first.best.sha256, category=first.category, key=first.rendition_from(THUMB_PX))


def put_change(state: Store, record: ChangeRecord) -> None:
    """Keep a record, before its manifest is published.

    Raises SeqTakenError if another writer put another record under this `seq`.
    """
    key, data = change_key(record.hotel_id, record.seq), record.to_bytes()
    try:
        state.put(key, data, if_absent=True)
    except ConditionFailedError:
        present = state.get(key)
        if present is None or present.data != data:
            raise SeqTakenError(key) from None


def last_recorded(state: Store, hotel_id: str) -> int:
    """The highest `seq` with a record, 0 without any. After the published was lost, records have higher ones."""
    places = (recorded_change(listed.key) for listed in state.list(changes_folder(hotel_id)))
    return max((place[1] for place in places if place), default=0)


def counted(records: Iterable[ChangeRecord], manifest: Manifest | None) -> list[ChangeRecord]:
    """Those of a hotel's records that came into force, by `seq`; `manifest` is the present one, read after them."""
    by_seq = {record.seq: record for record in records}
    named: Mapping[int, str | None] = {
        record.previous.seq: record.previous.change for record in by_seq.values() if record.previous
    }
    if manifest is not None:
        named = {**named, manifest.seq: manifest.change}
    return [by_seq[seq] for seq in sorted(by_seq) if named.get(seq) == by_seq[seq].digest]


def _pictures(manifest: Manifest | None) -> tuple[PublishedPicture, ...]:
    return manifest.pictures if manifest else ()


def _images(picture: PublishedPicture) -> frozenset[str]:
    return frozenset(image.sha256 for image in (picture.best, *picture.merged))


def _all(pictures: Iterable[PublishedPicture]) -> frozenset[str]:
    return frozenset[str]().union(*map(_images, pictures))


def _other_best(before: tuple[PublishedPicture, ...], after: tuple[PublishedPicture, ...]) -> dict[str, str]:
    """Pictures of before, by their best image, that have another one now; of a divided one its first part."""
    now: dict[str, str] = {}
    for picture in reversed(after):
        now |= dict.fromkeys(_images(picture), picture.best.sha256)
    found = {
        picture.best.sha256: next((now[sha256] for sha256 in _ordered(picture) if sha256 in now), None)
        for picture in before
    }
    return {was: best for was, best in found.items() if best is not None and best != was}


def _ordered(picture: PublishedPicture) -> tuple[str, ...]:
    """The images of a picture, the best one first."""
    return tuple(image.sha256 for image in (picture.best, *picture.merged))


def _is_reordered(before: tuple[PublishedPicture, ...], after: tuple[PublishedPicture, ...]) -> bool:
    """Whether pictures that were shown before and are shown now stand in another order."""
    place = {sha256: picture.position for picture in before for sha256 in _images(picture)}
    kept = [
        min(place[sha256] for sha256 in _images(picture) & place.keys())
        for picture in after
        if _images(picture) & place.keys()
    ]
    return kept != sorted(kept)
