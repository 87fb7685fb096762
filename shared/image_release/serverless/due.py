"""Nudges what is due by date: a job of `tick`. Labels have a pace of their own (`label_pace`).

A due-marker remembers what is due. A nudge that is lost leaves its marker, and the marker is nudged again after a rest
period. Each kind of marker is walked through, oldest day first, for a share of the job's time. The next tick goes on
where a walk stopped, and a new walk begins when the first marker can have rested: what rests is not listed each time.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import UTC, datetime, time, timedelta
from itertools import islice
from typing import TypeVar

from pydantic import AwareDatetime, BaseModel, ValidationError

from image_release.publish import PENDING_KINDS
from image_release.queueing import Message
from image_release.serverless.messages import NudgeMessage
from image_release.serverless.ports import Suite
from image_release.side_by_side import side_by_side
from image_release.state import KEPT, DueMarker, leave_marker, markers_of
from image_release.storage import Store
from image_release.upkeep_keys import walk_key

LABELS = "tag"
"""Kind of the markers of hotels that wait for labels."""
REST = {LABELS: timedelta(minutes=90), "download": timedelta(hours=1)}
"""Rest period of a marker after it was written or nudged. A hotel without labels asks again after an hour: a nudge that
comes up to 15 minutes late must not be followed by one that comes too early."""
LONG_REST = timedelta(hours=6)
"""Rest period of the other kinds: revalidation and sweeps are not urgent, and bulk work may take hours."""
CHUNK = 500
"""Markers that are touched before their nudges are sent: some three requests a thread."""


class Walk(BaseModel):
    """How far the walk through the markers of one kind came."""

    after: str = ""
    """Key of the last marker that was looked at. Empty: the walk is over, and the next one begins with the oldest."""
    began: AwareDatetime | None = None
    wakes: AwareDatetime | None = None
    """When the first of the markers that were passed over has rested."""

    def begins(self, now: datetime) -> bool:
        """Whether there is anything to look at now; a new walk is begun."""
        if not self.after:
            if self.wakes is not None and self.wakes > now:
                return False
            self.began = self.wakes = None
        self.began = self.began or now
        return True

    def passes(self, wakes: datetime) -> None:
        """A marker rests until `wakes`."""
        self.wakes = wakes if self.wakes is None else min(self.wakes, wakes)

    def ends(self, now: datetime, rest: timedelta) -> None:
        """All markers were looked at. What was written or nudged since the walk began rests at least since then."""
        self.passes((self.began or now) + rest)
        self.passes(datetime.combine(now.date() + timedelta(days=1), time(), UTC))  # then the next day's are due
        self.after = ""


W = TypeVar("W", bound=Walk)


@dataclass(frozen=True, slots=True)
class TimedNudge:
    """A marker that is nudged: the bytes that it is touched with, and how late its nudge comes."""

    marker: DueMarker
    body: bytes
    delay_s: int = 0

    def message(self) -> Message:
        """Its nudge."""
        marker = self.marker
        nudge = NudgeMessage(hotel_id=marker.hotel_id, reason=marker.kind, due=marker.day.isoformat())
        return replace(nudge.message("tick"), delay_s=self.delay_s)


Plan = Callable[[Sequence[DueMarker]], Sequence[TimedNudge]]
"""Says of markers in their order how they are nudged. Of what it leaves out at the end, the next tick begins."""


def nudge_due(suite: Suite) -> dict[str, int]:
    """Nudge what is due but for labels; returns how many by kind, and how many old markers went."""
    done = {"tidied": 0}
    kinds = sorted(PENDING_KINDS - {LABELS})
    while kinds:
        unfinished = []
        for number, kind in enumerate(kinds):
            mine = suite.with_share(1 / (len(kinds) - number))
            with kept(suite.state, kind, Walk) as walk:
                nudge_kind(mine, kind, walk, at_once(suite), done, chunk=CHUNK)
                unfinished += [kind] if walk.after else []
        kinds = unfinished if suite.seconds_left() > 0 else []
    return done


def at_once(suite: Suite) -> Plan:
    """The plan that nudges all markers now."""
    body = f"nudged {suite.now().isoformat()}".encode()
    return lambda markers: [TimedNudge(marker, body) for marker in markers]


def nudge_kind(suite: Suite, kind: str, walk: Walk, plan: Plan, done: dict[str, int], *, chunk: int) -> None:
    """Nudge the markers of one kind that have rested, until the time or the plan ends; adds to `done` how many.

    Markers are touched before their nudges are sent: their ETag then belongs to this tick when the hotel is processed.
    After a crash in between they are nudged again once their rest period is over. Old served ones are deleted.
    """
    now, rest = suite.now(), REST.get(kind, LONG_REST)
    if not walk.begins(now):
        return
    markers = markers_of(suite.state, kind, now.date(), after=walk.after)
    while found := list(islice(markers, chunk)):
        served = [marker.key for marker in found if marker.is_served and marker.day < (now - KEPT).date()]
        done["tidied"] += sum(1 for _ in side_by_side(suite.state.delete, served, suite.threads))
        waiting = [marker for marker in found if not marker.is_served]
        for marker in waiting:
            if (wakes := marker.modified + rest) > now:
                walk.passes(wakes)
        rested = [marker for marker in waiting if marker.modified + rest <= now]
        planned = plan(rested)
        for _ in side_by_side(lambda one: _touch(suite.state, one), planned, suite.threads):
            pass
        suite.bulk.send(one.message() for one in planned)
        done[kind] = done.get(kind, 0) + len(planned)
        if len(planned) < len(rested):
            walk.after = planned[-1].marker.key if planned else walk.after
            return
        walk.after = found[-1].key
        if suite.seconds_left() <= 0:
            return
    walk.ends(now, rest)


@contextmanager
def kept(state: Store, kind: str, model: type[W]) -> Iterator[W]:
    """The walk of a kind, which is written back at the end, also after a failure. One that is damaged begins anew."""
    stored = state.get(walk_key(kind))
    try:
        walk = model.model_validate_json(stored.data if stored else b"{}")
    except ValidationError:
        walk = model()
    try:
        yield walk
    finally:
        data = walk.model_dump_json(exclude_defaults=True).encode()
        if stored is None or data != stored.data:
            state.put(walk_key(kind), data)


def _touch(state: Store, planned: TimedNudge) -> None:
    marker = planned.marker
    leave_marker(state, marker.day, marker.kind, marker.hotel_id, planned.body)
