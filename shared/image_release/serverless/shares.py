"""Work that is too large for one invocation: it is split into shares, and a mark confirms each share that is done.

The planner writes the shares, then the plan, then sends a message for each share. A planner or a share that was killed
comes back, finds the marks and repeats only what has none. `tick` sends again what stands still, and removes the folder
of work that was done a day ago: until then a planner that comes back late finds that nothing is left to do.
"""

from __future__ import annotations

import gzip
import json
import zlib
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import suppress
from dataclasses import asdict, dataclass, field, replace
from datetime import timedelta
from itertools import chain, groupby, islice
from typing import Any

from image_release.serverless.messages import GoOnMessage, NudgeMessage, ShareMessage
from image_release.serverless.ports import Suite
from image_release.sharing_keys import ROUNDS, SHARED
from image_release.side_by_side import side_by_side
from image_release.split_keys import SPLIT, plan_key, share_done_folder, share_done_key, share_key, work_folder
from image_release.state import write_json
from image_release.storage import ConditionFailedError, Store

NUDGE = "nudge"
"""The step that nudges the hotels of a share."""
ENDED = "ended"
"""The step of work that is being deleted: late messages of its shares find nothing to do."""
STANDS_STILL = timedelta(hours=1)
"""Time without a new mark after which messages are taken for lost: longer than a killed share needs to come back."""
KEPT = timedelta(days=1)
"""Time for which the folder of finished work is kept, and that of work whose planner never came back."""


class WorkUnreadableError(Exception):
    """A plan or a share cannot be read: it is lost, empty, cut short or damaged. Only a person can begin again."""

    def __init__(self, key: str) -> None:
        if key.startswith((ROUNDS, SHARED)):
            what = f"{ROUNDS}, and `tick` begins the round anew"
        else:
            what = f"{work_folder(key)}/, and hand in again the request or the catalogue that it was made of"
        super().__init__(f"state/{key} cannot be read: delete what is below {what}")


@dataclass(frozen=True, slots=True)
class SplitPlan:
    """How a piece of work is split. `details` is what the step has to know of it, as JSON."""

    folder: str
    step: str
    shares: int
    goes_on: bool = False
    """Whether a GoOnMessage follows when all shares are done. If not, the work is finished then."""
    details: Mapping[str, Any] = field(default_factory=dict)
    etag: str = field(default="", compare=False)
    """ETag of the stored plan: a plan is changed only while it is the one that was read."""

    def data(self) -> bytes:
        """The plan as it is stored."""
        written = {"step": self.step, "shares": self.shares, "goes_on": self.goes_on, "details": dict(self.details)}
        return write_json(written)


Step = Callable[[SplitPlan, int, Suite], bytes]
"""Does one share of a plan, and returns what its mark holds. It may be repeated as long as there is no mark."""


def read_plan(state: Store, folder: str) -> SplitPlan | None:
    """The plan of a piece of work; None if it was never planned, or is removed. Raises WorkUnreadableError."""
    stored = state.get(plan_key(folder))
    if stored is None:
        return None
    try:
        document = json.loads(stored.data)
        return SplitPlan(
            folder, document["step"], document["shares"], document["goes_on"], document["details"], stored.etag
        )
    except (ValueError, KeyError, TypeError, RecursionError) as error:
        raise WorkUnreadableError(plan_key(folder)) from error


def begin(suite: Suite, plan: SplitPlan) -> SplitPlan:
    """Store a plan whose shares are written; returns the plan that is stored, which may be that of another planner."""
    with suppress(ConditionFailedError):  # planned twice at once, from the same shares
        suite.state.put(plan_key(plan.folder), plan.data(), if_absent=True)
    stored = read_plan(suite.state, plan.folder)
    return plan if stored is None else stored


def missing_shares(state: Store, plan: SplitPlan) -> list[int]:
    """The shares of the plan's step that have no mark."""
    done = {listed.key for listed in state.list(share_done_folder(plan.folder, plan.step))}
    return [share for share in range(plan.shares) if share_done_key(plan.folder, plan.step, share) not in done]


def send_shares(suite: Suite, plan: SplitPlan, shares: Iterable[int]) -> int:
    """Send a message for each of these shares; returns how many."""
    queue = suite.comparing if plan.folder.startswith(ROUNDS) else suite.shards
    return queue.send(
        ShareMessage.model_validate({"folder": plan.folder, "step": plan.step, "share": share}).message()
        for share in shares
    )


def do_share(order: ShareMessage, suite: Suite, steps: Mapping[str, Step]) -> bytes | None:
    """Do one share, then mark it; returns what its mark holds, None if there was nothing to do.

    A duplicate finds the mark. A late message finds another step, or no plan any more. Whoever finds all marks lets the
    work go on. Raises WorkUnreadableError.
    """
    plan = read_plan(suite.state, order.folder)
    if plan is None or plan.step != order.step or order.share >= plan.shares:
        return None
    key = share_done_key(order.folder, order.step, order.share)
    mark = None
    if suite.state.head(key) is None:
        mark = steps[order.step](plan, order.share, suite)
        with suppress(ConditionFailedError):  # done twice at once: the first mark counts
            suite.state.put(key, mark, if_absent=True)
    if plan.goes_on and not missing_shares(suite.state, plan):
        send_on(suite, plan.folder)
    return mark


def send_on(suite: Suite, folder: str) -> None:
    """Send the message with which a piece of work takes its next step."""
    queue = suite.comparing if folder.startswith(ROUNDS) else suite.catalogues
    queue.send([GoOnMessage(go_on=folder).message()])


