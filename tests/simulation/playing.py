"""One simulation: people and partners act while requests fail. Then the faults stop, and the promises are checked."""

from __future__ import annotations

import hashlib
import random
from contextlib import ExitStack
from datetime import timedelta
from functools import partial
from typing import Self
from unittest.mock import patch

from image_release.cache import read_cached_images
from image_release.feed.snapshots import read_snapshot
from image_release.ingest import progress
from image_release.publish import Manifest, read_before
from image_release.serverless.messages import NudgeMessage
from image_release.serverless.shares import missing_shares, read_plan
from image_release.split_keys import SPLIT, work_folder
from image_release.state import held
from image_release.store_keys import held_catalogue_key, held_release_key, rendition_seq, renditions_folder
from image_release.values import Accommodation
from tests.simulation.model import HOTELS, Model, begun, shard_bits_of_few
from tests.simulation.outside import BrokenPromiseError
from tests.simulation.photographs import best_once, group_once
from tests.simulation.rounds import Asking, hold_round, plays_rounds, small_rounds
from tests.simulation.scheduling import Faults, Scheduler

ACTS = 6
AT_ONCE = 4
"""Maximum number of invocations that run at the same time."""
WAITS = 8
"""How often the clock moves on while nothing runs, before the faults stop: messages that failed come back meanwhile."""
ROUNDS = 120
"""Hours until no work may be due: a download that failed often waits a day between two attempts."""


class OneAfterAnother:
    """A pool without threads: a thread of its own would play in another order each time."""

    def __init__(self, max_workers: int) -> None:
        """Take the number of threads, and start none."""

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        return None

    map = staticmethod(map)


def play(seed: int) -> str:
    """Play one seed and return the digest of all events. Raises BrokenPromiseError when an invariant does not hold."""
    scheduler = Scheduler(seed)
    dice = scheduler.dice
    scheduler.faults = Faults(
        fail=dice.choice((0, 0.01, 0.03)),
        kill=dice.choice((0, 0.005, 0.02)),
        slow=dice.choice((0, 0.01)),
        refuse=dice.choice((0, 0.1, 0.5)),
        crawl=dice.choice((0, 0, 0.3)),
    )
    with ExitStack() as stack:
        stack.enter_context(patch("image_release.hotel.render.ThreadPoolExecutor", OneAfterAnother))
        stack.enter_context(patch("image_release.side_by_side.THREADS", 1))  # threads would play in another order
        stack.enter_context(patch("image_release.hotel.choose.group_same", group_once))
        stack.enter_context(patch("image_release.hotel.choose.choose_best", best_once))
        stack.enter_context(patch("image_release.ingest.releases.applying.shard_bits", shard_bits_of_few))
        stack.enter_context(patch("image_release.queueing.sqs.MAX_BATCH", 2))
        stack.enter_context(small_rounds(scheduler.clock))
        stack.enter_context(patch("secrets.randbelow", random.Random(seed).randrange))
        stack.enter_context(patch("secrets.token_hex", lambda size: f"{dice.getrandbits(8 * size):0{2 * size}x}"))
        try:
            model = begun(scheduler)
            _storm(model)
            model.settle()
            _calm(model)
            _hold(model)
            if plays_rounds(seed):
                hold_round(model.stage, partial(_drain, model))
            model.stage.state.paid.clear()  # from here on what no catalogue names may be forgotten
            photos = _keep_witnesses(model)
            _recompress(model, photos, -1)
            _wait_and_sweep(model)
            _hold_feed(model)
            _recompress(model, photos, -2)
            _rest(model)
        finally:
            scheduler.note("end")
    return hashlib.sha256("\n".join(scheduler.trace).encode()).hexdigest()


def broken_by(seed: int) -> str | None:
    """Play one seed. Returns the promise that it broke, or None."""
    try:
        play(seed)
    except BrokenPromiseError as promise:
        return f"seed {seed}: {promise}"
    return None


