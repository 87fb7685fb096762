"""What the functions' logic needs of the outside world: three stores, four queues, the account's quota, a clock."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime

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
    quota: AccountQuota
    settings: Settings
    now: Callable[[], datetime]
    tagger: str = "none"
    """Name of the stage's tagger: what it costs is estimated by it."""
    threads: int = 1
    """Requests to a store, or batches to a queue, that an invocation has under way at once."""
    hotels_a_share: int = 4_000
    """More hotels than this are nudged in shares: `fan_out_shard` nudges as many within ten seconds."""
    seconds_left: Callable[[], float] = field(default=lambda: math.inf)
    """Seconds until the invocation is ended. What can be put off stops at half of its time."""
