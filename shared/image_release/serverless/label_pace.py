"""Nudges hotels that wait for labels, at the pace of the tagger's quota: a job of `tick`.

Nudges are sent ahead, up to the longest delay that a queue knows, one after the other as fast as the quota allows. So
the quota is used in each minute, however long the next tick takes, and no minute gets more nudges than it can serve.
How many images a hotel waits with is in its marker.

While the tagger cannot be used, only a few hotels are nudged each time, until one of them was served.
"""

from __future__ import annotations

import json
import math
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta

from pydantic import AwareDatetime

from image_release.queueing import MAX_DELAY_S
from image_release.serverless.due import LABELS, Plan, TimedNudge, Walk, at_once, kept, nudge_kind
from image_release.serverless.ports import Suite
from image_release.side_by_side import side_by_side
from image_release.state import DueMarker
from image_release.upkeep_keys import TAGGER_UNAVAILABLE

IMAGES_A_HOTEL = 20
"""Images that a hotel waits with if its marker does not say: an earlier version wrote it."""
MOST_IMAGES = 10_000
"""Images of one hotel that count at most."""
CHUNK = 100
"""Markers that are read at once."""
PROBES = 3
"""Hotels that are nudged by each tick while the tagger cannot be used."""
STOPPED_FOR = timedelta(minutes=20)
"""A report that the tagger cannot be used counts for as long: longer than the interval of ticks."""


class LabelWalk(Walk):
    """How far the walk came, until when nudges were sent ahead, and how many images were taken when the job began."""

    sent_until: AwareDatetime | None = None
    day: date | None = None
    taken: int = 0


@dataclass(slots=True)
class Pace:
    """The moment at which the next hotel may ask for labels, and how many images the day of that moment has left."""

    at: datetime
    left: int
    images_a_minute: int
    images_a_day: int

    @classmethod
    def of(cls, suite: Suite, walk: LabelWalk) -> Pace:
        """The pace after what was sent ahead and what was taken today."""
        quota, now = suite.quota, suite.now()
        at = max(walk.sent_until or now, now)
        if at == now and not quota.left():
            at = now.replace(second=0, microsecond=0) + timedelta(minutes=1)  # others have used this minute
        left = quota.images_a_day - (walk.taken if at.date() == now.date() else 0)
        ahead = (at - max(now, _midnight(at))) / timedelta(minutes=1) * quota.images_a_minute
        return cls(at, left - math.ceil(ahead), quota.images_a_minute, quota.images_a_day)

    def take(self, images: int, until: datetime) -> datetime | None:
        """The moment for a hotel that waits with so many images; None if it would come after `until`."""
        moment, left = self.at, self.left
        if left <= 0:
            moment, left = _midnight(self.at) + timedelta(days=1), self.images_a_day
        if moment > until or left <= 0 or not self.images_a_minute:
            return None
        self.at = moment + timedelta(minutes=images / self.images_a_minute)
        self.left = left - images if self.at.date() == moment.date() else self.images_a_day
        return moment


def nudge_for_labels(suite: Suite) -> dict[str, int]:
    """Nudge hotels that wait for labels; returns how many, and whether the tagger cannot be used (`stopped`).

    Raises CountersUnreachableError if it cannot be known what the quota allows: then no hotel is nudged.
    """
    done = {"tidied": 0}
    with kept(suite.state, LABELS, LabelWalk) as walk:
        stopped = _is_stopped(suite, walk)
        plan = _at_the_pace(suite, walk) if suite.asks_google else at_once(suite)
        nudge_kind(suite, LABELS, walk, _at_most(PROBES, plan) if stopped else plan, done, chunk=CHUNK)
    return {**done, "stopped": int(stopped)}


def images_waiting(body: bytes) -> int:
    """How many images a hotel waits with, as its marker says."""
    try:
        return min(max(1, int(json.loads(body)["images"])), MOST_IMAGES)
    except (ValueError, TypeError, KeyError, OverflowError, RecursionError):
        return IMAGES_A_HOTEL


def _is_stopped(suite: Suite, walk: LabelWalk) -> bool:
    """Whether the tagger could not be used lately, and has taken no image since the last tick."""
    now = suite.now()
    day, taken = now.date(), suite.quota.taken_today() if suite.asks_google else 0
    works = walk.day == day and taken > walk.taken
    walk.day, walk.taken = day, taken
    report = suite.state.head(TAGGER_UNAVAILABLE)
    return report is not None and not works and report.modified + STOPPED_FOR > now


def _at_the_pace(suite: Suite, walk: LabelWalk) -> Plan:
    """The plan that gives each hotel its moment, until the queue can delay no longer."""
    pace = Pace.of(suite, walk)

    def planned(markers: Sequence[DueMarker]) -> list[TimedNudge]:
        bodies = list(side_by_side(lambda marker: suite.state.get(marker.key), markers, suite.threads))
        now, found = suite.now(), []
        for marker, stored in zip(markers, bodies, strict=True):
            images = images_waiting(stored.data if stored else b"")
            moment = pace.take(images, now + timedelta(seconds=MAX_DELAY_S))
            if moment is None:
                break
            body = json.dumps({"nudged": now.isoformat(), "images": images}).encode()
            found.append(TimedNudge(marker, body, max(0, math.ceil((moment - now).total_seconds()))))
            walk.sent_until = pace.at
        return found

    return planned


def _at_most(most: int, plan: Plan) -> Plan:
    """A plan that ends after so many markers."""
    left = most

    def planned(markers: Sequence[DueMarker]) -> Sequence[TimedNudge]:
        nonlocal left
        found = plan(markers[:left])
        left -= len(found)
        return found

    return planned


def _midnight(moment: datetime) -> datetime:
    return datetime.combine(moment.date(), time(), UTC)
