"""Builds the desk of a workspace: its index, what keeps that up to date, and what applies decisions."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from datetime import UTC, datetime
from pathlib import Path
from threading import Lock

from image_release.child_process import IsolatedCaller
from image_release.desk.applying import Applier, HotelsUnderWay, SuiteApplier
from image_release.desk.desk import Desk
from image_release.desk.images import DECODE_TIMEOUT_S, HotelImages
from image_release.desk.index import index_path, open_index
from image_release.desk.keeping import IndexKeeper, Keeping
from image_release.everywhere import PrintIndex, print_index_path
from image_release.feed import Cause, Collecting
from image_release.one_machine.applying import FolderApplier
from image_release.one_machine.comparing import IsolatedComparer
from image_release.one_machine.workers import HotelResult
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
    path = index_path(root, str(workspace.root))
    index, prints = open_index(path, beside_suite=root is None), PrintIndex(print_index_path(path))
    keeper = IndexKeeper(index, stores, workspace.settings, observe)
    decoder, comparer = IsolatedCaller(DECODE_TIMEOUT_S), IsolatedCaller()
    images = HotelImages(stores, workspace.settings, decoder)
    compare = IsolatedComparer(workspace.settings, comparer)
    with ExitStack() as stack:
        stack.callback(decoder.kill)
        stack.callback(comparer.kill)
        applier = stack.enter_context(_applier(workspace, stores, settings_file))
        applying = HotelsUnderWay(applier, lambda applied: keeper.look(applied.hotel_id))
        stack.callback(applying.close)
        stack.callback(keeper.stop)
        keeper.start()
        yield Desk(stores, workspace.settings, address, index, keeper, applying, images, compare, prints)


@contextmanager
def _applier(workspace: Workspace, stores: Stores, settings_file: Path | None) -> Iterator[Applier]:
    """What applies decisions; beside a suite, whose stores are buckets, the suite itself does it."""
    if not isinstance(workspace.root, Path):
        yield SuiteApplier()
        return
    cause = Cause.of("desk", datetime.now(UTC))
    lock = Lock()
    with Collecting(stores, cause) as collecting:

        def collect(result: HotelResult) -> None:
            with lock:  # hotels are applied in several threads
                collecting.add(result.nudge.hotel_id, result.seqs)

        applier = FolderApplier(workspace, cause, settings_file, observe=collect)
        applier.warm_up()
        yield applier
