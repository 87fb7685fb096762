"""Rounds that compare all hotels of a suite: when one begins, and what its steps know of it (decision 57).

A person asks for a round by an object in the inbox; `tick` sees it and begins. Nothing else begins one, so a suite that
nobody asks pays for a look a tick.
"""

from __future__ import annotations

import secrets
from collections.abc import Mapping
from dataclasses import asdict, dataclass, replace
from datetime import datetime
from typing import Any

from image_release.serverless.ports import Suite
from image_release.serverless.shares import SplitPlan, WorkUnreadableError, begin, read_plan, send_on
from image_release.sharing_keys import ASKED, LATEST_ROUND, ROUNDS, round_work
from image_release.split_keys import plan_key
from image_release.state import StateUnreadableError, read_json

BEGIN = "begin"
"""The step before the first one: it is planned what has to be read."""


@dataclass(frozen=True, slots=True)
class Round:
    """A round as its plan has it."""

    name: str
    asked: str
    """When a person asked for it."""
    planner: str = ""
    """Draws the folder of what changed, so that of two planners one counts."""
    latest: str | None = None
    """ETag of what names the round before. Another one means that another round was faster."""
    before: str | None = None
    """The round before, if its ranges are those of this one."""
    families: str | None = None
    """The round whose families are known already."""
    knows_changed: bool = False
    """Whether the hotels that changed since the round before are known; else all are read."""
    position: str = ""
    """How far the feed is followed."""
    range_bits: int = 0
    groups: tuple[tuple[int, int], ...] = ()
    """The first and the last range of each group whose new images are compared together."""
    slices: int = 1
    """Shares of each group when its images are verified."""
    images: int = 0
    hotels: int = 0
    links_left_out: int = 0
    pairs_left_out: int = 0
    """What the round has no room for."""
    pairs_after: tuple[str, str] | None = None
    """The pair of hotels where the round before ended, if it had no room for all; then the one where this one ends."""

    @property
    def ranges(self) -> int:
        """Number of ranges of hotels."""
        return 1 << self.range_bits

    @classmethod
    def of(cls, plan: SplitPlan) -> Round:
        """The round of a plan. Raises WorkUnreadableError."""
        try:
            details: dict[str, Any] = dict(plan.details)
            groups = tuple((first, last) for first, last in details.pop("groups"))
            after = details.pop("pairs_after", None)
            return cls(**details, groups=groups, pairs_after=(after[0], after[1]) if after else None)
        except (LookupError, TypeError, ValueError) as error:
            raise WorkUnreadableError(plan_key(plan.folder)) from error

    def details(self) -> Mapping[str, Any]:
        """What its plan keeps."""
        return asdict(self)

    def with_what(self, **fields: Any) -> Round:
        """The round with what is known now."""
        return replace(self, **fields)

    @property
    def asked_at(self) -> datetime:
        """When a person asked for it."""
        return datetime.fromisoformat(self.asked)


def begin_round(suite: Suite) -> dict[str, int]:
    """Begin a round if a person asked for one since the last one began: a job of `tick`.

    While one is under way, the next one waits.
    """
    asked = suite.inbox.head(ASKED)
    if asked is None or _is_under_way(suite) or _was_served(suite, asked.modified):
        return {}
    name = f"{asked.modified:%Y%m%dT%H%M%SZ}-{secrets.token_hex(4)}"
    work = Round(name, asked.modified.isoformat())
    plan = begin(suite, SplitPlan(round_work(name), BEGIN, 0, goes_on=True, details=work.details()))
    send_on(suite, plan.folder)
    return {"begun": 1}


def _is_under_way(suite: Suite) -> bool:
    """Whether a round has begun and not ended."""
    plans = (read_plan(suite.state, round_work(name)) for name in suite.state.folders(ROUNDS))
    return any(plan and plan.goes_on for plan in plans)


def _was_served(suite: Suite, asked: datetime) -> bool:
    """Whether the last round was begun for this or for something later.

    `read_latest` of `sharing` would tell it, too; but that needs numpy, which `tick` does not have.
    """
    try:
        latest = read_json(suite.state, LATEST_ROUND)
        return latest is not None and datetime.fromisoformat(latest["asked"]) >= asked
    except (StateUnreadableError, KeyError, TypeError, ValueError):
        return False  # the round that begins replaces it
