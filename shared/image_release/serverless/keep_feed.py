"""Keeps the feed's snapshots: a job of `tick`, within its share of the time."""

from __future__ import annotations

import math

from image_release.feed import keep_snapshots
from image_release.serverless.ports import Suite
from image_release.storage import Stores

READS_S = 60.0
"""Time in which hotels are read: some 15,000 of them."""
MERGES_S = 100.0
"""Time that has to be left when lines are merged: a million take half of it, with half of a processor."""


def keep_feed(suite: Suite) -> dict[str, int]:
    """Read what changed, and write a snapshot once an hour. What there was no time for, the next tick goes on with."""
    start = suite.seconds_left()
    stop = start - READS_S if math.isfinite(start) else 0.0
    return keep_snapshots(
        Stores(suite.inbox, suite.state, suite.published),
        suite.now(),
        may_read=lambda: suite.seconds_left() > max(stop, 0.0),
        may_merge=lambda: suite.seconds_left() > MERGES_S,
    )
