"""Publishing by compare-and-swap: renditions first, the manifest last (invariant 2).

The manifest's ETag is read before anything else about the hotel. A writer with older inputs finds another ETag and
loses the swap; it reads everything again and repeats its work.
"""

from __future__ import annotations

from dataclasses import dataclass

from image_release.publish.manifest import Manifest, ManifestUnreadableError
from image_release.storage import ConditionFailedError, Store
from image_release.store_keys import manifest_key, rendition_seq, renditions_folder


class LostSwapError(Exception):
    """Another writer published this hotel after we had read its manifest's ETag."""


class SeqTakenError(Exception):
    """Another writer put other bytes under a key of this `seq`, which must not be used then."""


@dataclass(frozen=True, slots=True)
class Before:
    """What was published of a hotel when we began: the ETag to swap against, and the manifest if it can be read."""

    etag: str | None
    manifest: Manifest | None
    last_seq: int = 0
    """The highest number under which renditions lie, where the manifest is lost."""

    @property
    def next_seq(self) -> int:
        """The number that the next manifest gets."""
        return (self.manifest.seq if self.manifest else self.last_seq) + 1


def read_before(published: Store, hotel_id: str, *, replace_unreadable: bool = False) -> Before:
    """Read the manifest and its ETag: the first read whenever a hotel is processed.

    A manifest that cannot be read stops the hotel (ManifestUnreadableError): overwriting it would reuse its keys.
    `replace_unreadable` counts it as none, and looks up which numbers were used.
    """
    stored = published.get(manifest_key(hotel_id))
    if stored is None:
        return Before(None, None)
    try:
        return Before(stored.etag, Manifest.from_bytes(stored.data))
    except ManifestUnreadableError as error:
        if replace_unreadable and not error.is_newer:
            used = [rendition_seq(listed.key) or 0 for listed in published.list(renditions_folder(hotel_id))]
            return Before(stored.etag, None, max(used, default=0))
        why = (
            "a newer version wrote it"
            if error.is_newer
            else "it is empty, cut short or damaged; `check --repair` mends it"
        )
        rule = f"published/{manifest_key(hotel_id)} cannot be read: {why}"
        raise ManifestUnreadableError(rule, is_newer=error.is_newer) from error


def put_rendition(published: Store, key: str, data: bytes) -> bool:
    """Put a rendition under its immutable key; False if the same bytes are there already (from an earlier attempt).

    Raises SeqTakenError if other bytes are there: two writers with other settings raced for one `seq`.
    """
    try:
        published.put(key, data, if_absent=True)
    except ConditionFailedError:
        present = published.get(key)
        if present is None or present.data != data:
            raise SeqTakenError(key) from None
        return False
    return True


def publish(published: Store, manifest: Manifest, before: Before) -> None:
    """Swap the manifest in. Raises LostSwapError if the published one is no longer `before`."""
    try:
        published.put(
            manifest_key(manifest.hotel_id), manifest.to_bytes(), if_absent=before.etag is None, if_match=before.etag
        )
    except ConditionFailedError as error:
        raise LostSwapError(manifest.hotel_id) from error
