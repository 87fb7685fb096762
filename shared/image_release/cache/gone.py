"""The brake on pictures that go: when many of a partner's images answer 404 in a day, that is held (invariant 5).

A partner's broken server must not empty hotels. Each partner has one small counter a day, the set of the URLs seen gone
on that day, so that a hotel looked at twice counts once. What is held keeps its last good copy until a person accepts
(`accepts/catalogues/<partner_id>/gone-<day>`) or the partner's server recovers.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable
from datetime import datetime

from image_release.cache.store import MemoryContendedError
from image_release.state import MAX_SWAPS
from image_release.storage import ConditionFailedError, Store
from image_release.values import PartnerImage, key_part


def may_go(
    inbox: Store, state: Store, partner_id: str, gone: Iterable[PartnerImage], now: datetime, max_share: float
) -> bool:
    """Count a partner's images as gone today and say whether so many may go."""
    day = now.date().isoformat()
    if inbox.head(f"accepts/catalogues/{key_part(partner_id)}/gone-{day}"):
        return True
    seen = _add(state, f"catalogues/{key_part(partner_id)}/gone/{day}.json", {_name(candidate) for candidate in gone})
    stored = state.get(f"catalogues/{key_part(partner_id)}/state.json")
    images = json.loads(stored.data).get("images", 0) if stored else 0
    return bool(len(seen) <= max_share * images)


def _name(candidate: PartnerImage) -> str:
    text = f"{candidate.accommodation.accommodation_id}\n{candidate.url}"
    return hashlib.sha256(text.encode()).hexdigest()[:16]


def _add(state: Store, key: str, names: set[str]) -> set[str]:
    for _ in range(MAX_SWAPS):
        stored = state.get(key)
        present = set(json.loads(stored.data)) if stored else set()
        union = present | names
        if union == present:
            return present
        try:
            state.put(
                key,
                json.dumps(sorted(union)).encode(),
                if_absent=stored is None,
                if_match=stored.etag if stored else None,
            )
        except ConditionFailedError:
            continue
        return union
    raise MemoryContendedError(key)
