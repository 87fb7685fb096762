"""The photographs that hotels of a workspace share: where that is kept, and how a run brings it up to date."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path

from image_release.desk.index import index_path
from image_release.everywhere import PrintIndex, print_index_path
from image_release.one_machine.intake import told
from image_release.one_machine.workspace import Workspace
from image_release.problems import Problem
from image_release.sharing import Families
from image_release.sharing_keys import ASKED
from image_release.state import write_json

SHARED = "what hotels share"
"""What a problem calls it."""


def families_of(workspace: Workspace) -> Families:
    """The families of a workspace, beside its index of hotels."""
    root = workspace.root if isinstance(workspace.root, Path) else None
    return Families(PrintIndex(print_index_path(index_path(root, str(workspace.root)))))


def ask_for_round(workspace: Workspace, now: datetime) -> None:
    """Ask the suite to compare all hotels: its `tick` begins the round."""
    workspace.stores.inbox.put(ASKED, write_json({"at": now.isoformat()}))


def follow_shared(workspace: Workspace, problems: list[Problem]) -> None:
    """After a run in a folder, compare new images with those of all hotels, if `shared` did so before."""
    if not isinstance(workspace.root, Path):
        return
    with told(problems, SHARED):
        families = families_of(workspace)
        if families.are_made():
            families.index.made_again_if_damaged(lambda: families.catch_up(workspace.stores))
