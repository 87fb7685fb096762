"""Placeholders: "no image available" and other drawings that stand where a photograph is missing.

A photograph has noise and gradients nearly everywhere; a drawing has large areas of exactly one colour.
"""

from __future__ import annotations

from image_release.fingerprint import Fingerprint
from image_release.outcomes import Outcome, Rejection

LEAST_FLAT_SHARE = 0.86
"""Share of flat cells. Photographs of bare walls and white bathrooms reach less, with a wider spread of greys."""
LEAST_MODAL_SHARE = 0.84
"""Share of one grey level, give or take."""


def placeholder(fingerprint: Fingerprint) -> Rejection | None:
    """Reject a picture that is mostly one flat colour with something drawn on it."""
    flat, modal = fingerprint.cues.flat_share, fingerprint.cues.modal_share
    if flat >= LEAST_FLAT_SHARE and modal >= LEAST_MODAL_SHARE:
        return Rejection(Outcome.PLACEHOLDER, f"{flat:.0%} of the cells are flat, {modal:.0%} of one grey level")
    return None
