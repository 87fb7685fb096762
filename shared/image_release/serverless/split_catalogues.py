"""A catalogue that is too large for one invocation: its steps, each of them safe to repeat (decision 41).

    split      detect_changes: lines, digests in force and accommodations written in part go into shares
    compare    fan_out_shard, each share: what differs
    decide     detect_changes: the whole catalogue's digest, brake and claim
    write      fan_out_shard, each share: listings and tombstones
    finish     detect_changes: hotels are nudged, the partner's state moves last, the shares are deleted

The plan says which step the work is at, and moves by compare-and-swap. Whoever does the last share of a step sends the
message with which the work goes on.
"""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, replace

from image_release.ingest import Held, Ignored
from image_release.ingest.catalogues import (
    COMPARE,
    WRITE,
    CatalogueApplied,
    SplitCatalogue,
    SplitWork,
    compare_share,
    folder_prefix,
    to_split,
    write_share,
    write_shares,
)
from image_release.serverless.hotels import NOBODY, nudge_hotels
from image_release.serverless.ports import Suite
from image_release.serverless.shares import (
    ENDED,
    Nudged,
    SplitPlan,
    begin,
    end_work,
    missing_shares,
    moved_on,
    read_plan,
    send_shares,
)
from image_release.split_keys import plan_key, share_done_key, work_folder
from image_release.storage import ConditionFailedError

DECIDED = "decided"
"""The step between comparing and writing: what is going to be written must be said first."""


@dataclass(frozen=True, slots=True)
class GoingOn:
    """A catalogue that is split waits for shares of a step: messages were sent for so many."""

    identifier: str
    step: str
    shares: int


@dataclass(frozen=True, slots=True)
class Detected:
    """What became of a catalogue: how many hotels were nudged for it at once, and how many shares of hotels wait."""

    result: CatalogueApplied | Held | Ignored | GoingOn
    nudged: int = 0
    shares: int = 0


def split_catalogue(key: str, suite: Suite) -> Detected:
    """Split a catalogue, or go on with the work on it that was begun.

    Raises InputDamagedError, InputChangedError, MissingInputError, SplitOutdatedError.
    """
    plans = _plans(key, suite)
    split = to_split(
        suite.inbox, suite.state, key, suite.split_sizes
    )  # looks at the file after the plans: theirs is no newer one
    for plan in plans:
        begun = SplitCatalogue.of(plan.details)
        if (begun.key, begun.given) != (key, split.given):
            end_work(plan, suite)  # another content of this version
        elif plan.step in (DECIDED, WRITE) or (plan.step == COMPARE and begun.is_of(split)):
            return advance(plan, suite)
    write_shares(suite.inbox, suite.state, split, suite.threads)
    plan = SplitPlan(split.folder, COMPARE, split.shares, goes_on=True, details=split.details())
    return advance(begin(suite, plan), suite)


def compare(plan: SplitPlan, share: int, suite: Suite) -> bytes:
    """Compare one share: a step."""
    return compare_share(suite.state, SplitCatalogue.of(plan.details), share, suite.threads)


def write(plan: SplitPlan, share: int, suite: Suite) -> bytes:
    """Write one share, unless a newer catalogue has claimed: a step."""
    work = _work(plan, suite)
    written = 0 if work.superseded() else write_share(suite.state, work.split, share, suite.threads)
    return str(written).encode()


def advance(plan: SplitPlan, suite: Suite) -> Detected:
    """Do what comes next, or send the shares again that are not done.

    Raises SplitOutdatedError if what the catalogue was split from changed, and DocumentContendedError.
    """
    work = _work(plan, suite)
    if plan.step == ENDED:
        stops: Ignored | None = Ignored(_name(plan), "is done already", is_warning=False)
    else:
        stops = work.stopped()
    if stops:
        return _ended(plan, suite, stops)
    if missing := missing_shares(suite.state, plan):
        return Detected(GoingOn(_name(plan), plan.step, send_shares(suite, plan, missing)))
    return {COMPARE: _decide, DECIDED: _begin_to_write, WRITE: _finish}[plan.step](plan, work, suite)


def begin_again(plan: SplitPlan, again: Callable[[str], Detected], suite: Suite) -> Detected:
    """Apply the catalogue `again`, because what it was split from changed; then delete this work.

    It stays if another invocation has moved it meanwhile: then nothing else has changed.
    """
    found = read_plan(suite.state, plan.folder)
    if found is None or found.etag != plan.etag:
        return Detected(GoingOn(_name(plan), plan.step, 0))
    detected = again(SplitCatalogue.of(plan.details).key)
    with suppress(ConditionFailedError):  # last: after a kill before this, it begins again once more
        end_work(plan, suite, etag=plan.etag)
    return detected


def _decide(plan: SplitPlan, work: SplitWork, suite: Suite) -> Detected:
    split = work.decide(work.findings(), suite.settings)
    if isinstance(split, Held | Ignored):
        return _ended(plan, suite, split)
    return advance(moved_on(suite, replace(plan, step=DECIDED, shares=0, details=split.details())), suite)


def _begin_to_write(plan: SplitPlan, work: SplitWork, suite: Suite) -> Detected:
    findings = work.findings()
    if stops := work.touch(findings):
        return _ended(plan, suite, stops)
    for share in findings.unchanged_shares():
        suite.state.put(share_done_key(plan.folder, WRITE, share), b"")
    return advance(moved_on(suite, replace(plan, step=WRITE, shares=work.split.shares)), suite)


def _finish(plan: SplitPlan, work: SplitWork, suite: Suite) -> Detected:
    if stops := work.superseded():
        return _ended(plan, suite, stops)
    findings = work.findings()
    nudged = nudge_hotels(work.changed(findings), work.split.key, suite)
    return _ended(plan, suite, work.bring_into_force(findings), nudged)


def _ended(
    plan: SplitPlan, suite: Suite, result: CatalogueApplied | Held | Ignored, nudged: Nudged = NOBODY
) -> Detected:
    end_work(plan, suite)
    return Detected(result, nudged.hotels, nudged.shares)


def _plans(key: str, suite: Suite) -> list[SplitPlan]:
    """The plans of all work on a catalogue that was begun."""
    keys = [listed.key for listed in suite.state.list(folder_prefix(key))]
    folders = [work_folder(key) for key in keys if key == plan_key(work_folder(key))]
    return [plan for plan in (read_plan(suite.state, folder) for folder in folders) if plan]


def _work(plan: SplitPlan, suite: Suite) -> SplitWork:
    return SplitWork(suite.inbox, suite.state, SplitCatalogue.of(plan.details), suite.threads)


def _name(plan: SplitPlan) -> str:
    return " ".join(SplitCatalogue.of(plan.details).names)
