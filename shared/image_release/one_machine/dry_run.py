"""What a run would change, without writing anything: the inbox is applied aside, and every hotel is compared."""

from __future__ import annotations

import tempfile
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

from image_release.hotel import Foreseen, foresee
from image_release.ingest import SAMPLE, Estimate, estimate_hotels, open_index
from image_release.one_machine.intake import told
from image_release.one_machine.run import Nudges, release_in_force
from image_release.one_machine.workspace import Workspace
from image_release.problems import Problem
from image_release.store_keys import CURRENT_RELEASE, manifest_key

MOST_IDS = 1_000
"""Maximum number of hotels that are named of each kind."""
PROCESSED: tuple[Foreseen, ...] = ("new", "changed", "due")
"""What becomes of hotels whose images are asked for."""


@dataclass(slots=True)
class WouldChange:
    """What a run would do. `hotels` counts all by what would become of them; `named` has the first ids of each kind.

    `estimate` is what processing the new, changed and due hotels takes at most, as if they were new; None without any.
    """

    hotels: Counter[Foreseen] = field(default_factory=Counter)
    named: dict[Foreseen, list[str]] = field(default_factory=dict)
    estimate: Estimate | None = None
    problems: list[Problem] = field(default_factory=list)


def would_change(workspace: Workspace, advance: Callable[[], object]) -> WouldChange:
    """What a run would change. The workspace has its new files applied, aside; `advance` is called for each hotel."""
    found = WouldChange()
    ports = workspace.ports()
    current = release_in_force(workspace.state, found.problems)
    processed: list[str] = []
    for nudge in Nudges(workspace.state, current, (), found.problems):
        with told(found.problems, manifest_key(nudge.hotel_id)):
            what = foresee(nudge, ports)
            found.hotels[what] += 1
            named = found.named.setdefault(what, [])
            if what != "unchanged" and len(named) < MOST_IDS:
                named.append(nudge.hotel_id)
            if what in PROCESSED:
                processed.append(nudge.hotel_id)
        advance()
    if current and processed:
        with told(found.problems, CURRENT_RELEASE), tempfile.TemporaryDirectory() as folder:
            path = Path(folder) / "index"
            with open_index(workspace.state, current, path) as index:
                settings, tagger = workspace.settings, workspace.tagger
                found.estimate = estimate_hotels(processed, index, workspace.state, settings, tagger, sample=SAMPLE)
    return found
