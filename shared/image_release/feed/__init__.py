"""The feed: which hotels changed and by what, and dated snapshots of all hotels, so that nobody lists every hotel."""

from image_release.feed.changes import ChangeTotals, UnknownNameError, WhatChanged, changes_of
from image_release.feed.following import Position, Since, changed_since
from image_release.feed.hotel_line import HotelLine
from image_release.feed.lists import (
    Cause,
    CauseKind,
    Changed,
    ChangedList,
    Collecting,
    ListUnreadableError,
    Noting,
    changed_lists,
)
from image_release.feed.net_change import WORDS, HotelChange, What
from image_release.feed.noting import note
from image_release.feed.pruning import prune
from image_release.feed.snapshots import latest_snapshot, read_snapshot, write_snapshot
from image_release.feed.suite_snapshots import FeedContendedError, keep_snapshots

__all__ = [
    "WORDS",
    "Cause",
    "CauseKind",
    "ChangeTotals",
    "Changed",
    "ChangedList",
    "Collecting",
    "FeedContendedError",
    "HotelChange",
    "HotelLine",
    "ListUnreadableError",
    "Noting",
    "Position",
    "Since",
    "UnknownNameError",
    "What",
    "WhatChanged",
    "changed_lists",
    "changed_since",
    "changes_of",
    "keep_snapshots",
    "latest_names",
    "latest_snapshot",
    "note",
    "prune",
    "read_snapshot",
    "write_snapshot",
]
