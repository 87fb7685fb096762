"""Nudges what is due by date, as far as the tagger's quota allows: a job of `tick`.

A due-marker remembers what is due. A nudge that is lost leaves its marker, and the marker is nudged again after a rest
period.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import timedelta
from itertools import islice

from image_release.publish import PENDING_KINDS
from image_release.serverless.messages import NudgeMessage
from image_release.serverless.ports import Suite
from image_release.state import KEPT, DueMarker, leave_marker, markers_until

REST: Mapping[str, timedelta] = {"tag": timedelta(hours=1), "download": timedelta(hours=1)}
"""Rest period of a marker after it was written or nudged: a hotel without labels asks again after an hour."""
LONG_REST = timedelta(hours=6)
"""Rest period of the other kinds: revalidation and sweeps are not urgent, and bulk work may take hours."""
NUDGES_A_TICK = 2_000
"""Maximum number of nudges of each kind: what one invocation sends and marks within a minute or two."""
IMAGES_A_HOTEL = 20
"""Best images of a hotel, on average: says for how many hotels the remaining quota is enough."""
CHUNK = 100
"""Markers that are touched before their nudges are sent."""


def nudge_due(suite: Suite, *, nudges: int = NUDGES_A_TICK) -> dict[str, int]:
    """Nudge what is due, at most `nudges` of each kind; returns how many by kind, and how many old markers went.

    Markers are touched before their nudges are sent: their ETag then belongs to this tick when the hotel is processed.
    After a crash in between they are nudged again once their rest period is over.
    """
    done = {"tidied": 0}
    left = {"tag": min(nudges, -(-suite.quota.left() // IMAGES_A_HOTEL))}
    due = _due(suite, done, left, nudges)
    while chunk := list(islice(due, CHUNK)):
        for marker in chunk:
            body = f"nudged {suite.now().isoformat()}".encode()
            leave_marker(suite.state, marker.day, marker.kind, marker.hotel_id, body)
        suite.bulk.send(
            NudgeMessage(hotel_id=marker.hotel_id, reason=marker.kind, due=marker.day.isoformat()).message("tick")
            for marker in chunk
        )
    return done


def _due(suite: Suite, done: dict[str, int], left: dict[str, int], nudges: int) -> Iterator[DueMarker]:
    """Markers to nudge now, oldest day first, within what is left of each kind; old served ones are deleted.

    Markers of a kind that only a newer version knows are left to it.
    """
    now = suite.now()
    for marker in list(markers_until(suite.state, now.date())):
        if marker.is_served:
            if marker.day < (now - KEPT).date():
                suite.state.delete(marker.key)
                done["tidied"] += 1
            continue
        rests = marker.modified + REST.get(marker.kind, LONG_REST) > now
        if rests or marker.kind not in PENDING_KINDS or left.setdefault(marker.kind, nudges) <= 0:
            continue
        left[marker.kind] -= 1
        done[marker.kind] = done.get(marker.kind, 0) + 1
        yield marker
