"""The feed: which hotels changed and by what, and dated snapshots of all hotels, so that nobody lists every hotel."""

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

__all__ = [
    "WORDS",
    "Cause",
    "CauseKind",
    "Changed",
    "ChangedList",
    "Collecting",
    "HotelChange",
    "HotelLine",
    "ListUnreadableError",
    "Noting",
    "Position",
    "Since",
    "What",
    "changed_lists",
    "changed_since",
    "note",
]