def moved_on(suite: Suite, plan: SplitPlan) -> SplitPlan:
    """The plan with its next step, or where another invocation has moved it."""
    with suppress(ConditionFailedError):
        suite.state.put(plan_key(plan.folder), plan.data(), if_match=plan.etag)
    return read_plan(suite.state, plan.folder) or replace(plan, step=ENDED)


def end_work(plan: SplitPlan, suite: Suite, *, etag: str | None = None) -> None:
    """Delete the work. Late messages of its shares find that it has ended.

    Raises ConditionFailedError if `etag` is not that of its plan.
    """
    ended = replace(plan, step=ENDED, shares=0, goes_on=False)
    suite.state.put(plan_key(plan.folder), ended.data(), if_match=etag)
    remove_work(suite, plan.folder)


def remove_work(suite: Suite, folder: str) -> None:
    """Delete a piece of work, its plan last of all: what is left after a kill is found and deleted later."""
    keys = [listed.key for listed in suite.state.list(f"{folder}/")]
    for _ in side_by_side(suite.state.delete, (key for key in keys if key != plan_key(folder)), suite.threads):
        pass
    suite.state.delete(plan_key(folder))


def resume_split(suite: Suite) -> dict[str, int]:
    """Send again what stands still, and remove what is finished or was never planned: a job of `tick`."""
    did = {"resumed": 0, "removed": 0}
    failed: list[WorkUnreadableError] = []
    for folder, listed in groupby(suite.state.list(SPLIT), lambda item: work_folder(item.key)):
        if suite.seconds_left() <= 0:
            break
        rested = suite.now() - max(item.modified for item in listed)
        try:
            if rested >= STANDS_STILL and (what := _resume(suite, folder, rested)):
                did[what] += 1
        except WorkUnreadableError as error:
            failed.append(error)  # other work must not wait for this
    if failed:
        raise failed[0]
    return {what: number for what, number in did.items() if number}


def _resume(suite: Suite, folder: str, rested: timedelta) -> str | None:
    """Go on with work that stands still; returns what was done, None if it has to rest longer.

    The plan is written again before anything is sent: so the next tick waits for what this one sent.
    """
    plan = read_plan(suite.state, folder)
    missing = missing_shares(suite.state, plan) if plan else []
    if plan is None or not (missing or plan.goes_on):
        if rested < KEPT:
            return None
        remove_work(suite, folder)
        return "removed"
    try:
        suite.state.put(plan_key(folder), plan.data(), if_match=plan.etag)
    except ConditionFailedError:
        return None  # it goes on by itself
    if missing:
        send_shares(suite, plan, missing)
    else:
        send_on(suite, folder)
    return "resumed"


@dataclass(frozen=True, slots=True)
class Nudging:
    """How hotels are nudged: why, for which request, how soon, and in which fair queue's group (else the request's)."""

    reason: str
    request_id: str | None = None
    group: str | None = None
    is_urgent: bool = True

    def send(self, hotel_ids: Iterable[str], suite: Suite) -> int:
        """Nudge hotels; returns how many."""
        queue = suite.urgent if self.is_urgent else suite.bulk
        return queue.send(
            NudgeMessage(hotel_id=hotel_id, reason=self.reason, request_id=self.request_id).message(self.group)
            for hotel_id in hotel_ids
        )


@dataclass(frozen=True, slots=True)
class Nudged:
    """How many hotels were nudged at once, and for how many shares of hotels a message was sent instead."""

    hotels: int
    shares: int


def nudge_in_shares(suite: Suite, folder: str, hotel_ids: Iterable[str], nudging: Nudging) -> Nudged:
    """Nudge hotels: a few at once, and many in shares, which `fan_out_shard` nudges.

    It may be repeated with the same folder and the same hotels in the same order: only shares without a mark are sent
    again. Other hotels need another folder.
    """
    chunks = _chunks(hotel_ids, suite.hotels_a_share)
    first, second = next(chunks, []), next(chunks, [])
    if not second:
        return Nudged(nudging.send(first, suite), 0)
    plan = read_plan(suite.state, folder)
    if plan is None:
        shares = 0
        for chunk in chain((first, second), chunks):
            suite.state.put(share_key(folder, NUDGE, shares), _packed(chunk))
            shares += 1
        plan = begin(suite, SplitPlan(folder, NUDGE, shares, details=asdict(nudging)))
    return Nudged(0, send_shares(suite, plan, missing_shares(suite.state, plan)))


def nudge_share(plan: SplitPlan, share: int, suite: Suite) -> bytes:
    """Nudge the hotels of one share: a step."""
    key = share_key(plan.folder, plan.step, share)
    stored = suite.state.get(key)
    try:
        hotel_ids = list(map(json.loads, gzip.decompress(stored.data).splitlines())) if stored else None
        nudging = Nudging(**plan.details)
    except (OSError, EOFError, ValueError, TypeError, zlib.error) as error:
        raise WorkUnreadableError(key) from error
    if hotel_ids is None:
        raise WorkUnreadableError(key)
    return str(nudging.send(hotel_ids, suite)).encode()


def _chunks(hotel_ids: Iterable[str], size: int) -> Iterator[list[str]]:
    rest = iter(hotel_ids)
    while chunk := list(islice(rest, size)):
        yield chunk


def _packed(hotel_ids: list[str]) -> bytes:
    return gzip.compress("\n".join(map(json.dumps, hotel_ids)).encode(), compresslevel=3, mtime=0)
