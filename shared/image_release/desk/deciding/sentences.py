"""Decisions in sentences: who did what, when and why. What people wrote is made safe for a terminal."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime

from image_release.gallery import SHORT, what_happened
from image_release.ingest import Decision
from image_release.problems import printable


def short(digest: str) -> str:
    """The first digits of a digest, which name an image or a decision in a sentence."""
    return digest[:SHORT]


def said(decision: Decision, decisions: Sequence[Decision]) -> str:
    """What a decision did, to follow the person's name; `decisions` are all of the hotel, for what a revoke undid."""
    if decision.override:
        return printable(what_happened(decision.override), 400)
    undone = next((item for item in decisions if item.digest == decision.revokes), None)
    if undone is None:
        return f"undid a decision that is not there ({short(decision.revokes or '')})"
    if undone.override is None:
        return f"took an undoing back ({short(undone.digest)})"
    return f"undid: {said(undone, decisions)}"


def in_words(moment: datetime) -> str:
    """A moment as people read it: `2026-11-02 10:00 UTC`. Without a time zone it counts as UTC."""
    try:
        utc = moment.astimezone(UTC) if moment.tzinfo else moment
    except OverflowError:  # the first or the last day that there is
        return moment.date().isoformat()
    return f"{utc.isoformat(' ', 'minutes')[:16]} UTC"


def decided_by(decision: Decision, decisions: Sequence[Decision]) -> str:
    """Who decided what, and when: `ann hid the picture of 3fa9c1d2 (2026-11-02 10:00 UTC)`."""
    return f"{printable(decision.by, 80) or 'somebody'} {said(decision, decisions)}{_when(decision)}"


def undone_by(undoing: Decision) -> str:
    """Who undid something, and when: `undone by ann (2026-11-02 10:00 UTC)`."""
    return f"undone by {printable(undoing.by, 80) or 'somebody'}{_when(undoing)}"


def _when(decision: Decision) -> str:
    """When it was made, to follow a sentence; as it was written where that is no time, and empty where nobody said."""
    try:
        moment = datetime.fromisoformat(decision.at)
    except ValueError:
        return f" ({printable(decision.at, 40)})" if decision.at else ""
    return f" ({in_words(moment)})"
