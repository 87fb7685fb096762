"""Bugs of rounds over all hotels, planted one at a time."""

from __future__ import annotations

from contextlib import ExitStack
from typing import Any

from image_release.serverless import compare_hotels
from image_release.serverless.round_ranges import families_of_round
from tests.simulation.patching import patched


def families_of_the_round_before_forgotten() -> ExitStack:
    """What was verified by earlier rounds is neither kept nor verified again."""
    return patched((compare_hotels, "families_of_round", lambda state, _name: families_of_round(state, None)))


def changes_since_the_round_before_overlooked() -> ExitStack:
    """All hotels count as unchanged since the round before."""
    since = compare_hotels._since

    def nothing(before: Any, suite: Any) -> Any:
        position, changed = since(before, suite)
        return position, set() if changed is not None else None

    return patched((compare_hotels, "_since", nothing))


ROUND_BUGS = (families_of_the_round_before_forgotten, changes_since_the_round_before_overlooked)
