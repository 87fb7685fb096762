"""Processes of two programs that outlive invocations: what each knows of settings and epoch is as old as its look."""

from __future__ import annotations

import json
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta

from image_release.edition import Edition
from image_release.serverless.in_force import InForce, InForceReader
from image_release.settings import Settings
from image_release.settings_files import parse_settings
from image_release.storage import MemoryStore
from tests.simulation.outside import AskedStore
from tests.simulation.scheduling import Invocation, Scheduler

GIVEN = {
    "download": {"connections": 1},
    "renditions": [{"name": "large", "width": 400, "height": 267}, {"name": "small", "width": 120, "height": 80}],
    "tagging": {"images_a_minute": 3, "images_a_day": 100_000},
}
SETTINGS = Settings.model_validate(GIVEN)
SETTINGS_KEY = "settings.yaml"
PROGRAMS = (1, 2)


class StillProcess:
    """A process in a stage whose settings and program never change: it asks nobody for them."""

    program = 1
    is_outdated = None

    def in_force(self, *, again: bool = False) -> InForce:
        return InForce(SETTINGS, Edition())

    def edition(self, *, again: bool = False) -> Edition:
        return Edition()


class Process(StillProcess):
    """A process that has one invocation at a time, as `functions.composition` has it."""

    def __init__(self, program: int, inbox: MemoryStore, state: MemoryStore, invocation: Invocation) -> None:
        self.program = program
        self._stores = AskedStore("inbox", inbox, invocation), AskedStore("state", state, invocation)
        scheduler = invocation.scheduler
        self._reader = InForceReader(*self._stores, SETTINGS_KEY, scheduler.clock, scheduler.note, program)
        self._used: InForce | None = None

    def begin(self, invocation: Invocation) -> None:
        """Begin another invocation."""
        for store in self._stores:
            store.invocation = invocation
        self._used = None

    def in_force(self, *, again: bool = False) -> InForce:
        """What the invocation works with."""
        if again or self._used is None:
            self._used = self._reader.read(again=again)
        return self._used

    def edition(self, *, again: bool = False) -> Edition:
        """The edition of what a writer publishes."""
        return replace(self.in_force().edition, epoch=self._reader.epoch(again=again))

    def is_outdated(self) -> bool:
        """Whether other settings are stored than those that the invocation works with."""
        return self._reader.read(again=True) != self._used


@dataclass
class Deployed:
    """What is deployed: the program in force, its settings and its idle processes. Every third seed changes them."""

    scheduler: Scheduler
    inbox: MemoryStore
    state: MemoryStore
    program: int = PROGRAMS[0]
    idle: list[Process] = field(default_factory=list)
    stored: list[tuple[datetime, str]] = field(default_factory=list)
    """When settings were stored, and their digest; empty where they cannot be read."""

    def __post_init__(self) -> None:
        self.changes = self.scheduler.seed % 3 == 1
        if self.changes:
            self.store_settings(labels=1)

    def store_settings(self, labels: int | None) -> None:
        """Store settings of another digest, or some that cannot be read."""
        self.scheduler.now += timedelta(seconds=1)
        text = json.dumps({**GIVEN, "tagging": {**GIVEN["tagging"], "max_labels": labels}}) if labels else "tagging: {"
        self.inbox.put(SETTINGS_KEY, text.encode())
        digest = parse_settings(text.encode(), SETTINGS_KEY).digest() if labels else ""
        self.stored.append((self.scheduler.now, digest))

    def change(self) -> None:
        """Store settings, put the other program in force, or end all processes."""
        dice = self.scheduler.dice
        choice = dice.random()
        if choice < 0.5:
            self.store_settings(dice.choice((1, 2, 3, None)))
        elif choice < 0.9:
            self.program = sum(PROGRAMS) - self.program
        else:
            self.idle.clear()

    def settle(self) -> None:
        """End the processes of the program that is not in force, and store settings that can be read."""
        self.idle = [process for process in self.idle if process.program == self.program]
        self.store_settings(self.scheduler.dice.choice((1, 2, 3)))

    @property
    def was_unreadable(self) -> bool:
        """Whether settings that cannot be read were stored."""
        return any(not digest for _, digest in self.stored)

    def digests_since(self, moment: datetime | None) -> set[str]:
        """The digests of settings that were stored at that moment or later."""
        return {digest for stored_at, digest in self.stored if moment is None or stored_at >= moment}

    def take(self, invocation: Invocation, *, in_force: bool = False) -> StillProcess:
        """Return a process for an invocation: an idle one, or a new one of the program in force."""
        if not self.changes:
            return StillProcess()
        dice = self.scheduler.dice
        idle = [process for process in self.idle if not in_force or process.program == self.program]
        if not idle or dice.random() < 0.3:
            return Process(self.program, self.inbox, self.state, invocation)
        process = dice.choice(idle)
        self.idle.remove(process)
        process.begin(invocation)
        return process

    def give_back(self, process: StillProcess) -> None:
        """Keep a process whose invocation ended well enough."""
        if isinstance(process, Process):
            self.idle.append(process)
