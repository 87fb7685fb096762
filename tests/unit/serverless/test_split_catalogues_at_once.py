"""Several split catalogues of one partner at once: in the end the newest is in force, and every hotel knows."""

import json
from dataclasses import replace
from datetime import timedelta

import pytest

from image_release.ingest import read_listing
from image_release.ingest.catalogues import InputChangedError, SplitOutdatedError
from image_release.queueing import Message
from image_release.serverless.detect_changes import detect_changes
from image_release.serverless.fan_out import fan_out
from image_release.serverless.shares import resume_split
from image_release.state import DocumentContendedError, StateUnreadableError, read_json
from image_release.store_keys import catalogue_state_key
from image_release.values import Accommodation
from tests.unit.serverless.conftest import World
from tests.unit.serverless.killing import DoomedQueue, DoomedStore, Fate, KilledError
from tests.unit.serverless.split_world import handle, shuffled, splitting

NAMES = "abcdef"
TRANSIENT = (DocumentContendedError, InputChangedError, SplitOutdatedError, StateUnreadableError)
"""Errors after which a message comes back."""


class Storm:
    """A suite in which invocations are killed, messages come twice, and others are served in the middle of one."""

    def __init__(self, seed: int) -> None:
        self.dice = shuffled(seed)
        self.world = World()
        self.suite = self.world.suite
        fan_out(self.world.release("r1", {f"h-{name}": [name] for name in NAMES}), self.suite)
        self.world.take(self.suite.shards)
        self.untold: set[str] = set()
        """Hotels of which a listing was written after their last nudge."""
        self.newest: dict[str, dict] = {}
        self.depth = 0

    def upload(self) -> None:
        """Hand in a catalogue, of a new version or another content of one that was handed in.

        Another content comes when the earlier one is in force: a listing that is being written knows only its version.
        """
        version, kept = self.dice.choice("1234"), self.dice.sample(NAMES, self.dice.randint(1, 6))
        if version in self.newest:
            if self.depth:
                return
            self.calm(rounds=4)
        lists = {name: self.dice.sample("uvwxyz", self.dice.randint(0, 3)) for name in kept}
        self.world.wait(seconds=1)
        key = self.world.catalogue(version, lists)
        self.newest[version] = lists
        self.suite.catalogues.send([Message(key)])

    def serve(self) -> bool:
        """Serve a message that waits; says whether there was one."""
        queues = (self.suite.shards, self.suite.catalogues)
        waiting = [(queue, name) for queue in queues for name in queue.visible()]
        if not waiting:
            return False
        queue, name = self.dice.choice(waiting)
        received = queue.receive(name)
        fate = self.fate()
        try:
            self.handle(fate, received.body)
        except (KilledError, *TRANSIENT):
            queue.return_after(name, self.dice.randint(0, 60))
        else:
            if self.dice.random() < 0.1:
                queue.return_after(name, self.dice.randint(0, 7200))  # it comes twice
            else:
                queue.delete(name)
        return True

    def handle(self, fate, body) -> None:
        suite = replace(
            self.suite,
            inbox=DoomedStore(self.suite.inbox, fate),
            state=DoomedStore(Told(self.suite.state, self.untold), fate),
            shards=DoomedQueue(self.suite.shards, fate),
            catalogues=DoomedQueue(self.suite.catalogues, fate),
            urgent=DoomedQueue(Telling(self.suite.urgent, self.untold), fate),
        )
        if body.startswith("{"):
            handle(suite, body)
        else:
            detect_changes(body, splitting(suite))

    def fate(self) -> Fate:
        dice = self.dice.random()
        if dice < 0.2:
            return Fate(self.dice.randint(1, 50), after=self.dice.random() < 0.5)
        if dice < 0.5 and self.depth < 2:
            return Interrupting(self.dice.randint(1, 50), self.in_between)
        return Fate(0, after=False)

    def in_between(self) -> None:
        self.depth += 1
        for _ in range(self.dice.randint(1, 12)):
            if self.dice.random() < 0.1:
                self.upload()
            self.serve()
        self.depth -= 1

    def calm(self, rounds: int = 40) -> None:
        """Serve all messages, and let time pass until nothing stands still."""
        for _ in range(rounds):
            while self.serve():
                pass
            self.world.wait(hours=1)
            resume_split(self.suite)


class Interrupting(Fate):
    """Has something else happen at one of the requests."""

    def __init__(self, at, happen) -> None:
        super().__init__(at, after=False)
        self.happen = happen

    def ask(self, effect):
        self.asked += 1
        if self.asked == self.at:
            self.happen()
        return effect()


class Told:
    """A store that notes the hotels of which a listing is written."""

    def __init__(self, store, untold) -> None:
        self._store, self._untold = store, untold

    def __getattr__(self, name):
        return getattr(self._store, name)

    def put(self, key, data, **conditions):
        self._store.put(key, data, **conditions)
        if key.endswith("/images.json"):
            self._untold.add(f"h-{key.split('/')[2]}")


class Telling:
    """A queue that notes the hotels that are nudged."""

    def __init__(self, queue, untold) -> None:
        self._queue, self._untold = queue, untold

    def send(self, messages):
        messages = list(messages)
        count = self._queue.send(messages)
        self._untold -= {json.loads(message.body)["hotel_id"] for message in messages}
        return count


@pytest.mark.parametrize("first", range(0, 300, 50))
def test_the_newest_is_in_force_whatever_happens(first):
    for seed in range(first, first + 50):
        storm = Storm(seed)
        for _ in range(storm.dice.randint(1, 6)):
            storm.upload()
            for _ in range(storm.dice.randint(0, 8)):
                storm.serve()
            storm.world.wait(minutes=storm.dice.randint(0, 3))
        storm.calm()
        version = max(storm.newest)
        state = storm.suite.state
        assert read_json(state, catalogue_state_key("atlas"))["version"] == version, seed
        for name in NAMES:
            listing = read_listing(state, Accommodation("atlas", name))
            urls = sorted(image.url for image in listing.images) if listing else []
            assert urls == sorted(storm.newest[version].get(name, [])), (seed, name)
        assert storm.untold == set(), seed
        assert [listed.key for listed in state.list("split/")] == [], seed


def test_what_stands_still_goes_on_by_tick():
    """Every message was lost."""
    world = World()
    detect_changes(world.catalogue("1", {name: ["u"] for name in NAMES}), splitting(world.suite))
    rounds = 0
    while list(world.suite.state.list("split/")) and rounds < 10:
        world.take(world.suite.shards), world.take(world.suite.catalogues)
        world.now += timedelta(hours=2)
        assert resume_split(world.suite) == {"resumed": 1}
        while waiting := [(q, name) for q in (world.suite.shards, world.suite.catalogues) for name in q.visible()]:
            queue, name = waiting[0]
            body = queue.receive(name).body
            queue.delete(name)
            handle(world.suite, body)
            if queue is world.suite.catalogues:
                break  # what it sent is lost
        rounds += 1
    assert rounds == 2
    assert read_json(world.suite.state, catalogue_state_key("atlas"))["version"] == "1"
