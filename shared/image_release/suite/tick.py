"""`tick`: what is due by date is nudged, as far as the tagger's quota allows, and a fanned-out release is completed.

Markers are the memory of what is owed; a nudge that is lost leaves its marker, and the marker is nudged again after a
rest. So a tick may be killed, come twice or not come at all.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from itertools import islice

from image_release.state import due_key, parse_due_key
from image_release.storage import Listed
from image_release.suite.due_markers import SERVED
from image_release.suite.fan_out import complete_when_fanned_out
from image_release.suite.messages import NudgeMessage
from image_release.suite.ports import Suite

REST: Mapping[str, timedelta] = {"tag": timedelta(hours=1), "download": timedelta(hours=1)}
"""How long a marker rests after it was written or nudged: a refused hotel asks for labels again after an hour."""
LONG_REST = timedelta(hours=6)
"""The same for other kinds: revalidation and sweeps are in no hurry, and bulk work may take hours."""
NUDGES_A_TICK = 2_000
"""Of each kind: what one invocation sends and marks within a minute or two."""
IMAGES_A_HOTEL = 20
"""Best images of a hotel, on average: how many hotels the quota that is left is enough for."""
CHUNK = 100
"""Markers that are touched before their nudges are sent."""
KEPT = timedelta(days=1)
"""A served marker is kept until its day and the next one are over: until then somebody may write it again."""


@dataclass(slots=True)
class Ticked:
    """What a tick did: nudges by kind, and whether it completed a release."""

    nudged: dict[str, int] = field(default_factory=dict)
    tidied: int = 0
    completed: bool = False


@dataclass(frozen=True, slots=True)
class _Due:
    day: date
    kind: str
    hotel_id: str


def tick(suite: Suite, *, nudges: int = NUDGES_A_TICK) -> Ticked:
    """Nudge what is due."""
    ticked = Ticked()
    left = {"tag": min(nudges, -(-suite.quota.left() // IMAGES_A_HOTEL))}
    due = _due(suite, ticked, left, nudges)
    while chunk := list(islice(due, CHUNK)):
        for (
            item
        ) in chunk:  # before they are sent, so that whoever serves one has seen this; killed in between, it rests
            touched = f"nudged {suite.now().isoformat()}".encode()
            suite.state.put(due_key(item.day, item.kind, item.hotel_id), touched)
        suite.bulk.send(
            NudgeMessage(hotel_id=item.hotel_id, reason=item.kind, due=item.day.isoformat()).message("tick")
            for item in chunk
        )
    ticked.completed = complete_when_fanned_out(suite)
    return ticked


def _due(suite: Suite, ticked: Ticked, left: dict[str, int], nudges: int) -> Iterator[_Due]:
    """Markers to nudge now, oldest day first, within what is left of each kind."""
    now = suite.now()
    for listed in list(_until(suite, now)):
        parsed = parse_due_key(listed.key)
        if parsed is None:
            continue
        day, kind, hotel_id = parsed
        if listed.size == len(SERVED):
            if day < (now - KEPT).date():
                suite.state.delete(listed.key)
                ticked.tidied += 1
            continue
        if listed.modified + REST.get(kind, LONG_REST) > now or left.setdefault(kind, nudges) <= 0:
            continue
        left[kind] -= 1
        ticked.nudged[kind] = ticked.nudged.get(kind, 0) + 1
        yield _Due(day, kind, hotel_id)


def _until(suite: Suite, now: datetime) -> Iterator[Listed]:
    """Markers of all days to this one: they are listed by day."""
    end = f"due/{(now.date() + timedelta(days=1)).isoformat()}"
    for listed in suite.state.list("due/"):
        if listed.key >= end:
            return
        yield listed
