"""How far a round of the suite is, for people: by its plan and the marks of its shares."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime

from image_release.sharing_keys import ROUNDS
from image_release.split_keys import plan_key, share_done_folder, work_folder
from image_release.storage import Store


@dataclass(frozen=True, slots=True)
class RoundUnderWay:
    """A round that has not ended: its step, how many shares of it are done, and when something was done last."""

    round: str
    step: str
    done: int
    shares: int
    last: datetime


def rounds_under_way(state: Store) -> Iterator[RoundUnderWay]:
    """The rounds that have not ended. One whose plan cannot be read has the step `unreadable`."""
    for name in state.folders(ROUNDS):
        folder = work_folder(f"{ROUNDS}{name}/plan")
        stored = state.get(plan_key(folder))
        if stored is None:
            continue
        try:
            document = json.loads(stored.data)
            step, shares = str(document["step"]), int(document["shares"])
            has_ended = not document["goes_on"]
        except (KeyError, TypeError, ValueError, RecursionError):
            yield RoundUnderWay(name, "unreadable", 0, 0, stored.modified)
            continue
        if has_ended:  # what is left of it is being deleted
            continue
        marks = list(state.list(share_done_folder(folder, step)))
        yield RoundUnderWay(name, step, len(marks), shares, max([stored.modified, *(mark.modified for mark in marks)]))
