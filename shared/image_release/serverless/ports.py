"""What the functions' logic needs of the outside world: three stores, five queues, the account's quota, a clock."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import datetime

from image_release.edition import Edition
from image_release.ingest import SplitSizes
from image_release.queueing import Queue
from image_release.settings import Settings
from image_release.storage import Store
from image_release.tag import AccountQuota


@dataclass(frozen=True, slots=True)
class Suite:
    """The outside world of the suite. `now` is aware UTC."""

    inbox: Store
    state: Store
    published: Store
    urgent: Queue
    bulk: Queue
    shards: Queue
    catalogues: Queue
    """The queue of `detect_changes`: a catalogue that is split goes on there, step by step."""
    comparing: Queue
    """The queue of `compare_hotels`: a round goes on there, step by step and share by share."""
    quota: AccountQuota
    settings: Settings
    now: Callable[[], datetime]
    tagger: str = "none"
    """Name of the stage's tagger: what it costs is estimated by it."""
    threads: int = 1
    """Requests to a store, or batches to a queue, that an invocation has under way at once."""
    split_sizes: SplitSizes = field(default_factory=SplitSizes)
    """From which size on a catalogue is split."""
    hotels_a_share: int = 4_000
    """More hotels than this are nudged in shares: `fan_out_shard` nudges as many within ten seconds."""
    seconds_left: Callable[[], float] = field(default=lambda: math.inf)
    """Seconds until the invocation is ended. What can be put off stops at half of its time."""
    edition: Edition = field(default_factory=Edition)
    """This program, and when `settings` were stored."""
    settings_key: str = ""
    """Key of the settings in the inbox; empty: the shipped ones."""

    @property
    def asks_google(self) -> bool:
        """Whether the stage's tagger sends images to Google, which costs money and counts against the quota."""
        return "google" in self.tagger.split("+")

    def with_share(self, share: float) -> Suite:
        """The suite for a part of the work, which may take this share of the time that is left now."""
        began_s = self.seconds_left()
        if math.isinf(began_s):
            return self
        return replace(self, seconds_left=lambda: self.seconds_left() - began_s * (1 - share))
