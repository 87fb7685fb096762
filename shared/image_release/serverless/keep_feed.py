"""Keeps the feed's snapshots: a job of `tick`."""

from __future__ import annotations

from image_release.feed.suite_snapshots import keep_snapshots
from image_release.serverless.ports import Suite
from image_release.storage import Stores


def keep_feed(suite: Suite) -> dict[str, int]:
    """Read what changed while there is time, and write a snapshot once an hour.

    What there was no time to read, the next tick goes on with. A snapshot of a million hotels is merged in a minute: it
    is begun within the job's time, and ends within the time that all jobs leave.
    """
    stores = Stores(suite.inbox, suite.state, suite.published)
    return keep_snapshots(stores, suite.now(), lambda: suite.seconds_left() > 0)
