"""`fan_out` and `fan_out_shard`: a Data Release came in, and every hotel of it is nudged, on two levels.

The planner switches the release over and sends a message a shard; a shard worker nudges the hotels of its shard and
those that departed from it since the last completed release (invariant 9). A shard that fails is done again alone.
What was fanned out is marked a shard; when all marks are there the release is completed (`complete_when_fanned_out`).
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from image_release.ingest import (
    Current,
    Held,
    Ignored,
    ReleaseApplied,
    apply_release,
    complete_release,
    departed_from_shard,
    fanned_prefix,
    read_current,
    release_id_of,
    shard_hotels,
)
from image_release.suite.detect_changes import accepted
from image_release.suite.messages import NudgeMessage, ShardMessage
from image_release.suite.ports import Suite

SUFFIXES = (".csv", ".csv.gz")


@dataclass(frozen=True, slots=True)
class Planned:
    """What became of a release, and how many shard messages were sent for it."""

    result: ReleaseApplied | Held | Ignored
    shards: int


def fan_out(key: str, suite: Suite) -> Planned:
    """Bring the release at a key of the inbox in force, or the one that a key below `accepts/` lets through.

    A message that comes back finds its release in force, and sends the shards again unless they are all done.
    Raises ReleaseUnreadableError, BadValueError, InputDamagedError, MissingInputError.
    """
    file = accepted(key, SUFFIXES, suite)
    result = apply_release(suite.inbox, suite.state, file, suite.settings, suite.now())
    current = read_current(suite.state)
    if current is None or current.release_id != release_id_of(file) or current.is_completed:
        return Planned(result, 0)
    messages = (
        ShardMessage(release_id=current.release_id, folder=current.folder, shard=shard).message()
        for shard in range(2**current.shard_bits)
    )
    return Planned(result, suite.shards.send(messages))


@dataclass(frozen=True, slots=True)
class Fanned:
    """How many nudges a shard took. `superseded`: another release is in force, or it was done before."""

    hotels: int
    superseded: bool = False


def fan_out_shard(order: ShardMessage, suite: Suite) -> Fanned:
    """Nudge the hotels of a shard and those that departed from it; a message that comes twice nudges nobody twice."""
    current = read_current(suite.state)
    if current is None or current.folder != order.folder or suite.state.head(_mark(current, order.shard)):
        return Fanned(0, superseded=True)
    sent = suite.bulk.send(nudge.message(current.release_id) for nudge in _nudges(current, order.shard, suite))
    suite.state.put(_mark(current, order.shard), b"")
    return Fanned(sent)


def complete_when_fanned_out(suite: Suite) -> bool:
    """Complete the release in force if all its shards are marked; whether that was so."""
    current = read_current(suite.state)
    if current is None or current.is_completed:
        return False
    if sum(1 for _ in suite.state.list(fanned_prefix(current.folder))) < 2**current.shard_bits:
        return False
    complete_release(suite.state, current)
    return True


def _nudges(current: Current, shard: int, suite: Suite) -> Iterator[NudgeMessage]:
    for hotel_id in departed_from_shard(suite.state, current, shard):
        yield NudgeMessage(hotel_id=hotel_id, reason="departed")
    for hotel_id in shard_hotels(suite.state, current, shard):
        yield NudgeMessage(hotel_id=hotel_id, reason="release")


def _mark(current: Current, shard: int) -> str:
    return f"{fanned_prefix(current.folder)}{shard}"
