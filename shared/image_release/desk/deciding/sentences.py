"""Decisions in sentences: who did what, when and why. What people wrote is made safe for a terminal."""

from __future__ import annotations

from collections.abc import Sequence

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


def decided_by(decision: Decision, decisions: Sequence[Decision]) -> str:
    """Who decided what, and when: `ann hid the picture of 3fa9c1d2 (2026-11-02T10:00:00+00:00)`."""
    when = f" ({printable(decision.at, 40)})" if decision.at else ""
    return f"{printable(decision.by, 80) or 'somebody'} {said(decision, decisions)}{when}"
