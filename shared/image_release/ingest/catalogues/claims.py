"""Catalogues of one partner that are applied at the same time, or half and then never again.

A catalogue writes only what differs from the one in force. Where another one was on its way meanwhile, that is not
enough: what the other wrote must be written over. So each says, before it writes anything, which version is on its way
(`claim.json`, which only moves forward) and which accommodations it is going to write (`touched/<version>.json`). Who
claims, and then reads what the others say, misses nobody: one who speaks later finds the newer claim, and stops.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any
from urllib.parse import unquote

from image_release.state import read_json, swap_json
from image_release.storage import Store
from image_release.values import key_part


def claim(state: Store, partner_id: str, version: str) -> bool:
    """Say that a version is on its way; False if a newer one is."""

    def change(present: Any) -> Any:
        return None if present and present["version"] > version else {"version": version}

    return swap_json(state, _claim_key(partner_id), change) is not None


def holds(state: Store, partner_id: str, version: str) -> bool:
    """Whether no newer version has claimed meanwhile."""
    present = read_json(state, _claim_key(partner_id))
    return present is not None and present["version"] == version


def touch(state: Store, partner_id: str, version: str, accommodation_ids: Iterable[str]) -> None:
    """Say which accommodations a version is going to write, beside those that an earlier try of it named."""
    names = set(accommodation_ids)

    def change(present: Any) -> Any:
        return sorted(names.union(present or ()))

    swap_json(state, _touched_prefix(partner_id) + f"{key_part(version)}.json", change)


def touched(state: Store, partner_id: str) -> frozenset[str]:
    """Accommodations that versions were going to write which did not come in force, or not yet."""
    found: set[str] = set()
    for listed in state.list(_touched_prefix(partner_id)):
        found.update(read_json(state, listed.key) or ())
    return frozenset(found)


def forget_touched(state: Store, partner_id: str, version: str) -> None:
    """Forget what this version and older ones said: this one is in force, and has written over them."""
    prefix = _touched_prefix(partner_id)
    for listed in state.list(prefix):
        if unquote(listed.key.removeprefix(prefix).removesuffix(".json")) <= version:
            state.delete(listed.key)


def _claim_key(partner_id: str) -> str:
    return f"catalogues/{key_part(partner_id)}/claim.json"


def _touched_prefix(partner_id: str) -> str:
    return f"catalogues/{key_part(partner_id)}/touched/"
