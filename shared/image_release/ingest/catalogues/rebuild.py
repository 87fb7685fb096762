"""Making a partner's state again where it cannot be read: from its listings, and those from its catalogue in the inbox.

A catalogue in force is kept in three forms: `state.json` (which one, and its size), `listings-<version>` (digest and
number of images of each accommodation), and a listing for each accommodation. Each can be made from the others or from
the catalogue itself.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any
from urllib.parse import unquote

from image_release.ingest.catalogues.comparing import digest_of
from image_release.ingest.catalogues.digests import Digests, digests_of_listings, pack_digests, read_digests
from image_release.ingest.catalogues.reading import GoodLine, images_digest, read_catalogue
from image_release.ingest.files import opened
from image_release.ingest.listings import write_listing
from image_release.state import StateUnreadableError, parsed_json, read_json, swap, write_json
from image_release.storage import Store
from image_release.store_keys import (
    CATALOGUE_SUFFIXES,
    catalogue_claim_key,
    catalogue_digests_key,
    catalogue_state_key,
    partner_folder,
    touched_folder,
)
from image_release.values import Accommodation, Listing


def unreadable_catalogue_state(state: Store, partner_id: str) -> tuple[str, ...]:
    """Keys of what says which catalogue of a partner is in force, where it cannot be read."""
    keys = [catalogue_state_key(partner_id), catalogue_claim_key(partner_id)]
    keys += [listed.key for listed in state.list(touched_folder(partner_id))]
    unreadable = [key for key in keys if _document(state, key) is _UNREADABLE]
    present = _document(state, catalogue_state_key(partner_id))
    if isinstance(present, dict):
        try:
            _digests_in_force(state, partner_id, present)
        except StateUnreadableError as error:
            unreadable.append(error.key)
    return tuple(unreadable)


def rebuild_catalogue_state(state: Store, partner_id: str) -> bool:
    """Write again what says which catalogue of a partner is in force; False if nothing tells which one.

    Raises StateUnreadableError if a listing that is needed cannot be read, and DocumentContendedError.
    """
    present = _document(state, catalogue_state_key(partner_id))
    try:
        digests = _digests_in_force(state, partner_id, present) if isinstance(present, dict) else None
    except StateUnreadableError:
        digests = None
    version = present["version"] if isinstance(present, dict) else _newest_version(state, partner_id)
    if version is None:
        return False
    if digests is None:
        digests = digests_of_listings(state, partner_id)
        state.put(catalogue_digests_key(partner_id, version), pack_digests(sorted(digests.items())))
    document = {
        "version": version,
        "digest": digest_of(sorted(digests.items())),
        "images": sum(count for _, count in digests.values()),
        "accommodations": len(digests),
    }
    _replace(
        state,
        catalogue_state_key(partner_id),
        lambda readable: {**document, "digest": readable["digest"]} if readable else document,
    )
    _replace(state, catalogue_claim_key(partner_id), lambda readable: readable or {"version": version})
    for listed in state.list(touched_folder(partner_id)):
        _replace(state, listed.key, lambda readable: sorted(digests) if readable is None else readable)
    return True


def rebuild_listing(inbox: Store, state: Store, accommodation: Accommodation) -> bool:
    """Write a listing again from the catalogue in force; False if the inbox does not have that any more.

    Raises StateUnreadableError, DocumentContendedError.
    """
    partner_id, name = accommodation.partner_id, accommodation.accommodation_id
    present = read_json(state, catalogue_state_key(partner_id))
    if present is None:
        return False
    known = read_digests(state, partner_id, present["version"]).get(name)
    if known is None:
        return write_listing(state, Listing(accommodation, present["version"], (), deleted=True))
    for line in _lines_in_force(inbox, partner_id, present["version"]):
        if line.accommodation_id == name and images_digest(line.images) == known[0]:
            return write_listing(state, Listing(accommodation, present["version"], line.images))
    return False


def _lines_in_force(inbox: Store, partner_id: str, version: str) -> Iterator[GoodLine]:
    for suffix in CATALOGUE_SUFFIXES:
        key = f"{partner_folder(partner_id)}{version}{suffix}"
        if inbox.head(key):
            with opened(inbox, key) as stream:
                yield from (item for item in read_catalogue(stream, key) if isinstance(item, GoodLine))


def _digests_in_force(state: Store, partner_id: str, present: dict[str, Any]) -> Digests:
    digests = read_digests(state, partner_id, present["version"])
    if len(digests) != present["accommodations"]:
        raise StateUnreadableError(catalogue_digests_key(partner_id, present["version"]))
    return digests


def _newest_version(state: Store, partner_id: str) -> str | None:
    """The newest version of which there are digests."""
    folder = partner_folder(partner_id)
    versions = [
        unquote(listed.key.removeprefix(f"{folder}listings-").removesuffix(".jsonl.gz"))
        for listed in state.list(f"{folder}listings-")
    ]
    return max(versions, default=None)


class _Unreadable:
    """Stands for a document that cannot be read."""


_UNREADABLE = _Unreadable()


def _document(state: Store, key: str) -> Any:
    try:
        return read_json(state, key)
    except StateUnreadableError:
        return _UNREADABLE


def _replace(state: Store, key: str, wanted: Callable[[Any], Any]) -> None:
    """Write `wanted` of a document (None where it cannot be read) unless there is none."""

    def change(data: bytes | None) -> bytes | None:
        if data is None:
            return None
        try:
            return write_json(wanted(parsed_json(key, data)))
        except StateUnreadableError:
            return write_json(wanted(None))

    swap(state, key, change)
