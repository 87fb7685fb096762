"""Originals that no hotel takes care of: their accommodation left its catalogue, and every release that matters.

Processing a hotel deletes the originals that nothing names, for the accommodations that it has. One that left its hotel
before its catalogue dropped it, or the other way round before the sweep, belongs to nobody. So all accommodations are
looked at in rounds, some at a time:

1. One whose catalogue dropped it, and of which originals are kept, gets a mark (`retention/left/…`).
2. At the end of the round, a mark goes if the release in force, the completed one or one between holds the
   accommodation, or a catalogue names it again.
3. When a mark, and the listing that says "deleted", are as old as the grace period, the originals go that no decision
   of any hotel names. What is known of them stays: who comes back is not asked for labels again, and an original that
   is missing then is downloaded.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from itertools import chain
from urllib.parse import unquote

from image_release.ingest import Current, hotel_rows, read_current, read_listing, read_overrides
from image_release.retention.deleting import TimeBox
from image_release.state import StateUnreadableError
from image_release.storage import Store, Stores
from image_release.store_keys import ACCOMMODATIONS, OVERRIDES, accommodation_folder, listing_key, overridden_hotel
from image_release.upkeep_keys import LEFT, left_accommodation, left_key
from image_release.values import Accommodation, key_part


def walk(state: Store, after: tuple[str, str], now: datetime, box: TimeBox) -> tuple[tuple[str, str], bool]:
    """Mark accommodations that left, beginning after one; returns the last one looked at, and whether it was the end.

    Partner and accommodation are named as in their folders.
    """
    partner, last = after
    for name in chain([partner] if partner else [], state.folders(ACCOMMODATIONS, partner)):
        at = (name, last if name == partner else "")
        names = ((name, found) for found in state.folders(f"{ACCOMMODATIONS}{name}/", at[1]))
        for done in box.each(lambda item: _mark(state, *item, now), names):
            at = done[-1]
        if not box.may_go_on():
            return at, False
    return ("", ""), True


def settle(stores: Stores, now: datetime, grace: timedelta, box: TimeBox) -> tuple[int, bool]:
    """Delete the originals of marked accommodations that nobody has and names; returns how many, and whether all.

    Raises StateUnreadableError where it cannot be known who has an accommodation.
    """
    current = read_current(stores.state)
    marked = {found for listed in stores.state.list(LEFT) if (found := left_accommodation(listed.key))}
    if not marked or current is None:
        return 0, True
    held = _held(stores.state, current, marked)
    ripe = [item for item in _still_left(stores.state, marked, held) if _is_ripe(stores.state, item, now - grace)]
    named = _named_by_people(stores.inbox, box) if ripe else frozenset()
    deleted = 0
    for accommodation in ripe:
        originals = stores.state.list(f"{accommodation_folder(accommodation)}originals/")
        keys = [listed.key for listed in originals if listed.key.rpartition("/")[2] not in named]
        count, is_all = box.delete(stores.state, keys)
        deleted += count
        if not is_all:
            return deleted, False
        stores.state.delete(left_key(accommodation))
    return deleted, True


def _mark(state: Store, partner: str, name: str, now: datetime) -> tuple[str, str]:
    """Mark an accommodation if it left; returns its names."""
    accommodation = Accommodation(unquote(partner), unquote(name))
    if key_part(accommodation.accommodation_id) == name and _has_left(state, accommodation):
        has_originals = next(iter(state.list(f"{accommodation_folder(accommodation)}originals/")), None) is not None
        if has_originals and state.head(left_key(accommodation)) is None:
            state.put(left_key(accommodation), now.isoformat().encode())
    return partner, name


def _has_left(state: Store, accommodation: Accommodation) -> bool:
    """Whether its catalogue dropped an accommodation. Where the listing is lost or damaged, that is not known."""
    try:
        listing = read_listing(state, accommodation)
    except StateUnreadableError:
        return False
    return listing is not None and listing.deleted


def _held(state: Store, current: Current, marked: set[Accommodation]) -> set[Accommodation]:
    """Those of the marked accommodations that a hotel has, in any release whose hotels may be published."""
    releases = (current, *current.before())
    rows = chain.from_iterable(hotel_rows(state, release) for release in releases)
    return marked.intersection(accommodation for row in rows for accommodation in row.accommodations)


def _still_left(state: Store, marked: set[Accommodation], held: set[Accommodation]) -> list[Accommodation]:
    """The marked accommodations that nobody has. Marks of the others are deleted."""
    back = {accommodation for accommodation in marked if accommodation in held or not _has_left(state, accommodation)}
    for accommodation in back:
        state.delete(left_key(accommodation))
    return sorted(marked - back, key=left_key)


def _is_ripe(state: Store, accommodation: Accommodation, before: datetime) -> bool:
    """Whether an accommodation left so long ago that its originals may go."""
    mark, listing = state.get(left_key(accommodation)), state.head(listing_key(accommodation))
    if mark is None or listing is None or listing.modified > before:
        return False
    try:
        return datetime.fromisoformat(mark.data.decode("ascii", "replace")) <= before
    except (ValueError, TypeError):  # cut short: the next round marks it again
        state.delete(left_key(accommodation))
        return False


def _named_by_people(inbox: Store, box: TimeBox) -> frozenset[str]:
    """All contents that decisions name, of whatever hotel."""
    known = (overridden_hotel(listed.key) for listed in inbox.list(OVERRIDES))
    hotels = [hotel_id for hotel_id in known if hotel_id is not None]
    found = box.in_full(lambda hotel_id: read_overrides(inbox, hotel_id)[0], hotels)
    return frozenset(sha256 for overrides in found for override in overrides for sha256 in override.images)
