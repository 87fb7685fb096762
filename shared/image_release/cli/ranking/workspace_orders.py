"""What the commands of `ranking` read of a workspace: its published hotels, from stored state alone."""

from __future__ import annotations

from collections.abc import Iterator

from image_release.cli.progress import progress_bar
from image_release.ingest import hotel_ids, read_current
from image_release.lab.ordering import StoredHotel, readable_hotels
from image_release.one_machine.workspace import Workspace, what_a_name_gives
from image_release.problems import Problem
from image_release.storage import Stores


def stored_hotels(
    workspace: Workspace, model: str | None, problems: list[Problem], *, quiet: bool
) -> Iterator[StoredHotel]:
    """The published hotels of the release in force, with progress. Adds to `problems` those that cannot be read.

    `model` is the identity of the local model whose looks count.
    """
    current = read_current(workspace.state)
    ids = list(hotel_ids(workspace.state, current)) if current else []
    stores = Stores(workspace.inbox, workspace.state, workspace.published)
    with progress_bar(len(ids), quiet=quiet) as on_hotel:
        yield from readable_hotels(stores, ids, model, problems, on_hotel)


def looks_by(workspace: Workspace) -> str | None:
    """Identity of the local model that the workspace's tagger looks at pictures with; None if it has none."""
    if what_a_name_gives(workspace.tagger) == "labels":
        return None
    return workspace.ports().tagger.identity.rpartition("+")[2]
