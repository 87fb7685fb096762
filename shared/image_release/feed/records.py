"""Records of changes of one hotel: which of them came into force."""

from __future__ import annotations

from collections.abc import Iterator
from urllib.parse import unquote

from image_release.publish import (
    ChangeRecord,
    ChangeUnreadableError,
    Manifest,
    ManifestUnreadableError,
    counted,
)
from image_release.storage import Store, Stores
from image_release.store_keys import HOTELS, change_key, changes_folder, manifest_key, recorded_change
from image_release.values import key_part


def read_record(stores: Stores, hotel_id: str, seq: int) -> ChangeRecord | None:
    """The record of what a manifest changed; None if there is none that can be read."""
    return _read(stores, change_key(hotel_id, seq))


def records_in_force(stores: Stores, hotel_id: str) -> list[ChangeRecord]:
    """All records of a hotel that came into force, by `seq`."""
    keys = [listed.key for listed in stores.state.list(changes_folder(hotel_id)) if recorded_change(listed.key)]
    records = [record for key in keys if (record := _read(stores, key))]
    return counted(records, present_manifest(stores, hotel_id))


def has_come_into_force(stores: Stores, hotel_id: str, seq: int, digest: str) -> bool:
    """Whether a manifest of this number, which names this record, was published.

    One read tells for the present manifest and those to come; older ones are found by the records after them.
    """
    present = present_manifest(stores, hotel_id)
    if present is None or present.seq < seq:
        return False
    if present.seq == seq:
        return present.change == digest
    return any(record.seq == seq and record.digest == digest for record in records_in_force(stores, hotel_id))


def present_manifest(stores: Stores, hotel_id: str) -> Manifest | None:
    """The published manifest of a hotel; None if there is none that can be read."""
    stored = stores.published.get(manifest_key(hotel_id))
    try:
        return Manifest.from_bytes(stored.data) if stored else None
    except ManifestUnreadableError:
        return None


def hotels_after(published: Store, hotel_id: str | None = None) -> Iterator[str]:
    """All hotels of which something is published, in the order of their folders, or those after one."""
    for name in published.folders(HOTELS, "" if hotel_id is None else key_part(hotel_id)):
        found = unquote(name)
        if key_part(found) == name:
            yield found


def _read(stores: Stores, key: str) -> ChangeRecord | None:
    stored = stores.state.get(key)
    try:
        return ChangeRecord.from_bytes(stored.data) if stored else None
    except ChangeUnreadableError:
        return None
