"""`fan_out` and `fan_out_shard`: a Data Release came in, and every hotel of it is nudged, on two levels.

`fan_out` switches the release over and sends one message a shard. `fan_out_shard` nudges the hotels of its shard and
those that departed from it since the last completed release (invariant 9), then marks the shard. A shard that fails is
repeated alone. When all shards are marked the release is completed (`complete_when_fanned_out`).
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from image_release.ingest import (
    Current,
    Held,
    Ignored,
    complete_release,
    departed_from_shard,
    read_current,
    shard_hotels,
)
from image_release.ingest.releases.applying import ReleaseApplied, apply_release, release_id_of
from image_release.problems import printable
from image_release.serverless.detect_changes import accepted, nothing_is_held
from image_release.serverless.messages import BadMessageError, NudgeMessage, ShardMessage
from image_release.serverless.ports import Suite
from image_release.store_keys import ACCEPTS, RELEASE_SUFFIXES, RELEASES, fanned_out_folder, fanned_out_key


@dataclass(frozen=True, slots=True)
class Planned:
    """What became of a release, and how many shard messages were sent for it."""

    result: ReleaseApplied | Held | Ignored
    shards: int


def fan_out(key: str, suite: Suite) -> Planned:
    """Bring the release at a key of the inbox into force, or the one that a key below `accepts/` lets through.

    A message that comes back finds its release in force and sends the shards again that are not done.
    An accept of what is not held is ignored with a warning: it may have come twice.
    Raises ReleaseUnreadableError, BadValueError, InputDamagedError, MissingInputError.
    """
    file = accepted(key, RELEASE_SUFFIXES, suite)
    if file is None:
        result: ReleaseApplied | Held | Ignored = nothing_is_held(key)
        release_id: str | None = key.removeprefix(ACCEPTS + RELEASES)
    else:
        result = apply_release(suite.inbox, suite.state, file, suite.settings, suite.now(), threads=suite.threads)
        release_id = release_id_of(file)
    current = read_current(suite.state)
    if current is None or current.release_id != release_id or current.is_completed:
        return Planned(result, 0)
    done = {listed.key for listed in suite.state.list(fanned_out_folder(current.folder))}
    messages = (
        ShardMessage(release_id=current.release_id, folder=current.folder, shard=shard).message()
        for shard in range(2**current.shard_bits)
        if fanned_out_key(current.folder, shard) not in done
    )
    return Planned(result, suite.shards.send(messages))


@dataclass(frozen=True, slots=True)
class Fanned:
    """How many nudges a shard took. `superseded`: another release is in force, or the shard was done before."""

    hotels: int
    superseded: bool = False


def fan_out_shard(order: ShardMessage, suite: Suite) -> Fanned:
    """Nudge the hotels of a shard and those that departed from it. A duplicate message finds the mark and stops.

    Raises BadMessageError where the release has no such shard.
    """
    current = read_current(suite.state)
    if current is None or current.folder != order.folder:
        return Fanned(0, superseded=True)
    if order.shard >= 2**current.shard_bits:
        raise BadMessageError(f"release {printable(current.release_id)} has no shard {order.shard}")
    if suite.state.head(fanned_out_key(current.folder, order.shard)):
        return Fanned(0, superseded=True)
    sent = suite.bulk.send(nudge.message(current.release_id) for nudge in _nudges(current, order.shard, suite))
    suite.state.put(fanned_out_key(current.folder, order.shard), b"")
    return Fanned(sent)


def complete_when_fanned_out(suite: Suite) -> dict[str, int]:
    """Complete the release in force if all its shards are marked: a job of `tick`."""
    current = read_current(suite.state)
    if current is None or current.is_completed:
        return {}
    if sum(1 for _ in suite.state.list(fanned_out_folder(current.folder))) < 2**current.shard_bits:
        return {}
    complete_release(suite.state, current)
    return {"releases": 1}


def _nudges(current: Current, shard: int, suite: Suite) -> Iterator[NudgeMessage]:
    for hotel_id in departed_from_shard(suite.state, current, shard):
        yield NudgeMessage(hotel_id=hotel_id, reason="departed")
    for hotel_id in shard_hotels(suite.state, current, shard):
        yield NudgeMessage(hotel_id=hotel_id, reason="release")
