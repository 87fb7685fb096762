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

from collections.abc import Iterable
from collections.abc import Set as AbstractSet
from datetime import datetime, timedelta
from itertools import chain, islice
from urllib.parse import unquote

from image_release.ingest import Current, hotel_rows, read_current, read_listing, read_overrides
from image_release.retention.deleting import TimeBox
from image_release.state import StateUnreadableError
from image_release.storage import Store, Stores
from image_release.store_keys import ACCOMMODATIONS, OVERRIDES, accommodation_folder, listing_key, overridden_hotel
from image_release.upkeep_keys import LEFT, left_accommodation, left_key
from image_release.values import Accommodation, key_part

AT_ONCE = 20_000
"""Number of marks that are compared with the rows of releases at once."""


def walk(state: Store, after: tuple[str, str], box: TimeBox) -> tuple[tuple[str, str], bool]:
    """Mark accommodations that left, beginning after one; returns the last one looked at, and whether it was the end.

    Partner and accommodation are named as in their folders.
    """
    partner, last = after
    for name in chain([partner] if partner else [], state.folders(ACCOMMODATIONS, partner)):
        at = (name, last if name == partner else "")
        names = ((name, found) for found in state.folders(f"{ACCOMMODATIONS}{name}/", at[1]))
        for done in box.each(lambda item: _mark(state, *item), names):
            at = done[-1]
        if not box.may_go_on():
            return at, False
    return ("", ""), True


def settle(stores: Stores, after: str, now: datetime, grace: timedelta, box: TimeBox) -> tuple[int, str | None]:
    """Delete the originals of marked accommodations that nobody has and names, beginning after a mark's key.

    Returns how many, and the last mark that was looked at; None at the end. Raises StateUnreadableError where it cannot
    be known who has an accommodation.
    """
    current = read_current(stores.state)
    marks = list(islice(stores.state.list(LEFT, after=after), AT_ONCE)) if current else []
    marked = {found: mark.modified for mark in marks if (found := left_accommodation(mark.key))}
    if current is None or not marked:
        return 0, None
    held = _held(stores.state, current, marked)
    ripe = {item for item, since in marked.items() if since <= now - grace}
    named = _named_by_people(stores.inbox, box) if ripe else frozenset()
    deleted, last = 0, after
    for done in box.each(lambda item: _settle(stores.state, item, held, ripe, named, now - grace), marked):
        deleted, last = deleted + sum(count for count, _ in done), done[-1][1]
    is_end = last == marks[-1].key and len(marks) < AT_ONCE
    return deleted, None if is_end else last


def _settle(
    state: Store,
    accommodation: Accommodation,
    held: AbstractSet[Accommodation],
    ripe: AbstractSet[Accommodation],
    named: AbstractSet[str],
    before: datetime,
) -> tuple[int, str]:
    """Do what a mark asks for; returns the number of originals that were deleted, and the key of the mark."""
    key, listing, deleted = left_key(accommodation), state.head(listing_key(accommodation)), 0
    is_back = accommodation in held or not _has_left(state, accommodation)
    if not is_back and (accommodation not in ripe or listing is None or listing.modified > before):
        return 0, key
    if not is_back:
        for original in state.list(f"{accommodation_folder(accommodation)}originals/"):
            if original.key.rpartition("/")[2] not in named:
                state.delete(original.key)
                deleted += 1
    state.delete(key)
    return deleted, key


def _mark(state: Store, partner: str, name: str) -> tuple[str, str]:
    """Mark an accommodation if it left; returns its names."""
    accommodation = Accommodation(unquote(partner), unquote(name))
    if key_part(accommodation.accommodation_id) == name and _has_left(state, accommodation):
        has_originals = next(iter(state.list(f"{accommodation_folder(accommodation)}originals/")), None) is not None
        if has_originals and state.head(left_key(accommodation)) is None:
            state.put(left_key(accommodation), b"")
    return partner, name


def _has_left(state: Store, accommodation: Accommodation) -> bool:
    """Whether its catalogue dropped an accommodation. Where the listing is lost or damaged, that is not known."""
    try:
        listing = read_listing(state, accommodation)
    except StateUnreadableError:
        return False
    return listing is not None and listing.deleted


def _held(state: Store, current: Current, marked: Iterable[Accommodation]) -> set[Accommodation]:
    """Those of the marked accommodations that a hotel has, in any release whose hotels may be published."""
    releases = (current, *current.before())
    rows = chain.from_iterable(hotel_rows(state, release) for release in releases)
    return set(marked).intersection(accommodation for row in rows for accommodation in row.accommodations)


def _named_by_people(inbox: Store, box: TimeBox) -> frozenset[str]:
    """All contents that decisions name, of whatever hotel."""
    known = (overridden_hotel(listed.key) for listed in inbox.list(OVERRIDES))
    hotels = [hotel_id for hotel_id in known if hotel_id is not None]
    found = box.in_full(lambda hotel_id: read_overrides(inbox, hotel_id)[0], hotels)
    return frozenset(sha256 for overrides in found for override in overrides for sha256 in override.images)
