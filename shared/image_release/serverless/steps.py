"""The steps of work that is split into shares: what `fan_out_shard` does with the share that a message names."""

from __future__ import annotations

from collections.abc import Mapping

from image_release.ingest.catalogues import COMPARE, WRITE
from image_release.serverless.shares import NUDGE, Step, nudge_share
from image_release.serverless.split_catalogues import compare, write

STEPS: Mapping[str, Step] = {NUDGE: nudge_share, COMPARE: compare, WRITE: write}
"""What is done with a share, by its step."""
