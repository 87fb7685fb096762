"""Foresee: what processing a hotel would find to do, without doing it. It reads what an unchanged hotel costs."""

from __future__ import annotations

from typing import Literal

from image_release.hotel.load import DEPARTED, inputs_digest, is_unchanged, load, tagger_has_recovered
from image_release.hotel.ports import Ports
from image_release.publish import read_before
from image_release.values import Nudge

Foreseen = Literal["new", "changed", "departed", "due", "unchanged"]
"""What would become of a hotel. `due`: its inputs are the same, and something that was put off would be done now."""


def foresee(nudge: Nudge, ports: Ports) -> Foreseen:
    """What `process_hotel` would find. Raises StateUnreadableError, ManifestUnreadableError and storage faults."""
    before = read_before(ports.stores.published, nudge.hotel_id).manifest
    hotel = load(nudge.hotel_id, ports.stores)
    if before is None:
        return "new" if hotel.row or nudge.reason == DEPARTED else "unchanged"
    digest = inputs_digest(hotel, ports.settings, ports.tagger.identity)
    if before.inputs != digest:
        return "departed" if hotel.row is None and not before.withdrawn else "changed"
    is_asked = tagger_has_recovered(before, ports.tagger)
    return "unchanged" if is_unchanged(before, digest, ports.context.now()) and not is_asked else "due"
