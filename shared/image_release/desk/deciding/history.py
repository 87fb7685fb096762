"""What people decided, newest first: of one hotel, or over all of them.

Over all hotels the files are read in the order in which they were changed last, and only as many as are asked for: the
newest hundred decisions of a hundred thousand hotels cost one listing and about a hundred reads. Files that were copied
are all newer than their decisions. Then READ_AHEAD files are compared with each other, and no more.
"""

from __future__ import annotations

import heapq
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime

from image_release.desk.deciding.making import revoker_of
from image_release.desk.deciding.reading import HotelNow
from image_release.desk.deciding.sentences import said, undone_by
from image_release.gallery import ordinal, why_rejected
from image_release.ingest import Decision, decisions_in
from image_release.problems import printable
from image_release.storage import Listed, Store
from image_release.store_keys import OVERRIDES, overridden_hotel, overrides_key

READ_AHEAD = 300
"""Maximum number of files that are read before the newest entry of them is given."""


@dataclass(frozen=True, slots=True)
class Entry:
    """A decision in the history. `what` says in words what it did, and `undone_by` the decision that undid it."""

    hotel_id: str
    decision: Decision
    when: datetime
    """When it was made; where nobody said so, or it cannot be, when the file was last changed."""
    what: str
    undone_by: Decision | None

    @property
    def is_in_force(self) -> bool:
        """Whether the decision counts."""
        return not self.decision.is_revoked


def history(
    inbox: Store, hotel_id: str | None = None, *, by: str | None = None, since: datetime | None = None
) -> Iterator[Entry]:
    """The decisions about a hotel, or about all hotels, newest first; only those of a person, or since a moment.

    A line that cannot be read is left out. Raises storage faults.
    """
    for entry in _newest_first(inbox, _files(inbox, hotel_id), since):
        if since is not None and entry.when < since:
            return
        if by is None or entry.decision.by.casefold() == by.casefold():
            yield entry


def effect_now(entry: Entry, now: HotelNow) -> str:
    """What a decision does at present: nothing while it is undone, or until the hotel is processed."""
    if entry.undone_by:
        return undone_by(entry.undone_by)
    if entry.decision.is_revoked:
        return "undone"
    if entry.when > now.manifest.published_at:
        return "waits until the hotel is processed"
    override = entry.decision.override
    if override is None:
        return "in force"
    if override.action == "withdraw":
        return "in force: the hotel shows no pictures"
    places = [_where(now, sha256) for sha256 in override.images]
    return f"in force: {'; '.join(dict.fromkeys(places))}"


def _where(now: HotelNow, sha256: str) -> str:
    if picture := now.shown.get(sha256):
        return f"its picture is {ordinal(picture.position)} of {len(now.manifest.pictures)}"
    if rejected := now.rejected.get(sha256):
        return f"its picture is not shown: {printable(why_rejected(rejected))}"
    return "its image left; copies of the photograph still obey"


def _files(inbox: Store, hotel_id: str | None) -> list[Listed]:
    """The files of decisions, the one that was changed last first."""
    if hotel_id is not None:
        found = inbox.head(overrides_key(hotel_id))
        return [found] if found else []
    listed = (item for item in inbox.list(OVERRIDES) if overridden_hotel(item.key) is not None)
    return sorted(listed, key=lambda item: (item.modified, item.key), reverse=True)


def _newest_first(inbox: Store, files: list[Listed], since: datetime | None) -> Iterator[Entry]:
    """Entries of all files. No entry is newer than its file, so those newer than the next file may be given."""
    waiting: list[tuple[float, str, int, Entry]] = []
    ahead = 0
    for file in files:
        if since is not None and file.modified < since:
            break
        while waiting and (-waiting[0][0] > file.modified.timestamp() or ahead >= READ_AHEAD):
            yield heapq.heappop(waiting)[-1]
            ahead = 0 if not waiting else ahead - 1
        for number, entry in enumerate(_entries(inbox, file)):
            heapq.heappush(waiting, (-entry.when.timestamp(), entry.hotel_id, number, entry))
        ahead += 1
    while waiting:
        yield heapq.heappop(waiting)[-1]


def _entries(inbox: Store, file: Listed) -> Iterator[Entry]:
    """The entries of one file, newest first: a later line is never older than an earlier one."""
    stored = inbox.get(file.key)
    decisions, _ = decisions_in(stored.data if stored else None, file.key)
    when = file.modified
    for decision in reversed(decisions):
        when = min(when, moment_of(decision.at) or when)
        hotel_id = overridden_hotel(file.key) or ""
        yield Entry(hotel_id, decision, when, said(decision, decisions), revoker_of(decision, decisions))


def moment_of(text: str) -> datetime | None:
    """The moment that somebody wrote, in UTC; None if it is none, or beyond the first or the last year."""
    try:
        moment = datetime.fromisoformat(text)
        return moment.astimezone(UTC) if moment.tzinfo else moment.replace(tzinfo=UTC)
    except (ValueError, OverflowError):
        return None