def _storm(model: Model) -> None:
    """Do actions, deliveries and steps in any order, until all actions are done and most messages were delivered."""
    scheduler, stage, dice = model.stage.scheduler, model.stage, model.stage.scheduler.dice
    acts, steps, waits = ACTS, 0, 0
    asking = Asking(scheduler.seed, ACTS)
    while acts or (steps < 20_000 and (scheduler.running or waits < WAITS)):
        steps += 1
        asking.ask(stage, acts)
        if acts and dice.random() < 0.01:
            model.act()
            acts -= 1
        elif len(scheduler.running) < AT_ONCE and dice.random() < 0.2:
            if dice.random() < 0.05:
                stage.tick()
            elif not stage.deliver() and not scheduler.running:
                waits += 1
                scheduler.now += timedelta(minutes=dice.choice((1, 10, 40)))
                if acts and dice.random() < 0.5:
                    model.act()
                    acts -= 1
        elif scheduler.running:
            scheduler.go_on()


def _calm(model: Model) -> None:
    """Stop the faults, put dead letters back, call `tick` and let time pass until nothing is due."""
    scheduler, stage = model.stage.scheduler, model.stage
    scheduler.faults = Faults()
    for _ in range(ROUNDS):
        _drain(model)
        stage.redrive()
        _drain(model)
        if not _due(model) and not any(len(queue) for queue in stage.queues.values()):
            return
        scheduler.now += timedelta(minutes=61)
        stage.tick()
    raise BrokenPromiseError(f"not calm after {ROUNDS} hours: {_due(model)}")


def _drain(model: Model) -> None:
    scheduler, stage = model.stage.scheduler, model.stage
    while scheduler.running or stage.deliver():
        scheduler.drain()


def _due(model: Model) -> list[str]:
    """Return the work that is due within hours: what hotels put off, and what was split and stands still."""
    put_off = [
        f"{hotel_id} {entry.kind}"
        for hotel_id in HOTELS
        if (manifest := _manifest(model, hotel_id))
        for entry in manifest.pending
        if entry.kind in ("tag", "download")
    ]
    state = model.stage.state
    folders = sorted({work_folder(listed.key) for listed in state.list(SPLIT)})
    plans = [plan for folder in folders if (plan := read_plan(state, folder))]
    return put_off + [plan.folder for plan in plans if plan.goes_on or missing_shares(state, plan)]


def _hold(model: Model) -> None:
    """Check that what is published follows the newest catalogues and release, and that no paid label is lost."""
    for hotel_id in HOTELS:
        expected, manifest = model.expected(hotel_id), _manifest(model, hotel_id)
        if expected is None:
            if manifest and not (manifest.withdrawn and not manifest.pictures):
                raise BrokenPromiseError(f"{hotel_id} left the release and is still published")
            continue
        if manifest is None or manifest.withdrawn:
            raise BrokenPromiseError(f"{hotel_id} is in the release and not published")
        _hold_pictures(model, manifest, expected)
        _hold_settings(model, manifest)
    _hold_brakes(model)
    for request_id in model.requests:
        found = progress(model.stage.state, request_id)
        if found is None or found.done != found.total:
            raise BrokenPromiseError(f"request {request_id}: {found}")


def _hold_settings(model: Model, manifest: Manifest) -> None:
    """Check that what is published was made under the settings that are stored."""
    deployed = model.stage.deployed
    if deployed.changes and (manifest.settings is None or manifest.settings.digest != deployed.stored[-1][1]):
        raise BrokenPromiseError(f"{manifest.hotel_id} is published under old settings")


def _hold_brakes(model: Model) -> None:
    """Check that what a brake had to hold is held, and that a person can find it."""
    for name, version in model.held.items():
        key = held_release_key(version) if name == "releases" else held_catalogue_key(name)
        document = held(model.stage.state, key)
        if document is None or document.get("version", version) != version:
            raise BrokenPromiseError(f"{name} {version} is not held: {document}")


def _keep_witnesses(model: Model) -> dict[str, set[int]]:
    """Return the photographs by hotel about which decisions hold now. They must hold whatever bytes come next."""
    found = {}
    for hotel_id in sorted(model.release):
        expected = model.expected(hotel_id) or {}
        _, perhaps = model.hidden(hotel_id, expected)
        found[hotel_id] = {decision.photo for decision in model.decisions.get(hotel_id, [])} - perhaps
        model.kept |= {(hotel_id, photo) for photo in found[hotel_id]}
    return {hotel_id: photos for hotel_id, photos in found.items() if photos}


