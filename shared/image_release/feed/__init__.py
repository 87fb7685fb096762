"""The feed: which hotels changed and by what, and dated snapshots of all hotels, so that nobody lists every hotel."""

from image_release.feed.following import Position, Since, changed_since
from image_release.feed.lists import (
    Cause,
    CauseKind,
    Changed,
    ChangedList,
    Collecting,
    Noting,
    changed_lists,
)

__all__ = [
    "Cause",
    "CauseKind",
    "Changed",
    "ChangedList",
    "Collecting",
    "Noting",
    "Position",
    "Since",
    "changed_lists",
    "changed_since",
]
