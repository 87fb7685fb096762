"""The steps of work that is split into shares: what `fan_out_shard` does with the share that a message names."""

from __future__ import annotations

from collections.abc import Mapping

from image_release.serverless.shares import NUDGE, Step, nudge_share

STEPS: Mapping[str, Step] = {NUDGE: nudge_share}
"""What is done with a share, by its step."""
