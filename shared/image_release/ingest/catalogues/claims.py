"""What happens when two catalogues of one partner are applied at the same time, or one is applied only in part.

A catalogue writes only what differs from the one in force. If another catalogue is being applied, or stopped half-way,
that is not enough: what the other one wrote must be overwritten too. So each writer says, before it writes a listing,
which version it applies (`claim.json`, which only moves forward) and which accommodations it is going to write
(`touched/<version>.json`). Claim first, then read the others' lists: no writer is missed, because one that
stores its list after we read the lists finds our newer claim and stops.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import Any

from image_release.state import parsed_json, read_json, swap_json
from image_release.storage import Store
from image_release.store_keys import catalogue_claim_key, touched_folder, touched_key, touched_version
from image_release.values import sha256_hex


def claim(state: Store, partner_id: str, version: str) -> bool:
    """Say that a version is being applied; False if a newer one is. Raises DocumentContendedError."""

    def change(present: Any) -> Any:
        return None if present and present["version"] > version else {"version": version}

    return swap_json(state, catalogue_claim_key(partner_id), change) is not None


def holds(state: Store, partner_id: str, version: str) -> bool:
    """Whether this version still holds the claim: no newer one has claimed since."""
    present = read_json(state, catalogue_claim_key(partner_id))
    return present is not None and present["version"] == version


def touch(state: Store, partner_id: str, version: str, accommodation_ids: Iterable[str]) -> None:
    """Say which accommodations a version is going to write, in addition to those of its earlier attempts."""
    names = set(accommodation_ids)

    def change(present: Any) -> Any:
        return sorted(names.union(present or ()))

    swap_json(state, touched_key(partner_id, version), change)


def touched(state: Store, partner_id: str) -> frozenset[str]:
    """Accommodations that any version not yet in force was going to write."""
    found: set[str] = set()
    for _, names in touched_lists(state, partner_id):
        found.update(names)
    return frozenset(found)


def touched_lists(state: Store, partner_id: str) -> Iterator[tuple[str, Sequence[str]]]:
    """The lists of the versions not yet in force: the digest of each, and its accommodations."""
    for listed in state.list(touched_folder(partner_id)):
        stored = state.get(listed.key)
        if stored is not None:
            yield sha256_hex(stored.data), parsed_json(listed.key, stored.data)


def forget_touched(state: Store, partner_id: str, version: str) -> None:
    """Delete the lists of this version and of older ones: this one is in force and has overwritten their listings."""
    for listed in state.list(touched_folder(partner_id)):
        if touched_version(listed.key) <= version:
            state.delete(listed.key)
