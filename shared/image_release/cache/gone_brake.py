"""The brake on disappearing images: when many of a partner's images answer 404 in a day, that is held (invariant 5).

A partner's broken server must not empty hotels. Each partner has one small document a day: the set of the images seen
gone on that day, so that a hotel that is processed twice counts once. Images that are held keep their last good copy
until a person accepts (`accepts/catalogues/<partner_id>/gone-<day>`) or the partner's server recovers.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from datetime import datetime

from image_release.state import read_json, swap_json
from image_release.storage import Store
from image_release.store_keys import accept_gone_key, catalogue_state_key, gone_key
from image_release.values import PartnerImage


def may_go(
    inbox: Store, state: Store, partner_id: str, gone: Iterable[PartnerImage], now: datetime, max_share: float
) -> bool:
    """Count a partner's images as gone today and say whether so many may go. Raises DocumentContendedError."""
    day = now.date()
    if inbox.head(accept_gone_key(partner_id, day)):
        return True
    names = {_name(image) for image in gone}
    seen = swap_json(state, gone_key(partner_id, day), lambda present: sorted(names.union(present or ())))
    catalogue = read_json(state, catalogue_state_key(partner_id)) or {}
    return bool(len(seen) <= max_share * catalogue.get("images", 0))


def _name(image: PartnerImage) -> str:
    text = f"{image.accommodation.accommodation_id}\n{image.url}"
    return hashlib.sha256(text.encode()).hexdigest()[:16]