def _recompress(model: Model, photos: dict[str, set[int]], version: int) -> None:
    """Check that decisions hold when their partners send the photographs in other bytes."""
    if photos:
        model.recompress(photos, version)
        _calm(model)
        _hold(model)


def _hold_pictures(model: Model, manifest: Manifest, expected: dict[int, set[str]]) -> None:
    shown = {model.stage.sees[picture.best.sha256]: picture for picture in manifest.pictures}
    hidden, perhaps = model.hidden(manifest.hotel_id, expected)
    right = expected.keys() - hidden - perhaps <= shown.keys() <= expected.keys() - hidden
    if len(shown) != len(manifest.pictures) or not right:
        wanted = f"{sorted(expected)} without {sorted(hidden)}, perhaps without {sorted(perhaps)}"
        raise BrokenPromiseError(f"{manifest.hotel_id} shows {sorted(shown)} and not {wanted}")
    for photo, picture in shown.items():
        if picture.best.sha256 not in expected[photo]:
            raise BrokenPromiseError(f"{manifest.hotel_id} shows an old file of photograph {photo}")
        if [label.description for label in picture.labels] != [f"Photograph {photo}"]:
            raise BrokenPromiseError(f"{manifest.hotel_id}: photograph {photo} has no labels")
        senders = [Accommodation(*pair) for pair in sorted(model.release[manifest.hotel_id])]
        memories = [read_cached_images(model.stage.state, accommodation).contents for accommodation in senders]
        remembered = [memory[picture.best.sha256] for memory in memories if picture.best.sha256 in memory]
        if not any(content.labels for content in remembered):
            raise BrokenPromiseError(f"{manifest.hotel_id}: labels of photograph {photo} were paid for and are lost")


def _wait_and_sweep(model: Model) -> None:
    """Check that after the grace period every rendition is named, except those made for the next manifest."""
    stage = model.stage
    for _ in range(22):
        stage.scheduler.now += timedelta(days=1)
        stage.tick()
        _drain(model)
    for left in stage.state.list(SPLIT):
        raise BrokenPromiseError(f"{left.key} is left of work that was done")
    for hotel_id in HOTELS:
        manifest = _manifest(model, hotel_id)
        named, seq = (manifest.named_keys(), manifest.seq) if manifest else (frozenset(), 0)
        keys = {listed.key for listed in stage.published.list(renditions_folder(hotel_id))}
        left = {key for key in keys - named if (rendition_seq(key) or 0) <= seq}
        if left:
            raise BrokenPromiseError(f"{hotel_id}: no manifest names {sorted(left)[:2]}")


def _hold_feed(model: Model) -> None:
    """Check that the snapshots of the feed, made by ticks of which many failed, tell each hotel as it is published."""
    stage = model.stage
    for _ in range(4):
        told = {line.hotel_id: line.seq for line in read_snapshot(stage.published)}
        true = {hotel_id: manifest.seq for hotel_id in HOTELS if (manifest := _manifest(model, hotel_id))}
        if told == true:
            return
        stage.scheduler.now += timedelta(minutes=61)
        stage.tick()
        _drain(model)
    raise BrokenPromiseError(f"the latest snapshot tells {sorted(told.items() ^ true.items())}")


def _rest(model: Model) -> None:
    """Check that processing every hotel again writes nothing (invariant 7)."""
    stage = model.stage
    before = _written(model)
    stage.queues["bulk"].send(NudgeMessage(hotel_id=name, reason="again").message() for name in HOTELS)
    stage.served.clear()
    _drain(model)
    if {status for _, status in stage.served} - {"unchanged", "absent"}:
        raise BrokenPromiseError(f"hotels that did not change were processed: {stage.served}")
    if _written(model) != before:
        raise BrokenPromiseError("hotels that did not change were written")


def _written(model: Model) -> list[tuple[str, object]]:
    stage = model.stage
    return [(listed.key, listed.modified) for store in (stage.state, stage.published) for listed in store.list("")]


def _manifest(model: Model, hotel_id: str) -> Manifest | None:
    return read_before(model.stage.published, hotel_id).manifest
