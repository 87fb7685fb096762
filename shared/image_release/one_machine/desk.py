"""Builds the desk of a workspace: its index, what keeps that up to date, and what applies decisions."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from image_release.desk.applying import Applier, HotelsUnderWay, SuiteApplier
from image_release.desk.desk import Desk
from image_release.desk.images import HotelImages
from image_release.desk.index import index_path, open_index
from image_release.desk.keeping import IndexKeeper, Keeping
from image_release.one_machine.applying import FolderApplier
from image_release.one_machine.comparing import IsolatedComparer
from image_release.one_machine.workspace import Workspace
from image_release.storage import Stores


@contextmanager
def open_desk(
    workspace: Workspace,
    address: str,
    settings_file: Path | None = None,
    observe: Callable[[Keeping], None] = lambda _: None,
) -> Iterator[Desk]:
    """The desk of a workspace, which follows it while the block runs. `observe` is told how far the index is."""
    stores = Stores(workspace.inbox, workspace.state, workspace.published)
    root = workspace.root if isinstance(workspace.root, Path) else None
    index = open_index(index_path(root, address))
    keeper = IndexKeeper(index, stores, workspace.settings, observe)
    applying = HotelsUnderWay(_applier(workspace, settings_file), lambda applied: keeper.look(applied.hotel_id))
    images = HotelImages(stores, workspace.settings)
    compare = IsolatedComparer(workspace.settings)
    keeper.start()
    try:
        yield Desk(stores, workspace.settings, address, index, keeper, applying, images, compare)
    finally:
        keeper.stop()
        applying.close()
        images.close()
        compare.close()


def _applier(workspace: Workspace, settings_file: Path | None) -> Applier:
    """What applies decisions: beside a suite, whose stores are buckets, the suite itself does it."""
    if not isinstance(workspace.root, Path):
        return SuiteApplier()
    applier = FolderApplier(workspace, settings_file)
    applier.warm_up()
    return applier
