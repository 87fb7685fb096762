"""How far retention came, and its next step."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta

from pydantic import BaseModel, ConfigDict

from image_release.retention.deleting import TimeBox
from image_release.retention.old_work import delete_old_work
from image_release.retention.originals import settle, walk
from image_release.state import write_json
from image_release.storage import Store, Stores
from image_release.upkeep_keys import RETENTION

OLD_WORK_EVERY = timedelta(days=1)
"""Time between two looks at old work."""
ROUND_EVERY = timedelta(days=7)
"""Time between the beginnings of two rounds over all accommodations."""


class _Progress(BaseModel):
    """`checked`: when old work was deleted last. `began`: when the last round began; `after`: how far it came.

    `is_walked`: whether all accommodations were looked at; `settled`: the last mark after that; `is_over`: whether that
    round is over.
    """

    model_config = ConfigDict(frozen=True)

    checked: datetime | None = None
    began: datetime | None = None
    after: tuple[str, str] = ("", "")
    is_walked: bool = False
    settled: str = ""
    is_over: bool = True


def retain(
    stores: Stores, now: datetime, grace: timedelta, may_go_on: Callable[[], bool], threads: int = 8
) -> dict[str, int]:
    """Delete some of what is too old, and originals that nothing names; returns how many objects of each.

    Raises StateUnreadableError.
    """
    box = TimeBox(may_go_on, threads)
    before = progress = _read(stores.state)
    did = {}
    try:
        if _is_due(progress.checked, now, OLD_WORK_EVERY):
            did["old"], is_all = delete_old_work(stores.state, now, box)
            if is_all:
                progress = progress.model_copy(update={"checked": now})
        if progress.is_over and _is_due(progress.began, now, ROUND_EVERY):
            progress = _Progress(checked=progress.checked, began=now, is_over=False)
        if not progress.is_over and not progress.is_walked:
            after, is_walked = walk(stores.state, progress.after, box)
            progress = progress.model_copy(update={"after": after, "is_walked": is_walked})
        if not progress.is_over and progress.is_walked and may_go_on():
            did["originals"], settled = settle(stores, progress.settled, now, grace, box)
            progress = progress.model_copy(update={"settled": settled or "", "is_over": settled is None})
    finally:
        if progress != before:
            stores.state.put(RETENTION, write_json(progress.model_dump(mode="json")))
    return {name: number for name, number in did.items() if number}


def _read(state: Store) -> _Progress:
    stored = state.get(RETENTION)
    try:
        return _Progress.model_validate_json(stored.data) if stored else _Progress()
    except ValueError:
        return _Progress()


def _is_due(last: datetime | None, now: datetime, every: timedelta) -> bool:
    """Whether so long a time passed; a clock that was set back makes it due, too."""
    return last is None or not timedelta(0) <= now - last < every
