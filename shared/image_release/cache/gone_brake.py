"""The brake on disappearing images: when many of a partner's images go within a week, that is held (invariant 5).

A partner's broken server must not empty hotels. An image goes when its server says so twice, a day apart; the first
time is recorded here, so that all that a broken server takes away is counted before the first of it goes. Nothing is
swapped, because ten thousand hotels may be under way: each accommodation writes an empty object, whose name says the
day, the accommodation and how many of its images go. The objects are spread over slots of about SLOT images by a hash
of the accommodation, and one slot is listed: it is a sample of the partner, and of a small partner it is everything.

Images that are held keep their last good copy until a person accepts (`accepts/catalogues/<partner>/gone-<day>`) or the
server recovers. An accept is for what is held when it is written.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from image_release.cache.url_checks import SEEN_AGAIN
from image_release.settings import BrakeSettings
from image_release.state import read_json, write_json
from image_release.storage import ConditionFailedError, Store
from image_release.store_keys import (
    accepts_gone_prefix,
    catalogue_state_key,
    gone_slot_folder,
    held_gone_folder,
    held_gone_key,
)
from image_release.values import Accommodation

WINDOW = timedelta(days=7)
"""What went within this time is counted together; older objects are deleted by whoever lists them."""
SLOT = 10_000
"""Images of a slot, at least: about as many accommodations as one listing gives at once."""
MAX_SLOTS = 1024


@dataclass(frozen=True, slots=True)
class GoneBrake:
    """The brake of one partner, who has `images` images in its catalogue."""

    inbox: Store
    state: Store
    partner_id: str
    images: int
    settings: BrakeSettings

    def record(self, accommodation: Accommodation, going: Mapping[date, int], days: AbstractSet[date]) -> None:
        """Record how many images of an accommodation go since each of the days; a day without any is forgotten."""
        folder = gone_slot_folder(self.partner_id, self._slot(accommodation))
        for day in sorted(days):
            name = f"{day.isoformat()}_{_hashed(accommodation)}_"
            wanted = f"{folder}{name}{going[day]}" if going.get(day) else None
            present = {listed.key for listed in self.state.list(folder + name)}
            if wanted and wanted not in present:
                self.state.put(wanted, b"")
            for key in sorted(present - {wanted}):
                self.state.delete(key)

    def may_go(self, accommodation: Accommodation, since: datetime, now: datetime) -> bool:
        """Whether images of an accommodation that go since a moment may be dropped now.

        Where they may not, it says so in the state store, once a day.
        """
        if not self.is_broken(accommodation, now) or self._is_accepted(since):
            return True
        self._tell(accommodation, now)
        return False

    def _tell(self, accommodation: Accommodation, now: datetime) -> None:
        """Say that images are held, for `status`."""
        document = {
            "partner_id": self.partner_id,
            "day": now.date().isoformat(),
            "leaving": min(self.images, self._going_in_slot(self._slot(accommodation), now) * self._slots),
            "of": self.images,
            "limit": self.settings.max_gone_share,
            "reason": "images disappeared from the partner's server",
        }
        try:
            self.state.put(held_gone_key(self.partner_id, now.date()), write_json(document), if_absent=True)
        except ConditionFailedError:
            return  # it was said today

    def is_broken(self, accommodation: Accommodation, now: datetime) -> bool:
        """Whether more images go than may, as far as the accommodation's slot tells."""
        if self.settings.max_gone_share >= 1:
            return self.images == 0
        in_slot = self.images / self._slots
        going = self._going_in_slot(self._slot(accommodation), now)
        if going >= in_slot:
            return True
        return going > self.settings.max_gone_share * in_slot and going * self._slots > self.settings.harmless

    @property
    def _slots(self) -> int:
        """Number of slots, a power of two: it seldom changes while a partner grows."""
        return 1 << max(0, min(self.images // SLOT, MAX_SLOTS).bit_length() - 1)

    def _slot(self, accommodation: Accommodation) -> int:
        return int(_hashed(accommodation)[:4], 16) % self._slots

    def _going_in_slot(self, slot: int, now: datetime) -> int:
        most: dict[str, int] = {}
        for key, day, accommodation, count in self._recorded(slot):
            if day < (now - WINDOW).date():
                self.state.delete(key)
            else:
                name = f"{day}_{accommodation}"
                most[name] = max(count, most.get(name, 0))
        return sum(most.values())

    def _recorded(self, slot: int) -> Iterator[tuple[str, date, str, int]]:
        for listed in list(self.state.list(gone_slot_folder(self.partner_id, slot))):
            day, _, rest = listed.key.rpartition("/")[2].partition("_")
            accommodation, _, count = rest.partition("_")
            try:
                yield listed.key, date.fromisoformat(day), accommodation, int(count)
            except ValueError:
                continue

    def _is_accepted(self, since: datetime) -> bool:
        """Whether a person accepted after the images had gone for good. What was held until then is held no more."""
        accepts = [listed.modified for listed in self.inbox.list(accepts_gone_prefix(self.partner_id))]
        if not any(modified >= since + SEEN_AGAIN for modified in accepts):
            return False
        for listed in list(self.state.list(held_gone_folder(self.partner_id))):
            if listed.modified <= max(accepts):
                self.state.delete(listed.key)
        return True


def brake_of(inbox: Store, state: Store, partner_id: str, settings: BrakeSettings) -> GoneBrake:
    """The brake of a partner. A partner without a catalogue has no images, and none of them may go."""
    catalogue = read_json(state, catalogue_state_key(partner_id)) or {}
    return GoneBrake(inbox, state, partner_id, int(catalogue.get("images", 0)), settings)


def _hashed(accommodation: Accommodation) -> str:
    return hashlib.sha256(accommodation.accommodation_id.encode()).hexdigest()[:16]
