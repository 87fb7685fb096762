"""Deletes what is kept for a time only: a job of `tick`."""

from __future__ import annotations

from datetime import timedelta

from image_release.feed.pruning import prune
from image_release.retention import retain
from image_release.serverless.ports import Suite
from image_release.storage import Stores


def keep_tidy(suite: Suite) -> dict[str, int]:
    """Delete some of what is too old, while there is time; returns how many objects of each kind."""
    stores = Stores(suite.inbox, suite.state, suite.published)
    grace = timedelta(days=suite.settings.publishing.grace_days)
    prune(stores, suite.now())
    return retain(stores, suite.now(), grace, lambda: suite.seconds_left() > 0, suite.threads)
