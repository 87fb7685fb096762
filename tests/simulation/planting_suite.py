"""Bugs of the functions around one hotel, planted one at a time: releases, catalogues, brakes, markers, queues."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack
from typing import Any

from image_release.cache import store as memories
from image_release.hotel import process
from image_release.hotel.forced import Forced
from image_release.hotel.load import Hotel
from image_release.ingest.catalogues import WRITE
from image_release.ingest.catalogues import in_force as catalogues_in_force
from image_release.ingest.releases import applying as release_applying
from image_release.ingest.releases import current as in_force
from image_release.ingest.requests import HotelRequest
from image_release.publish import publish
from image_release.queueing import QueueError, SqsQueue
from image_release.serverless import fan_out, split_catalogues
from image_release.serverless import process_hotel as serving
from image_release.serverless.due_markers import leave_due_markers
from image_release.serverless.shares import NUDGE, Step
from image_release.serverless.steps import STEPS
from image_release.split_keys import share_done_key
from image_release.state import held, is_accepted
from image_release.storage import ConditionFailedError
from image_release.store_keys import fanned_out_key
from tests.simulation import stage
from tests.simulation.patching import patched


def shard_marked_before_its_nudges() -> ExitStack:
    """A shard is marked as done before its nudges are sent."""
    nudges = fan_out._nudges

    def marked_first(current: Any, shard: int, suite: Any) -> Iterator[Any]:
        suite.state.put(fanned_out_key(current.folder, shard), b"")
        yield from nudges(current, shard, suite)

    return patched((fan_out, "_nudges", marked_first))


def brake_skipped_at_a_second_delivery() -> ExitStack:
    """What is held already comes into force when its message comes again."""

    def held_before(inbox: Any, state: Any, accept_key: str, held_key: str, digest: str) -> bool:
        record = held(state, held_key)
        again = record is not None and record["digest"] == digest
        return again or is_accepted(inbox, state, accept_key, held_key, digest)

    return patched(
        (catalogues_in_force, "is_accepted", held_before),
        (release_applying, "is_accepted", held_before),
    )


def witness_lost() -> ExitStack:
    """What is known of an image that only a decision names is forgotten after the grace period."""
    return patched((Hotel, "named_by_people", lambda _: frozenset()))


def lost_swap_of_the_cache_swallowed() -> ExitStack:
    """A writer of the cache that lost the swap takes it for done."""

    def swap_once(store: Any, key: str, change: Any) -> bytes | None:
        stored = store.get(key)
        wanted: bytes | None = change(stored.data if stored else None)
        if wanted is not None:
            try:
                store.put(key, wanted, if_absent=stored is None, if_match=stored and stored.etag)
            except ConditionFailedError:
                return None
        return wanted

    return patched((memories, "swap", swap_once))


def due_marker_after_the_manifest() -> ExitStack:
    """The markers of what is put off are left after the manifest was published."""

    def publish_first(published: Any, manifest: Any, before: Any) -> None:
        publish(published, manifest, before)
        if state := states.pop(manifest.hotel_id, None):
            leave_due_markers(state, before.manifest, manifest)

    states: dict[str, Any] = {}
    later = lambda state, _before, manifest: states.update({manifest.hotel_id: state})
    return patched((serving, "leave_due_markers", later), (process, "publish", publish_first))


def departed_of_another_size_overlooked() -> ExitStack:
    """The shard of an earlier release with the same number is taken for the same hotels, whatever its size."""

    def same_number(state: Any, current: Any, shard: int) -> Iterator[str]:
        seen = set(in_force.shard_rows(state, current, shard))
        for before in current.before():
            if shard < 2**before.shard_bits:
                yield from in_force.shard_rows(state, before, shard).keys() - seen

    return patched((fan_out, "departed_from_shard", same_number))


def refused_messages_forgotten() -> ExitStack:
    """Messages of a batch that the queue refused count as sent."""
    send = SqsQueue._send_waiting

    def send_once(queue: Any, waiting: Any) -> None:
        try:
            send(queue, waiting)
        except QueueError as error:
            if "refused" not in str(error):
                raise

    return patched((SqsQueue, "_send_waiting", send_once))


def force_forgotten() -> ExitStack:
    """What a request forces is not done, and its hotels count as done."""
    return patched((process, "asked_of", lambda _state, _nudge: HotelRequest()))


def put_off_counts_as_done() -> ExitStack:
    """What a request forces is put off, and its hotel counts as done."""
    return patched((process, "forced_by", lambda _nudge, asked, before: Forced(asked.force, None, before)))


def labels_paid_twice() -> ExitStack:
    """Labels are asked for again although they are kept."""
    label = process.label

    def label_again(chosen: Any, *args: Any, **named: Any) -> Any:
        return label(chosen, *args, **{**named, "again": {picture.best.sha256 for picture in chosen}})

    return patched((process, "label", label_again))


def share_marked_before_its_nudges() -> ExitStack:
    """A share of a request is marked as done before its nudges are sent."""
    return patched((stage, "STEPS", {**STEPS, NUDGE: _marked_first(STEPS[NUDGE])}))


def share_marked_before_it_is_written() -> ExitStack:
    """A share of a catalogue is marked as done before its listings are written: it comes into force without them."""
    return patched((stage, "STEPS", {**STEPS, WRITE: _marked_first(STEPS[WRITE])}))


def _marked_first(step: Step) -> Step:
    def marked(plan: Any, share: int, suite: Any) -> bytes:
        suite.state.put(share_done_key(plan.folder, plan.step, share), b"")
        return step(plan, share, suite)

    return marked


def catalogue_in_force_before_all_shares() -> ExitStack:
    """A split catalogue comes into force although some of its shares are not written."""
    missing = split_catalogues.missing_shares
    none_of_the_last = lambda state, plan: [] if plan.step == WRITE else missing(state, plan)
    return patched((split_catalogues, "missing_shares", none_of_the_last))


SUITE_BUGS = (
    shard_marked_before_its_nudges,
    brake_skipped_at_a_second_delivery,
    witness_lost,
    lost_swap_of_the_cache_swallowed,
    due_marker_after_the_manifest,
    departed_of_another_size_overlooked,
    refused_messages_forgotten,
    force_forgotten,
    put_off_counts_as_done,
    labels_paid_twice,
    share_marked_before_its_nudges,
    share_marked_before_it_is_written,
    catalogue_in_force_before_all_shares,
)
